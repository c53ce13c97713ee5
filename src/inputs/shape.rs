//! The questions of a run in order, as bytes that entries and keys share.
//!
//! A question is one byte of looks with the highest bit for `follow`, the length of what its path has in common with
//! the one before, the length of the rest, and the rest. The format is on disk. Bytes that were read are checked as a
//! whole before any question is asked: they decode in one way, or not at all.

use super::look::{InputQuestion, Looks};
use super::path;
use super::terms::TraceTerms;
use crate::key::Digest;
use std::borrow::Cow;

/// What a run asked: sorted questions, front-coded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputShape {
    bytes: Vec<u8>,
    length: usize,
    /// How many of them are no questions, but outputs.
    outputs: usize,
}

const FOLLOW: u8 = 0x80;

/// Longer paths cannot be asked for; relative ones may have been joined.
const LONGEST: usize = 64 << 10;

impl InputShape {
    /// The shape of these questions, which are sorted and of which no two have both path and `follow` in common.
    pub(super) fn new<'q>(questions: impl IntoIterator<Item = InputQuestion<'q>>) -> Self {
        let (mut bytes, mut length, mut outputs) = (Vec::new(), 0, 0);
        let mut last: &[u8] = b"";
        for InputQuestion { path, follow, looks } in questions {
            let shared = shared(last, path);
            bytes.push(looks.bits() | if follow { FOLLOW } else { 0 });
            push_number(&mut bytes, shared);
            push_number(&mut bytes, path.len() - shared);
            bytes.extend_from_slice(&path[shared..]);
            last = path;
            length += 1;
            outputs += usize::from(looks.is_output());
        }
        Self { bytes, length, outputs }
    }

    /// The bytes that are stored.
    pub fn encode(&self) -> &[u8] {
        &self.bytes
    }

    /// The shape that [`InputShape::encode`] gave these bytes for; `None` for bytes that it never gives.
    pub fn decode(bytes: Vec<u8>) -> Option<Self> {
        let mut questions = Questions::new(&bytes);
        let (mut length, mut outputs) = (0, 0);
        while !questions.rest.is_empty() {
            questions.advance()?;
            length += 1;
            outputs += usize::from(questions.looks.is_output());
        }
        Some(Self { bytes, length, outputs })
    }

    /// The digest under which it is stored.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.bytes)
    }

    /// How many questions there are.
    pub fn len(&self) -> usize {
        self.length
    }

    /// How many there are without the outputs.
    pub fn asked(&self) -> usize {
        self.length - self.outputs
    }

    /// The terms under which the answers were found: names of outputs did not count.
    pub(super) fn terms_of_run<'t>(&self, terms: &'t TraceTerms) -> Cow<'t, TraceTerms> {
        if self.outputs == 0 {
            return Cow::Borrowed(terms);
        }
        let mut of_run = terms.clone();
        let mut questions = self.questions();
        while let Some(InputQuestion { path, looks, .. }) = questions.next() {
            if looks.is_output() {
                of_run.written.insert(path::absolute(path, terms));
            }
        }
        Cow::Owned(of_run)
    }

    /// Whether nothing was asked.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The questions in order.
    pub fn questions(&self) -> Questions<'_> {
        Questions::new(&self.bytes)
    }
}

/// Reads the questions of a shape one by one. Each is valid until the next one is read.
#[derive(Clone, Debug)]
pub struct Questions<'s> {
    rest: &'s [u8],
    path: Vec<u8>,
    follow: bool,
    looks: Looks,
}

impl<'s> Questions<'s> {
    fn new(bytes: &'s [u8]) -> Self {
        Self { rest: bytes, path: Vec::new(), follow: false, looks: Looks::default() }
    }

