//! What may differ between machines and is in no fingerprint: the system, and how it writes numbers and dates.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;

/// The system and the language of a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlatformFacts {
    /// Names of the system: its kind, processor, distribution and release, or what `--remote-platform` says.
    pub system: Vec<String>,
    /// `LANG`, `LANGUAGE`, each `LC_*`, and `TZ`, as far as they are set.
    pub locale: BTreeMap<OsString, OsString>,
}

impl PlatformFacts {
    /// Those of this process. `platform` stands for the system, if it is given.
    #[must_use]
    pub fn of_process(platform: Option<&str>) -> Self {
        let system = platform.map_or_else(system, |platform| vec![platform.to_owned()]);
        let counts = |name: &OsString| {
            ["LANG", "LANGUAGE", "TZ"].iter().any(|it| name == it)
                || name.as_bytes().starts_with(b"LC_")
        };
        let locale = std::env::vars_os().filter(|(name, _)| counts(name)).collect();
        Self { system, locale }
    }
}

fn system() -> Vec<String> {
    let files = ["/etc/os-release", "/usr/lib/os-release"];
    let release = files.iter().find_map(|path| std::fs::read_to_string(path).ok());
    let [id, version] = release_of(&release.unwrap_or_default());
    vec![std::env::consts::OS.into(), std::env::consts::ARCH.into(), id, version]
}

/// `ID` and `VERSION_ID` in the text of an `os-release`. What is missing is empty.
fn release_of(text: &str) -> [String; 2] {
    ["ID", "VERSION_ID"].map(|name| {
        let value = |line: &str| {
            let value = line.trim().strip_prefix(name)?.strip_prefix('=')?;
            Some(value.trim_matches(['"', '\'']).to_owned())
        };
        // As in a shell, the last one counts.
        text.lines().filter_map(value).next_back().unwrap_or_default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_release_is_read_as_a_shell_would() {
        let debian = "PRETTY_NAME=\"Debian\"\nVERSION_ID=\"12\"\nID=debian\nID_LIKE=x\n";
        assert_eq!(release_of(debian), ["debian", "12"]);
        assert_eq!(release_of("ID='arch'\n"), ["arch", ""]);
        assert_eq!(release_of("ID=a\nID=b\n"), ["b", ""]);
        assert_eq!(release_of(""), ["", ""]);
    }

    #[test]
    fn a_given_platform_stands_for_the_system() {
        let facts = PlatformFacts::of_process(Some("ci"));
        assert_eq!(facts.system, ["ci"]);
        assert_eq!(PlatformFacts::of_process(None).system[0], std::env::consts::OS);
    }
}
