//! What a traced run asks, in the order in which it happens.

use super::doubt::Doubt;
use super::filesystem::{DeviceKind, Filesystem, Filesystems};
use super::look::Look;
use super::partly_written::PartlyWritten;
use super::path;
use super::path_map::{PathMap, PathSet};
use super::path_state::{Facts, PathState};
use super::record::{Contact, PathRecord, Written};
use super::refusal::NotTraceable;
use super::settle;
use super::terms::TraceTerms;
use rustix::fs::{CWD, readlinkat};
use std::collections::HashSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Listens to a run. Everything is announced before the kernel does it, so that it can be seen as it was.
///
/// Paths are absolute, with any bytes, as they were asked for: relative ones are joined to the directory that they
/// begin at. `..` stays, since only the kernel knows where it leads. `/proc/self` and `/dev/fd` are those of the
/// process that asks.
#[derive(Debug)]
pub struct Ledger {
    pub(super) terms: TraceTerms,
    pub(super) doubts: Vec<Doubt>,
    pub(super) refusal: Option<NotTraceable>,
    pub(super) records: PathMap<PathRecord>,
    /// Paths at which nothing counts.
    pub(super) ignored: PathSet,
    pub(super) filesystems: Filesystems,
    /// The directories that the run has made, and the names that it has removed: what is missing there is its own
    /// doing.
    pub(super) own: PathSet,
    pub(super) partly_written: PartlyWritten,
    /// The files, by device and inode, that the run has changed: it may have looked at them under other names.
    pub(super) changed: HashSet<(u64, u64)>,
    /// The run has made a symbolic link.
    pub(super) has_own_links: bool,
    is_blind: bool,
}

/// A run that touches more paths is not stored: to check them would take long, and memory.
const MOST_PATHS: usize = 200_000;

/// The kernel follows no more links.
pub(super) const MOST_LINKS: u8 = 40;

impl Ledger {
    /// Begins to listen.
    pub fn new(terms: TraceTerms) -> Self {
        Self {
            terms,
            doubts: Vec::new(),
            refusal: None,
            records: PathMap::default(),
            ignored: PathSet::default(),
            filesystems: Filesystems::default(),
            own: PathSet::default(),
            partly_written: PartlyWritten::default(),
            changed: HashSet::new(),
            has_own_links: false,
            is_blind: false,
        }
    }

    /// The run asks something of a path. `follow`: a link at its end is followed.
    pub fn look(&mut self, path: &[u8], follow: bool, look: Look) {
        if !self.is_over() {
            let (path, ends_in_slash) = path::normal(path);
            self.look_at(&path, follow || ends_in_slash, look, MOST_LINKS);
        }
    }

    /// The run executes a program, which can ask for its own path without links.
    pub fn execute(&mut self, path: &[u8], follow: bool) {
        self.look(path, follow, Look::Content);
        if follow && !self.is_over() {
            self.look_at_links(&path::normal(path).0, MOST_LINKS);
        }
    }

    /// The run uses an open file by its path without links, or asks for that path: the links by which it was found count.
    pub fn name(&mut self, real: &[u8]) {
        if self.is_over() {
            return;
        }
        let now = PathState::at(CWD, real, false);
        // Of directories they count in any case.
        let Some(file) = now.found().filter(|it| it.is_file()).map(Facts::file) else { return };
        let is_same = |record: &PathRecord| {
            let found = record.followed.as_ref().and_then(|contact| contact.first.found());
            found.is_some_and(|facts| facts.file() == file)
        };
        let same = self.records.iter().filter(|(path, record)| ***path != *real && is_same(record));
        for path in same.map(|(path, _)| path.to_vec()).collect::<Vec<_>>() {
            self.look_at_links(&path, MOST_LINKS);
        }
    }

    /// The run did something that files do not tell of.
    pub fn doubt(&mut self, doubt: Doubt) {
        if !self.doubts.contains(&doubt) {
            self.doubts.push(doubt);
        }
    }

    /// From now on no file is touched: the run may serve a file system itself, and would wait for us.
    pub fn blind(&mut self) {
        self.is_blind = true;
        self.doubt(Doubt::Mount);
    }

    /// Whether the result is not stored whatever comes.
    pub(super) fn is_over(&mut self) -> bool {
        let is_over = self.is_blind
            || self.refusal.is_some()
            || self.doubts.iter().any(|doubt| !doubt.is_fine_with_ttl());
        if is_over {
            self.records = PathMap::default();
        }
        is_over
    }

    /// Whether there are too many paths: then the result is not stored.
    pub(super) fn is_full(&mut self) -> bool {
        let is_full = self.records.len() >= MOST_PATHS;
        if is_full {
            self.refuse(NotTraceable::TooManyPaths);
        }
        is_full
    }

