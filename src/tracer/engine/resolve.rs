//! Where the paths of a process begin, and where those lead that mean something else to each process.

use crate::inputs::Doubt;
use rustix::fs::{CWD, Mode, OFlags, readlinkat_raw};
use rustix::io::Errno;
use std::ffi::CStr;
use std::fmt::Arguments;
use std::io::Write;
use std::os::fd::OwnedFd;

/// `/proc`, open.
#[derive(Debug)]
pub(super) struct Proc {
    root: OwnedFd,
    last: LastThread,
    /// The open file that a path went through.
    named: Option<Vec<u8>>,
    /// Used again and again.
    buffer: Vec<u8>,
}

/// The thread that was asked about last. Its directory is opened when it is asked about again, since most calls come from
/// the same thread as the one before. It belongs to the thread, not to its number: once that has ended it is empty.
#[derive(Debug)]
struct LastThread {
    thread: i32,
    directory: Option<OwnedFd>,
}

/// Why there is no path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NoPath {
    /// The call fails, or leads to nothing that has a path: a pipe, say.
    OfNoAccount,
    /// There may be one.
    Doubt(Doubt),
}

/// What the kernel adds to the path of what was removed.
const DELETED: &[u8] = b" (deleted)";

/// The longest path that the kernel shows.
const LONGEST: usize = 4096;

