//! Files that may be absent: absence is an answer, not an error.

use std::io;

/// Turns the errors that mean that nothing is at a path into `None`.
///
/// # Errors
/// When the system fails for another reason.
pub fn if_there<T>(found: Result<T, impl Into<io::Error>>) -> io::Result<Option<T>> {
    match found.map_err(Into::into) {
        Ok(found) => Ok(Some(found)),
        Err(error) if is_absence(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Nothing is at a path either if one of its directories is another kind of file.
fn is_absence(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn only_absence_is_an_answer() {
        let dir = tempfile::tempdir().expect("a directory");
        let file = dir.path().join("x");
        assert!(if_there(fs::read(&file)).expect("absent").is_none());
        fs::write(&file, "1").expect("written");
        assert!(if_there(fs::read(&file)).expect("there").is_some());
        assert!(if_there(fs::read(file.join("y"))).expect("absent").is_none());
        assert!(if_there(fs::read(dir.path())).is_err(), "a directory cannot be read");
    }
}
