//! From a reported call to what it is about to do: the paths are read from the process and made absolute.
//!
//! Nothing here touches a file that the paths lead to.

use super::descriptors::WatchedDescriptors;
use super::event::TraceEvent;
use super::memory::{MemoryFault, MemoryReader, read_exactly};
use super::notification::Notification;
use super::numbers;
use super::resolve::{NoPath, Proc, joined};
use super::rule::{CallRule, Follow, OpenFlags, Place, path};
use super::socket::{self, Address};
use super::table::{NAMESPACES, Rules, TIME_NAMESPACE};
use crate::inputs::{Doubt, Look, RenameKind, WriteKind};
use std::os::fd::RawFd;

/// Resolving a path in a root of its own.
const RESOLVE_IN_ROOT: u64 = 0x10;

/// Understands calls.
pub(super) struct Understanding {
    rules: Rules,
    proc: Proc,
    memory: MemoryReader,
    /// Those that were not used so far.
    unused: WatchedDescriptors,
    /// A path of the last call leads to descriptors.
    names_descriptors: bool,
}

impl Understanding {
    pub(super) fn new(proc: Proc, watched: WatchedDescriptors) -> Self {
        Self {
            rules: Rules::new(),
            proc,
            memory: MemoryReader::new(),
            unused: watched,
            names_descriptors: false,
        }
    }

    /// Whether a call asks of no path, and is reported only for the descriptors that it uses.
    pub(super) fn is_only_use(&self, call: &Notification) -> bool {
        matches!(self.rules.of(call.number), Some(CallRule::OnlyUse))
    }

    /// The path of an open file that the last call uses by its name, or asks for.
    pub(super) fn name_used(&mut self) -> Option<Vec<u8>> {
        self.proc.take_named()
    }

    /// The watched descriptors that a call is the first to use. It comes after the call was understood.
    pub(super) fn used_by(&mut self, call: &Notification) -> Vec<RawFd> {
        if std::mem::take(&mut self.names_descriptors) {
            return self.unused.take_all();
        }
        self.unused.take_used_by(call)
    }

    /// What a call is about to do. `None`: nothing that counts.
    pub(super) fn of(&mut self, call: &Notification) -> Option<TraceEvent> {
        if call.architecture != numbers::ARCHITECTURE {
            return Some(Doubt::Untraceable("system calls of another architecture").into());
        }
        let Some(rule) = self.rules.of(call.number) else {
            return Some(Doubt::Untraceable("a system call that is not known").into());
        };
        let Self { proc, memory, unused, names_descriptors, .. } = self;
        match (Caller { proc, memory, unused, names_descriptors, call }).event(rule) {
            Ok(event) => Some(event),
            Err(NoPath::OfNoAccount) => None,
            Err(NoPath::Doubt(doubt)) => Some(doubt.into()),
        }
    }
}

/// A thread that waits in a call.
struct Caller<'c> {
    proc: &'c mut Proc,
    memory: &'c mut MemoryReader,
    unused: &'c WatchedDescriptors,
    names_descriptors: &'c mut bool,
    call: &'c Notification,
}

impl From<MemoryFault> for NoPath {
    fn from(fault: MemoryFault) -> Self {
        match fault {
            MemoryFault::Forbidden => Self::Doubt(Doubt::MemoryUnreadable),
            MemoryFault::NotThere | MemoryFault::Ended => Self::OfNoAccount,
        }
    }
}

