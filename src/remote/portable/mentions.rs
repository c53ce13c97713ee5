//! Whether output names a place of this machine. Then it is of no use, or wrong, anywhere else.

/// Looks for some texts in bytes that come in pieces.
pub struct MentionSearch {
    texts: Vec<SoughtText>,
    /// The end of what came so far: a text may begin there.
    end: Vec<u8>,
    /// One less than the length of the longest text.
    overlap: usize,
    is_found: bool,
}

/// A shorter text is in any output.
const SHORTEST: usize = 2;

impl MentionSearch {
    /// Looks for these texts. The root directory is no text to look for.
    pub fn new(texts: impl IntoIterator<Item = Vec<u8>>) -> Self {
        let texts: Vec<_> = texts.into_iter().filter(|text| text.len() >= SHORTEST).collect();
        let longest = texts.iter().map(Vec::len).max().unwrap_or_default();
        let texts = texts.into_iter().map(SoughtText::new).collect();
        Self { texts, end: Vec::new(), overlap: longest.saturating_sub(1), is_found: false }
    }

    /// Looks at the next bytes.
    pub fn look(&mut self, bytes: &[u8]) {
        if self.is_found || self.texts.is_empty() {
            return;
        }
        let head = &bytes[..bytes.len().min(self.overlap)];
        let seam = [&self.end, head].concat();
        self.is_found = self.texts.iter().any(|text| text.is_in(&seam) || text.is_in(bytes));
        let joined = if bytes.len() >= self.overlap { bytes } else { &seam };
        self.end = joined[joined.len().saturating_sub(self.overlap)..].to_vec();
    }

    /// Begins anew with other bytes, which do not follow those before.
    pub fn next_stream(&mut self) {
        self.end.clear();
    }

    /// Whether one of the texts was there.
    #[must_use]
    pub fn is_found(&self) -> bool {
        self.is_found
    }
}

/// A text that is looked for by Horspool's method, which looks at few of the bytes if the text is long.
struct SoughtText {
    text: Vec<u8>,
    /// How far the text may be moved on when its end lies on this byte.
    steps: [u8; 256],
}

impl SoughtText {
    fn new(text: Vec<u8>) -> Self {
        let step = |length: usize| u8::try_from(length).unwrap_or(u8::MAX);
        let mut steps = [step(text.len()); 256];
        for (at, byte) in text.iter().enumerate().take(text.len() - 1) {
            steps[usize::from(*byte)] = step(text.len() - 1 - at);
        }
        Self { text, steps }
    }

    fn is_in(&self, bytes: &[u8]) -> bool {
        let mut end = self.text.len();
        while let Some(part) = bytes.get(..end) {
            if part.ends_with(&self.text) {
                return true;
            }
            end += usize::from(self.steps[usize::from(part[end - 1])]);
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_text_is_found_wherever_the_pieces_end(
            bytes in proptest::collection::vec(prop_oneof![Just(b'/'), Just(b'a'), Just(b'b')], 0..60),
            texts in proptest::collection::vec("[/ab]{2,5}", 0..3),
            piece in 1..9_usize,
        ) {
            let mut search = MentionSearch::new(texts.iter().map(|text| text.clone().into_bytes()));
            bytes.chunks(piece).for_each(|piece| search.look(piece));
            let is_there = |text: &String| {
                bytes.windows(text.len()).any(|window| window == text.as_bytes())
            };
            prop_assert_eq!(search.is_found(), texts.iter().any(is_there));
        }
    }

    #[test]
    fn the_root_directory_is_no_place_to_look_for() {
        let mut search = MentionSearch::new([b"/".to_vec()]);
        search.look(b"/usr");
        assert!(!search.is_found());
    }

    #[test]
    fn streams_do_not_run_into_each_other() {
        let mut search = MentionSearch::new([b"ab".to_vec()]);
        search.look(b"a");
        search.next_stream();
        search.look(b"b");
        assert!(!search.is_found());
    }
}
