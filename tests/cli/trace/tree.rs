//! Random trees of files, and random edits of them.

use super::super::harness::Random;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

/// The paths that programs use and edits change, from the working directory.
pub const PATHS: [&str; 15] = [
    "a", "b", "d", "d/x", "d/y", "d/e", "d/e/z", "f", "f/x", "l", "l/x", "../o", "../o/a",
    "../o/d/x", "../o/d",
];

const TEXTS: [&str; 6] = ["", "1", "2", "33", "#!/bin/sh\necho 1\n", "#!/bin/sh\necho 2\n"];

/// Two directories side by side: `w`, in which programs work, and `o`.
pub struct Tree(pub PathBuf);

/// An edit of a tree.
pub enum Edit {
    /// It may matter.
    Of(String),
    /// It matters to no program.
    Unrelated(String),
}

pub fn pick<'a, T: ?Sized>(random: &mut Random, from: &[&'a T]) -> &'a T {
    from[random.below(from.len())]
}

fn date(random: &mut Random) -> SystemTime {
    let seconds = u64::try_from(random.below(3)).expect("small");
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000 + seconds)
}

impl Tree {
    /// Makes a tree at this path, which does not exist yet. `whole`: the project is the whole tree, not only the
    /// working directory.
    pub fn new(root: PathBuf, whole: bool, random: &mut Random) -> Self {
        let tree = Self(root);
        for directory in ["w/quiet", "w/d/e", "o/d"] {
            fs::create_dir_all(tree.0.join(directory)).expect("made");
        }
        if whole {
            fs::create_dir(tree.0.join(".git")).expect("made");
        }
        for _ in 0..12 {
            tree.edit(random);
        }
        tree
    }

    pub fn work(&self) -> PathBuf {
        self.0.join("w")
    }

    fn at(&self, path: &str) -> PathBuf {
        self.work().join(path)
    }

    /// A copy with the same dates, at this path.
    pub fn copied_to(&self, root: &Path) -> Self {
        let copied = Command::new("cp").arg("-a").arg(&self.0).arg(root).status().expect("started");
        assert!(copied.success());
        Self(root.to_owned())
    }

    pub fn remove(&self) {
        fs::remove_dir_all(&self.0).expect("removed");
    }

    /// Makes a random edit. An impossible edit changes nothing.
    pub fn edit(&self, random: &mut Random) -> Edit {
        let path = pick(random, &PATHS);
        let full = self.at(path);
        let text = pick(random, &TEXTS);
        let (told, done) = match random.below(12) {
            0 | 1 => (format!("write {path} {text:?}"), fs::write(&full, text)),
            2 => {
                let told = format!("write and date {path} {text:?}");
                let date = date(random);
                (told, fs::write(&full, text).and_then(|()| set_date(&full, date)))
            }
            3 => (format!("change {path} and keep size and date"), same_size(&full)),
            4 => {
                let other = self.at("new");
                let moved = fs::write(&other, text).and_then(|()| fs::rename(&other, &full));
                let _ = fs::remove_file(&other);
                (format!("replace {path} {text:?}"), moved)
            }
            5 => (format!("mkdir {path}"), fs::create_dir(&full)),
            6 => {
                let target = pick(random, &PATHS);
                let _ = fs::remove_file(&full);
                (format!("link {path} to {target}"), symlink(target, &full))
            }
            7 => {
                let mode = [0o644, 0o600, 0o755, 0o400][random.below(4)];
                let set = if full.is_file() { set_mode(&full, mode) } else { Ok(()) };
                (format!("chmod {mode:o} {path}"), set)
            }
            8 => {
                let date = date(random);
                (format!("touch {path}"), set_date(&full, date))
            }
            9 => {
                let removed = fs::remove_file(&full).or_else(|_| fs::remove_dir_all(&full));
                (format!("remove {path}"), removed)
            }
            10 => {
                let to = pick(random, &PATHS);
                (format!("rename {path} to {to}"), fs::rename(&full, self.at(to)))
            }
            _ => (format!("swap d and ../o/d, {path}"), self.swap_directories()),
        };
        let failed = done.err().map_or(String::new(), |error| format!(" ({error})"));
        Edit::Of(format!("{told}{failed}"))
    }

