//! Whether commands can be traced here, for `doctor`.

use super::error::TraceFault;

/// Traces a process of ours, to see whether that works.
///
/// # Errors
/// Why commands cannot be traced here.
///
/// # Safety
/// This process has one thread only.
#[allow(unsafe_code)]
pub unsafe fn probe() -> Result<(), TraceFault> {
    #[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
    // SAFETY: the caller's promise.
    return unsafe { super::engine::probe() };
    #[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))))]
    Err(TraceFault::Unsupported)
}