impl Proc {
    pub(super) fn open() -> Result<Self, Errno> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = rustix::fs::openat(CWD, "/proc", flags, Mode::empty())?;
        let last = LastThread { thread: 0, directory: None };
        Ok(Self { root, last, named: None, buffer: vec![0; LONGEST] })
    }

    /// The working directory of a thread.
    pub(super) fn working_directory(&mut self, thread: i32) -> Result<Vec<u8>, NoPath> {
        self.directory(thread, format_args!("cwd"))
    }

    /// The directory behind a descriptor.
    pub(super) fn directory_of(&mut self, thread: i32, fd: i32) -> Result<Vec<u8>, NoPath> {
        self.directory(thread, format_args!("fd/{fd}"))
    }

    /// The path of what is behind a descriptor. What was removed has none.
    pub(super) fn behind(&mut self, thread: i32, fd: i32) -> Result<Vec<u8>, NoPath> {
        self.present(thread, format_args!("fd/{fd}"))
    }

    fn directory(&mut self, thread: i32, name: Arguments<'_>) -> Result<Vec<u8>, NoPath> {
        let path = self.link(thread, name)?;
        // It is used as a directory though it was removed.
        if path.ends_with(DELETED) { Err(NoPath::Doubt(Doubt::Deleted)) } else { Ok(path) }
    }

    fn present(&mut self, thread: i32, name: Arguments<'_>) -> Result<Vec<u8>, NoPath> {
        let path = self.link(thread, name)?;
        if path.ends_with(DELETED) { Err(NoPath::OfNoAccount) } else { Ok(path) }
    }

    /// The same for what a path goes through, or for a call that works on a descriptor as if it were a path.
    fn by_name(&mut self, thread: i32, name: Arguments<'_>) -> Result<Vec<u8>, NoPath> {
        let path = self.present(thread, name)?;
        self.named = Some(path.clone());
        Ok(path)
    }

    pub(super) fn behind_as_path(&mut self, thread: i32, fd: i32) -> Result<Vec<u8>, NoPath> {
        self.by_name(thread, format_args!("fd/{fd}"))
    }

    /// The path of the open file by whose name the last path was found.
    pub(super) fn take_named(&mut self) -> Option<Vec<u8>> {
        self.named.take()
    }

    /// The target of a link in the directory of a thread, if it is a path.
    fn link(&mut self, thread: i32, name: Arguments<'_>) -> Result<Vec<u8>, NoPath> {
        let mut space = [0; 64];
        write!(space.as_mut_slice(), "{thread}/{name}\0").map_err(|_| NoPath::OfNoAccount)?;
        let slash = space.iter().position(|byte| *byte == b'/').unwrap_or(0);
        let near = CStr::from_bytes_until_nul(&space[slash + 1..]);
        let name = CStr::from_bytes_until_nul(&space);
        let (Ok(near), Ok(name)) = (near, name) else { return Err(NoPath::OfNoAccount) };
        let directory = self.last.directory(thread, &self.root);
        let target = directory.and_then(|it| readlinkat_raw(it, near, &mut self.buffer).ok());
        let target = target.map_or_else(|| readlinkat_raw(&self.root, name, &mut self.buffer), Ok);
        match target {
            Ok(LONGEST..) => Err(NoPath::Doubt(Doubt::Untraceable("a path that is too long"))),
            Ok(length) if self.buffer[..length].first() == Some(&b'/') => {
                Ok(self.buffer[..length].to_vec())
            }
            Ok(_) | Err(Errno::NOENT | Errno::SRCH) => Err(NoPath::OfNoAccount),
            Err(Errno::NAMETOOLONG) => {
                Err(NoPath::Doubt(Doubt::Untraceable("a path that is too long")))
            }
            Err(_) => Err(NoPath::Doubt(Doubt::MemoryUnreadable)),
        }
    }

    /// Follows what stands for something else in each process: the path of the same as we see it. A link at the very end is
    /// followed only if `follow` is set.
    pub(super) fn seen_from_here(
        &mut self,
        thread: i32,
        path: Vec<u8>,
        follow: bool,
    ) -> Result<Vec<u8>, NoPath> {
        let mut rest = Components(&path);
        match rest.next() {
            Some(b"proc") => self.seen_in_proc(thread, rest, follow).unwrap_or(Ok(path)),
            Some(b"dev") => {
                let descriptor = match rest.next() {
                    Some(b"stdin") => Some(0),
                    Some(b"stdout") => Some(1),
                    Some(b"stderr") => Some(2),
                    Some(b"fd") => rest.next().and_then(number),
                    _ => None,
                };
                match descriptor {
                    Some(fd) => self.at_link(thread, format_args!("fd/{fd}"), rest, follow),
                    None => Ok(path),
                }
            }
            _ => Ok(path),
        }
    }

    /// The same for the rest of a path that begins with `/proc`. `None`: it stays as it is.
    fn seen_in_proc(
        &mut self,
        thread: i32,
        mut rest: Components<'_>,
        follow: bool,
    ) -> Option<Result<Vec<u8>, NoPath>> {
        let mut process = match rest.next()? {
            b"self" | b"thread-self" => thread,
            name => number(name)?,
        };
        loop {
            let below = rest.0;
            let link = match rest.next() {
                Some(b"root") if follow || !rest.is_empty() => {
                    return Some(Ok(joined(b"/".to_vec(), rest.0)));
                }
                Some(b"task") => rest.next().and_then(number).map(|task| {
                    process = task;
                    None
                }),
                Some(b"cwd") => Some(Some("cwd".to_owned())),
                Some(b"exe") => Some(Some("exe".to_owned())),
                Some(b"fd") => rest.next().and_then(number).map(|fd| Some(format!("fd/{fd}"))),
                _ => None,
            };
            return Some(match link {
                Some(Some(link)) => self.at_link(process, format_args!("{link}"), rest, follow),
                Some(None) => continue,
                None => Ok(joined(format!("/proc/{process}").into_bytes(), below)),
            });
        }
    }

    /// What a path leads to that goes through such a link.
    fn at_link(
        &mut self,
        thread: i32,
        name: Arguments<'_>,
        rest: Components<'_>,
        follow: bool,
    ) -> Result<Vec<u8>, NoPath> {
        let path = self.by_name(thread, name)?;
        // The link itself is no file.
        if rest.is_empty() && !follow { Err(NoPath::OfNoAccount) } else { Ok(joined(path, rest.0)) }
    }
}

impl LastThread {
    fn directory(&mut self, thread: i32, root: &OwnedFd) -> Option<&OwnedFd> {
        if self.thread != thread {
            *self = Self { thread, directory: None };
            return None;
        }
        if self.directory.is_none() {
            let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
            self.directory =
                rustix::fs::openat(root, thread.to_string(), flags, Mode::empty()).ok();
        }
        self.directory.as_ref()
    }
}

/// A path below a directory.
pub(super) fn joined(mut directory: Vec<u8>, path: &[u8]) -> Vec<u8> {
    if path.is_empty() {
        return directory;
    }
    if directory.ends_with(b"/") {
        directory.pop();
    }
    if !path.starts_with(b"/") {
        directory.push(b'/');
    }
    directory.extend_from_slice(path);
    directory
}

