//! Giving standard input back to whoever reads it after us.

use super::buffered::Buffered;
use crate::memory_file;
use std::io::{self, Seek};

/// Puts what was read of standard input, and all that was not, in its place.
///
/// # Errors
/// When it cannot be read, or not be kept in memory.
pub fn put_back(mut held: Buffered) -> io::Result<()> {
    let mut file = memory_file::create()?;
    held.copy_to(&mut file)?;
    file.rewind()?;
    Ok(rustix::stdio::dup2_stdin(&file)?)
}
