//! The portable key. Pure.

use super::platform::PlatformFacts;
use super::project::SharedProject;
use crate::key::{
    CodeFile, Digest, DigestBuilder, FileArgument, FileState, Fingerprint, KeyPart, TraceSpec,
    WorkingDirectory,
};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// Another version derives other keys: then no object is ever found again.
const VERSION: &[u8] = b"cachex portable key 1";

/// Why a call shares nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotPortable {
    /// It belongs to no project.
    #[error("the working directory is in no project: none above it has a .cachex.toml or .git")]
    NoProject,
    /// A file counts by dates that only this machine knows.
    #[error("{} is too large to count by its content", crate::terminal::escape_os(.0))]
    ByItsDates(OsString),
    /// Descriptors lead to files that only this machine has.
    #[error("it inherits descriptors that lead to files")]
    InheritedFiles,
}

/// The key of a call that is the same in each checkout of its project, on each machine of the same platform. `epoch` is
/// that of `--remote-epoch`.
///
/// # Errors
/// Why there is none.
pub fn portable_key(
    fingerprint: &Fingerprint,
    project: &SharedProject,
    platform: &PlatformFacts,
    epoch: &str,
) -> Result<Digest, NotPortable> {
    let portable = portable_fingerprint(fingerprint, project)?;
    let mut digest = DigestBuilder::default();
    let mut field = |bytes: &[u8]| {
        digest.update(&(bytes.len() as u64).to_le_bytes());
        digest.update(bytes);
    };
    field(VERSION);
    field(portable.key().0.as_bytes());
    field(epoch.as_bytes());
    field(&(platform.system.len() as u64).to_le_bytes());
    platform.system.iter().for_each(|name| field(name.as_bytes()));
    for (name, value) in &platform.locale {
        field(name.as_bytes());
        field(value.as_bytes());
    }
    Ok(digest.finish())
}

/// What [`portable_key`] is made of, part by part.
///
/// # Errors
/// Why there is no such key.
pub fn portable_parts(
    fingerprint: &Fingerprint,
    project: &SharedProject,
    platform: &PlatformFacts,
    epoch: &str,
) -> Result<Vec<KeyPart>, NotPortable> {
    let part = |name: &str, value: &OsStr| KeyPart {
        shown: Some(value.to_owned()),
        ..KeyPart::new(name, value.as_bytes())
    };
    let mut parts = portable_fingerprint(fingerprint, project)?.parts();
    parts.push(part("system", OsStr::new(platform.system.join(" ").trim_end())));
    for (name, value) in &platform.locale {
        parts.push(part(&format!("locale {}", name.to_string_lossy()), value));
    }
    if !epoch.is_empty() {
        parts.push(part("remote epoch", OsStr::new(epoch)));
    }
    Ok(parts)
}

/// The fingerprint without the place of the project.
fn portable_fingerprint(
    fingerprint: &Fingerprint,
    project: &SharedProject,
) -> Result<Fingerprint, NotPortable> {
    let glob = |word: &OsString| project.portable_glob(word);
    let mut portable = fingerprint.clone();
    if !fingerprint.inherited_files.is_empty() {
        return Err(NotPortable::InheritedFiles);
    }
    if let Some(directory) = &fingerprint.directory {
        portable.directory = Some(portable_directory(directory, project)?);
    }
    for file in &mut portable.code {
        let CodeFile { path, real, state, .. } = file;
        check(path.as_os_str(), state)?;
        *path = portable_path(path, project);
        *real = portable_path(real, project);
    }
    portable.arguments.clear();
    for (path, argument) in &fingerprint.arguments {
        check(path, &argument.state)?;
        let real = argument.real.as_deref().map(|real| portable_path(real, project));
        let argument = FileArgument { real, ..argument.clone() };
        portable.arguments.insert(project.portable(path), argument);
    }
    portable.files.clear();
    for (path, state) in &fingerprint.files {
        check(path, state)?;
        portable.files.insert(glob(path), state.clone());
    }
    if let Some(TraceSpec { ignored, .. }) = &mut portable.trace {
        *ignored = ignored.iter().map(glob).collect();
    }
    portable.output_files = fingerprint.output_files.iter().map(glob).collect();
    Ok(portable)
}

fn portable_directory(
    WorkingDirectory { physical, logical }: &WorkingDirectory,
    project: &SharedProject,
) -> Result<WorkingDirectory, NotPortable> {
    let physical = project.below(physical.as_os_str()).ok_or(NotPortable::NoProject)?;
    let logical = logical.as_deref().map(|logical| project.portable(logical));
    let logical = logical.filter(|logical| *logical != physical);
    Ok(WorkingDirectory { physical: physical.into(), logical })
}

fn portable_path(path: &Path, project: &SharedProject) -> PathBuf {
    project.portable(path.as_os_str()).into()
}

