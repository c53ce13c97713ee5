//! How a command ended, and sets of exit codes.

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// It exited with this code.
    Code(u8),
    /// This signal killed it.
    Signal(i32),
}

impl Exit {
    /// The exit status that a shell would report: the code, or 128+n.
    pub fn status(self) -> u8 {
        match self {
            Self::Code(code) => code,
            Self::Signal(signal) => u8::try_from(128 + signal).unwrap_or(u8::MAX),
        }
    }
}

impl std::fmt::Display for Exit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Code(code) => write!(f, "exit code {code}"),
            Self::Signal(signal) => write!(f, "killed by signal {signal}"),
        }
    }
}

impl From<std::process::ExitStatus> for Exit {
    fn from(status: std::process::ExitStatus) -> Self {
        use std::os::unix::process::ExitStatusExt;
        match (status.code(), status.signal()) {
            (Some(code), _) => Self::Code(u8::try_from(code).unwrap_or(u8::MAX)),
            (None, signal) => Self::Signal(signal.unwrap_or(0)),
        }
    }
}

/// A set of exit codes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExitCodes(Vec<std::ops::RangeInclusive<u8>>);

impl ExitCodes {
    /// Whether the code is in the set.
    pub fn contain(&self, code: u8) -> bool {
        self.0.iter().any(|range| range.contains(&code))
    }
}

impl Default for ExitCodes {
    /// Only 0 is a success.
    fn default() -> Self {
        Self(vec![0..=0])
    }
}

impl std::str::FromStr for ExitCodes {
    type Err = String;

    /// Reads `0,2` and `0-3`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.split(',')
            .map(|part| {
                let (first, last) =
                    part.trim().split_once('-').unwrap_or((part.trim(), part.trim()));
                let range = first.parse().ok()?..=last.parse().ok()?;
                (!range.is_empty()).then_some(range)
            })
            .collect::<Option<_>>()
            .map(Self)
            .ok_or_else(|| "expected exit codes from 0 to 255, as in 0,2 or 0-3".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_is_that_of_a_shell() {
        assert_eq!(Exit::Code(3).status(), 3);
        assert_eq!(Exit::Signal(15).status(), 143);
        assert_eq!(Exit::Signal(200).status(), 255);
    }

    #[test]
    fn an_exit_is_described_in_words() {
        assert_eq!(Exit::Code(3).to_string(), "exit code 3");
        assert_eq!(Exit::Signal(15).to_string(), "killed by signal 15");
    }

    #[test]
    fn wait_statuses_are_decoded() {
        use std::os::unix::process::ExitStatusExt;
        let exit = |raw| Exit::from(std::process::ExitStatus::from_raw(raw));
        assert_eq!(exit(3 << 8), Exit::Code(3));
        assert_eq!(exit(15), Exit::Signal(15));
    }

    #[test]
    fn exit_codes_are_lists_and_ranges() {
        let codes: ExitCodes = "0, 2-4".parse().unwrap_or_default();
        assert_eq!(
            [0, 1, 2, 4, 5].map(|code| codes.contain(code)),
            [true, false, true, true, false]
        );
        for text in ["", "x", "256", "-1", "3-1", "1,,2"] {
            assert!(text.parse::<ExitCodes>().is_err(), "{text}");
        }
    }
}
