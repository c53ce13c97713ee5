//! Secrets as texts: bytes in hexadecimal or base64.
//!
//! Errors name the variable and what it should hold, never a part of its value.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// A secret that cannot be used. The value is not shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{variable} {problem}")]
pub struct BadSecret {
    /// The variable that it came from.
    pub variable: &'static str,
    /// What is wrong, and what helps.
    pub problem: &'static str,
}

/// The bytes that a text stands for. A text of hexadecimal digits is never read as base64: one digit may be missing.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let text = text.trim();
    if text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return decode_hex(text.as_bytes());
    }
    let padding =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let is_for_urls = text.contains(['-', '_']);
    let alphabet = if is_for_urls { &alphabet::URL_SAFE } else { &alphabet::STANDARD };
    GeneralPurpose::new(alphabet, padding).decode(text).ok()
}

fn decode_hex(digits: &[u8]) -> Option<Vec<u8>> {
    let value = |digit: u8| u8::try_from(char::from(digit).to_digit(16)?).ok();
    let byte = |pair: &[u8]| match pair {
        [high, low] => Some(value(*high)? << 4 | value(*low)?),
        _ => None,
    };
    digits.chunks(2).map(byte).collect()
}

/// The 32 bytes that a text stands for.
pub(super) fn decode_32(text: &str) -> Option<[u8; 32]> {
    decode(text)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hex::Hex;
    use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn bytes_come_back_from_each_spelling(bytes in proptest::collection::vec(any::<u8>(), 32..80)) {
            let hex = Hex(&bytes).to_string();
            let spellings = [
                hex.to_uppercase(),
                format!(" {hex}\n"),
                BASE64_STANDARD.encode(&bytes),
                BASE64_STANDARD_NO_PAD.encode(&bytes),
                BASE64_URL_SAFE_NO_PAD.encode(&bytes),
            ];
            for text in spellings {
                prop_assert!(decode(&text).as_ref() == Some(&bytes), "{}", text);
            }
        }
    }

    #[test]
    fn what_is_neither_is_nothing() {
        for text in ["secret!", "abc", "ä", "a b"] {
            assert_eq!(decode(text), None, "{text}");
        }
        assert_eq!(decode_32(&"ab".repeat(31)), None);
        assert_eq!(decode_32(&"ab".repeat(32)), Some([0xab; 32]));
    }
}