/// A file that counts by its dates counts for this machine alone.
fn check(path: &OsStr, state: &FileState) -> Result<(), NotPortable> {
    match state {
        FileState::Stamped(_) => Err(NotPortable::ByItsDates(path.to_owned())),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::{ExecMode, InputText};
    use crate::output_streams::OutputStreams;
    use std::collections::{BTreeMap, BTreeSet};

    fn fingerprint(root: &str) -> Fingerprint {
        let code = |path: String, byte| CodeFile {
            real: path.clone().into(),
            path: path.into(),
            mode: ExecMode::default(),
            state: FileState::Content(Digest([byte; 32])),
            is_script: false,
        };
        let argument = FileArgument {
            state: FileState::Content(Digest([3; 32])),
            real: Some(format!("{root}/in/data").into()),
            mode: ExecMode::default(),
        };
        Fingerprint {
            scope: String::new(),
            texts: Vec::new(),
            words: vec![InputText::Exact("./s.sh".into())],
            ignored: BTreeSet::new(),
            code: vec![code(format!("{root}/s.sh"), 1), code("/bin/sh".into(), 2)],
            arguments: [("data".into(), argument)].into(),
            directory: Some(WorkingDirectory {
                physical: format!("{root}/in").into(),
                logical: None,
            }),
            outputs: OutputStreams::Apart,
            variable_globs: BTreeSet::new(),
            variables: BTreeMap::new(),
            files: [(format!("{root}/lib").into(), FileState::Tree(Digest([4; 32])))].into(),
            pure_environment: false,
            trace: None,
            output_files: BTreeSet::new(),
            finds_outputs: false,
            stdin_with: None,
            ignored_signals: 0,
            blocked_signals: 0,
            inherited_files: Vec::new(),
        }
    }

    fn project(root: &str) -> SharedProject {
        SharedProject { root: root.into(), logical_root: None }
    }

    fn platform() -> PlatformFacts {
        let locale = [("LANG".into(), "C".into())].into();
        PlatformFacts { system: vec!["linux".into(), "x86_64".into()], locale }
    }

    fn key(fingerprint: &Fingerprint, root: &str) -> Result<Digest, NotPortable> {
        portable_key(fingerprint, &project(root), &platform(), "")
    }

    #[test]
    fn two_checkouts_have_one_key() {
        let (one, other) = (fingerprint("/home/a/p"), fingerprint("/builds/7/q"));
        assert_ne!(one.key(), other.key());
        assert_eq!(key(&one, "/home/a/p"), key(&other, "/builds/7/q"));
        assert_ne!(key(&one, "/home/a/p"), key(&other, "/builds/7"));
    }

    #[test]
    fn all_else_counts() {
        let root = "/p";
        let plain = key(&fingerprint(root), root).expect("portable");
        let changes: [fn(&mut Fingerprint); 10] = [
            |it| it.words.push(InputText::Exact("x".into())),
            |it| it.words[0] = InputText::Exact("/p/s.sh".into()),
            |it| it.code[0].state = FileState::Content(Digest([9; 32])),
            |it| it.code[1].state = FileState::Content(Digest([9; 32])),
            |it| it.code[1].path = "/usr/bin/sh".into(),
            |it| it.scope = "x".into(),
            |it| it.directory = None,
            |it| {
                it.variables.insert("A".into(), Some(InputText::Exact("/p".into())));
            },
            |it| {
                it.files.insert("y".into(), FileState::Missing);
            },
            |it| it.outputs = OutputStreams::Joined,
        ];
        for (number, change) in changes.iter().enumerate() {
            let mut other = fingerprint(root);
            change(&mut other);
            assert_ne!(key(&other, root), Ok(plain), "{number}");
        }
    }

    #[test]
    fn the_platform_and_the_epoch_count() {
        let (fingerprint, project) = (fingerprint("/p"), project("/p"));
        let key = |platform: &PlatformFacts, epoch| {
            portable_key(&fingerprint, &project, platform, epoch).expect("portable")
        };
        let plain = key(&platform(), "");
        assert_ne!(key(&platform(), "2"), plain);
        let split = |system: &[&str]| PlatformFacts {
            system: system.iter().map(ToString::to_string).collect(),
            ..platform()
        };
        assert_eq!(key(&split(&["linux", "x86_64"]), ""), plain);
        for system in [&["linux"][..], &["linuxx86_64"], &["linux", "x86_64", ""], &[]] {
            assert_ne!(key(&split(system), ""), plain, "{system:?}");
        }
        for locale in [&[][..], &[("LANG", "de")], &[("LANG", "C"), ("TZ", "")]] {
            let locale = locale.iter().map(|(name, value)| (name.into(), value.into())).collect();
            let other = PlatformFacts { locale, ..platform() };
            assert_ne!(key(&other, ""), plain, "{other:?}");
        }
    }

    #[test]
    fn some_calls_share_nothing() {
        let outside = fingerprint("/elsewhere");
        assert_eq!(key(&outside, "/p"), Err(NotPortable::NoProject));
        let mut huge = fingerprint("/p");
        huge.files.insert("big".into(), FileState::Stamped(Digest([1; 32])));
        assert_eq!(key(&huge, "/p"), Err(NotPortable::ByItsDates("big".into())));
        let held = Fingerprint { inherited_files: vec![3], ..fingerprint("/p") };
        assert_eq!(key(&held, "/p"), Err(NotPortable::InheritedFiles));
    }
}
