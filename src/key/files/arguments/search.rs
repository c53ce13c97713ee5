//! The paths that the arguments name, seen from the working directory and from directories that options name.

use super::look::{PathKind, look};
use super::named_path::NamedPath;
use crate::key::error::Unreadable;
use crate::key::words::file_names::{NameInWord, names_in_word};
use crate::parallel;
use std::collections::HashSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Fewer paths than this are not worth a thread of their own.
pub(super) const PATHS_PER_THREAD: usize = 256;

/// Names are looked for in at most this many directories that options name: every name is looked for in each of them.
const MAX_OPTION_DIRECTORIES: usize = 4;

/// Looks for all that these arguments may name. Also returns the directories that options name.
///
/// # Errors
/// When we may not look at a path: the command may see something there.
pub(super) fn find(arguments: &[&OsStr]) -> Result<(Vec<NamedPath>, Vec<PathBuf>), Unreadable> {
    let mut is_value = false;
    let mut seen = HashSet::new();
    let mut names = Vec::new();
    for &word in arguments {
        names.extend(names_in_word(word, is_value).filter(|it| seen.insert(it.name)));
        is_value = word.as_bytes().starts_with(b"-");
    }
    let mut paths = look_at(names.iter().map(|it| it.name.into()).collect())?;
    let relative: Vec<_> = names.iter().filter(|it| Path::new(it.name).is_relative()).collect();
    let mut directories = option_directories(names.iter().zip(&paths));
    let mut next = 0;
    // The second directory may lie in the first: `-C a -C b`.
    while let Some(directory) = directories.get(next) {
        let below = look_at(relative.iter().map(|it| directory.join(it.name)).collect())?;
        directories.extend(option_directories(relative.iter().copied().zip(&below)));
        directories.truncate(MAX_OPTION_DIRECTORIES);
        paths.extend(below.into_iter().filter(|it| it.stamp().is_some()));
        next += 1;
    }
    Ok((paths, directories))
}

fn look_at(paths: Vec<PathBuf>) -> Result<Vec<NamedPath>, Unreadable> {
    let kinds = parallel::map(&paths, PATHS_PER_THREAD, |path| look(path));
    paths.into_iter().zip(kinds).map(|(path, kind)| Ok(NamedPath::new(path, kind?))).collect()
}

/// The directories that are values of options.
fn option_directories<'n, 'w: 'n>(
    named: impl Iterator<Item = (&'n NameInWord<'w>, &'n NamedPath)>,
) -> Vec<PathBuf> {
    let is_option_directory = |(name, named): &(&NameInWord<'_>, &NamedPath)| {
        name.is_value && named.kind == PathKind::Directory
    };
    let directories = named.filter(is_option_directory).take(MAX_OPTION_DIRECTORIES);
    directories.map(|(_, named)| named.path.clone()).collect()
}
