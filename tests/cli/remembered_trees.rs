//! Inputs of many files: their digest is remembered, and every change is still noticed.

use super::harness::{Sandbox, Texts, wait_until};
use cachex::key::{KeySpec, Observation, Program, observe};
use cachex::output_pattern::OutputSpec;
use cachex::output_streams::{OutputRequest, PtyMode};
use cachex::time::Timestamp;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::Path;

/// A sandbox with a tree of many files.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::with_script("echo hi");
    for directory in ["a", "b", "a/deep"] {
        for number in 0..8 {
            sandbox.write(&format!("tree/{directory}/{number}.txt"), "one");
        }
    }
    fs::create_dir(sandbox.dir.join("tree/void")).expect("made");
    symlink("0.txt", sandbox.dir.join("tree/a/link")).expect("linked");
    sandbox
}

/// Observes a word of `--file` an hour from now, when all dates are old enough to be trusted.
fn observed_later(word: &OsStr) -> Observation {
    let later = Timestamp::from_millis(Timestamp::now().as_millis() + 3_600_000);
    let spec = KeySpec {
        scope: String::new(),
        texts: Vec::new(),
        variables: Vec::new(),
        files: vec![word.to_owned()],
        ignored: Vec::new(),
        hashes: Vec::new(),
        pure_environment: false,
        trace: None,
        output_files: OutputSpec::default(),
        ignore_file_arguments: false,
        ignore_directory: false,
        outputs: OutputRequest { pty: PtyMode::Never, warm: true },
    };
    let program = Program::resolve(OsStr::new("sh")).expect("a shell");
    observe(&program, &["sh".into()], &spec, None, later, &|| {}).expect("readable")
}

/// Makes the store remember the digest of these files, and waits for the clock to advance.
fn remember(sandbox: &Sandbox, word: &str) {
    let seen = observed_later(word.as_ref());
    let is_there = seen.learned().iter().any(|learned| learned.path == Path::new(word));
    assert!(is_there, "nothing is remembered of {word}: is it on a local disk?");
    sandbox.store().remember(seen.learned()).expect("remembered");
    let change = || {
        let path = sandbox.write("clock", "");
        let metadata = fs::metadata(path).expect("there");
        (metadata.ctime(), metadata.ctime_nsec())
    };
    let now = change();
    wait_until("the clock advances", || change() != now);
}

/// A call with a remembered tree as its input.
struct Keyed<'s> {
    sandbox: &'s Sandbox,
    word: String,
}

impl<'s> Keyed<'s> {
    fn by(sandbox: &'s Sandbox, word: &str) -> Self {
        Self { sandbox, word: sandbox.dir.join(word).display().to_string() }
    }

    /// Whether the command runs.
    #[track_caller]
    fn runs(&self) -> bool {
        let before = self.sandbox.runs();
        self.sandbox.cachex_words(["--file", &self.word, "./s.sh"]).gives("hi\n");
        self.sandbox.runs() > before
    }

    /// Expects a hit before this change, a miss after it, and then a hit.
    #[track_caller]
    fn misses_after(&self, change: &str) {
        self.runs();
        remember(self.sandbox, &self.word);
        assert!(!self.runs(), "before: {change}");
        self.sandbox.sh(change).gives("");
        assert!(self.runs(), "after: {change}");
        assert!(!self.runs(), "again: {change}");
    }
}

#[test]
fn every_change_in_a_remembered_tree_is_noticed() {
    let sandbox = sandbox();
    let tree = Keyed::by(&sandbox, "tree");
    for change in [
        "echo two > tree/a/0.txt",
        "echo more >> tree/a/deep/7.txt",
        "chmod +x tree/b/3.txt",
        "ln -sf 1.txt tree/a/link",
        "rm tree/a/link; printf one > tree/a/link",
        "mkdir tree/empty",
        "rmdir tree/void",
        "printf one > tree/b/new.txt",
        "mv tree/b/new.txt tree/b/newer.txt",
        "mv tree/b/newer.txt tree/a/newer.txt",
        "rm tree/b/6.txt",
        "mv tree/a/deep tree/deep",
    ] {
        tree.misses_after(change);
    }
}

#[test]
fn an_edit_that_restores_size_and_date_is_noticed_in_a_remembered_tree() {
    let sandbox = sandbox();
    let tree = Keyed::by(&sandbox, "tree");
    for change in [
        "touch -r tree/a/1.txt kept; printf eno > tree/a/1.txt; touch -r kept tree/a/1.txt",
        "cp -p tree/a/2.txt new; printf eno > new; touch -r tree/a/2.txt new; mv new tree/a/2.txt",
        // Swapping the parent directories changes nothing of the files themselves.
        "cp -a tree/b other; printf eno > other/5.txt; touch -r tree/b/5.txt other/5.txt
         mv tree/b kept.d; mv other tree/b",
    ] {
        tree.misses_after(change);
    }
    let edited = fs::metadata(sandbox.dir.join("tree/b/5.txt")).expect("there");
    let kept = fs::metadata(sandbox.dir.join("kept.d/5.txt")).expect("there");
    let of = |it: &fs::Metadata| (it.size(), it.mtime(), it.mtime_nsec());
    assert_eq!(of(&edited), of(&kept));
}

#[test]
fn content_decides_in_a_remembered_tree_too() {
    let sandbox = sandbox();
    let tree = Keyed::by(&sandbox, "tree");
    tree.runs();
    for change in [
        "touch tree/a/0.txt tree/b",
        "chmod 600 tree/a/1.txt",
        "cp tree/a/2.txt new; mv new tree/a/2.txt",
        "cp -r tree copy; rm -r tree; mv copy tree",
    ] {
        remember(&sandbox, &tree.word);
        sandbox.sh(change).gives("");
        assert!(!tree.runs(), "{change}");
    }
    remember(&sandbox, &tree.word);
    sandbox.sh("echo two > tree/a/0.txt").gives("");
    assert!(tree.runs());
    sandbox.sh("printf one > tree/a/0.txt").gives("");
    assert!(!tree.runs(), "the content is as before");
}