fn number(name: &[u8]) -> Option<i32> {
    let is_number = !name.is_empty() && name.iter().all(u8::is_ascii_digit);
    is_number.then(|| std::str::from_utf8(name).ok()?.parse().ok()).flatten()
}

/// The components of a path that have not been taken yet.
#[derive(Clone, Copy)]
struct Components<'p>(&'p [u8]);

impl<'p> Components<'p> {
    fn next(&mut self) -> Option<&'p [u8]> {
        loop {
            let start = self.0.iter().position(|byte| *byte != b'/')?;
            let rest = &self.0[start..];
            let end = rest.iter().position(|byte| *byte == b'/').unwrap_or(rest.len());
            self.0 = &rest[end..];
            if &rest[..end] != b"." {
                return Some(&rest[..end]);
            }
        }
    }

    fn is_empty(mut self) -> bool {
        self.next().is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsRawFd;
    use std::os::unix::ffi::OsStrExt;

    fn seen(path: &str, follow: bool) -> Result<String, NoPath> {
        let mut proc = Proc::open().expect("proc");
        let process = i32::try_from(std::process::id()).expect("a number");
        let seen = proc.seen_from_here(process, path.into(), follow)?;
        Ok(String::from_utf8(seen).expect("text"))
    }

    #[test]
    fn paths_of_each_process_lead_to_those_of_this_one() {
        let directory = tempfile::tempdir().expect("made");
        let path = directory.path().canonicalize().expect("there").join("file");
        let file = std::fs::File::create(&path).expect("made");
        let (fd, path) = (file.as_raw_fd(), path.to_str().expect("text"));
        for link in [
            format!("/dev/fd/{fd}"),
            format!("/proc/self/fd/{fd}"),
            format!("//proc/./thread-self//fd/{fd}"),
            format!("/proc/{}/task/{0}/fd/{fd}", std::process::id()),
        ] {
            assert_eq!(seen(&link, true).as_deref(), Ok(path), "{link}");
            assert_eq!(seen(&link, false), Err(NoPath::OfNoAccount), "{link}");
        }
        drop(directory);
        assert_eq!(seen(&format!("/dev/fd/{fd}"), true), Err(NoPath::OfNoAccount));
        let (pipe, _) = std::io::pipe().expect("made");
        let pipe = format!("/dev/fd/{}", pipe.as_raw_fd());
        assert_eq!(seen(&pipe, true), Err(NoPath::OfNoAccount));
    }

    #[test]
    fn links_in_the_middle_are_followed_in_any_case() {
        let here = std::env::current_dir().expect("there").canonicalize().expect("there");
        let here = String::from_utf8(here.as_os_str().as_bytes().to_vec()).expect("text");
        assert_eq!(seen("/proc/self/cwd/a/../b", false), Ok(format!("{here}/a/../b")));
        assert_eq!(seen("/proc/self/root/etc/passwd", false).as_deref(), Ok("/etc/passwd"));
        let process = std::process::id();
        assert_eq!(seen("/proc/self/status", true), Ok(format!("/proc/{process}/status")));
        for same in ["/proc/meminfo", "/proc", "/dev/null", "/dev/fd", "/processes/self/fd/1", "/"]
        {
            assert_eq!(seen(same, true).as_deref(), Ok(same));
        }
    }

    #[test]
    fn removed_directories_are_doubts() {
        let directory = tempfile::tempdir().expect("made");
        let open = std::fs::File::open(directory.path()).expect("open");
        let mut proc = Proc::open().expect("proc");
        let process = i32::try_from(std::process::id()).expect("a number");
        let path = directory.path().canonicalize().expect("there");
        assert_eq!(
            proc.directory_of(process, open.as_raw_fd()).as_deref(),
            Ok(path.as_os_str().as_bytes())
        );
        drop(directory);
        let gone = proc.directory_of(process, open.as_raw_fd());
        assert_eq!(gone, Err(NoPath::Doubt(Doubt::Deleted)));
        assert_eq!(proc.directory_of(process, 9999), Err(NoPath::OfNoAccount));
    }
}
