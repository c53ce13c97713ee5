//! The owner of a file: ourselves, root, or somebody else.
//!
//! In a user namespace all users that are not mapped into it have one number, the overflow id. A file with that number
//! could belong to any of them, so in such a namespace it counts as a file of another user.

use std::sync::OnceLock;

/// Whether this is the user that we act as.
pub fn is_ours(owner: u32) -> bool {
    owner == own_user() && !is_unmapped(owner)
}

/// The user that we act as, which never changes.
fn own_user() -> u32 {
    static USER: OnceLock<u32> = OnceLock::new();
    *USER.get_or_init(|| rustix::process::geteuid().as_raw())
}

/// Whether this user may decide for us: ourselves, or root.
pub fn may_decide(owner: u32) -> bool {
    owner == 0 || is_ours(owner)
}

/// Whether the number stands for all users that are not mapped into our user namespace. Nothing is read unless the
/// owner has the usual overflow id.
#[cfg(target_os = "linux")]
pub fn is_unmapped(owner: u32) -> bool {
    const USUAL: u32 = 65534;
    if owner != USUAL {
        return false;
    }
    let overflow = std::fs::read_to_string("/proc/sys/kernel/overflowuid");
    let overflow = overflow.ok().and_then(|number| number.trim().parse().ok()).unwrap_or(USUAL);
    owner == overflow && !maps_everybody(&std::fs::read("/proc/self/uid_map").unwrap_or_default())
}

/// There are no user namespaces.
#[cfg(not(target_os = "linux"))]
pub fn is_unmapped(_: u32) -> bool {
    false
}

/// Whether this is the map of a system without user namespaces.
#[cfg(target_os = "linux")]
fn maps_everybody(map: &[u8]) -> bool {
    let fields = map.split(u8::is_ascii_whitespace).filter(|field| !field.is_empty());
    fields.eq([&b"0"[..], b"0", b"4294967295"])
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_map_maps_everybody() {
        assert!(maps_everybody(b"         0          0 4294967295\n"));
        assert!(!maps_everybody(b"         0       1000          1\n"));
        assert!(!maps_everybody(b"0 0 65536\n65536 65536 1\n"));
        assert!(!maps_everybody(b""));
    }
}