#[test]
fn every_change_among_the_remembered_files_of_a_glob_is_noticed() {
    let sandbox = sandbox();
    let glob = Keyed::by(&sandbox, "tree/**/*.txt");
    for change in [
        "touch -r tree/a/1.txt kept; printf eno > tree/a/1.txt; touch -r kept tree/a/1.txt",
        "printf one > tree/b/new.txt",
        "mv tree/b/new.txt tree/b/newer.txt",
        "rm tree/b/6.txt",
        "mkdir tree/d.txt",
        "touch tree/d.txt/any",
    ] {
        glob.misses_after(change);
    }
    remember(&sandbox, &glob.word);
    sandbox.sh("touch tree/a/2.txt; echo two > tree/other").gives("");
    assert!(!glob.runs());
}

#[test]
fn a_changed_link_to_a_tree_is_noticed() {
    let sandbox = sandbox();
    let link = Keyed::by(&sandbox, "link");
    sandbox.sh("cp -a tree other; printf eno > other/a/0.txt; ln -s tree link").gives("");
    link.misses_after("rm link; ln -s other link");
}

#[test]
fn a_hash_command_reads_all_files_every_time() {
    let sandbox = sandbox();
    let word = sandbox.dir.join("tree").display().to_string();
    let runs = || {
        let before = sandbox.runs();
        let options = ["--file", &word, "--hash-with", "file:*=cat - state", "./s.sh"];
        sandbox.cachex_words(options).gives("hi\n");
        sandbox.runs() > before
    };
    sandbox.write("state", "1");
    runs();
    remember(&sandbox, &word);
    assert!(!runs());
    sandbox.write("state", "2");
    assert!(runs());
}

#[cfg(target_os = "linux")]
mod opened {
    use super::*;
    use rustix::fs::inotify::{CreateFlags, ReadFlags, Reader, WatchFlags, add_watch, init};
    use rustix::io::Errno;
    use std::mem::MaybeUninit;

    fn directories(root: &Path) -> Vec<std::path::PathBuf> {
        let children =
            fs::read_dir(root).expect("readable").map(|child| child.expect("one").path());
        let below = children.filter(|path| path.is_dir() && !path.is_symlink());
        std::iter::once(root.to_owned()).chain(below.flat_map(|path| directories(&path))).collect()
    }

    /// Whether `work` opens a file below this directory.
    fn opens_files(root: &Path, work: impl FnOnce()) -> bool {
        let watch = init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC).expect("a watch");
        for directory in directories(root) {
            add_watch(&watch, directory, WatchFlags::OPEN).expect("watched");
        }
        work();
        let mut buffer = [MaybeUninit::uninit(); 4096];
        let mut events = Reader::new(&watch, &mut buffer);
        let mut opened = false;
        loop {
            match events.next() {
                Ok(event) => opened |= !event.events().contains(ReadFlags::ISDIR),
                Err(Errno::WOULDBLOCK) => return opened,
                Err(error) => panic!("{error}"),
            }
        }
    }

    #[test]
    fn a_hit_opens_no_file_of_a_remembered_tree() {
        let sandbox = sandbox();
        for directory in 0..70 {
            for number in 0..5 {
                sandbox.write(&format!("large/{directory}/{number}"), "one");
            }
        }
        for (root, word) in [("tree", "tree"), ("tree", "tree/**/*.txt"), ("large", "large")] {
            let keyed = Keyed::by(&sandbox, word);
            let hit = || assert!(!keyed.runs(), "{word}");
            keyed.runs();
            remember(&sandbox, &keyed.word);
            let root = sandbox.dir.join(root);
            assert!(!opens_files(&root, hit), "{word}");
            let file = root.join(if root.ends_with("tree") { "a/0.txt" } else { "5/0" });
            sandbox.sh(&format!("touch {}", file.display())).gives("");
            assert!(opens_files(&root, hit), "{word}: what is no longer as it was is read");
        }
    }

    #[test]
    fn misses_and_hits_remember_the_digest_of_many_files() {
        // Files that are older than this test.
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let word = root.display().to_string();
        observed_later(word.as_ref()).learned().iter().find(|it| it.path == root).expect(
            "the sources of cachex have to lie on a file system of this machine, not of a network",
        );
        let sandbox = sandbox();
        let keyed = Keyed::by(&sandbox, &word);
        let runs = |expected| opens_files(&root, || assert_eq!(keyed.runs(), expected));
        assert!(runs(true));
        assert!(!runs(false), "the miss did not remember the digest");
        rusqlite::Connection::open(sandbox.database())
            .and_then(|database| database.execute("DELETE FROM note WHERE kind = 3", []))
            .expect("forgotten");
        assert!(runs(false));
        assert!(!runs(false), "the hit did not remember the digest");
    }
}

#[test]
fn a_file_that_came_and_went_during_the_run_is_noticed() {
    let sandbox = Sandbox::new();
    sandbox.write("src/a", "A");
    sandbox.sh("mkfifo started go").gives("");
    let call = "--file src -- sh -c 'echo > started; read x < go; cat src/*'";
    let script = format!(
        "{{ cachex -v {call} & read x < started; echo B > src/b; rm src/b; echo > go; wait; }} 2>&1"
    );
    let told = sandbox.sh(&script).output().stdout_text();
    assert!(told.contains("not stored: src"), "{told}");
}
