//! Reading the memory of a process of the command.
//!
//! What is read may change right afterwards. The command is not an opponent: a program that changes a path while the
//! kernel reads it deceives itself as well.

use libc::{c_void, iovec};
use std::io;

/// The longest path that the kernel takes, with the byte that ends it.
const LONGEST_PATH: usize = 4096;

/// The smallest page. Memory is there by whole pages.
const PAGE: usize = 4096;

/// Why memory cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MemoryFault {
    /// There is none at that address, or no end of the path. The call fails as well.
    NotThere,
    /// The process has ended.
    Ended,
    /// We may not.
    Forbidden,
}

/// How much is read at first. Most paths are shorter.
const SHORT_PATH: usize = 256;

/// Reads strings.
pub(super) struct MemoryReader {
    /// Used again and again.
    buffer: Vec<u8>,
}

impl MemoryReader {
    pub(super) fn new() -> Self {
        Self { buffer: vec![0; LONGEST_PATH] }
    }

    /// Reads the string at an address of a thread, up to the byte that ends it.
    pub(super) fn read_string(
        &mut self,
        thread: i32,
        address: u64,
    ) -> Result<Vec<u8>, MemoryFault> {
        let address = usize::try_from(address).map_err(|_| MemoryFault::NotThere)?;
        // The rest of a page is there if its first byte is. The next page may be missing.
        let near = PAGE - address % PAGE;
        let short = near.min(SHORT_PATH);
        let count = read(thread, address, short, &mut self.buffer[..short])?;
        if let Some(string) = first_string(&self.buffer[..count]) {
            return Ok(string);
        }
        let count = read(thread, address, near.min(LONGEST_PATH), &mut self.buffer)?;
        first_string(&self.buffer[..count]).ok_or(MemoryFault::NotThere)
    }
}

/// The bytes before the zero.
fn first_string(bytes: &[u8]) -> Option<Vec<u8>> {
    bytes.iter().position(|byte| *byte == 0).map(|end| bytes[..end].to_vec())
}

/// Reads as many bytes as the buffer takes.
pub(super) fn read_exactly(
    thread: i32,
    address: u64,
    buffer: &mut [u8],
) -> Result<(), MemoryFault> {
    let address = usize::try_from(address).map_err(|_| MemoryFault::NotThere)?;
    let length = buffer.len();
    let count = read(thread, address, length, buffer)?;
    if count == length { Ok(()) } else { Err(MemoryFault::NotThere) }
}

/// Reads what there is. A read that meets missing memory ends before that part of it, of which there are two: the first
/// bytes, and the rest.
#[allow(unsafe_code)]
fn read(
    thread: i32,
    address: usize,
    first: usize,
    buffer: &mut [u8],
) -> Result<usize, MemoryFault> {
    let local = iovec { iov_base: buffer.as_mut_ptr().cast(), iov_len: buffer.len() };
    let part = |start: usize, length| iovec {
        iov_base: std::ptr::with_exposed_provenance_mut::<c_void>(address.wrapping_add(start)),
        iov_len: length,
    };
    let remote = [part(0, first), part(first, buffer.len() - first)];
    let parts = if first < buffer.len() { 2 } else { 1 };
    // SAFETY: the call writes to `buffer` only, which is as long as it says. The other addresses belong to the other
    // process, and the kernel checks them.
    let count =
        unsafe { libc::process_vm_readv(thread, &raw const local, 1, remote.as_ptr(), parts, 0) };
    usize::try_from(count).map_err(|_| match io::Error::last_os_error().raw_os_error() {
        Some(libc::ESRCH) => MemoryFault::Ended,
        Some(libc::EPERM | libc::ENOSYS) => MemoryFault::Forbidden,
        _ => MemoryFault::NotThere,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own_thread() -> i32 {
        rustix::process::getpid().as_raw_nonzero().get()
    }

    #[test]
    fn a_string_ends_at_its_end() {
        let text = b"/etc/passwd\0/more\0";
        assert_eq!(
            MemoryReader::new().read_string(own_thread(), text.as_ptr().addr() as u64),
            Ok(b"/etc/passwd".to_vec())
        );
        let mut number = [0; 4];
        assert_eq!(read_exactly(own_thread(), text.as_ptr().addr() as u64, &mut number), Ok(()));
        assert_eq!(&number, b"/etc");
    }

    #[test]
    fn a_string_may_end_where_memory_ends() {
        let pages = Pages::new();
        pages.put(2 * PAGE - 4, b"abc\0");
        assert_eq!(
            MemoryReader::new().read_string(own_thread(), pages.address(2 * PAGE - 4)),
            Ok(b"abc".to_vec())
        );
        pages.put(PAGE - 2, b"over");
        pages.put(PAGE + 2, b"\0");
        assert_eq!(
            MemoryReader::new().read_string(own_thread(), pages.address(PAGE - 2)),
            Ok(b"over".to_vec())
        );
        pages.put(2 * PAGE - 4, b"abcd");
        assert_eq!(
            MemoryReader::new().read_string(own_thread(), pages.address(2 * PAGE - 4)),
            Err(MemoryFault::NotThere)
        );
        assert_eq!(MemoryReader::new().read_string(own_thread(), 8), Err(MemoryFault::NotThere));
        assert_eq!(
            MemoryReader::new().read_string(own_thread(), u64::MAX - 2),
            Err(MemoryFault::NotThere)
        );
    }

    #[test]
    fn a_path_that_is_too_long_is_none() {
        let long = vec![b'x'; 5000];
        assert_eq!(
            MemoryReader::new().read_string(own_thread(), long.as_ptr().addr() as u64),
            Err(MemoryFault::NotThere)
        );
    }

    /// Two pages of memory, and one after them that cannot be read.
    struct Pages(*mut u8);

    #[allow(unsafe_code)]
    impl Pages {
        fn new() -> Self {
            // SAFETY: new memory, which stays until the test ends.
            let start = unsafe {
                let start = libc::mmap(
                    std::ptr::null_mut(),
                    3 * PAGE,
                    libc::PROT_READ | libc::PROT_WRITE,
                    libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
                    -1,
                    0,
                );
                libc::mprotect(start.byte_add(2 * PAGE), PAGE, libc::PROT_NONE);
                start
            };
            Self(start.cast())
        }

        fn put(&self, at: usize, bytes: &[u8]) {
            assert!(at + bytes.len() <= 2 * PAGE);
            // SAFETY: within the pages.
            unsafe { self.0.add(at).copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
        }

        fn address(&self, at: usize) -> u64 {
            (self.0.addr() + at) as u64
        }
    }
}
