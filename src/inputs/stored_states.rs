//! The answers to the questions of a shape, as they are stored with an entry.
//!
//! First come two bits for each answer, four answers a byte, then what they need. The format is on disk.

use super::look::InputQuestion;
use super::shape::InputShape;
use crate::key::Digest;

/// The answers to all questions of one shape, in its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredStates {
    bytes: Vec<u8>,
}

/// The answer to one question, as it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StoredState {
    /// Nothing was there.
    Absent,
    /// A digest of the stamp, which alone decides.
    Stamp(u64),
    /// A keyed digest of the answers.
    State(u128),
    /// Both: the stamp vouches for the answers, and without it they are looked at again.
    Both(u64, u128),
}

impl StoredState {
    const BITS: u8 = 2;
    const PER_BYTE: usize = 4;

    fn tag(self) -> u8 {
        match self {
            Self::Absent => 0,
            Self::Stamp(_) => 1,
            Self::State(_) => 2,
            Self::Both(..) => 3,
        }
    }

    pub(super) fn stamp(self) -> Option<u64> {
        match self {
            Self::Stamp(stamp) | Self::Both(stamp, _) => Some(stamp),
            Self::Absent | Self::State(_) => None,
        }
    }

    pub(super) fn state(self) -> Option<u128> {
        match self {
            Self::State(state) | Self::Both(_, state) => Some(state),
            Self::Absent | Self::Stamp(_) => None,
        }
    }
}

impl StoredStates {
    pub(super) fn new(states: &[StoredState]) -> Self {
        let mut bytes = vec![0; states.len().div_ceil(StoredState::PER_BYTE)];
        for (at, state) in states.iter().enumerate() {
            let shift = at % StoredState::PER_BYTE * usize::from(StoredState::BITS);
            bytes[at / StoredState::PER_BYTE] |= state.tag() << shift;
            if let Some(stamp) = state.stamp() {
                bytes.extend_from_slice(&stamp.to_le_bytes());
            }
            if let Some(state) = state.state() {
                bytes.extend_from_slice(&state.to_le_bytes());
            }
        }
        Self { bytes }
    }

    /// The bytes that are stored.
    pub fn encode(&self) -> &[u8] {
        &self.bytes
    }

    /// The digest of these answers to so many questions. How quick they are to check does not count.
    pub(super) fn digest(&self, length: usize) -> Digest {
        let plain = |state| match state {
            StoredState::Both(_, state) => StoredState::State(state),
            other => other,
        };
        let states = self.read(length).unwrap_or_default().into_iter().map(plain);
        Digest::of(&Self::new(&states.collect::<Vec<_>>()).bytes)
    }

    /// Answers that were read; damaged ones hold for nothing.
    pub fn decode(bytes: Vec<u8>) -> Self {
        Self { bytes }
    }

    /// Calls `take` with each question of this shape but outputs, and its answer; `None` if these are no such answers.
    pub(super) fn for_each_question(
        &self,
        shape: &InputShape,
        mut take: impl FnMut(InputQuestion<'_>, StoredState),
    ) -> Option<()> {
        let mut questions = shape.questions();
        for state in self.read(shape.len())? {
            let question = questions.next()?;
            if !question.looks.is_output() {
                take(question, state);
            }
        }
        Some(())
    }

    /// The answers to so many questions; `None` if these are no such answers.
    pub(super) fn read(&self, length: usize) -> Option<Vec<StoredState>> {
        let tags = self.bytes.get(..length.div_ceil(StoredState::PER_BYTE))?;
        let mut rest = &self.bytes[tags.len()..];
        let mut states = Vec::with_capacity(length);
        for at in 0..length {
            let shift = at % StoredState::PER_BYTE * usize::from(StoredState::BITS);
            let tag = tags[at / StoredState::PER_BYTE] >> shift & 3;
            states.push(match tag {
                0 => StoredState::Absent,
                1 => StoredState::Stamp(u64::from_le_bytes(take(&mut rest)?)),
                2 => StoredState::State(u128::from_le_bytes(take(&mut rest)?)),
                _ => {
                    let stamp = u64::from_le_bytes(take(&mut rest)?);
                    StoredState::Both(stamp, u128::from_le_bytes(take(&mut rest)?))
                }
            });
        }
        (rest.is_empty() && Self::new(&states) == *self).then_some(states)
    }
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*taken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn state() -> impl Strategy<Value = StoredState> {
        prop_oneof![
            Just(StoredState::Absent),
            any::<u64>().prop_map(StoredState::Stamp),
            any::<u128>().prop_map(StoredState::State),
            any::<(u64, u128)>().prop_map(|(stamp, state)| StoredState::Both(stamp, state)),
        ]
    }

    proptest! {
        #[test]
        fn states_survive(states in proptest::collection::vec(state(), 0..30)) {
            let stored = StoredStates::decode(StoredStates::new(&states).encode().to_vec());
            prop_assert_eq!(stored.read(states.len()), Some(states.clone()));
            prop_assert_eq!(stored.read(states.len() + 5), None);
        }

        #[test]
        fn any_bytes_are_read_without_a_panic(
            bytes in proptest::collection::vec(any::<u8>(), 0..80),
            length in 0..40_usize,
        ) {
            let stored = StoredStates::decode(bytes);
            if let Some(states) = stored.read(length) {
                prop_assert_eq!(StoredStates::new(&states), stored);
            }
        }
    }
}