impl Caller<'_> {
    fn event(&mut self, rule: CallRule) -> Result<TraceEvent, NoPath> {
        match rule {
            CallRule::Look(place, follow, look) => self.look(place, follow, look),
            CallRule::Open(place, flags) => self.open(place, flags),
            CallRule::Execute(place, follow) => {
                let follow = self.follows(follow);
                let path = self.used_by_name(place, follow)?;
                let directory = self.proc.working_directory(self.call.thread).ok();
                Ok(TraceEvent::Execute { path, follow, directory })
            }
            CallRule::Write(place, follow, kind) => self.write(place, self.follows(follow), kind),
            CallRule::Truncate(place) => self.truncate(place),
            CallRule::Remove(place, flags) => {
                let is_directory = self.has(flags, libc::AT_REMOVEDIR);
                let kind =
                    if is_directory { WriteKind::RemoveDirectory } else { WriteKind::Remove };
                self.write(place, false, kind)
            }
            CallRule::Rename { source, target, flags } => Ok(TraceEvent::Rename {
                source: self.named(source, false)?,
                target: self.named(target, false)?,
                kind: self.rename_kind(flags),
            }),
            CallRule::Link { source, target, follow } => self.link(source, target, follow),
            CallRule::Socket => self.socket(),
            CallRule::Connect => self.connect(),
            CallRule::Bind => match self.address()? {
                Address::Path(path) => Ok(TraceEvent::Bind { path: self.below_directory(path)? }),
                _ => Err(NoPath::OfNoAccount),
            },
            CallRule::Mount => Ok(TraceEvent::Mount),
            CallRule::CloneByStructure { structure } => self.clone_by(structure),
            CallRule::OnlyUse => Err(NoPath::OfNoAccount),
            CallRule::GiveUp(what) => Ok(Doubt::Untraceable(what).into()),
        }
    }

    fn look(&mut self, place: Place, follow: Follow, look: Look) -> Result<TraceEvent, NoPath> {
        let follow = self.follows(follow);
        let path = match look {
            // A link can be open itself.
            Look::Link | Look::Listing => self.named(place, follow)?,
            _ => self.looked_at(place, follow)?,
        };
        Ok(TraceEvent::Look { path, follow, look })
    }

    fn write(&mut self, at: Place, follow: bool, kind: WriteKind) -> Result<TraceEvent, NoPath> {
        Ok(TraceEvent::Write { path: self.named(at, follow)?, follow, kind })
    }

    fn truncate(&mut self, place: Place) -> Result<TraceEvent, NoPath> {
        let truncates = self.call.wide(1) == 0;
        // Of an open file, any other length leaves something, and was a change when it was opened for writing.
        if place.path.is_none() && !truncates {
            return Err(NoPath::OfNoAccount);
        }
        self.write(place, true, WriteKind::Open { creates: false, truncates, reads: false })
    }

    fn link(&mut self, source: Place, target: Place, follow: Follow) -> Result<TraceEvent, NoPath> {
        let follow = self.follows(follow);
        let target = self.named(target, false)?;
        match self.used_by_name(source, follow) {
            Ok(source) => Ok(TraceEvent::Link { source, follow, target }),
            // A file that never had a name gets one.
            Err(NoPath::OfNoAccount) => {
                let kind = WriteKind::CreateNew;
                Ok(TraceEvent::Write { path: target, follow: false, kind })
            }
            Err(doubt) => Err(doubt),
        }
    }

    fn connect(&mut self) -> Result<TraceEvent, NoPath> {
        match self.address()? {
            Address::Path(path) => Ok(TraceEvent::Connect { path: self.below_directory(path)? }),
            Address::Abstract(name) => Ok(Doubt::Daemon(name).into()),
            Address::Network(peer) => Ok(TraceEvent::Network { peer }),
            Address::OfNoAccount => Err(NoPath::OfNoAccount),
        }
    }

    fn clone_by(&self, structure: u8) -> Result<TraceEvent, NoPath> {
        let flags = self.number_at(structure, 0)?;
        if flags & u64::from(NAMESPACES | TIME_NAMESPACE) == 0 {
            return Err(NoPath::OfNoAccount);
        }
        Ok(Doubt::Untraceable("namespaces").into())
    }

    fn open(&mut self, place: Place, flags: OpenFlags) -> Result<TraceEvent, NoPath> {
        let flags = match flags {
            #[cfg(target_arch = "x86_64")]
            OpenFlags::Fixed(flags) => flags,
            OpenFlags::Argument(argument) => self.call.descriptor(argument),
            OpenFlags::Structure(structure) => {
                if self.number_at(structure, 16)? & RESOLVE_IN_ROOT != 0 {
                    return Ok(Doubt::Untraceable("openat2 in a root of its own").into());
                }
                // All flags fit.
                i32::try_from(self.number_at(structure, 0)?).unwrap_or(0)
            }
        };
        let has = |flag: i32| flags & flag == flag;
        let creates_new = has(libc::O_CREAT | libc::O_EXCL);
        let follow = !has(libc::O_NOFOLLOW) && !creates_new;
        let path = self.named(place, follow)?;
        if path == b"/dev/fuse" {
            return Ok(TraceEvent::Mount);
        }
        let (creates, truncates) = (has(libc::O_CREAT), has(libc::O_TRUNC));
        let access = flags & libc::O_ACCMODE;
        let look = |look| Ok(TraceEvent::Look { path: path.clone(), follow, look });
        if has(libc::O_PATH) {
            return look(Look::Stat);
        }
        if has(libc::O_TMPFILE) {
            return look(Look::Access);
        }
        if access == libc::O_RDONLY && !creates && !truncates {
            return look(if has(libc::O_DIRECTORY) { Look::Access } else { Look::Content });
        }
        let reads = access != libc::O_WRONLY;
        let kind = if creates_new {
            WriteKind::CreateNew
        } else {
            WriteKind::Open { creates, truncates, reads }
        };
        Ok(TraceEvent::Write { path, follow, kind })
    }

    fn rename_kind(&self, flags: Option<u8>) -> RenameKind {
        let flags = flags.map_or(0, |flags| self.call.word(flags));
        if flags & libc::RENAME_EXCHANGE != 0 {
            RenameKind::Exchange
        } else if flags & libc::RENAME_NOREPLACE != 0 {
            RenameKind::NoReplace
        } else {
            RenameKind::Replace
        }
    }

    fn socket(&self) -> Result<TraceEvent, NoPath> {
        match self.call.descriptor(0) {
            // Ciphers and digests, which are computed.
            libc::AF_ALG => Err(NoPath::OfNoAccount),
            libc::AF_UNIX => Ok(Doubt::Daemon("a socket for single messages".into()).into()),
            _ => Ok(TraceEvent::Network { peer: None }),
        }
    }

    fn address(&self) -> Result<Address, NoPath> {
        let mut bytes = [0; socket::LONGEST_ADDRESS];
        let length = usize::try_from(self.call.word(2)).unwrap_or(0).min(bytes.len());
        let bytes = &mut bytes[..length];
        read_exactly(self.call.thread, self.call.wide(1), bytes)?;
        Ok(Address::parse(bytes))
    }

    fn has(&self, argument: u8, flag: i32) -> bool {
        self.call.descriptor(argument) & flag != 0
    }

    fn follows(&self, follow: Follow) -> bool {
        match follow {
            Follow::Always => true,
            Follow::Never => false,
            Follow::Unless(flags) => !self.has(flags, libc::AT_SYMLINK_NOFOLLOW),
            Follow::If(flags) => self.has(flags, libc::AT_SYMLINK_FOLLOW),
        }
    }

    /// A number in a structure at the address in an argument.
    fn number_at(&self, argument: u8, offset: u64) -> Result<u64, NoPath> {
        let mut number = [0; 8];
        let address = self.call.wide(argument).wrapping_add(offset);
        read_exactly(self.call.thread, address, &mut number)?;
        Ok(u64::from_ne_bytes(number))
    }

    /// The path of a call that asks. One without a path asks of an open file, which counted when it was opened.
    fn looked_at(&mut self, place: Place, follow: bool) -> Result<Vec<u8>, NoPath> {
        self.named_or(place, follow, |_, _, _| Err(NoPath::OfNoAccount))
    }

    /// The path of a call that works on a path, or without one on what is behind a descriptor.
    fn named(&mut self, place: Place, follow: bool) -> Result<Vec<u8>, NoPath> {
        self.named_or(place, follow, Proc::behind)
    }

    /// The same for a call that uses the name of what is behind a descriptor.
    fn used_by_name(&mut self, place: Place, follow: bool) -> Result<Vec<u8>, NoPath> {
        self.named_or(place, follow, Proc::behind_as_path)
    }

    fn named_or(
        &mut self,
        place: Place,
        follow: bool,
        behind: fn(&mut Proc, i32, i32) -> Result<Vec<u8>, NoPath>,
    ) -> Result<Vec<u8>, NoPath> {
        let thread = self.call.thread;
        let path = match place.path.map(|path| self.call.wide(path)) {
            Some(address) if address != 0 || place.directory.is_none() => {
                self.memory.read_string(thread, address)?
            }
            _ => Vec::new(),
        };
        match place.directory {
            Some(directory)
                if path.is_empty()
                    && (place.path.is_none() || !self.is_working_directory(directory)) =>
            {
                behind(self.proc, thread, self.call.descriptor(directory))
            }
            _ => self.whole(place, path, follow),
        }
    }

    fn is_working_directory(&self, directory: u8) -> bool {
        self.call.descriptor(directory) == libc::AT_FDCWD
    }

    /// A path that may be relative, as we see it.
    fn whole(&mut self, place: Place, path: Vec<u8>, follow: bool) -> Result<Vec<u8>, NoPath> {
        let path = match place.directory {
            _ if path.first() == Some(&b'/') => path,
            Some(directory) if !self.is_working_directory(directory) => {
                let descriptor = self.call.descriptor(directory);
                *self.names_descriptors |= self.unused.contains(descriptor);
                joined(self.proc.directory_of(self.call.thread, descriptor)?, &path)
            }
            // An empty path leads nowhere without a descriptor.
            None if path.is_empty() => return Err(NoPath::OfNoAccount),
            _ => joined(self.proc.working_directory(self.call.thread)?, &path),
        };
        *self.names_descriptors |= leads_to_descriptors(&path);
        self.proc.seen_from_here(self.call.thread, path, follow)
    }

    fn below_directory(&mut self, path: Vec<u8>) -> Result<Vec<u8>, NoPath> {
        self.whole(self::path(0), path, true)
    }
}

/// Whether a path may lead to what is open in a process.
fn leads_to_descriptors(path: &[u8]) -> bool {
    let (mut names_proc, mut names_fd) = (false, false);
    for (at, _) in path.iter().enumerate().filter(|(_, byte)| **byte == b'/') {
        let (before, rest) = path.split_at(at);
        if rest.starts_with(b"/dev/std") || rest.starts_with(b"/dev/fd") {
            return true;
        }
        names_proc |= before.ends_with(b"proc");
        names_fd |= rest.starts_with(b"/fd");
    }
    names_proc && names_fd
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_open_files_are_known() {
        for path in [
            &b"/dev/stdin"[..],
            b"/dev/fd",
            b"/dev/fd/3",
            b"/proc/self/fd/0",
            b"/proc/1/fdinfo",
            b"/x/../proc/1/task/2/fd",
            b"//proc//1//fd/2",
        ] {
            assert!(leads_to_descriptors(path), "{}", path.escape_ascii());
        }
        for path in [&b"/"[..], b"", b"/dev/tty", b"/proc/1/maps", b"/a/fd/1", b"/usr/lib/x"] {
            assert!(!leads_to_descriptors(path), "{}", path.escape_ascii());
        }
    }
}
