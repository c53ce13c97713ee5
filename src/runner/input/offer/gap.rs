//! The state after another process has read our input too: the bytes that the command got and those left in our input
//! no longer match. Pure.

/// The difference between the bytes given to the command and those taken from our input, when offering has to stop.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Gap {
    /// Bytes that were taken from our input and not given to the command yet.
    pub(super) not_given: Vec<u8>,
    /// The number of bytes that were given to the command and are still in our input.
    pub(super) still_there: usize,
}

impl Gap {
    /// The gap if `offered` was on offer, the command took `count` bytes of it, and then `taken` was taken from our
    /// input because another process had read some of it.
    pub(super) fn between(offered: &[u8], count: usize, taken: &[u8]) -> Self {
        // The other process takes from the front.
        let fits = |gone: &usize| {
            let left = &offered[*gone..];
            let both = left.len().min(taken.len());
            left[..both] == taken[..both]
        };
        let left = offered.len() - (0..offered.len()).find(fits).unwrap_or(offered.len());
        let not_given = taken.get(left..).unwrap_or_default().to_vec();
        // Fewer bytes were taken only if there were no more.
        let is_empty = taken.len() < count;
        Self { not_given, still_there: if is_empty { 0 } else { left.saturating_sub(count) } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_another_process_reads_too_nothing_is_lost() {
        for (offered, count, taken, not_given, still_there) in [
            ("first\n2\n", 6, "2\nmore", "more", 0),
            ("first\n2\n3\n", 2, "2\n", "", 2),
            ("first\n2\n", 6, "2\n", "", 0),
            ("all", 3, "new", "new", 0),
            ("all", 2, "", "", 0),
        ] {
            let gap = Gap { not_given: not_given.as_bytes().to_vec(), still_there };
            assert_eq!(
                Gap::between(offered.as_bytes(), count, taken.as_bytes()),
                gap,
                "{offered} {taken}"
            );
        }
    }
}
