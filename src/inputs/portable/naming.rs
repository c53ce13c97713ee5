//! Whether what a run has read names the project or the home directory. Then it may have come to a path by its name, which
//! would lead elsewhere, or to the same place, on another machine.

use super::places::{PathPlace, PortablePlaces, absolute};
use crate::inputs::look::{InputQuestion, Look};
use crate::inputs::record::LARGE;
use crate::inputs::shape::InputShape;
use crate::inputs::terms::TraceTerms;
use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;

/// Each user's home is in there, and a program takes the caller's.
const USERS: &[u8] = b"/etc/passwd";

/// Bytes that are read at a time.
const CHUNK: usize = 256 << 10;

/// Whether a file that was read names one of the places. Large files of the system do not count: they are programs.
pub fn names_places(shape: &InputShape, terms: &TraceTerms, places: &PortablePlaces) -> bool {
    let homes = places.home.iter().map(Vec::as_slice);
    let texts: Vec<&[u8]> = [&places.project[..]].into_iter().chain(homes).collect();
    let mut buffer = Vec::new();
    let mut questions = shape.questions();
    while let Some(InputQuestion { path, looks, .. }) = questions.next() {
        let path = absolute(path, terms);
        if !looks.contains(Look::Content) || path == USERS {
            continue;
        }
        let is_system = places.of(&path) == PathPlace::Elsewhere;
        // What cannot be read here could not be read by the run.
        if file_names(&path, is_system, &texts, &mut buffer).unwrap_or(false) {
            return true;
        }
    }
    false
}

fn file_names(
    path: &[u8],
    is_system: bool,
    texts: &[&[u8]],
    buffer: &mut Vec<u8>,
) -> io::Result<bool> {
    let flags = libc::O_NONBLOCK | libc::O_NOCTTY;
    let path = OsStr::from_bytes(path);
    let mut file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() || is_system && metadata.len() > LARGE {
        return Ok(false);
    }
    let longest = texts.iter().map(|text| text.len()).max().unwrap_or_default();
    buffer.clear();
    loop {
        let read = read_more(&mut file, buffer)?;
        if texts.iter().any(|text| names(buffer, text)) {
            return Ok(true);
        }
        if read == 0 {
            return Ok(false);
        }
        // A text may go on in the next bytes, and what stands before it counts too.
        let kept = buffer.len().saturating_sub(longest + 1);
        buffer.drain(..kept);
    }
}

fn read_more(file: &mut File, buffer: &mut Vec<u8>) -> io::Result<usize> {
    file.by_ref().take(CHUNK as u64).read_to_end(buffer)
}

/// Whether this path stands in the bytes. A short one has to stand for itself: `./root` is not `/root`, but `-I/root` is.
fn names(bytes: &[u8], path: &[u8]) -> bool {
    let Some((first, rest)) = path.split_first() else { return false };
    let is_short = !rest.contains(first);
    let mut start = 0;
    while let Some(at) = bytes[start..].iter().position(|byte| byte == first) {
        let at = start + at;
        start = at + 1;
        if bytes[start..].starts_with(rest) {
            let after = bytes.get(start + rest.len());
            let goes_on = after.is_some_and(|it| it.is_ascii_alphanumeric() || b"_-".contains(it));
            if !(goes_on || is_short && is_within_path(&bytes[..at])) {
                return true;
            }
        }
    }
    false
}

/// Whether a path that follows these bytes goes on with one that ends them.
fn is_within_path(before: &[u8]) -> bool {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-~})%+@".contains(byte);
    let is_option = matches!(before, [.., b'-', letter] if letter.is_ascii_alphabetic());
    before.last().is_some_and(is_part) && !is_option
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_named_where_it_stands_as_a_whole() {
        for (text, expected) in [
            ("see /root/x", true),
            ("/root", true),
            ("file:///root/x", true),
            ("a=/root:/b", true),
            ("/root.", true),
            ("import './root'", false),
            ("/x/root", false),
            ("/rooted", false),
            ("$X/root", false),
            ("${X}/root", false),
            ("root", false),
            ("cc -I/root", true),
        ] {
            assert_eq!(names(text.as_bytes(), b"/root"), expected, "{text}");
        }
    }

    #[test]
    fn a_path_is_found_wherever_the_pieces_end() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("x");
        let text = [vec![b' '; CHUNK - 3], b"/h/ann/p".to_vec(), vec![b' '; 9]].concat();
        for (text, expected) in [(text, true), (vec![b'/'; CHUNK * 2], false)] {
            std::fs::write(&path, text).expect("written");
            let path = path.as_os_str().as_bytes();
            let found = file_names(path, false, &[b"/h/ann"], &mut Vec::new());
            assert_eq!(found.expect("read"), expected);
        }
    }
}
