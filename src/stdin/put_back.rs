//! Giving back standard input that was read, for a command that is executed in our place.

use super::buffered::Buffered;
use crate::memory_file;
use std::io::{self, Seek};

/// Replaces standard input by a file that holds the part that was read and all that is left.
///
/// # Errors
/// When it cannot be read, or not be kept in memory.
pub fn put_back(mut buffered: Buffered) -> io::Result<()> {
    let mut file = memory_file::create()?;
    buffered.copy_to(&mut file)?;
    file.rewind()?;
    Ok(rustix::stdio::dup2_stdin(&file)?)
}
