//! The checks, from the directory to the leftovers. They change nothing.

use super::entries;
use super::finding::{Finding, Health, exposed, fault_of, ok, problem, warning};
use crate::private_directory;
use crate::single_flight::can_claim;
use crate::size::Size;
use crate::store::location::{StoreLocation, unfit};
use crate::terminal::escape_os;
use crate::time::{Timestamp, brief};
use std::fs;
use std::io;
use std::path::Path;

/// With less free space than this, the disk is soon full.
const SCARCE: u64 = 256 << 20;

/// With less free space than this, no result can be stored.
const NO_SPACE: u64 = 1 << 20;

/// A miss of long output creates fewer files than this.
const FEW_INODES: u64 = 8;

/// Looks over the store in this directory.
pub fn examine(directory: &Path) -> Vec<Finding> {
    let (finding, exists) = examine_directory(directory);
    let mut findings = vec![("directory", finding)];
    if !exists {
        return findings;
    }
    let location = StoreLocation { directory: directory.to_owned() };
    findings.extend([("files", examine_files(&location)), ("space", examine_space(directory))]);
    findings.extend(entries::examine(&location));
    findings.push(("leftovers", examine_leftovers(&location)));
    findings.push(("claims", examine_claims(&location)));
    findings
}

/// Whether the directory is ours alone, and whether there is one.
fn examine_directory(directory: &Path) -> (Health, bool) {
    let path = escape_os(directory.as_os_str());
    let metadata = match fs::metadata(directory) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return (ok(format!("{path}: not there yet; the first run makes it")), false);
        }
        Err(error) => return (fault_of(&unfit(directory, &error)), false),
    };
    let access = rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK;
    let finding = match private_directory::check(directory, &metadata) {
        Err(refused) => fault_of(&refused.into()),
        Ok(()) if rustix::fs::access(directory, access).is_err() => {
            warning(format!("{path}: cannot be written; hits only, nothing is stored"))
        }
        Ok(()) => exposed(directory.as_os_str(), &metadata).unwrap_or_else(|| ok(path)),
    };
    (finding, metadata.is_dir())
}

/// Whether the files are ours alone.
fn examine_files(location: &StoreLocation) -> Health {
    let entries = match fs::read_dir(&location.directory) {
        Ok(entries) => entries,
        Err(error) => return problem(format!("cannot be listed: {error}")),
    };
    if let Err(fault) = location.check_database() {
        return fault_of(&fault);
    }
    let mut count = 0;
    for entry in entries.flatten() {
        // A file that was removed meanwhile is no problem.
        let Ok(metadata) = entry.metadata() else { continue };
        let name = escape_os(&entry.file_name());
        let is_objects = entry.path() == location.objects();
        let is_folder = is_objects || entry.path() == location.outbox();
        if is_folder && !metadata.is_dir() {
            return problem(format!("{name}: is not a directory; move it away"));
        }
        if !is_folder && !metadata.is_file() {
            return warning(format!("{name}: is not a regular file; move it away"));
        }
        // Objects have a check of their own.
        if is_objects {
            continue;
        }
        if let Some(fault) = exposed(&entry.file_name(), &metadata) {
            return fault;
        }
        count += usize::from(metadata.is_file());
    }
    ok(format!("{count}, all private"))
}

fn examine_space(directory: &Path) -> Health {
    match rustix::fs::statvfs(directory) {
        Ok(found) => {
            let free = found.f_bavail.saturating_mul(found.f_frsize);
            let text = format!("{} free", Size(free));
            match free {
                _ if found.f_files > 0 && found.f_favail < FEW_INODES => {
                    let text = format!("{} inodes free: few files can be created", found.f_favail);
                    problem(format!("{text}; remove some others (df -i)"))
                }
                free if free < NO_SPACE => {
                    problem(format!("{text}: nothing more can be stored; free some space"))
                }
                free if free < SCARCE => {
                    warning(format!("{text}; free some space, or run cachex prune --max-size"))
                }
                _ => ok(text),
            }
        }
        Err(error) => warning(format!("unknown: {error}")),
    }
}

fn examine_leftovers(location: &StoreLocation) -> Health {
    let found: Vec<_> = location.all_damaged().iter().filter_map(|path| leftover(path)).collect();
    if found.is_empty() {
        return ok("none");
    }
    let advice = "delete what you do not need; cachex prune deletes the rest after a week";
    warning(format!("{}; {advice}", found.join(" and ")))
}

fn leftover(path: &Path) -> Option<String> {
    let metadata = fs::symlink_metadata(path).ok()?;
    let age = metadata.modified().ok().and_then(|at| Timestamp::from(at).age_at(Timestamp::now()));
    let ago = age.map_or_else(String::new, |age| format!(" {} ago", brief(age)));
    Some(format!("{} was set aside{ago} ({})", escape_os(path.as_os_str()), Size(metadata.len())))
}

fn examine_claims(location: &StoreLocation) -> Health {
    match can_claim(&location.directory) {
        Ok(true) => ok("can be locked"),
        Ok(false) => ok("not there yet; the first run makes them"),
        Err(error) => {
            warning(format!("cannot be locked: {error}; callers of one command run side by side"))
        }
    }
}
