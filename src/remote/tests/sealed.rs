//! A sealed object is what was written, or it is refused.

use super::fixture::{file, key, name, open, refusal, seal, secrets, team};
use crate::remote::{ObjectKind, Refusal, SealFault, SealedObject, SealedWriter};
use proptest::prelude::*;
use std::io::{Read as _, Write as _};

const CHUNK: usize = 64 << 10;

fn noise(length: usize) -> Vec<u8> {
    let numbers = (0..length as u64).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes());
    numbers.map(|bytes| bytes[7]).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn content_comes_back_however_it_is_written_and_read(
        length in prop_oneof![0..2000_usize, (0..3_usize).prop_map(|n| n * CHUNK), 0..3 * CHUNK],
        pieces in proptest::collection::vec(1..2 * CHUNK, 1..4),
    ) {
        let (team, content) = (team(), noise(length));
        let name = name(&team, 1);
        let mut writer = SealedWriter::new(Vec::new(), ObjectKind::Marker, &name, &team).expect("may write");
        let (mut rest, mut pieces) = (&content[..], pieces.iter().cycle());
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rest.len().min(*pieces.next().expect("endless")));
            writer.write_all(now).expect("written");
            rest = later;
        }
        let bytes = writer.finish().expect("sealed");
        let mut object = SealedObject::verify(file(&bytes), &name, &team).expect("verified");
        prop_assert_eq!(object.kind, ObjectKind::Marker);
        let mut read = Vec::new();
        let mut buffer = vec![0; *pieces.next().expect("endless")];
        loop {
            let count = object.read(&mut buffer).expect("read");
            if count == 0 { break; }
            read.extend_from_slice(&buffer[..count]);
        }
        prop_assert!(read == content);
    }
}

#[test]
fn each_flipped_bit_is_refused() {
    let team = team();
    let name = name(&team, 1);
    let bytes = seal(&team, &name, b"hello");
    for bit in 0..bytes.len() * 8 {
        let mut changed = bytes.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        refusal(&changed, &name, &team);
    }
}

#[test]
fn a_flipped_bit_in_each_part_of_a_long_object_is_refused() {
    let team = team();
    let name = name(&team, 1);
    let bytes = seal(&team, &name, &noise(2 * CHUNK + 100));
    for at in (0..bytes.len()).step_by(997).chain(bytes.len() - 200..bytes.len()) {
        let mut changed = bytes.clone();
        changed[at] ^= 0x10;
        refusal(&changed, &name, &team);
    }
}

#[test]
fn an_object_that_is_cut_or_goes_on_is_refused() {
    let team = team();
    let name = name(&team, 1);
    let bytes = seal(&team, &name, b"hello");
    for length in 0..bytes.len() {
        refusal(&bytes[..length], &name, &team);
    }
    for more in [&b"x"[..], &bytes] {
        refusal(&[&bytes[..], more].concat(), &name, &team);
    }
}

#[test]
fn an_object_that_was_copied_to_another_name_is_refused() {
    let team = team();
    let bytes = seal(&team, &name(&team, 1), b"hello");
    assert_eq!(refusal(&bytes, &name(&team, 2), &team), Refusal::Seal(SealFault::Wrong));
}

#[test]
fn chunks_cannot_change_places() {
    let team = team();
    let name = name(&team, 1);
    let (header, chunk) = (51, 4 + CHUNK + 16);
    let bytes = seal(&team, &name, &noise(3 * CHUNK));
    let mut swapped = bytes[..header].to_vec();
    swapped.extend_from_slice(&bytes[header + chunk..header + 2 * chunk]);
    swapped.extend_from_slice(&bytes[header..header + chunk]);
    swapped.extend_from_slice(&bytes[header + 2 * chunk..]);
    assert_eq!(swapped.len(), bytes.len());
    assert_eq!(refusal(&swapped, &name, &team), Refusal::Seal(SealFault::Wrong));
}

#[test]
fn another_team_neither_reads_nor_is_believed() {
    let (team, other) = (team(), secrets(&[("CACHEX_REMOTE_KEY", &key("cd"))]));
    let name = name(&team, 1);
    let bytes = seal(&team, &name, b"hello");
    assert_eq!(refusal(&bytes, &name, &other), Refusal::OtherKey);
    // Not even if it pretends to be of this team.
    let forged = seal(&other, &name, b"hello");
    let forged = [&forged[..11], &bytes[11..19], &forged[19..]].concat();
    assert_eq!(refusal(&forged, &name, &team), Refusal::Seal(SealFault::Wrong));
}

#[test]
fn no_content_can_be_read_in_the_engine() {
    let team = team();
    let content = b"a secret that is long enough to be found";
    let bytes = seal(&team, &name(&team, 1), content);
    assert!(!bytes.windows(8).any(|window| window == &content[..8]));
    assert_ne!(bytes, seal(&team, &name(&team, 1), content));
}

#[test]
fn empty_content_is_content() {
    let team = team();
    let name = name(&team, 1);
    assert_eq!(open(&seal(&team, &name, b""), &name, &team).expect("believed"), b"");
}
