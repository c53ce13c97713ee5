//! No bytes of an engine are believed but those that were sealed, under their own name. Names are paths or nothing.
#![no_main]

use cachex::remote::{ObjectKind, ObjectName, SealedObject, SealedWriter, Secrets};
use libfuzzer_sys::fuzz_target;
use std::fs::File;
use std::io::{Read, Write};

fn file(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().expect("made");
    file.write_all(bytes).expect("written");
    file
}

fuzz_target!(|bytes: &[u8]| {
    if let Ok(name) = String::from_utf8_lossy(bytes).parse::<ObjectName>() {
        assert_eq!(name.as_str().as_bytes(), bytes);
    }
    let secrets = Secrets::new(|name| (name == "CACHEX_REMOTE_KEY").then(|| "ab".repeat(32)));
    let secrets = secrets.expect("a key");
    let name: ObjectName = format!("v1/main/ab/{}", "ab".repeat(32)).parse().expect("a name");
    assert!(SealedObject::verify(file(bytes), &name, &secrets).is_err());
    // One edit of a sound object: where, and what is there instead.
    let [low, high, byte, content @ ..] = bytes else { return };
    let writer = SealedWriter::new(Vec::new(), ObjectKind::Pack, &name, &secrets);
    let mut writer = writer.expect("may write");
    writer.write_all(content).expect("written");
    let mut sealed = writer.finish().expect("sealed");
    let at = usize::from(u16::from_le_bytes([*low, *high])) % sealed.len();
    let is_sound = sealed[at] == *byte;
    sealed[at] = *byte;
    let object = SealedObject::verify(file(&sealed), &name, &secrets);
    assert_eq!(object.is_ok(), is_sound);
    if let Ok(mut object) = object {
        let mut read = Vec::new();
        object.read_to_end(&mut read).expect("read");
        assert_eq!(read, content);
    }
});