    /// Makes an edit that matters to no program. `whole`: as for [`Self::new`]. `dates`: dates count.
    pub fn edit_something_else(&self, whole: bool, dates: bool, random: &mut Random) -> Edit {
        let copy = self.0.with_extension("copy");
        Edit::Unrelated(match random.below(5) {
            0 => "nothing".to_owned(),
            1 => {
                let text = format!("{}", random.below(1000));
                fs::write(self.at("quiet/x"), &text).expect("written");
                format!("write quiet/x {text}")
            }
            2 => {
                let path = ["a", "b", "d/x", "d/y"][random.below(4)];
                rewrite(&self.at(path));
                format!("write {path} as it was")
            }
            3 if whole => {
                self.copied_to(&copy);
                self.remove();
                fs::rename(&copy, &self.0).expect("renamed");
                "replace all by a copy".to_owned()
            }
            4 if whole && !dates => {
                let mut command = Command::new("cp");
                command.args(["-R", "--preserve=mode,links"]).arg(&self.0).arg(&copy);
                let copied = command.status().expect("started");
                assert!(copied.success());
                self.remove();
                fs::rename(&copy, &self.0).expect("renamed");
                "replace all by a copy with other dates".to_owned()
            }
            _ => {
                fs::create_dir_all(self.at("quiet/d/e")).expect("made");
                fs::write(self.at("quiet/d/e/x"), "").expect("written");
                "mkdir quiet/d".to_owned()
            }
        })
    }

    fn swap_directories(&self) -> std::io::Result<()> {
        let (one, other, aside) = (self.at("d"), self.at("../o/d"), self.at("aside"));
        if !other.exists() {
            return Ok(());
        }
        fs::rename(&one, &aside)?;
        fs::rename(&other, &one)?;
        fs::rename(&aside, &other)
    }

    /// Names, kinds, modes and contents.
    pub fn content(&self) -> BTreeMap<String, String> {
        let mut content = BTreeMap::new();
        let mut directories = vec![self.0.clone()];
        while let Some(directory) = directories.pop() {
            for entry in fs::read_dir(&directory).expect("readable") {
                let path = entry.expect("readable").path();
                let found = fs::symlink_metadata(&path).expect("there");
                let body = if found.is_dir() {
                    directories.push(path.clone());
                    "directory".to_owned()
                } else if found.is_symlink() {
                    format!("-> {}", fs::read_link(&path).expect("a link").display())
                } else {
                    fs::read(&path).expect("readable").escape_ascii().to_string()
                };
                let name = path.strip_prefix(&self.0).expect("below").display().to_string();
                content.insert(name, format!("{:o} {body}", found.permissions().mode()));
            }
        }
        content
    }
}

fn set_mode(path: &Path, mode: u32) -> std::io::Result<()> {
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

fn set_date(path: &Path, date: SystemTime) -> std::io::Result<()> {
    File::open(path)?.set_modified(date)
}

/// Replaces the content by other bytes of the same number, and restores the date.
fn same_size(path: &Path) -> std::io::Result<()> {
    let before = fs::metadata(path)?;
    let other: Vec<u8> =
        fs::read(path)?.iter().map(|byte| if *byte == b'1' { b'2' } else { b'1' }).collect();
    fs::write(path, other)?;
    set_date(path, before.modified()?)
}

/// Replaces a file by a copy: another inode with the same content, mode and dates.
fn rewrite(path: &Path) {
    let is_single_file = fs::symlink_metadata(path)
        .is_ok_and(|found| found.is_file() && std::os::unix::fs::MetadataExt::nlink(&found) == 1);
    if is_single_file {
        let other = path.with_file_name("copy of it");
        let copied = Command::new("cp").arg("-a").arg(path).arg(&other).status().expect("started");
        assert!(copied.success());
        fs::rename(other, path).expect("renamed");
    }
}
