//! The process that pushes what waits, after the call that posted it has ended.
//!
//! It is a copy of cachex in a session of its own with none of our descriptors, so nobody waits for it. What it needs comes
//! through its standard input, secrets included.

use super::engine_clock::EngineClock;
use super::marking::add_route;
use super::note::OutgoingNote;
use super::outbox::Outbox;
use super::refused::outage_of;
use super::sealing::{NotSealed, ResultSealer};
use super::small_objects::SmallObjects;
use super::tombstone::was_cleared;
use crate::remote::breaker::{Breaker, BreakerPermit, RemoteDirection};
use crate::remote::child::{RemoteAnswer, RemoteOperation, Transfer};
use crate::remote::engine::{PutCondition, RemoteAccess, RemoteFault};
use crate::remote::secret::keys::{SecretTexts, Secrets};
use crate::remote::url::RemoteProtocol;
use crate::store::{RemoteUses, Store};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::cell::{Cell, OnceCell};
use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// The word that asks for it.
const WORD: &str = "__push";

/// How long the push of the shortest object may take.
const SHORTEST_TIME: Duration = Duration::from_mins(1);

/// How many bytes more give a push another second.
const BYTES_A_SECOND: u64 = 1_000_000;

/// After how many pushes in a row that took too long the remote counts as away.
const MOST_TIMEOUTS: usize = 2;

/// A result that ended less than so long ago did not wait: its call has just looked for what lies at its place.
const AT_ONCE: Duration = Duration::from_secs(10);

/// What the process needs.
#[derive(Serialize, Deserialize)]
struct PushOrder {
    url: String,
    token: Option<String>,
    ca: Option<PathBuf>,
    directory: Option<PathBuf>,
    store: PathBuf,
    secrets: SecretTexts,
}

/// What became of the objects that waited.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PushReport {
    /// How many are there now, or were there already.
    pub pushed: usize,
    /// How many the remote does not take.
    pub refused: usize,
    /// How many still wait.
    pub waiting: usize,
    /// Why, if not all are there.
    pub fault: Option<String>,
}

/// Whether this process was started to push.
pub fn is_asked_to_push() -> bool {
    let mut words = std::env::args_os().skip(1);
    words.next().is_some_and(|word| word == WORD) && words.next().is_none()
}

/// Pushes what waits, as the order on standard input says. The exit status.
pub fn push_as_ordered() -> u8 {
    let mut bytes = Vec::new();
    let read = io::stdin().read_to_end(&mut bytes);
    let order = read.ok().and_then(|_| serde_json::from_slice::<PushOrder>(&bytes).ok());
    let Some(PushOrder { url, token, ca, directory, store, secrets }) = order else { return 1 };
    let Ok(url) = url.parse() else { return 1 };
    let Ok(secrets) = secrets.secrets() else { return 1 };
    let transfer = Transfer::new(RemoteAccess { url, token, ca, directory }, SHORTEST_TIME);
    let pushed = push_waiting(&transfer, &secrets, &store, Duration::from_mins(5), false);
    u8::from(pushed.is_err())
}

/// Pushes what waits for a remote until all is done, the remote fails, or the time is over. `insists`: also while the
/// remote is left alone after a fault, and after every other process that pushes; and the time is that of whoever waits.
/// Otherwise a push that has begun goes on for as long as its length allows.
///
/// # Errors
/// When the outbox cannot be read.
pub fn push_waiting(
    transfer: &Transfer,
    secrets: &Secrets,
    store: &Path,
    within: Duration,
    insists: bool,
) -> io::Result<PushReport> {
    let (outbox, end) = (Outbox::of_store(store), Instant::now() + within);
    let remote = transfer.access.url.to_string();
    let Some(_lock) = outbox.lock(end, insists)? else {
        let waiting = outbox.waiting(&remote, secrets.id(), insists)?.len();
        let fault = (waiting > 0).then(|| "another process is pushing".to_owned());
        return Ok(PushReport { waiting, fault, ..PushReport::default() });
    };
    if insists {
        // Whoever asked is told by the report.
        outbox.forget_that_it_was_told(&remote);
    }
    let breaker = Breaker::new(store, &transfer.access.url, RemoteDirection::Write);
    let entries = Store::for_look_up(store).map_err(io::Error::other)?;
    let sealer = ResultSealer { store: &entries, secrets };
    let (permit, has_answered) = (OnceCell::new(), Cell::new(false));
    let clock = EngineClock::default();
    let push = Push { transfer, sealer, clock, breaker, permit, has_answered, end, insists };
    push.all(&outbox, &remote)
}

/// How results are pushed.
struct Push<'p> {
    transfer: &'p Transfer,
    sealer: ResultSealer<'p>,
    clock: EngineClock,
    breaker: Breaker,
    /// It is asked for once: a result that is unfit does not use it up.
    permit: OnceCell<BreakerPermit>,
    /// Whether a push was answered. Then one that takes too long is no outage.
    has_answered: Cell<bool>,
    end: Instant,
    insists: bool,
}

