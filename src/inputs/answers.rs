//! Answers as digests. Those that are stored are keyed with the secret of the store, so that nobody can test guesses of
//! contents against them. Pure.

use super::body::FileBody;
use super::look::{Look, Looks};
use super::path_state::{Facts, PathState};
use super::stored_states::StoredState;
use crate::key::TraceTimes;
use sha2::{Digest as _, Sha256};
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// Makes digests of answers for one store.
pub(super) struct Answers {
    /// Has read the key. SHA-256 is in use already, for the key of the call: to begin with BLAKE3 takes 17 µs on a
    /// virtual machine, since it asks the processor what it can do.
    keyed: Sha256,
    seed: u64,
    times: TraceTimes,
}

impl Answers {
    pub(super) fn new(secret: &[u8], times: TraceTimes) -> Self {
        let key = Sha256::new_with_prefix("cachex inputs of traced runs").chain_update(secret);
        let key = key.finalize();
        let seed = key.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
        let keyed = Sha256::new_with_prefix(key);
        Self { keyed, seed, times }
    }

    /// A digest of all that changes whenever the file does.
    pub(super) fn stamp(&self, facts: &Facts) -> u64 {
        let Facts { stamp, mode, owner, group, device_number } = facts;
        let device = if is_numbered_anew(stamp.device) { 0 } else { stamp.device };
        let mut bytes = Bytes::default();
        for number in [device, stamp.inode, stamp.size, *device_number] {
            bytes.push(&number.to_le_bytes());
        }
        for time in [stamp.modified, stamp.changed] {
            bytes.push(&time.to_le_bytes());
        }
        for number in [mode, owner, group] {
            bytes.push(&number.to_le_bytes());
        }
        xxh3_64_with_seed(bytes.all(), self.seed)
    }

    /// A digest of the answers to these looks; `None` if what is in the file changed meanwhile. `body` is needed where
    /// they [show](Facts::shows_body) it.
    pub(super) fn state(
        &self,
        found: &PathState,
        looks: Looks,
        body: Option<FileBody>,
    ) -> Option<u128> {
        let mut bytes = Bytes::default();
        match found {
            PathState::Absent => bytes.push(&[0]),
            PathState::Refused(error) => {
                bytes.push(&[1]);
                bytes.push(&error.to_le_bytes());
            }
            PathState::Found(facts) => self.push_facts(facts, looks, body, &mut bytes)?,
        }
        let digest = self.keyed.clone().chain_update(bytes.all()).finalize();
        digest.first_chunk().map(|bytes| u128::from_le_bytes(*bytes))
    }

    /// Whether an answer that was stored says that nothing was there. A path below a file is as absent as any.
    pub(super) fn is_absence(&self, stored: StoredState) -> bool {
        stored == StoredState::Absent
            || stored.state().is_some_and(|stored| {
                self.state(&PathState::BELOW_A_FILE, Looks::default(), None) == Some(stored)
            })
    }

    fn push_facts(
        &self,
        facts: &Facts,
        looks: Looks,
        body: Option<FileBody>,
        bytes: &mut Bytes,
    ) -> Option<()> {
        let shows_body = facts.shows_body(looks);
        let shows_size = looks.contains(Look::Stat) && facts.has_size();
        let shows_owner = !shows_body || looks.contains(Look::Stat) || looks.contains(Look::Access);
        let shows_change = facts.shows_change(looks, self.times);
        let shown = [shows_body, shows_size, shows_owner, shows_change].map(u8::from);
        bytes.push(&[2]);
        bytes.push(&shown);
        bytes.push(&facts.mode.to_le_bytes());
        if shows_owner {
            bytes.push(&facts.owner.to_le_bytes());
            bytes.push(&facts.group.to_le_bytes());
        }
        if shows_size {
            bytes.push(&facts.stamp.size.to_le_bytes());
            if self.times == TraceTimes::Exact {
                bytes.push(&facts.stamp.modified.to_le_bytes());
            }
        }
        if shows_change {
            bytes.push(&facts.stamp.changed.to_le_bytes());
        }
        if shows_body {
            match body? {
                FileBody::Read(digest) => bytes.push(&digest),
                FileBody::Unreadable(error) => {
                    bytes.push(&[1]);
                    bytes.push(&error.to_le_bytes());
                }
                FileBody::Changed => return None,
            }
        }
        Some(())
    }
}

