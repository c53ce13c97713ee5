//! Objects: files in `objects/`, each named by the digest of its content. Each holds the long output of an entry, or
//! the content of stored output files.
//!
//! Rows of the table `object` own the files. Equal content has one file, which may have several owners.
//!
//! Files are linked and removed in write transactions only, and a file without an owner may be removed in any of them.
//! A note names every object that may be without an owner: the transaction that removes the last owner writes it, and a
//! transaction before the one that links a file. So a kill at any instant leaves no file that neither a row nor a note
//! names.
//!
//! A file never changes once it has its name. A reader opens it under the read lock and can read it to the end even if
//! it is removed meanwhile, so nobody waits for a reader.

pub mod directory;
pub mod new_objects;
pub mod owners;
mod staging;
pub mod sweep;