    pub(super) fn refuse(&mut self, refusal: NotTraceable) {
        self.refusal.get_or_insert(refusal);
    }

    pub(super) fn look_at(&mut self, path: &[u8], follow: bool, look: Look, links: u8) {
        if let Some(real) = self.behind_own_link(path) {
            if let Some(links) = links.checked_sub(1) {
                self.look_at(&real, follow, look, links);
            }
            return;
        }
        let Some(record) = self.records.get_mut(path) else {
            return self.look_first(path, follow, look, links);
        };
        if follow && record.is_own_link {
            return self.look_through(path, look, links);
        }
        let written = record.written;
        let is_own = written.is_own();
        if is_own && record.is_confirmed {
            return;
        }
        let contact = record.contact(follow);
        if let Some(contact) = contact.as_mut().filter(|contact| contact.looks.contains(look)) {
            // Somebody may have put something else there, and may put it back.
            let may_change = written == Written::Never;
            contact.is_disturbed |= may_change && !contact.is_there_still(path, follow);
            return;
        }
        if is_own {
            let now = PathState::at(CWD, path, follow);
            if Some(now) != contact.as_ref().map(|contact| contact.first)
                && (now == PathState::Absent) == (record.written == Written::Removed)
            {
                record.is_confirmed = true;
                return;
            }
        }
        self.add_look(path, follow, look, None);
    }

    /// A look at a path that nothing is known of.
    fn look_first(&mut self, path: &[u8], follow: bool, look: Look, links: u8) {
        if self.ignored.contains(path) {
            return;
        }
        if self.terms.ignores(path) || is_of_asking_process(path) {
            return self.ignore(path);
        }
        let now = PathState::at(CWD, path, follow);
        let is_process = path.starts_with(b"/proc/");
        let PathState::Found(facts) = now else {
            if is_process || path.starts_with(b"/sys/") {
                return self.ignore(path);
            }
            if !self.is_own_absence(path, &now) {
                self.add_look(path, follow, look, Some(now));
            }
            return;
        };
        match self.filesystems.of(path, follow, &facts) {
            _ if DeviceKind::of(&facts).is_some() => {}
            Filesystem::Process if counts_in_proc(path) => {}
            Filesystem::Process | Filesystem::Kernel => return self.ignore(path),
            _ if is_process => {
                if let Some((real, links)) = proc_leads_to(path).zip(links.checked_sub(1)) {
                    self.look_at(path::bytes(&real), true, look, links);
                }
                return;
            }
            _ => {}
        }
        match DeviceKind::of(&facts) {
            Some(DeviceKind::Memory) => self.ignore(path),
            Some(DeviceKind::Terminal) if look != Look::Content => {}
            _ => self.add_look(path, follow, look, Some(now)),
        }
    }

    pub(super) fn ignore(&mut self, path: &[u8]) {
        self.ignored.insert(path.into());
    }

    /// A look at that to which a link leads.
    fn look_through(&mut self, path: &[u8], look: Look, links: u8) {
        if let Some((target, links)) = link_target(path).zip(links.checked_sub(1)) {
            self.look_at(&target, true, look, links);
        }
    }

    /// The links on the way to a directory decide, too: the run may enter it, and then begins paths at the directory itself,
    /// which do not tell how it got there.
    pub(super) fn look_at_links(&mut self, path: &[u8], links: u8) {
        if path.starts_with(b"/proc/") {
            return;
        }
        let slashes = path.iter().enumerate().skip(1).filter(|(_, byte)| **byte == b'/');
        let ends = slashes.map(|(at, _)| at).chain([path.len()]);
        let Some((end, target)) =
            ends.into_iter().find_map(|end| Some((end, link_target(&path[..end])?)))
        else {
            return;
        };
        self.look_at(&path[..end], false, Look::Link, links);
        if let Some(links) = links.checked_sub(1) {
            let rest = path[end..].strip_prefix(b"/");
            let path = rest.map_or_else(|| target.clone(), |rest| path::join(&target, rest));
            self.look_at_links(&path, links);
        }
    }

    /// The path of what lies below a link that the run has made: it is not its own, and stays when the link is removed.
    fn behind_own_link(&self, path: &[u8]) -> Option<Vec<u8>> {
        if !self.has_own_links {
            return None;
        }
        let is_own_link = |above: &&[u8]| self.records.get(*above).is_some_and(|it| it.is_own_link);
        let link = path::ancestors(path).find(is_own_link)?;
        Some(folded(&path::join(&link_target(link)?, path::below(path, link)?)))
    }

