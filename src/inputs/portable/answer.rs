//! An answer as bytes that are the same on each machine where a program would find the same. Pure.

use crate::inputs::body::FileBody;
use crate::inputs::look::{Look, Looks};
use crate::inputs::path_state::{Facts, PathState};
use crate::key::TraceTimes;

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub(super) struct OwnIds {
    pub(super) user: u32,
    pub(super) group: u32,
}

/// The bytes of an answer; `None` if it counts by what only this machine knows, or changed meanwhile. `own`: files there
/// that belong to the caller belong to any caller.
pub(super) fn answer_bytes(
    found: &PathState,
    looks: Looks,
    body: Option<FileBody>,
    times: TraceTimes,
    own: Option<OwnIds>,
) -> Option<Vec<u8>> {
    let facts = match found {
        PathState::Absent => return Some(vec![0]),
        PathState::Refused(error) => return Some([&[1][..], &error.to_le_bytes()].concat()),
        PathState::Found(facts) => facts,
    };
    if facts.shows_change(looks, times) {
        return None;
    }
    let (shows_body, shows_stat) = (facts.shows_body(looks), looks.contains(Look::Stat));
    let shows_owner = !shows_body || shows_stat || looks.contains(Look::Access);
    let shows_size = shows_stat && facts.has_size();
    let mut bytes = vec![2, u8::from(shows_body), u8::from(shows_owner), u8::from(shows_size)];
    bytes.extend(facts.mode.to_le_bytes());
    if shows_owner {
        push_owner(facts, own, &mut bytes);
    }
    if shows_size {
        bytes.extend(facts.stamp.size.to_le_bytes());
        let exact = (times == TraceTimes::Exact).then_some(facts.stamp.modified);
        bytes.extend(exact.unwrap_or_default().to_le_bytes());
    }
    match body.filter(|_| shows_body) {
        None if shows_body => return None,
        None => {}
        Some(FileBody::Changed) => return None,
        Some(FileBody::Read(digest)) => bytes.extend(digest),
        Some(FileBody::Unreadable(error)) => bytes.extend(error.to_le_bytes()),
    }
    Some(bytes)
}

fn push_owner(facts: &Facts, own: Option<OwnIds>, bytes: &mut Vec<u8>) {
    let ids = [(facts.owner, own.map(|own| own.user)), (facts.group, own.map(|own| own.group))];
    for (id, own) in ids {
        let is_own = Some(id) == own;
        bytes.push(is_own.into());
        bytes.extend(if is_own { 0 } else { id }.to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::FileStamp;
    use std::collections::HashSet;

    fn facts() -> Facts {
        let stamp = FileStamp { device: 1, inode: 2, size: 3, modified: 4, changed: 5 };
        Facts { stamp, mode: 0o100_644, owner: 6, group: 7, device_number: 0 }
    }

    fn bytes(facts: Facts, looks: &[Look], times: TraceTimes, user: u32) -> Option<Vec<u8>> {
        let looks = looks.iter().fold(Looks::default(), |looks, look| looks.with(*look));
        let own = Some(OwnIds { user, group: 7 });
        let body = Some(FileBody::Read([9; 32]));
        answer_bytes(&PathState::Found(facts), looks, body, times, own)
    }

    /// How many files these looks tell apart that differ in one property each.
    fn told_apart(looks: &[Look], times: TraceTimes) -> usize {
        let facts = facts();
        let stamp = facts.stamp;
        let variants = [
            facts,
            Facts { mode: 0o100_755, ..facts },
            Facts { owner: 0, ..facts },
            Facts { group: 0, ..facts },
            Facts { stamp: FileStamp { size: 9, ..stamp }, ..facts },
            Facts { stamp: FileStamp { modified: 9, ..stamp }, ..facts },
            Facts { stamp: FileStamp { changed: 9, inode: 9, device: 9, ..stamp }, ..facts },
        ];
        variants.map(|it| bytes(it, looks, times, 6)).into_iter().collect::<HashSet<_>>().len()
    }

    #[test]
    fn each_look_shows_what_is_the_same_elsewhere() {
        use TraceTimes::{Exact, Ignore};
        assert_eq!(told_apart(&[Look::Content], Exact), 2, "the mode");
        assert_eq!(told_apart(&[Look::Access], Exact), 4, "mode, owner and group");
        assert_eq!(told_apart(&[Look::Stat], Ignore), 5, "and size");
        assert_eq!(told_apart(&[Look::Stat], Exact), 6, "and time");
    }

    #[test]
    fn what_is_ones_own_is_anybodys_own() {
        let of =
            |owner, user| bytes(Facts { owner, ..facts() }, &[Look::Stat], TraceTimes::Exact, user);
        assert_eq!(of(1000, 1000), of(1001, 1001));
        assert_ne!(of(1000, 1000), of(1000, 1001));
        assert_ne!(of(0, 1000), of(1000, 1000));
    }

    #[test]
    fn a_change_time_is_of_one_machine() {
        let of = |times| bytes(facts(), &[Look::Attributes], times, 6);
        assert_eq!(of(TraceTimes::Exact), None);
        assert!(of(TraceTimes::Ignore).is_some());
    }
}
