//! What a traced run changes.
//!
//! The ledger hears of a change before the kernel makes it, and first keeps what the run has seen there. It never learns
//! whether the call succeeds. A call that cannot succeed counts as a look at what is in its way. If one fails for another
//! reason, the next look finds the old state, and counts as a look.

use super::body;
use super::doubt::Doubt;
use super::filesystem::{DeviceKind, Filesystem};
use super::ledger::{Ledger, MOST_LINKS, is_of_asking_process, link_target, proc_leads_to, shown};
use super::look::Look;
use super::path;
use super::path_state::{Facts, PathState};
use super::record::{Contact, PathRecord, Written};
use super::write_kind::WriteKind;
use rustix::fs::{Access, AtFlags, CWD, accessat};

/// The content of a larger file is not kept when its mode or its times change.
const LARGEST_KEPT: u64 = 1 << 20;

impl Ledger {
    /// The run is about to change what a path leads to.
    pub fn before_write(&mut self, path: &[u8], follow: bool, kind: WriteKind) {
        if self.is_over() {
            return;
        }
        let (path, ends_in_slash) = path::normal(path);
        if ends_in_slash && !may_end_in_slash(&path, kind) {
            // The kernel refuses the slash at the end.
            return self.look_at_failure(&path, true);
        }
        self.write(&path, follow || ends_in_slash && kind == WriteKind::Metadata, kind, MOST_LINKS);
    }

    fn write(&mut self, path: &[u8], follow: bool, kind: WriteKind, links: u8) {
        if let Some((real, links)) = proc_leads_to(path).zip(links.checked_sub(1)) {
            return self.write(path::bytes(&real), true, kind, links);
        }
        let Some(itself) = self.begin_write(path) else { return };
        if follow && itself.found().is_some_and(Facts::is_link) {
            return self.write_through(path, kind, links);
        }
        match kind {
            WriteKind::Open { creates, truncates, reads } => match itself.found() {
                Some(_) if self.is_own(path) => {}
                Some(facts) => self.open(path, facts, [creates, truncates, reads]),
                None if creates => self.open_new(path, &itself, truncates, reads),
                None => self.look_at(path, false, Look::Access, links),
            },
            WriteKind::CreateNew | WriteKind::MakeDirectory | WriteKind::MakeLink => {
                self.make_new(path, &itself, kind);
            }
            WriteKind::Metadata => self.touch(path, &itself),
            WriteKind::Remove => self.remove(path, &itself, false),
            WriteKind::RemoveDirectory => self.remove(path, &itself, true),
        }
    }

    /// Records a change that fails. Its error depends on what is at the path, and on whether its directory is there.
    pub(super) fn look_at_failure(&mut self, path: &[u8], follow: bool) {
        if let Some(parent) = path::parent(path) {
            self.look_at(parent, true, Look::Access, MOST_LINKS);
        }
        self.look_at(path, follow, Look::Access, MOST_LINKS);
    }

    /// What is at the path itself; `None` if it does not count.
    pub(super) fn begin_write(&mut self, path: &[u8]) -> Option<PathState> {
        if self.ignored.contains(path) {
            return None;
        }
        if self.is_full() {
            return None;
        }
        let itself = PathState::at(CWD, path, false);
        let system = itself.found().map(|facts| self.filesystems.of(path, false, facts));
        let is_of_kernel = match system {
            Some(Filesystem::Process | Filesystem::Kernel) => {
                itself.found().and_then(DeviceKind::of).is_none()
            }
            Some(_) => false,
            None => path.starts_with(b"/proc/") || path.starts_with(b"/sys/"),
        };
        if is_of_kernel || is_of_asking_process(path) || self.terms.ignores(path) {
            self.ignore(path);
            return None;
        }
        Some(itself)
    }

    /// A change of that to which a link leads.
    fn write_through(&mut self, path: &[u8], kind: WriteKind, links: u8) {
        if !self.records.get(path).is_some_and(|record| record.is_own_link) {
            self.look_at(path, false, Look::Link, links);
        }
        self.keep_state(path);
        if let Some((target, links)) = link_target(path).zip(links.checked_sub(1)) {
            self.write(&target, true, kind, links);
        }
    }

    /// Something that is there is opened for writing.
    fn open(&mut self, path: &[u8], facts: &Facts, [creates, truncates, reads]: [bool; 3]) {
        let itself = PathState::Found(*facts);
        match DeviceKind::of(facts) {
            Some(DeviceKind::Memory) => return,
            Some(DeviceKind::Terminal) => return self.doubt(Doubt::Terminal),
            Some(DeviceKind::Other) => return self.doubt(Doubt::Device(shown(path))),
            None => {}
        }
        let may_write = accessat(CWD, path, Access::WRITE_OK, AtFlags::EACCESS).is_ok();
        let fails = facts.is_directory() || !may_write;
        // A call that may make the file depends on its directory only. Any other depends on the file.
        match path::parent(path).filter(|_| creates && !fails) {
            Some(parent) => self.look_at(parent, true, Look::Access, MOST_LINKS),
            None => self.add_look(path, false, Look::Access, Some(itself)),
        }
        if fails {
            return;
        }
        if truncates {
            return self.change(path, &itself, Written::Wholly);
        }
        if reads {
            self.add_look(path, false, Look::Content, Some(itself));
        }
        self.change(path, &itself, Written::Partly);
    }

    /// Opens a file that is not there yet. Unless the call would empty it, a file there would change the result, so its
    /// absence is a condition.
    fn open_new(&mut self, path: &[u8], itself: &PathState, truncates: bool, reads: bool) {
        let is_in_own = path::parent(path).is_some_and(|parent| self.own.contains(parent));
        if truncates || is_in_own || self.is_own(path) {
            self.make(path, itself, Written::Wholly);
        } else if self.make(path, itself, Written::Partly) {
            self.record(path).read_as_new |= reads;
        }
    }

