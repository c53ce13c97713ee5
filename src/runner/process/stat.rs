//! What the system tells of a process in `/proc/PID/stat`.

/// As far as it counts here.
pub(in crate::runner) struct ProcessStat {
    state: u8,
    pub(in crate::runner) parent: i32,
    pub(in crate::runner) group: i32,
}

impl ProcessStat {
    /// Reads the content of that file, or as much of it as comes first. It allocates nothing.
    pub(in crate::runner) fn parse(content: &[u8]) -> Option<Self> {
        // The name before it may hold anything.
        let end_of_name = content.iter().rposition(|byte| *byte == b')')?;
        let mut fields = content.get(end_of_name + 2..)?.split(|byte| *byte == b' ');
        let state = *fields.next()?.first()?;
        let mut number = || std::str::from_utf8(fields.next()?).ok()?.parse().ok();
        Some(Self { state, parent: number()?, group: number()? })
    }

    /// Whether it was stopped, by a signal or by who traces it.
    pub(in crate::runner) fn is_stopped(&self) -> bool {
        matches!(self.state, b'T' | b't')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_look_like_what_comes_after_it() {
        let seen = ProcessStat::parse(b"12 (a) T 1 (b) 2) S 34 56 7 8").expect("understood");
        assert_eq!((seen.is_stopped(), seen.parent, seen.group), (false, 34, 56));
        let seen = ProcessStat::parse(b"12 (a) T 1 2 3").expect("understood");
        assert!(seen.is_stopped());
        assert!(ProcessStat::parse(b"12 (a)").is_none());
        assert!(ProcessStat::parse(b"").is_none());
    }
}
