//! Sizes in bytes as people write and read them.

use bytesize::ByteSize;
use std::fmt;
use std::str::FromStr;

/// A number of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(pub u64);

impl Size {
    /// This many mebibytes.
    pub const fn mebibytes(count: u64) -> Self {
        Self(count << 20)
    }
}

impl FromStr for Size {
    type Err = String;

    /// Reads bytes (`4096`) or units (`10MB`, `64MiB`).
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse::<ByteSize>()
            .map(|size| Self(size.as_u64()))
            .map_err(|_| "expected bytes (4096) or units (10MB, 64MiB)".to_owned())
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&ByteSize(self.0).display().si().to_string().replace(' ', ""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_people_write_them() {
        assert_eq!("4096".parse(), Ok(Size(4096)));
        assert_eq!("10MB".parse(), Ok(Size(10_000_000)));
        assert_eq!("64MiB".parse(), Ok(Size::mebibytes(64)));
        assert_eq!(Size(3_400_000).to_string(), "3.4MB");
        assert_eq!(Size(12).to_string(), "12B");
        for text in ["banana", "-1", "", "10 parsecs", "1e3"] {
            assert!(text.parse::<Size>().is_err(), "{text}");
        }
    }
}