    /// The next question.
    #[allow(clippy::should_implement_trait, reason = "an iterator could not lend its path")]
    pub fn next(&mut self) -> Option<InputQuestion<'_>> {
        self.advance()?;
        Some(InputQuestion { path: &self.path, follow: self.follow, looks: self.looks })
    }

    /// Reads one question; `None` at the end, and for bytes that are never written.
    fn advance(&mut self) -> Option<()> {
        let (head, rest) = self.rest.split_first()?;
        let (shared, rest) = number(rest)?;
        let (added, rest) = number(rest)?;
        let (added, rest) = rest.split_at_checked(added)?;
        let follow = head & FOLLOW != 0;
        let looks = Looks::from_bits(head & !FOLLOW).filter(|looks| !looks.is_empty())?;
        let gone = self.path.get(shared..)?;
        // In order, and with nothing in common but what is said to be.
        let is_next = match (gone.first(), added.first()) {
            (None, Some(_)) => true,
            (Some(gone), Some(added)) => gone < added,
            (None, None) => !self.follow && follow && !self.path.is_empty(),
            (Some(_), None) => false,
        };
        if !is_next || shared + added.len() > LONGEST || added.contains(&0) {
            return None;
        }
        self.path.truncate(shared);
        self.path.extend_from_slice(added);
        (self.rest, self.follow, self.looks) = (rest, follow, looks);
        Some(())
    }
}

fn shared(one: &[u8], other: &[u8]) -> usize {
    one.iter().zip(other).take_while(|(a, b)| a == b).count()
}

/// Seven bits a byte, the lowest first; the highest bit says that more follow.
fn push_number(bytes: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        bytes.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    bytes.push(number.to_le_bytes()[0]);
}

fn number(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut number = 0;
    for (at, byte) in bytes.iter().enumerate().take(3) {
        number |= usize::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            let is_shortest = *byte != 0 || at == 0;
            return is_shortest.then_some((number, &bytes[at + 1..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    type Asked = BTreeMap<(Vec<u8>, bool), u8>;

    fn asked() -> impl Strategy<Value = Asked> {
        let path =
            proptest::collection::vec(prop_oneof![Just(b'/'), Just(b'a'), 1..=255_u8], 1..40);
        proptest::collection::btree_map((path, any::<bool>()), 1..128_u8, 0..20)
    }

    fn shape(asked: &Asked) -> InputShape {
        InputShape::new(asked.iter().map(|((path, follow), looks)| InputQuestion {
            path,
            follow: *follow,
            looks: Looks::from_bits(*looks).expect("looks"),
        }))
    }

    fn asked_of(shape: &InputShape) -> Asked {
        let mut asked = Asked::new();
        let mut questions = shape.questions();
        while let Some(InputQuestion { path, follow, looks }) = questions.next() {
            asked.insert((path.to_vec(), follow), looks.bits());
        }
        asked
    }

    proptest! {
        #[test]
        fn questions_survive(asked in asked()) {
            let shape = shape(&asked);
            prop_assert_eq!(shape.len(), asked.len());
            prop_assert_eq!(asked_of(&shape), asked);
            let decoded = InputShape::decode(shape.encode().to_vec());
            prop_assert_eq!(decoded, Some(shape));
        }

        #[test]
        fn bytes_decode_in_one_way_or_not_at_all(
            asked in asked(),
            edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        ) {
            let mut bytes = shape(&asked).encode().to_vec();
            for (at, byte) in edits {
                if !bytes.is_empty() {
                    let at = at.index(bytes.len());
                    bytes[at] = byte;
                }
            }
            if let Some(decoded) = InputShape::decode(bytes.clone()) {
                let again = shape(&asked_of(&decoded));
                prop_assert_eq!(again.encode(), &bytes[..]);
            }
        }

        #[test]
        fn any_bytes_are_decoded_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            if let Some(decoded) = InputShape::decode(bytes.clone()) {
                let again = shape(&asked_of(&decoded));
                prop_assert_eq!(again.encode(), &bytes[..]);
            }
        }
    }

    #[test]
    fn equal_questions_have_one_digest() {
        let asked: Asked = [((b"a".to_vec(), true), 1)].into();
        let other: Asked = [((b"a".to_vec(), false), 1)].into();
        assert_eq!(shape(&asked).digest(), shape(&asked).digest());
        assert_ne!(shape(&asked).digest(), shape(&other).digest());
    }
}
