//! The state of a process, from `/proc/PID/stat`.

/// The fields of that file which cachex needs.
pub(crate) struct ProcessStat {
    state: u8,
    pub(crate) parent: i32,
    pub(crate) group: i32,
    /// The device of the terminal that controls it.
    pub(crate) terminal: i32,
}

impl ProcessStat {
    /// Reads the beginning of the file's content.
    pub(crate) fn parse(content: &[u8]) -> Option<Self> {
        // The name before it may contain any character.
        let end_of_name = content.iter().rposition(|byte| *byte == b')')?;
        let mut fields = content.get(end_of_name + 2..)?.split(|byte| *byte == b' ');
        let state = *fields.next()?.first()?;
        let mut number = || std::str::from_utf8(fields.next()?).ok()?.parse().ok();
        let [parent, group, _, terminal] = [number()?, number()?, number()?, number()?];
        Some(Self { state, parent, group, terminal })
    }

    /// Whether a signal or a tracer has stopped it.
    pub(crate) fn is_stopped(&self) -> bool {
        matches!(self.state, b'T' | b't')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_look_like_the_fields_after_it() {
        let seen = ProcessStat::parse(b"12 (a) T 1 (b) 2) S 34 56 7 8").expect("understood");
        assert_eq!((seen.is_stopped(), seen.parent, seen.group), (false, 34, 56));
        assert_eq!(seen.terminal, 8);
        let seen = ProcessStat::parse(b"12 (a) T 1 2 3 4").expect("understood");
        assert!(seen.is_stopped());
        assert!(ProcessStat::parse(b"12 (a)").is_none());
        assert!(ProcessStat::parse(b"").is_none());
    }
}