    /// Records that the run makes this path. Returns whether it can.
    fn make(&mut self, path: &[u8], itself: &PathState, written: Written) -> bool {
        let may = *itself == PathState::Absent && self.may_change_names(path);
        if may {
            self.change(path, itself, written);
        } else {
            self.look_at(path, false, Look::Access, MOST_LINKS);
        }
        may
    }

    /// Records a call that makes this path, and fails if anything is there.
    pub(super) fn make_new(&mut self, path: &[u8], itself: &PathState, kind: WriteKind) {
        let is_own = self.is_own(path);
        if itself.found().is_some() && is_own || !self.make(path, itself, Written::Wholly) {
            return;
        }
        self.set_own_link(path, kind == WriteKind::MakeLink);
        if !is_own {
            self.record(path).imply(Look::Access);
        }
        if kind == WriteKind::MakeDirectory {
            self.own.insert(path.into());
        }
    }

    /// The mode, the owner, the times or an attribute are changed.
    pub(super) fn touch(&mut self, path: &[u8], itself: &PathState) {
        let Some(facts) = itself.found() else {
            return self.look_at(path, false, Look::Access, MOST_LINKS);
        };
        let is_first = self.records.get(path).is_none_or(|record| record.written == Written::Never);
        self.change(path, itself, Written::Partly);
        if is_first && facts.is_file() && facts.stamp.size <= LARGEST_KEPT {
            // The content stays, and the run may read it later.
            let body = body::read(CWD, path, false, facts, path, &self.terms);
            let record = self.record(path);
            for contact in [&mut record.itself, &mut record.followed].into_iter().flatten() {
                if contact.first == *itself {
                    contact.body.get_or_insert(body);
                }
            }
        }
    }

    fn remove(&mut self, path: &[u8], itself: &PathState, is_directory: bool) {
        let is_own = self.is_own(path);
        let is_there = itself.found().is_some_and(|facts| facts.is_directory() == is_directory);
        if !is_there || !self.may_change_names(path) {
            if !is_own {
                self.look_at(path, false, Look::Access, MOST_LINKS);
            }
            return;
        }
        if is_directory && !is_own {
            // Only an empty one can be removed.
            self.add_look(path, false, Look::Listing, Some(*itself));
        }
        self.change(path, itself, Written::Removed);
        if !is_own {
            self.record(path).imply(Look::Access);
        }
    }

    /// Whether the run may add names to the directory of a path and remove them, which is a condition. If it may, keeps
    /// what it has seen of them, since they are about to change.
    pub(super) fn may_change_names(&mut self, path: &[u8]) -> bool {
        let Some(parent) = path::parent(path) else { return false };
        if self.own.contains(parent) {
            return true;
        }
        self.look_at(parent, true, Look::Access, MOST_LINKS);
        if accessat(CWD, parent, Access::WRITE_OK | Access::EXEC_OK, AtFlags::EACCESS).is_err() {
            return false;
        }
        self.changed.extend(PathState::at(CWD, parent, true).found().map(Facts::file));
        self.keep_state(parent);
        true
    }

    /// Notes a change that is about to happen. `itself` is what is there before.
    pub(super) fn change(&mut self, path: &[u8], itself: &PathState, written: Written) {
        self.keep_state(path);
        self.changed.extend(itself.found().map(Facts::file));
        let record = self.record(path);
        if record.written == Written::Never {
            let contact = || Box::new(Contact::new(*itself));
            record.itself.get_or_insert_with(contact);
            if !itself.found().is_some_and(Facts::is_link) {
                record.followed.get_or_insert_with(contact);
            }
        }
        match written {
            Written::Wholly | Written::Removed => record.write(written),
            _ if record.written == Written::Never => {
                record.written = written;
                self.partly_written.note(path, itself);
            }
            _ => {}
        }
        match written {
            Written::Removed => _ = self.own.insert(path.into()),
            // A directory with a new mode or new times is still the run's own.
            Written::Partly => {}
            Written::Wholly | Written::Never => _ = self.own.remove(path),
        }
    }

    /// Keeps what is in a path that the run has looked at and has not changed so far.
    fn keep_state(&mut self, path: &[u8]) {
        let Some(record) = self.records.get_mut(path) else { return };
        if record.written != Written::Never {
            return;
        }
        for follow in [false, true] {
            let Some(contact) = record.contact(follow) else { continue };
            let Some(facts) = contact.first.found().copied() else { continue };
            if contact.needs_body() && contact.body.is_none() {
                if PathState::at(CWD, path, follow) == contact.first {
                    contact.keep_body(path, follow, &facts, &self.terms);
                } else {
                    contact.is_disturbed = true;
                }
            }
        }
    }

    pub(super) fn is_own(&self, path: &[u8]) -> bool {
        self.records.get(path).is_some_and(|record| record.written.is_own())
    }

    /// Notes whether what the run has put there is a symbolic link.
    pub(super) fn set_own_link(&mut self, path: &[u8], is_own_link: bool) {
        self.record(path).is_own_link = is_own_link;
        self.has_own_links |= is_own_link;
    }

    pub(super) fn record(&mut self, path: &[u8]) -> &mut PathRecord {
        self.records.entry(path.into()).or_default()
    }
}

/// Whether a change can succeed at a path that is written with a slash at its end.
fn may_end_in_slash(path: &[u8], kind: WriteKind) -> bool {
    match kind {
        WriteKind::MakeDirectory | WriteKind::RemoveDirectory => true,
        WriteKind::Metadata => PathState::at(CWD, path, true).is_directory(),
        _ => false,
    }
}
