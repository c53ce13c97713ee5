//! What the kernel reads of a program when it executes it, apart from the program: interpreters and loaders.
//!
//! The kernel opens those itself, so no call tells of them. Files may hold anything; what is read of them is bounded.

use crate::opening::open_to_read;
use rustix::fs::{CWD, FileType, Mode, OFlags, Stat, fstat};
use rustix::io::pread;
use std::ffi::OsString;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

/// How a file is executed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Loading {
    /// By this interpreter, which its first line names.
    Script(PathBuf),
    /// As machine code, by this loader if there is one.
    Binary(Option<PathBuf>),
    /// By the handler of a registered format, or not at all.
    Other,
}

/// The longest first line that the kernel reads.
const LONGEST_LINE: usize = 256;

/// How much the kernel reads of the table of segments.
const LARGEST_TABLE: usize = 1 << 16;

/// The type of the segment that names the loader.
const INTERPRETER: u32 = 3;

/// How the file at this path is executed. `None`: it cannot be read.
pub(super) fn loading(path: &Path) -> Option<Loading> {
    // Nothing but a regular file is executed, and opening something else might wait.
    let file: OwnedFd = open_to_read(CWD, path, OFlags::empty()).ok()?;
    let is_file = |stat: Stat| FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile;
    fstat(&file).is_ok_and(is_file).then(|| {
        let mut start = [0; LONGEST_LINE];
        let length = pread(&file, &mut start, 0).unwrap_or(0);
        match &start[..length] {
            [b'#', b'!', line @ ..] => script(line),
            start => binary(&file, start).unwrap_or(Loading::Other),
        }
    })
}

/// The first word of a first line.
fn script(line: &[u8]) -> Loading {
    let line = line.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let is_end = |byte: &u8| matches!(byte, b' ' | b'\t' | 0);
    match line.split(is_end).find(|word| !word.is_empty()) {
        Some(word) => Loading::Script(path(word)),
        None => Loading::Other,
    }
}

fn path(bytes: &[u8]) -> PathBuf {
    OsString::from_vec(bytes.to_vec()).into()
}

/// Where the fields of an ELF file are that the loader depends on.
struct ElfLayout {
    /// Of the table of segments: its offset, the size of a row, and how many there are.
    table: usize,
    row_size: usize,
    row_count: usize,
    /// Of the offset and the size of a segment in its row.
    offset: usize,
    size: usize,
    /// The bytes of an offset.
    width: usize,
}

const ELF_64: ElfLayout =
    ElfLayout { table: 32, row_size: 54, row_count: 56, offset: 8, size: 32, width: 8 };
const ELF_32: ElfLayout =
    ElfLayout { table: 28, row_size: 42, row_count: 44, offset: 4, size: 16, width: 4 };

/// The machine codes that the kernel executes by itself: of 64 and of 32 bits.
#[cfg(target_arch = "x86_64")]
const MACHINES: [u64; 2] = [62, 3];
#[cfg(target_arch = "aarch64")]
const MACHINES: [u64; 2] = [183, 40];

/// How an ELF file is executed.
fn binary(file: &OwnedFd, start: &[u8]) -> Option<Loading> {
    let [0x7f, b'E', b'L', b'F', class, ..] = start else { return None };
    let layout = if *class == 1 { &ELF_32 } else { &ELF_64 };
    if !MACHINES.contains(&number(start, 18, 2)?) {
        return None;
    }
    let size = usize::try_from(number(start, layout.row_size, 2)?).ok()?;
    let count = usize::try_from(number(start, layout.row_count, 2)?).ok()?;
    let length = size.checked_mul(count).filter(|length| *length <= LARGEST_TABLE)?;
    let table = read(file, number(start, layout.table, layout.width)?, length)?;
    let mut rows = table.chunks_exact(size.max(1));
    let Some(row) = rows.find(|row| number(row, 0, 4) == Some(INTERPRETER.into())) else {
        return Some(Loading::Binary(None));
    };
    let length = usize::try_from(number(row, layout.size, layout.width)?).ok()?;
    let length = (length <= LONGEST_LOADER).then_some(length)?;
    let loader = read(file, number(row, layout.offset, layout.width)?, length)?;
    let name = loader.split(|byte| *byte == 0).next().filter(|name| !name.is_empty())?;
    Some(Loading::Binary(Some(path(name))))
}

