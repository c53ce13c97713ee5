//! Waiting until a change of a file would show in its change time.
//!
//! The kernel's clock ticks every 10 ms at the slowest. Two changes within one tick may leave the same time.

use super::path_state::{Facts, PathState};
use std::time::{Duration, Instant};

/// The slowest clock has ticked by then.
const LONGEST_TICK: Duration = Duration::from_millis(20);

/// What is there once the clock has gone on since its last change. It is looked at again after each wait.
pub(super) fn settled(mut state: PathState, look: impl Fn() -> PathState) -> PathState {
    let begin = Instant::now();
    while state.found().is_some_and(is_young) && begin.elapsed() < LONGEST_TICK {
        std::thread::sleep(Duration::from_millis(1));
        state = look();
    }
    state
}

/// Whether the last change belongs to the present tick. A time far in the future is none of a change just now.
#[cfg(target_os = "linux")]
fn is_young(facts: &Facts) -> bool {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::RealtimeCoarse);
    let now = i128::from(now.tv_sec) * 1_000_000_000 + i128::from(now.tv_nsec);
    now <= facts.stamp.changed && facts.stamp.changed < now + 1_000_000_000
}

/// Elsewhere each change has a time of its own.
#[cfg(not(target_os = "linux"))]
fn is_young(_: &Facts) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fs::CWD;
    use std::os::unix::ffi::OsStrExt;

    #[test]
    fn the_clock_has_gone_on_since_the_last_change() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("x");
        for round in 0..5 {
            std::fs::write(&path, round.to_string()).expect("written");
            let look = || PathState::at(CWD, path.as_os_str().as_bytes(), true);
            let settled = settled(look(), look);
            assert!(settled.found().is_some_and(|facts| !is_young(facts)));
            assert_eq!(settled, look());
        }
    }
}
