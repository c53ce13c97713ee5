//! Distributes work on many items over several threads: most of the time of a hit is spent asking the system about
//! thousands of files.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// More threads than this wait for each other in the kernel.
const MAX_THREADS: usize = 4;

/// Fewer files than this are not worth a thread of their own.
pub(crate) const FILES_PER_THREAD: usize = 64;

/// Maps `items` in their order, with one thread for each `items_per_thread` of them. All threads have ended when this
/// returns, so the process may fork afterwards.
pub(crate) fn map<T: Sync, R: Send>(
    items: &[T],
    items_per_thread: usize,
    work: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    let threads = (items.len() / items_per_thread).min(MAX_THREADS);
    if threads < 2 {
        return items.iter().map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let take_some = || {
        let mut done = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(number) else { return done };
            done.push((number, work(item)));
        }
    };
    let mut done = thread::scope(|scope| {
        // If no more threads can be started, this one does their part.
        let spawn = |_| thread::Builder::new().spawn_scoped(scope, take_some).ok();
        let others: Vec<_> = (1..threads).map_while(spawn).collect();
        let mut done = take_some();
        for other in others {
            done.extend(other.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        done
    });
    done.sort_unstable_by_key(|(number, _)| *number);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_the_order_of_the_items() {
        for count in [0, 1, 2, 7, 1000] {
            let items: Vec<usize> = (0..count).collect();
            let doubled: Vec<usize> = items.iter().map(|item| item * 2).collect();
            for items_per_thread in [1, 3, 5000] {
                assert_eq!(map(&items, items_per_thread, |item| item * 2), doubled);
            }
        }
    }
}
