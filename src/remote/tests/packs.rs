//! A pack is what was packed, or it is refused, and never becomes longer than it said.

use crate::entry::{Condition, NewOutputFile, StdinKind};
use crate::key::Digest;
use crate::recording::ContentDigest;
use crate::remote::{
    Marker, PackHead, PackLimits, PackReader, PackWriter, PackedFiles, Refusal, RemoteTombstone,
    ResultRoute, Unverified, encode_condition,
};
use crate::terminal::Stream;
use crate::time::Timestamp;
use proptest::prelude::*;
use std::io::Write as _;
use std::time::Duration;

const LIMITS: PackLimits = PackLimits { output: 1 << 20, files: 1 << 20 };

/// A result: chunks of output, and files.
#[derive(Clone, Debug, PartialEq)]
struct Packed {
    head: PackHead,
    output: Vec<(bool, Vec<u8>)>,
    files: Vec<Vec<u8>>,
}

fn condition() -> impl Strategy<Value = Condition> {
    let kind =
        || prop_oneof![Just(StdinKind::Pipe), Just(StdinKind::Socket), Just(StdinKind::File)];
    let digest = || any::<[u8; 32]>().prop_map(Digest);
    prop_oneof![
        Just(Condition::StdinUnread),
        Just(Condition::StdinUntouched),
        Just(Condition::StdinAbsent),
        Just(Condition::StdinClosed),
        kind().prop_map(Condition::StdinSilent),
        kind().prop_map(Condition::StdinEmpty),
        (digest(), any::<i64>()).prop_map(|(input, moved)| Condition::StdinFile { input, moved }),
        (kind(), digest(), any::<u64>()).prop_map(|(kind, digest, length)| Condition::Stdin {
            kind,
            digest,
            length
        }),
    ]
}

fn bytes(most: usize) -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(any::<u8>(), 0..most)
}

prop_compose! {
    fn result()(
        exit in any::<u8>(),
        ended in any::<i64>(),
        elapsed in any::<u32>(),
        condition in condition(),
        output in proptest::collection::vec((any::<bool>(), bytes(300)), 0..6),
        manifest in proptest::option::of(bytes(100)),
        files in proptest::collection::vec(bytes(300), 0..4),
    ) -> Packed {
        let files = if manifest.is_some() { files } else { Vec::new() };
        let contents = files.iter().map(|file| NewOutputFile {
            digest: ContentDigest(*blake3::hash(file).as_bytes()),
            size: file.len() as u64,
        }).collect();
        let head = PackHead {
            exit,
            ended: Timestamp::from_millis(ended),
            elapsed: Duration::from_millis(elapsed.into()),
            condition,
            output: output.iter().map(|(_, bytes)| bytes.len() as u64).sum(),
            files: manifest.map(|manifest| PackedFiles { manifest, contents }),
        };
        Packed { head, output, files }
    }
}

fn stream(is_error: bool) -> Stream {
    if is_error { Stream::Stderr } else { Stream::Stdout }
}

fn pack(result: &Packed) -> std::io::Result<Vec<u8>> {
    let mut writer = PackWriter::new(Vec::new(), &result.head)?;
    for (is_error, bytes) in &result.output {
        writer.output(stream(*is_error), bytes)?;
    }
    writer.end_output()?;
    for file in &result.files {
        writer.file(&file[..])?;
    }
    writer.finish()
}

fn unpack(bytes: &[u8], limits: PackLimits) -> Result<Packed, Unverified> {
    let (head, mut reader) = PackReader::new(bytes, limits)?;
    let mut output: Vec<(bool, Vec<u8>)> = Vec::new();
    reader.output(|stream, bytes| {
        output.push((stream == Stream::Stderr, bytes.to_vec()));
        Ok(())
    })?;
    let mut files = Vec::new();
    for _ in head.files.iter().flat_map(|files| &files.contents) {
        let mut file = Vec::new();
        reader.file(&mut file)?;
        files.push(file);
    }
    reader.end()?;
    Ok(Packed { head, output, files })
}