/// Whether a file system has no hardware, and gets another number with each mount.
#[cfg(target_os = "linux")]
fn is_numbered_anew(device: u64) -> bool {
    rustix::fs::major(device) == 0
}

#[cfg(not(target_os = "linux"))]
fn is_numbered_anew(_: u64) -> bool {
    false
}

/// A few bytes that need no allocation.
struct Bytes {
    bytes: [u8; 128],
    length: usize,
}

impl Default for Bytes {
    fn default() -> Self {
        Self { bytes: [0; 128], length: 0 }
    }
}

impl Bytes {
    fn push(&mut self, bytes: &[u8]) {
        self.bytes[self.length..self.length + bytes.len()].copy_from_slice(bytes);
        self.length += bytes.len();
    }

    fn all(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::FileStamp;
    use std::collections::HashSet;

    fn facts() -> Facts {
        let stamp = FileStamp { device: 0x801, inode: 2, size: 3, modified: 4, changed: 5 };
        Facts { stamp, mode: 0o100_644, owner: 6, group: 7, device_number: 0 }
    }

    fn variants() -> Vec<Facts> {
        let facts = facts();
        let stamp = facts.stamp;
        vec![
            facts,
            Facts { mode: 0o100_600, ..facts },
            Facts { owner: 9, ..facts },
            Facts { group: 9, ..facts },
            Facts { stamp: FileStamp { size: 9, ..stamp }, ..facts },
            Facts { stamp: FileStamp { modified: 9, ..stamp }, ..facts },
            Facts { stamp: FileStamp { changed: 9, ..stamp }, ..facts },
            Facts { stamp: FileStamp { inode: 9, ..stamp }, ..facts },
            Facts { stamp: FileStamp { device: 0x900, ..stamp }, ..facts },
        ]
    }

    /// How many of the variants these looks tell apart.
    fn told_apart(looks: &[Look], times: TraceTimes) -> usize {
        let looks = looks.iter().fold(Looks::default(), |looks, look| looks.with(*look));
        let answers = Answers::new(b"secret", times);
        let body = Some(FileBody::Read([0; 32]));
        let states = variants()
            .into_iter()
            .map(|facts| answers.state(&PathState::Found(facts), looks, body).expect("a state"));
        states.collect::<HashSet<_>>().len()
    }

    #[test]
    fn each_look_shows_what_it_shows() {
        use TraceTimes::{Exact, Ignore};
        assert_eq!(told_apart(&[Look::Access], Exact), 4, "mode, owner and group");
        assert_eq!(told_apart(&[Look::Stat], Exact), 6, "and size and time");
        assert_eq!(told_apart(&[Look::Stat], Ignore), 5, "but no time");
        assert_eq!(told_apart(&[Look::Content], Exact), 2, "the mode");
        assert_eq!(told_apart(&[Look::Content, Look::Stat], Exact), 6);
    }

    #[test]
    fn a_stamp_tells_all_changes() {
        let answers = Answers::new(b"secret", TraceTimes::Exact);
        let stamps: HashSet<_> = variants().iter().map(|facts| answers.stamp(facts)).collect();
        assert_eq!(stamps.len(), variants().len());
        let anonymous = |device| {
            let stamp = FileStamp { device, ..facts().stamp };
            answers.stamp(&Facts { stamp, ..facts() })
        };
        if cfg!(target_os = "linux") {
            assert_eq!(anonymous(0x31), anonymous(0x32), "it may be mounted again");
        }
    }

    #[test]
    fn states_differ_by_content_error_and_secret() {
        let state = |secret: &[u8], body| {
            let found = PathState::Found(facts());
            Answers::new(secret, TraceTimes::Exact).state(&found, Look::Content.into(), Some(body))
        };
        let states = [
            state(b"1", FileBody::Read([0; 32])),
            state(b"1", FileBody::Read([1; 32])),
            state(b"2", FileBody::Read([1; 32])),
            state(b"1", FileBody::Unreadable(13)),
            state(b"1", FileBody::Unreadable(5)),
            Answers::new(b"1", TraceTimes::Exact).state(
                &PathState::Absent,
                Look::Content.into(),
                None,
            ),
            Answers::new(b"1", TraceTimes::Exact).state(
                &PathState::Refused(13),
                Look::Content.into(),
                None,
            ),
        ];
        assert!(states.iter().all(Option::is_some));
        assert_eq!(states.iter().collect::<HashSet<_>>().len(), states.len());
        assert_eq!(state(b"1", FileBody::Changed), None);
    }
}