/// Why a result was not pushed.
enum NotPushed {
    /// It is gone, or nobody else can use it.
    Unfit,
    /// It has to wait, and so have the others.
    Stopped(String),
    /// The remote did not take it.
    Fault(RemoteFault),
}

impl Push<'_> {
    /// Pushes what waits for this remote.
    fn all(&self, outbox: &Outbox, remote: &str) -> io::Result<PushReport> {
        let mut report = PushReport::default();
        let (mut late, mut in_a_row) = (HashSet::new(), 0);
        // Another call may post while we push.
        loop {
            let waiting = outbox.waiting(remote, self.sealer.secrets.id(), self.insists)?;
            report.waiting = waiting.len();
            if waiting.iter().all(|result| late.contains(&result.path)) {
                return Ok(report);
            }
            if !self.insists && outbox.refused(remote)?.is_some_and(|refused| refused.is_for_now())
            {
                report.fault =
                    Some("the remote allows no push, as it said a moment ago".to_owned());
                return Ok(report);
            }
            for result in waiting {
                if late.contains(&result.path) {
                    continue;
                }
                match self.in_time(&result.note) {
                    Ok(()) => {
                        (report.pushed, in_a_row) = (report.pushed + 1, 0);
                        outbox.forget_that_it_was_told(&outage_of(remote));
                    }
                    Err(NotPushed::Unfit) => {}
                    Err(NotPushed::Stopped(why)) => {
                        report.fault.get_or_insert(why);
                        return Ok(report);
                    }
                    Err(NotPushed::Fault(fault @ RemoteFault::Timeout(_))) => {
                        report.fault = Some(fault.to_string());
                        // Without the note it is tried first once more.
                        let _ = outbox.note_timeout(&result);
                        late.insert(result.path);
                        in_a_row += 1;
                        if in_a_row == MOST_TIMEOUTS {
                            return Ok(report);
                        }
                        continue;
                    }
                    Err(NotPushed::Fault(fault)) if is_about_this_object(&fault) => {
                        report.refused += 1;
                        report.fault = Some(fault.to_string());
                        if !self.insists {
                            outbox.note_refused(&result, fault)?;
                            report.waiting -= 1;
                            break;
                        }
                    }
                    Err(NotPushed::Fault(fault)) => {
                        report.fault = Some(fault.to_string());
                        return Ok(report);
                    }
                }
                result.remove()?;
                report.waiting -= 1;
            }
        }
    }

    /// Pushes a result, and again when the remote asks for that, if somebody waits who has the time.
    fn in_time(&self, note: &OutgoingNote) -> Result<(), NotPushed> {
        loop {
            let pushed = self.one(note);
            let Err(NotPushed::Fault(fault)) = &pushed else { return pushed };
            match fault.retry_after() {
                Some(wait) if self.insists && wait < self.time_left() => thread::sleep(wait),
                _ => return pushed,
            }
        }
    }

    fn time_left(&self) -> Duration {
        self.end.saturating_duration_since(Instant::now())
    }

    fn one(&self, note: &OutgoingNote) -> Result<(), NotPushed> {
        let stopped = |why: &str| NotPushed::Stopped(why.to_owned());
        let permit = *self.permit.get_or_init(|| self.breaker.ask(Timestamp::now()));
        if matches!(permit, BreakerPermit::Open { .. }) && !self.insists {
            return Err(stopped("the remote is left alone for a while, after a fault"));
        }
        let ended = self.clock.end_of(note, &self.transfer_for(0)?);
        let ended = ended.map_err(|fault| self.noted(permit, fault))?;
        let (object, length) = self.sealer.seal(note, ended).map_err(|not| match not {
            NotSealed::Unfit => NotPushed::Unfit,
            NotSealed::Fault(fault) => NotPushed::Stopped(fault.to_string()),
        })?;
        let (secrets, directory) = (self.sealer.secrets, self.sealer.store.directory());
        let objects = SmallObjects::new(self.transfer_for(length)?, secrets, directory);
        let put = self.put(note, ended, &objects, (&object, length));
        let is_new = matches!(put, Ok(Some(RemoteAnswer::Stored)));
        let moved = RemoteUses { pushed: is_new.into(), ..objects.moved.get() };
        if moved != RemoteUses::default() {
            self.sealer.store.note_remote(&moved);
        }
        let put = put.map_err(|fault| self.noted(permit, fault))?;
        self.breaker.note_answer();
        self.has_answered.set(true);
        put.map(drop).ok_or(NotPushed::Unfit)
    }

    /// A transfer of an object of this length.
    fn transfer_for(&self, length: u64) -> Result<Transfer, NotPushed> {
        let left = self.time_left();
        if left.is_zero() {
            return Err(NotPushed::Stopped("the time is over".to_owned()));
        }
        let within = if self.insists { left } else { time_for(length) };
        Ok(Transfer { within, ..self.transfer.clone() })
    }

    /// Counts a fault, and notes it for later calls.
    fn noted(&self, permit: BreakerPermit, fault: RemoteFault) -> NotPushed {
        self.sealer.store.note_remote(&fault.uses());
        if !matches!(fault, RemoteFault::Timeout(_)) || !self.has_answered.get() {
            let (store, url) = (self.sealer.store.directory(), &self.transfer.access.url);
            let now = Timestamp::now();
            let begins = self.breaker.note_fault(permit, &fault, now);
            if begins && Breaker::new(store, url, RemoteDirection::Read).outage(now).is_some() {
                // The call that asked in vain has told it.
                let _ = Outbox::of_store(store).is_told_of(&outage_of(&url.to_string()));
            }
        }
        NotPushed::Fault(fault)
    }
}

