//! Objects: files in `objects/`, each named by the digest of its content. Long output lies in one.
//!
//! Rows of the table `object` own the files, and equal content has one file with several owners. A file is linked and
//! removed only in a write transaction; one that no row owns may be removed in any. Before a file is linked
//! its name is noted as without an owner in a transaction of its own, and the transaction that removes the last owner
//! notes it too. So a kill at any instant leaves no file that neither a row nor a note tells of.
//!
//! A file is never changed once it has its name. A reader opens it while nobody can write to the database, and can read
//! it to the end whatever becomes of the name, so nobody waits for a reader.

pub(in crate::store) mod directory;
pub(in crate::store) mod new_object;
pub(in crate::store) mod owners;
pub(in crate::store) mod sweep;
