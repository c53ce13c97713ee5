//! The parts of a file's mode that matter when it is executed.

use crate::key::fingerprint::ExecMode;
use rustix::fs::Stat;
use std::fs::File;

const SET_USER: u32 = 0o4000;
const SET_GROUP: u32 = 0o2000;
const EXECUTE: u32 = 0o111;

impl ExecMode {
    /// The mode of an open file that begins with `head`.
    #[allow(clippy::useless_conversion, reason = "field types vary by platform")]
    pub(crate) fn of(file: &File, stat: &Stat, head: &[u8]) -> Self {
        let bits = u32::from(stat.st_mode) & (SET_USER | SET_GROUP | EXECUTE);
        // A script runs with the capabilities of its interpreter.
        let may_be_capable = bits & EXECUTE != 0 && !head.starts_with(b"#!");
        Self {
            bits,
            owner: (bits & SET_USER != 0).then_some(stat.st_uid),
            group: (bits & SET_GROUP != 0).then_some(stat.st_gid),
            capabilities: if may_be_capable { capabilities(file) } else { Vec::new() },
        }
    }
}

/// Whether anybody may execute a file.
#[allow(clippy::useless_conversion, reason = "field types vary by platform")]
pub(crate) fn is_executable(stat: &Stat) -> bool {
    u32::from(stat.st_mode) & EXECUTE != 0
}

#[cfg(target_os = "linux")]
fn capabilities(file: &File) -> Vec<u8> {
    // Larger than any version of the structure.
    let mut value = [0; 64];
    let length = rustix::fs::fgetxattr(file, c"security.capability", &mut value).unwrap_or(0);
    value[..length.min(value.len())].to_vec()
}

#[cfg(not(target_os = "linux"))]
fn capabilities(_: &File) -> Vec<u8> {
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn only_bits_that_matter_to_exec_count() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let mode = |bits| {
            std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(bits))
                .expect("set");
            ExecMode::of(file.as_file(), &rustix::fs::fstat(file.as_file()).expect("there"), b"")
        };
        assert_eq!(mode(0o600), mode(0o644));
        assert_ne!(mode(0o644), mode(0o744));
        assert_ne!(mode(0o755), mode(0o4755));
        assert_eq!(mode(0o755).owner, None);
        assert!(mode(0o4755).owner.is_some());
    }
}
