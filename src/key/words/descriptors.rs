//! Words that name open descriptors, such as `/dev/fd/63`. Only our own descriptors are looked at.

use crate::inherited;
use std::ffi::OsStr;
use std::os::fd::RawFd;
use std::os::unix::ffi::OsStrExt;

/// Whether a word names an open descriptor. Such a word does not depend on the content behind the descriptor.
///
/// A shell turns `<(…)` into such a word, or into the part of a word behind a `=` or `@`. Elsewhere in a word only
/// descriptors that the command inherits matter: `awk '{ print > "/dev/fd/2" }'` names none.
pub(crate) fn names_a_descriptor(word: &OsStr) -> bool {
    let bytes = word.as_bytes();
    let value = bytes.iter().position(|byte| *byte == b'=').map(|at| &bytes[at + 1..]);
    let is_one = |name: &[u8]| {
        let name = name.strip_prefix(b"@").unwrap_or(name);
        let number = name.strip_prefix(b"/dev/fd/").or(name.strip_prefix(b"/proc/self/fd/"));
        number.is_some_and(|it| !it.is_empty() && it.iter().all(u8::is_ascii_digit))
    };
    is_one(bytes) || value.is_some_and(is_one) || inherited_in(bytes).any(inherited::is_passed_on)
}

/// The descriptors from 3 on that a word may name as `…/fd/N`.
fn inherited_in(word: &[u8]) -> impl Iterator<Item = RawFd> {
    const FD: &[u8] = b"/fd/";
    let starts = (0..word.len()).filter(|at| word[*at..].starts_with(FD));
    let number = |at| {
        let digits = &word[at + FD.len()..];
        let length = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
        std::str::from_utf8(&digits[..length]).ok()?.parse::<RawFd>().ok()
    };
    starts.filter_map(number).filter(|fd| *fd > 2)
}
