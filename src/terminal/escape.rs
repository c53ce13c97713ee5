//! Makes texts safe to show: a terminal acts on control characters, so these are escaped.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt;

/// A text for a part of a line, with control characters and invalid bytes escaped.
pub fn escape_os(text: &OsStr) -> String {
    let mut shown = String::new();
    for chunk in text.as_bytes().utf8_chunks() {
        for c in chunk.valid().chars() {
            push(&mut shown, c);
        }
        for byte in chunk.invalid() {
            push_hex(&mut shown, *byte);
        }
    }
    shown
}

/// A text of several lines, with control characters escaped. Escapes in it stay as they are.
pub fn escape_lines(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\n' | '\t') { shown.push(c) } else { push(&mut shown, c) }
    }
    shown
}

/// Like [`escape_lines`], but keeps colours. Parts that come from outside have to be escaped already.
pub(super) fn escape_all_but_colours(text: &str) -> String {
    let mut parts = text.split(COLOUR);
    let mut shown = escape_lines(parts.next().unwrap_or_default());
    for part in parts {
        let end = part.find(|c: char| !c.is_ascii_digit() && c != ';').unwrap_or(part.len());
        let rest = if let Some(rest) = part[end..].strip_prefix('m') {
            shown.extend([COLOUR, &part[..=end]]);
            rest
        } else {
            shown += &escape_lines(COLOUR);
            part
        };
        shown += &escape_lines(rest);
    }
    shown
}

/// The beginning of a colour; numbers, semicolons and an `m` follow.
const COLOUR: &str = "\u{1b}[";

fn push(shown: &mut String, c: char) {
    match c {
        '\n' => shown.push_str("\\n"),
        '\t' => shown.push_str("\\t"),
        '\r' => shown.push_str("\\r"),
        c if c.is_ascii_control() => push_hex(shown, c as u8),
        c if is_unseen(c) => {
            let _ = write!(shown, "\\u{:04x}", u32::from(c));
        }
        c => shown.push(c),
    }
}

fn push_hex(shown: &mut String, byte: u8) {
    let _ = write!(shown, "\\x{byte:02x}");
}

/// Whether a character is invisible, and acts on a terminal or changes how the rest of a line looks.
pub fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// A command line as one could type it, with everything unusual quoted and escaped.
pub fn escape_words(words: impl IntoIterator<Item: AsRef<OsStr>>) -> String {
    words.into_iter().map(|word| quote(word.as_ref())).collect::<Vec<_>>().join(" ")
}

fn quote(word: &OsStr) -> String {
    let plain = |b: &u8| b.is_ascii_alphanumeric() || b"_-+=./,:@%^".contains(b) || *b >= 0x80;
    if escape_os(word).as_bytes() != word.as_bytes() {
        let mut literal = word.as_bytes().to_vec();
        for special in [b'\\', b'\''] {
            literal =
                literal.split(|b| *b == special).collect::<Vec<_>>().join(&[b'\\', special][..]);
        }
        format!("$'{}'", escape_os(OsStr::from_bytes(&literal)))
    } else if !word.is_empty() && word.as_bytes().iter().all(plain) {
        escape_os(word)
    } else {
        format!("'{}'", escape_os(word).replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn invisible_characters_are_escaped() {
        assert_eq!(escape_os(OsStr::from_bytes(b"\xff\x00\n")), "\\xff\\x00\\n");
        assert_eq!(escape_os(OsStr::new("a\u{202e}b\u{9b}")), "a\\u202eb\\u009b");
        assert_eq!(escape_os(OsStr::new("schön")), "schön");
    }

    #[test]
    fn lines_stay_lines() {
        assert_eq!(escape_lines("a\n\tb\u{1b}[1m\r\n"), "a\n\tb\\x1b[1m\\r\n");
    }

    #[test]
    fn colours_stay_and_nothing_else() {
        let text = "\u{1b}[1;31mred\u{1b}[0m\u{1b}]0;title\u{7}\u{1b}[2J\u{1b}[";
        let shown = "\u{1b}[1;31mred\u{1b}[0m\\x1b]0;title\\x07\\x1b[2J\\x1b[";
        assert_eq!(escape_all_but_colours(text), shown);
    }

    #[test]
    fn words_are_shown_as_one_could_type_them() {
        let words = ["echo", "a b", "", "it's", "\u{1b}[31mred", "tab\t\\'"].map(OsStr::new);
        let shown = escape_words(words);
        assert_eq!(shown, r"echo 'a b' '' 'it'\''s' $'\x1b[31mred' $'tab\t\\\''");
    }

    proptest! {
        #[test]
        fn shown_texts_have_only_visible_characters(text in ".*") {
            let seen = |text: &str| text.chars().all(|c| "\n\t".contains(c) || !is_unseen(c));
            let lines = escape_lines(&text);
            prop_assert!(seen(&lines));
            prop_assert_eq!(escape_lines(&lines), lines.clone());
            prop_assert!(seen(&escape_os(OsStr::new(&text))));
        }

        #[test]
        fn no_text_makes_it_panic(text in "(\u{1b}|\\[|[0-9;m]|é)*") {
            let _ = escape_all_but_colours(&text);
        }
    }
}
