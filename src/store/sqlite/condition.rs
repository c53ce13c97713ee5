//! The condition of an entry as it is stored: its standard input, and the inputs that a traced run was seen to depend on.
//!
//! Within a key it tells entries apart. The inputs come first, so that all conditions of one input begin alike.

use crate::entry::{Condition, StdinKind};
use crate::inputs::InputsId;
use crate::key::Digest;

/// The conditions of an entry beside its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredCondition {
    pub stdin: Condition,
    /// The inputs of a traced run.
    pub inputs: Option<InputsId>,
}

/// The first byte of the condition of a traced run. The digests of its inputs follow, and then standard input. The
/// database has an index of the first digest. No number is ever used again for something else, here and below.
const TRACED: u8 = 13;

/// The conditions that one byte stands for.
const PLAIN: [(u8, Condition); 10] = [
    (0, Condition::StdinUnread),
    (1, Condition::StdinEmpty(StdinKind::Pipe)),
    (3, Condition::StdinAbsent),
    (4, Condition::StdinEmpty(StdinKind::File)),
    (6, Condition::StdinClosed),
    (7, Condition::StdinSilent(StdinKind::Pipe)),
    (8, Condition::StdinSilent(StdinKind::Socket)),
    (9, Condition::StdinEmpty(StdinKind::Socket)),
    (12, Condition::StdinSilent(StdinKind::File)),
    (14, Condition::StdinUntouched),
];

/// The first byte of conditions on content.
const CONTENT: [(u8, StdinKind); 3] =
    [(2, StdinKind::Pipe), (5, StdinKind::File), (10, StdinKind::Socket)];

/// The first byte of conditions on a file.
const FILE: u8 = 11;

impl StoredCondition {
    /// The bytes that are stored.
    pub fn encode(self) -> Vec<u8> {
        [encode_inputs(self.inputs), encode_stdin(self.stdin)].concat()
    }

    /// The prefix of the bytes of all conditions of the same input. The bytes of other conditions never begin with it.
    pub fn encode_input(self) -> Vec<u8> {
        [encode_inputs(self.inputs), encode_stdin_input(self.stdin)].concat()
    }

    /// The condition; `None` for bytes that cachex never wrote.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let [TRACED, traced @ ..] = bytes else {
            return Some(Self { stdin: decode_stdin(bytes)?, inputs: None });
        };
        let (shape, rest) = traced.split_first_chunk()?;
        let (states, stdin) = rest.split_first_chunk()?;
        let inputs = InputsId { shape: Digest(*shape), states: Digest(*states) };
        Some(Self { stdin: decode_stdin(stdin)?, inputs: Some(inputs) })
    }
}

fn encode_inputs(inputs: Option<InputsId>) -> Vec<u8> {
    inputs.map_or_else(Vec::new, |InputsId { shape, states }| {
        [&[TRACED][..], shape.as_bytes(), states.as_bytes()].concat()
    })
}

fn encode_stdin(condition: Condition) -> Vec<u8> {
    let mut encoded = encode_stdin_input(condition);
    if let Condition::StdinFile { moved, .. } = condition {
        encoded.extend(moved.to_le_bytes());
    }
    encoded
}

fn encode_stdin_input(condition: Condition) -> Vec<u8> {
    match condition {
        Condition::StdinFile { input, .. } => [&[FILE][..], input.as_bytes()].concat(),
        Condition::Stdin { kind, digest, length } => {
            let tag = tag_of(&CONTENT, &kind);
            [tag.as_slice(), digest.as_bytes(), &length.to_le_bytes()].concat()
        }
        plain => tag_of(&PLAIN, &plain).into_iter().collect(),
    }
}

fn decode_stdin(bytes: &[u8]) -> Option<Condition> {
    let (tag, rest) = bytes.split_first()?;
    if rest.is_empty() {
        return tagged(&PLAIN, *tag);
    }
    let (digest, number) = rest.split_first_chunk()?;
    let (digest, number) = (Digest(*digest), number.try_into().ok()?);
    if *tag == FILE {
        return Some(Condition::StdinFile { input: digest, moved: i64::from_le_bytes(number) });
    }
    let kind = tagged(&CONTENT, *tag)?;
    Some(Condition::Stdin { kind, digest, length: u64::from_le_bytes(number) })
}

/// The byte that stands for a value.
fn tag_of<T: PartialEq>(table: &[(u8, T)], value: &T) -> Option<u8> {
    table.iter().find_map(|(tag, of)| (of == value).then_some(*tag))
}

/// The value that a byte stands for.
fn tagged<T: Copy>(table: &[(u8, T)], tag: u8) -> Option<T> {
    table.iter().find_map(|(known, of)| (*known == tag).then_some(*of))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn kind() -> impl Strategy<Value = StdinKind> {
        proptest::sample::select(CONTENT.map(|(_, kind)| kind).to_vec())
    }

    fn stdin() -> impl Strategy<Value = Condition> {
        prop_oneof![
            Just(Condition::StdinUnread),
            Just(Condition::StdinUntouched),
            Just(Condition::StdinClosed),
            kind().prop_map(Condition::StdinSilent),
            any::<([u8; 32], i64)>()
                .prop_map(|(input, moved)| Condition::StdinFile { input: Digest(input), moved }),
            kind().prop_map(Condition::StdinEmpty),
            Just(Condition::StdinAbsent),
            (kind(), any::<([u8; 32], u64)>()).prop_map(|(kind, (digest, length))| {
                Condition::Stdin { kind, digest: Digest(digest), length }
            }),
        ]
    }

    prop_compose! {
        fn condition()(
            stdin in stdin(),
            inputs in proptest::option::of((0u8..2, 0u8..2)),
        ) -> StoredCondition {
            let inputs = inputs.map(|(shape, states)| InputsId {
                shape: Digest([shape; 32]),
                states: Digest([states; 32]),
            });
            StoredCondition { stdin, inputs }
        }
    }

    proptest! {
        #[test]
        fn conditions_survive_encoding(condition in condition()) {
            prop_assert_eq!(StoredCondition::decode(&condition.encode()), Some(condition));
        }

        #[test]
        fn only_conditions_of_one_input_begin_alike(a in condition(), b in condition(), moved in any::<i64>()) {
            let is_same = a.inputs == b.inputs && a.stdin.is_same_input(b.stdin);
            prop_assert_eq!(b.encode().starts_with(&a.encode_input()), is_same);
            if let Condition::StdinFile { input, .. } = a.stdin {
                let other = StoredCondition { stdin: Condition::StdinFile { input, moved }, ..a };
                prop_assert!(other.encode().starts_with(&a.encode_input()));
            }
        }

        #[test]
        fn any_bytes_are_decoded_without_a_panic(
            is_traced in any::<bool>(),
            bytes in proptest::collection::vec(any::<u8>(), 0..110),
        ) {
            let bytes = if is_traced { [&[TRACED][..], &bytes].concat() } else { bytes };
            if let Some(condition) = StoredCondition::decode(&bytes) {
                prop_assert_eq!(condition.encode(), bytes);
            }
        }
    }
}
