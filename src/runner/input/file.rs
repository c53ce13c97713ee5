//! A file that the command shares with us as its standard input.

use crate::entry::Condition;
use crate::runner::error::Unrecorded;
use crate::stdin::OpenFile;

/// A file while the command has it.
pub(crate) struct FileWatch {
    /// The file before the run; `None` if another process uses it as well.
    before: Option<OpenFile>,
}

impl FileWatch {
    pub(super) fn begin(seen: OpenFile) -> Self {
        let is_as_seen = OpenFile::now().is_ok_and(|now| now.start == seen.start);
        let before = is_as_seen.then_some(seen);
        if let Some(before) = before.as_ref().filter(|before| !before.is_settled()) {
            // Read now, to be compared with the content at the end.
            let _ = before.condition(0);
        }
        Self { before }
    }

    /// The condition for the command's result.
    pub(super) fn end(self) -> Result<Condition, Unrecorded> {
        let before = self.before.ok_or(Unrecorded::StdinChanged)?;
        let now = OpenFile::now().map_err(|_| Unrecorded::StdinUnknown)?;
        let moved = i128::from(now.start) - i128::from(before.start);
        let moved = i64::try_from(moved).map_err(|_| Unrecorded::StdinUnknown)?;
        let condition = before.condition(moved).ok_or(Unrecorded::StdinUntold)?;
        if before.is_unchanged() { Ok(condition) } else { Err(Unrecorded::StdinChanged) }
    }
}
