//! Numbers of system calls: the architecture that they belong to, and those that the C library has no name for yet.
//!
//! From 424 on, every architecture uses the same numbers.

use libc::c_long;

/// The architecture of our own calls, as the kernel's audit names it.
#[cfg(target_arch = "x86_64")]
pub(super) const ARCHITECTURE: u32 = 0xc000_003e;
#[cfg(target_arch = "aarch64")]
pub(super) const ARCHITECTURE: u32 = 0xc000_00b7;

/// The highest number that is understood. A later call may do anything.
pub(super) const LAST: u32 = 470;

pub(super) const CACHESTAT: c_long = 451;
pub(super) const FCHMODAT2: c_long = 452;
pub(super) const STATMOUNT: c_long = 457;
pub(super) const LISTMOUNT: c_long = 458;
pub(super) const SETXATTRAT: c_long = 463;
pub(super) const GETXATTRAT: c_long = 464;
pub(super) const LISTXATTRAT: c_long = 465;
pub(super) const REMOVEXATTRAT: c_long = 466;
pub(super) const OPEN_TREE_ATTR: c_long = 467;
pub(super) const FILE_GETATTR: c_long = 468;
pub(super) const FILE_SETATTR: c_long = 469;
pub(super) const LISTNS: c_long = 470;