impl Push<'_> {
    /// `None`: it was cleared for all machines meanwhile.
    fn put(
        &self,
        note: &OutgoingNote,
        ended: Timestamp,
        objects: &SmallObjects<'_>,
        (object, length): (&File, u64),
    ) -> Result<Option<RemoteAnswer>, RemoteFault> {
        let OutgoingNote { name, replaces, lifetime_millis, result, route, .. } = note;
        let first = note.first_name().parse().map_err(RemoteFault::local)?;
        let has_waited = self.insists || result.age_at(Timestamp::now()) > AT_ONCE;
        // Where a marker leads to it, the marker tells of the clearing.
        let may_bury = *replaces && route.is_none();
        if (has_waited || may_bury) && was_cleared(objects, note, &first, ended)? {
            return Ok(None);
        }
        let condition = if *replaces { PutCondition::Replace } else { PutCondition::IfAbsent };
        let put = RemoteOperation::Put { length, condition, lifetime_millis: *lifetime_millis };
        let answer = objects.run(name, put, object)?;
        if let Some(route) = route {
            // The marker comes last, so that it leads to what is there.
            add_route(objects, &first, route, *lifetime_millis)?;
        } else if (may_bury || !self.is_exact()) && was_cleared(objects, note, &first, ended)? {
            return Ok(None);
        }
        Ok(Some(answer))
    }

    /// Whether a push never takes the place of an object that came a moment before, if it must not.
    fn is_exact(&self) -> bool {
        self.transfer.access.url.protocol == RemoteProtocol::Redis
    }
}

/// How long the push of an object of this length may take when nobody waits for it.
fn time_for(length: u64) -> Duration {
    SHORTEST_TIME.saturating_add(Duration::from_secs(length / BYTES_A_SECOND))
}

/// Whether another attempt would end alike: what nobody may write, or is too large, does not wait for better times.
fn is_about_this_object(fault: &RemoteFault) -> bool {
    matches!(
        fault,
        RemoteFault::Unauthorized(_) | RemoteFault::TooLarge { .. } | RemoteFault::TooLargeThere(_)
    )
}

/// Starts the process. It goes on when this one has ended.
///
/// # Errors
/// When it cannot be started.
pub fn start_pushing(access: &RemoteAccess, secrets: &Secrets, store: &Path) -> io::Result<Child> {
    let order = PushOrder {
        url: access.url.with_secrets().to_owned(),
        token: access.token.clone(),
        ca: access.ca.clone(),
        directory: access.directory.clone(),
        store: store.to_owned(),
        secrets: secrets.texts().clone(),
    };
    let order = serde_json::to_vec(&order)?;
    let program = Transfer::new(access.clone(), SHORTEST_TIME).program;
    let mut command = Command::new(program);
    // It stays in this directory: settings may name the store and other files from here.
    command.arg0("cachex").arg(WORD);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    // SAFETY: between fork and exec only system calls are made: no allocation, no lock.
    #[allow(unsafe_code)]
    unsafe {
        command.pre_exec(detach)
    };
    let mut process = command.spawn()?;
    // A pipe takes 64 KB at once, and the process reads more as soon as it has begun.
    match process.stdin.take().map(|mut input| input.write_all(&order)) {
        // Somebody killed the process. The next one pushes what waits.
        Some(Err(fault)) if fault.kind() == io::ErrorKind::BrokenPipe => {}
        Some(written) => written?,
        None => {}
    }
    Ok(process)
}

/// Leaves the session, and closes all but the standard streams when the program begins.
fn detach() -> io::Result<()> {
    rustix::process::setsid()?;
    close_others_on_exec();
    Ok(())
}

#[cfg(target_os = "linux")]
#[allow(unsafe_code)]
fn close_others_on_exec() {
    // SAFETY: it takes numbers and changes a flag of descriptors. Where it is missing, what was inherited stays open.
    unsafe {
        libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, libc::CLOSE_RANGE_CLOEXEC)
    };
}

#[cfg(not(target_os = "linux"))]
fn close_others_on_exec() {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_longer_object_may_take_longer() {
        assert_eq!(time_for(0), Duration::from_mins(1));
        assert_eq!(time_for(240_000_000), Duration::from_mins(5));
    }
}
