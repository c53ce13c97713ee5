//! How a cachex that runs inside another one's command knows of it.

/// Set for every command that cachex runs; the only variable that it adds.
pub const ACTIVE_VARIABLE: &str = "CACHEX_ACTIVE";

/// Whether this process was started, however indirectly, by a command that cachex runs.
#[must_use]
pub fn is_nested() -> bool {
    std::env::var_os(ACTIVE_VARIABLE).is_some()
}

/// Marks what this process starts from now on as started by it. The rest of the environment stays
/// as it is, its order included.
///
/// # Safety
/// No other thread may run yet.
#[allow(unsafe_code)]
pub unsafe fn enter() {
    // SAFETY: the caller's promise.
    unsafe { std::env::set_var(ACTIVE_VARIABLE, "1") };
}
