//! The inputs that a traced run has found, as `show` prints them. A compiler asks for a thousand paths, nearly all of
//! them outside of the project: those of the project are printed one by one, and the others are counted by directory.

use super::screen::{Screen, Tone};
use super::table::Table;
use crate::inputs::ListedInput;
use crate::terminal::escape_words;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// The most directories that are counted separately.
const MOST_DIRECTORIES: usize = 24;

/// The number of inputs, for one line.
pub(super) fn in_short(inputs: Option<&[ListedInput]>) -> String {
    let Some(inputs) = inputs else { return "they cannot be read".to_owned() };
    let paths: BTreeSet<_> = inputs.iter().map(|input| &input.path).collect();
    let noun = if paths.len() == 1 { "path" } else { "paths" };
    let absent = inputs.iter().filter(|input| !input.found).count();
    format!("{} {noun}, {absent} of them absent", paths.len())
}

/// Tables of the inputs.
pub(super) fn in_full(inputs: &[ListedInput], screen: Screen) -> String {
    let (far, near): (Vec<_>, Vec<_>) =
        inputs.iter().partition(|input| input.path.as_bytes().starts_with(b"/"));
    let mut text = String::new();
    if !near.is_empty() {
        text += "\nin the project\n";
        text += &one_by_one(&near, screen);
    }
    if !far.is_empty() {
        text += "\nelsewhere\n";
        text += &by_directory(&far, screen);
    }
    text
}

fn one_by_one(inputs: &[&ListedInput], screen: Screen) -> String {
    let mut table = Table::facts();
    // A link and what is behind it come one after the other.
    for of_path in inputs.chunk_by(|one, other| one.path == other.path) {
        let mut words: Vec<&str> = Vec::new();
        for input in of_path {
            let asked = if input.found { input.looks.names().collect() } else { vec!["absent"] };
            words.extend(asked);
        }
        words.sort_unstable();
        words.dedup();
        let path = escape_words(of_path.iter().take(1).map(|input| &input.path));
        let tone = if of_path.iter().all(|input| input.found) { Tone::Plain } else { Tone::Faint };
        table.push(tone, [String::new(), words.join(", "), path]);
    }
    table.render(screen)
}

fn by_directory(inputs: &[&ListedInput], screen: Screen) -> String {
    let at_depth = |depth| {
        let mut directories: BTreeMap<&[u8], (usize, usize)> = BTreeMap::new();
        for input in inputs {
            let (paths, absent) =
                directories.entry(directory(input.path.as_bytes(), depth)).or_default();
            *paths += 1;
            *absent += usize::from(!input.found);
        }
        directories
    };
    let mut directories = at_depth(usize::MAX);
    let deepest = directories.keys().map(|path| path.split(|byte| *byte == b'/').count());
    for depth in (1..deepest.max().unwrap_or(0)).rev() {
        if directories.len() <= MOST_DIRECTORIES {
            break;
        }
        directories = at_depth(depth);
    }
    let mut table = Table::facts();
    for (path, (paths, absent)) in directories {
        let absent = if absent == 0 { String::new() } else { format!("{absent} absent") };
        let path = escape_words([OsStr::from_bytes(path)]);
        table.push(Tone::Plain, [String::new(), paths.to_string(), absent, path]);
    }
    table.render(screen)
}

/// The directory of an absolute path, cut to its first `depth` names.
fn directory(path: &[u8], depth: usize) -> &[u8] {
    let mut slashes = path.iter().enumerate().skip(1).filter(|(_, byte)| **byte == b'/');
    let end = slashes.clone().take(depth).last().or_else(|| slashes.next());
    match end {
        Some((end, _)) => &path[..end],
        None => b"/",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inputs::{Look, Looks};

    const PIPE: Screen = Screen { columns: None, colours: false };

    fn input(path: &str, look: Look, found: bool) -> ListedInput {
        ListedInput { path: path.into(), follow: true, looks: Looks::from(look), found }
    }

    #[test]
    fn directories_are_cut_to_a_depth() {
        assert_eq!(directory(b"/usr/lib/a", usize::MAX), b"/usr/lib");
        assert_eq!(directory(b"/usr/lib/a", 1), b"/usr");
        assert_eq!(directory(b"/usr", 1), b"/");
    }

    #[test]
    fn paths_of_the_project_are_listed_and_others_counted() {
        let inputs = [
            input("../lib/x", Look::Stat, true),
            input("a b", Look::Content, true),
            ListedInput { looks: Looks::from(Look::Link), ..input("link", Look::Link, true) },
            input("link", Look::Content, false),
            input("/etc/passwd", Look::Content, true),
            input("/usr/lib/1", Look::Content, true),
            input("/usr/lib/2", Look::Content, false),
        ];
        let expected = "
in the project
  stat          ../lib/x
  content       'a b'
  absent, link  link

elsewhere
  1            /etc
  2  1 absent  /usr/lib
";
        assert_eq!(in_full(&inputs, PIPE), expected);
        assert_eq!(in_short(Some(&inputs)), "6 paths, 2 of them absent");
    }

    #[test]
    fn many_directories_are_counted_by_their_common_parents() {
        let inputs: Vec<_> =
            (0..100).map(|n| input(&format!("/a/b/{n}/c/d"), Look::Content, true)).collect();
        assert_eq!(in_full(&inputs, PIPE), "\nelsewhere\n  100    /a/b\n");
    }
}