/// The longest path of a loader that the kernel takes.
const LONGEST_LOADER: usize = 4096;

/// A little-endian number of so many bytes.
fn number(bytes: &[u8], at: usize, width: usize) -> Option<u64> {
    let bytes = bytes.get(at..at.checked_add(width)?)?;
    Some(bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

/// Exactly so many bytes of a file.
fn read(file: &OwnedFd, offset: u64, length: usize) -> Option<Vec<u8>> {
    let mut bytes = vec![0; length];
    let count = pread(file, &mut bytes, offset).ok()?;
    (count == length).then_some(bytes)
}

/// Whether a program gets privileges that its caller lacks.
pub(crate) fn gains_privileges(path: &Path) -> bool {
    let sets_an_id = rustix::fs::stat(path).is_ok_and(|stat| {
        let mode = Mode::from_raw_mode(stat.st_mode);
        let sets_group = Mode::SGID | Mode::XGRP;
        mode.contains(Mode::SUID) || mode.contains(sets_group)
    });
    let has_capabilities =
        || rustix::fs::getxattr(path, "security.capability", &mut [0_u8; 32]).is_ok();
    sets_an_id || has_capabilities()
}

/// Whether formats are registered that the kernel has a handler program for.
pub(super) fn are_formats_registered() -> bool {
    let entries = std::fs::read_dir("/proc/sys/fs/binfmt_misc");
    // Two files are always there.
    entries.is_ok_and(|entries| entries.count() > 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn loading_of(content: &[u8]) -> Option<Loading> {
        let file = tempfile::NamedTempFile::new().expect("made");
        fs::write(file.path(), content).expect("written");
        loading(file.path())
    }

    fn assert_script(content: &[u8], interpreter: &str) {
        assert_eq!(loading_of(content), Some(Loading::Script(interpreter.into())));
    }

    #[test]
    fn the_first_line_names_the_interpreter() {
        assert_script(b"#!/bin/sh\necho", "/bin/sh");
        assert_script(b"#! \t/usr/bin/env -S a\n", "/usr/bin/env");
        assert_script(b"#!relative", "relative");
        for other in [b"#!\n".as_slice(), b"#! \n/bin/sh", b"", b"#", b"echo"] {
            assert_eq!(loading_of(other), Some(Loading::Other));
        }
        let long = [b"#!/", [b'x'; 400].as_slice()].concat();
        assert_script(&long, &format!("/{}", "x".repeat(LONGEST_LINE - 3)));
    }

    #[test]
    fn a_binary_names_its_loader() {
        let shell = loading(Path::new("/bin/sh"));
        let Some(Loading::Binary(Some(loader))) = shell else { panic!("{shell:?}") };
        assert!(loader.starts_with("/lib") || loader.starts_with("/lib64"), "{loader:?}");
        let linker = loading(&loader.canonicalize().expect("there"));
        assert_eq!(linker, Some(Loading::Binary(None)));
        assert_eq!(loading(Path::new("/dev/null")), None);
        assert_eq!(loading(Path::new("/nonexistent")), None);
    }

    #[test]
    fn a_damaged_binary_is_none() {
        let shell = fs::read("/bin/sh").expect("readable");
        for length in [4, 5, 19, 40, 60, 64, 100, 300] {
            loading_of(&shell[..length]);
        }
        let mut damaged = shell[..2000].to_vec();
        for at in 4..400 {
            for value in [0, 0xff] {
                let before = std::mem::replace(&mut damaged[at], value);
                loading_of(&damaged);
                damaged[at] = before;
            }
        }
        damaged[18] = 0xf3;
        assert_eq!(loading_of(&damaged), Some(Loading::Other));
    }

    #[test]
    fn a_32_bit_binary_names_its_loader() {
        let mut file = vec![0; 200];
        file[..5].copy_from_slice(&[0x7f, b'E', b'L', b'F', 1]);
        file[18] = u8::try_from(MACHINES[1]).expect("small");
        file[28] = 52;
        (file[42], file[44]) = (32, 2);
        file[52 + 32] = 3;
        (file[52 + 32 + 4], file[52 + 32 + 16]) = (150, 12);
        file[150..162].copy_from_slice(b"/lib/ld.so\0x");
        assert_eq!(loading_of(&file), Some(Loading::Binary(Some("/lib/ld.so".into()))));
    }
}