    /// Whether nothing is there because the run removed it, or because it lies in a directory that the run made.
    fn is_own_absence(&self, path: &[u8], now: &PathState) -> bool {
        if self.own.is_empty() || *now != PathState::Absent || path::goes_up(path) {
            return false;
        }
        let names = std::iter::once(path).chain(path::ancestors(path));
        let found = names.zip(path::ancestors(path)).find(|(_, above)| self.own.contains(*above));
        // Below a link in such a directory lies something else.
        found.is_some_and(|(name, _)| PathState::at(CWD, name, false) == PathState::Absent)
    }

    /// Notes what was asked of a path; `now` is what is there, if that is known.
    pub(super) fn add_look(
        &mut self,
        path: &[u8],
        follow: bool,
        look: Look,
        now: Option<PathState>,
    ) {
        if self.is_full() {
            return;
        }
        let now = now.unwrap_or_else(|| PathState::at(CWD, path, follow));
        let is_known = |record: &PathRecord| record.followed.is_some();
        if follow
            && now.found().is_some_and(Facts::is_directory)
            && !self.records.get(path).is_some_and(is_known)
        {
            self.look_at_links(path, MOST_LINKS);
        }
        if let Some(other) = self.partly_written.other_name(path, &now) {
            self.add_look(&other, true, look, None);
        }
        let record = self.records.entry(path.into()).or_default();
        let is_unwritten = record.written == Written::Never;
        let contact = record.contact(follow).get_or_insert_with(|| Box::new(Contact::new(now)));
        let needed_body = contact.needs_body();
        contact.looks = contact.looks.with(look);
        let device = contact.first.found().and_then(DeviceKind::of);
        if is_unwritten && look == Look::Content && device.is_some() {
            return self.doubt(match device {
                Some(DeviceKind::Terminal) => Doubt::Terminal,
                _ => Doubt::Device(shown(path)),
            });
        }
        // From now on it matters what is in it: the present stamp has to vouch for that.
        if is_unwritten && !needed_body && contact.needs_body() {
            let now = settle::settled(now, || PathState::at(CWD, path, follow));
            contact.is_disturbed |=
                !contact.first.answers_as(&now, contact.looks, self.terms.times);
            contact.first = now;
            if let PathState::Found(facts) = now
                && (!self.filesystems.of(path, follow, &facts).keeps_times()
                    || facts.is_directory() && self.terms.may_hide_in(path))
            {
                contact.keep_body(path, follow, &facts, &self.terms);
            }
        }
    }
}

/// Where a link leads, as an absolute path.
pub(super) fn link_target(path: &[u8]) -> Option<Vec<u8>> {
    let target = readlinkat(CWD, path, Vec::new()).ok()?.into_bytes();
    let target = match target.first() {
        Some(b'/') => target,
        _ => path::join(path::parent(path)?, &target),
    };
    Some(path::normal(&target).0)
}

/// The same path without `..` after directories that are no links: they may be the run's own, and go.
fn folded(path: &[u8]) -> Vec<u8> {
    let mut folded = Vec::with_capacity(path.len());
    for part in path.split(|byte| *byte == b'/').filter(|part| !part.is_empty()) {
        let is_known = part == b".." && !folded.ends_with(b"/..");
        if is_known && PathState::at(CWD, &folded, false).is_directory() {
            let end = folded.iter().rposition(|byte| *byte == b'/');
            folded.truncate(end.unwrap_or(0));
        } else {
            folded.push(b'/');
            folded.extend_from_slice(part);
        }
    }
    folded
}

/// The path elsewhere of `/proc/1/fd/3`, `/proc/1/cwd/x` and their like.
pub(super) fn proc_leads_to(path: &[u8]) -> Option<PathBuf> {
    let real = path.starts_with(b"/proc/").then(|| std::fs::canonicalize(OsStr::from_bytes(path)));
    real?.ok().filter(|real| !real.starts_with("/proc"))
}

/// Whether a file of `/proc` tells something of the system that stays: not the processes, and no counters.
fn counts_in_proc(path: &[u8]) -> bool {
    let changing = [
        &b"/proc/sys/kernel/random/"[..],
        b"/proc/sys/kernel/ns_last_pid",
        b"/proc/sys/kernel/pty/nr",
    ];
    let counters = b"/proc/sys/fs/";
    path.starts_with(b"/proc/sys/")
        && !changing.iter().any(|name| path.starts_with(name))
        && !(path.starts_with(counters) && (path.ends_with(b"-nr") || path.ends_with(b"-state")))
}

/// Names of descriptors: those of cachex are others.
pub(super) fn is_of_asking_process(path: &[u8]) -> bool {
    let names = [&b"/dev/stdin"[..], b"/dev/stdout", b"/dev/stderr", b"/dev/fd"];
    names.contains(&path) || path.starts_with(b"/dev/fd/")
}

pub(super) fn shown(path: &[u8]) -> PathBuf {
    Path::new(OsStr::from_bytes(path)).to_owned()
}