/// Chunks without empty ones, neighbours of one stream joined.
fn joined(output: Vec<(bool, Vec<u8>)>) -> Vec<(bool, Vec<u8>)> {
    let mut joined: Vec<(bool, Vec<u8>)> = Vec::new();
    for (stream, bytes) in output.into_iter().filter(|(_, bytes)| !bytes.is_empty()) {
        match joined.last_mut() {
            Some((last, all)) if *last == stream => all.extend(bytes),
            _ => joined.push((stream, bytes)),
        }
    }
    joined
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_result_comes_back(result in result()) {
        let packed = pack(&result).expect("packed");
        let unpacked = unpack(&packed, LIMITS).expect("unpacked");
        prop_assert_eq!(&unpacked.head, &result.head);
        prop_assert_eq!(&unpacked.files, &result.files);
        prop_assert_eq!(joined(unpacked.output), joined(result.output));
    }

    #[test]
    fn a_pack_that_is_cut_or_goes_on_is_refused(result in result(), more in bytes(20)) {
        let packed = pack(&result).expect("packed");
        for length in 0..packed.len() {
            prop_assert!(unpack(&packed[..length], LIMITS).is_err());
        }
        let longer = [&packed[..], &more].concat();
        prop_assert_eq!(unpack(&longer, LIMITS).is_ok(), more.is_empty());
        prop_assert!(unpack(&[&packed[..], &packed].concat(), LIMITS).is_err());
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in bytes(300), is_packed in any::<bool>()) {
        let content = if is_packed { zstd::encode_all(&bytes[..], 1).expect("packed") } else { bytes };
        let _ = unpack(&content, LIMITS);
        let _ = Marker::read(&content[..]);
        let _ = RemoteTombstone::read(&content[..]);
    }

    #[test]
    fn conditions_never_give_the_same_bytes(one in condition(), other in condition()) {
        let (one_bytes, other_bytes) = (encode_condition(one), encode_condition(other));
        prop_assert_eq!(one_bytes == other_bytes, one == other);
        prop_assert_eq!(one_bytes.starts_with(&other_bytes), one == other);
    }

    #[test]
    fn markers_and_tombstones_come_back(
        routes in proptest::collection::vec(route(), 0..4),
        cleared in any::<i64>(),
        is_cleared in any::<bool>(),
    ) {
        let marker = Marker { routes, cleared: is_cleared.then_some(Timestamp::from_millis(cleared)) };
        prop_assert_eq!(Marker::read(&marker.encode()[..]).expect("read"), marker.clone());
        let tombstone = RemoteTombstone { cleared: Timestamp::from_millis(cleared) };
        prop_assert_eq!(RemoteTombstone::read(&tombstone.encode()[..]).expect("read"), tombstone);
        prop_assert!(Marker::read(&[&marker.encode()[..], b"x"].concat()[..]).is_err());
    }
}

fn route() -> impl Strategy<Value = ResultRoute> {
    let known = proptest::collection::vec(any::<u64>(), 0..4);
    let route = (any::<Option<u64>>(), proptest::option::of(bytes(100)), known);
    route.prop_map(|(stdin, shape, known)| ResultRoute { stdin, shape, known })
}

fn head(output: u64, sizes: &[u64]) -> PackHead {
    let contents =
        sizes.iter().map(|size| NewOutputFile { digest: ContentDigest([0; 32]), size: *size });
    PackHead {
        exit: 0,
        ended: Timestamp::from_millis(0),
        elapsed: Duration::ZERO,
        condition: Condition::StdinAbsent,
        output,
        files: Some(PackedFiles { manifest: Vec::new(), contents: contents.collect() }),
    }
}

/// What a pack begins with.
fn start_of(head: &PackHead) -> Vec<u8> {
    let head = head.encode();
    let length = u32::try_from(head.len()).expect("short");
    [&length.to_le_bytes()[..], &head].concat()
}

fn refusal(bytes: &[u8], limits: PackLimits) -> Refusal {
    match unpack(bytes, limits) {
        Err(Unverified::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_longer_than_allowed_is_refused_by_its_head() {
    let small = PackLimits { output: 10, files: 10 };
    for (output, sizes) in [(11, &[][..]), (0, &[11]), (0, &[6, 6]), (0, &[u64::MAX, u64::MAX])] {
        let head = head(output, sizes);
        let bytes = zstd::encode_all(&start_of(&head)[..], 1).expect("packed");
        assert_eq!(refusal(&bytes, small), Refusal::TooLong, "{output} {sizes:?}");
    }
}

#[test]
fn a_bomb_ends_where_its_head_said() {
    let mut bytes = Vec::new();
    let mut encoder = zstd::Encoder::new(&mut bytes, 19).expect("begun");
    encoder.write_all(&start_of(&head(10, &[]))).expect("written");
    let chunk = [&((64_u32 << 10) << 1).to_le_bytes()[..], &vec![0; 64 << 10]].concat();
    for _ in 0..1600 {
        encoder.write_all(&chunk).expect("written");
    }
    encoder.finish().expect("written");
    assert!(bytes.len() < 64 << 10, "{}", bytes.len());
    assert_eq!(refusal(&bytes, LIMITS), Refusal::Malformed);
}

#[test]
fn a_head_that_says_too_much_of_its_length_is_refused_before_there_is_room_for_it() {
    for length in [u32::MAX, 16 << 20] {
        let bytes = zstd::encode_all(&length.to_le_bytes()[..], 1).expect("packed");
        refusal(&bytes, LIMITS);
    }
}

#[test]
fn a_frame_that_needs_much_memory_is_refused() {
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).expect("begun");
    encoder.window_log(27).expect("set");
    let result = Packed { head: head(0, &[]), output: vec![], files: vec![] };
    let plain = zstd::decode_all(&pack(&result).expect("packed")[..]).expect("unpacked");
    encoder.write_all(&plain).expect("written");
    encoder.flush().expect("written");
    let bytes = encoder.finish().expect("written");
    assert_eq!(refusal(&bytes, LIMITS), Refusal::Malformed);
}

#[test]
fn a_writer_holds_to_its_head() {
    let mut writer = PackWriter::new(Vec::new(), &head(3, &[2])).expect("begun");
    assert!(writer.output(Stream::Stdout, b"four").is_err());
    writer.output(Stream::Stdout, b"ab").expect("written");
    assert!(writer.end_output().is_err());
    for content in [&b"a"[..], b"abc"] {
        let mut writer = PackWriter::new(Vec::new(), &head(0, &[2])).expect("begun");
        writer.end_output().expect("written");
        assert!(writer.file(content).is_err());
    }
    let mut writer = PackWriter::new(Vec::new(), &head(0, &[2])).expect("begun");
    writer.end_output().expect("written");
    assert!(writer.finish().is_err());
}
