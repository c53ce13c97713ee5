//! Teams, names, and objects in files.

use crate::key::Digest;
use crate::remote::{
    Namer, Namespace, ObjectKind, ObjectName, SealedObject, SealedWriter, Secrets, Unverified,
};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read as _, Write as _};

/// Secrets of a machine with these variables.
pub fn secrets(variables: &[(&str, &str)]) -> Secrets {
    let variables: BTreeMap<&str, &str> = variables.iter().copied().collect();
    Secrets::new(|name| variables.get(name).map(ToString::to_string)).expect("secrets")
}

/// The key of a team, by one of its bytes.
pub fn key(byte: &str) -> String {
    byte.repeat(32)
}

/// A machine of a team that trusts its members.
pub fn team() -> Secrets {
    secrets(&[("CACHEX_REMOTE_KEY", &key("ab"))])
}

/// The first name of a key.
pub fn name(secrets: &Secrets, byte: u8) -> ObjectName {
    Namer::new(secrets, &Namespace::default()).first(Digest([byte; 32]), b"")
}

/// The bytes of a sealed object.
pub fn seal(secrets: &Secrets, name: &ObjectName, content: &[u8]) -> Vec<u8> {
    let mut writer =
        SealedWriter::new(Vec::new(), ObjectKind::Pack, name, secrets).expect("may write");
    writer.write_all(content).expect("written");
    writer.finish().expect("sealed")
}

/// A file without a name that holds these bytes.
pub fn file(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().expect("made");
    file.write_all(bytes).expect("written");
    file
}

/// The content of an object.
pub fn open(bytes: &[u8], name: &ObjectName, secrets: &Secrets) -> Result<Vec<u8>, Unverified> {
    let mut object = SealedObject::verify(file(bytes), name, secrets)?;
    let mut content = Vec::new();
    object.read_to_end(&mut content)?;
    Ok(content)
}

/// Whether an object is refused, and why.
pub fn refusal(bytes: &[u8], name: &ObjectName, secrets: &Secrets) -> crate::remote::Refusal {
    match open(bytes, name, secrets) {
        Err(Unverified::Refused(refusal)) => refusal,
        Err(Unverified::Unreadable(fault)) => panic!("{fault}"),
        Ok(content) => panic!("{} bytes were believed", content.len()),
    }
}
