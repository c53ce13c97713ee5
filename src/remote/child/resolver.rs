//! How names of hosts are looked up.

/// Has the C library ask the file of hosts and DNS, and nothing else: other services are modules of the system, which a
/// statically linked library must not load, as they were built for another copy of it. Called before the first look-up.
#[cfg(all(target_os = "linux", target_env = "gnu", target_feature = "crt-static"))]
#[allow(unsafe_code)]
pub fn ask_files_and_dns_only() {
    unsafe extern "C" {
        fn __nss_configure_lookup(
            database: *const libc::c_char,
            services: *const libc::c_char,
        ) -> libc::c_int;
    }
    // SAFETY: the function copies both texts, and no other thread runs yet.
    unsafe { __nss_configure_lookup(c"hosts".as_ptr(), c"files dns".as_ptr()) };
}

/// Elsewhere the system decides.
#[cfg(not(all(target_os = "linux", target_env = "gnu", target_feature = "crt-static")))]
pub fn ask_files_and_dns_only() {}
