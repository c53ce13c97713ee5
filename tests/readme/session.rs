//! Runs a page in its own home directory, with a shell for each session and stand-ins for programs that need an
//! account, a cluster or a screen.

use crate::page::{Call, Step, steps};
use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The directory of the reader, as pages show it.
const PROJECT: &str = "/home/you/project";

/// Marks the end of a call in the output. No command prints it.
const MARK: &str = "\u{1e}";

/// Runs the page of the repository at this path.
pub fn run_page(path: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join(path)).expect("a page");
    let home = tempfile::tempdir().expect("a directory");
    let reader = Reader { home: fs::canonicalize(home.path()).expect("canonical") };
    fs::create_dir(reader.project()).expect("made");
    for step in steps(&page) {
        match step {
            Step::File { name, content } => reader.write(&name, &content),
            Step::Session { shell, needs, calls } => {
                match needs.iter().find(|program| !reader.has(program)) {
                    Some(missing) => skipped(&format!("{path}: {} …", calls[0].typed), missing),
                    None => reader.run_session(path, &shell, &calls),
                }
            }
        }
    }
}

/// Reports a skipped step, even if the test passes.
pub fn skipped(what: &str, missing: &str) {
    let line = format!("skipped for lack of {missing}: {what}\n");
    std::io::stderr().write_all(line.as_bytes()).expect("written");
}

/// A reader who follows a page.
struct Reader {
    home: PathBuf,
}

impl Reader {
    fn project(&self) -> PathBuf {
        self.home.join("project")
    }

    /// Writes a file of the project, or of the home directory if its name begins with `~/`.
    fn write(&self, name: &str, content: &str) {
        let path = match name.strip_prefix("~/") {
            Some(name) if cfg!(target_os = "macos") => {
                self.home.join(name.replace(".config/cachex", "Library/Application Support/cachex"))
            }
            Some(name) => self.home.join(name),
            None => self.project().join(name),
        };
        fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        fs::write(&path, content).expect("written");
        if content.starts_with("#!") {
            fs::set_permissions(&path, Permissions::from_mode(0o755)).expect("executable");
        }
    }

    fn command(&self, program: &str) -> Command {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let cachex = Path::new(env!("CARGO_BIN_EXE_cachex")).parent().expect("a directory");
        let system = std::env::var_os("PATH").expect("a path");
        let path = [cachex.to_owned(), root.join("tests/readme/bin")].into_iter();
        let path = std::env::join_paths(path.chain(std::env::split_paths(&system)));
        let mut command = Command::new(program);
        command
            .current_dir(self.project())
            .env_clear()
            .env("PATH", path.expect("a path"))
            .env("HOME", &self.home)
            .env("LC_ALL", "C")
            .stdin(Stdio::null());
        command
    }

    /// Whether this program exists, or the system has this name.
    fn has(&self, program: &str) -> bool {
        if program == "Linux" {
            return cfg!(target_os = "linux");
        }
        let words = ["-c", "command -v \"$1\" >/dev/null", "sh", program];
        self.command("sh").args(words).status().expect("started").success()
    }

    fn run_session(&self, path: &str, shell: &str, calls: &[Call]) {
        let mut script = String::new();
        for call in calls {
            script.extend([&call.typed, "\nprintf '\\036'; printf '\\036' >&2\n"]);
        }
        let [out, err] = self.outputs(shell, &script);
        let ends = [&out, &err].map(|stream| stream.split(MARK).count());
        assert_eq!(ends, [calls.len() + 1; 2], "{path}: {shell} ended early\n{script}\n{out}{err}");
        for ((call, out), err) in calls.iter().zip(out.split(MARK)).zip(err.split(MARK)) {
            let says = comparable(&call.output);
            assert!(
                is_interleaved(&says, &comparable(out), &comparable(err)),
                "{path}: $ {}\n--- the page says\n{}--- what comes out\n{out}{err}",
                call.typed,
                call.output
            );
        }
    }

    /// The output of a shell script, with its streams apart.
    fn outputs(&self, shell: &str, script: &str) -> [String; 2] {
        let without_files: &[&str] = match shell {
            "bash" => &["--noprofile", "--norc"],
            "zsh" => &["-f"],
            "fish" => &["--no-config"],
            _ => &[],
        };
        let output = self.command(shell).args(without_files).args(["-c", script]).output();
        let output = output.expect("started");
        [output.stdout, output.stderr].map(|bytes| {
            let text = String::from_utf8(bytes).expect("UTF-8");
            text.replace(&self.project().display().to_string(), PROJECT)
        })
    }
}

/// Whether the lines of a page are the lines of two streams, with each stream in its own order.
fn is_interleaved(page: &[String], out: &[String], err: &[String]) -> bool {
    let Some((first, rest)) = page.split_first() else { return out.is_empty() && err.is_empty() };
    let follows = |stream: &[String]| stream.first() == Some(first);
    (follows(out) && is_interleaved(rest, &out[1..], err))
        || (follows(err) && is_interleaved(rest, out, &err[1..]))
}

/// Output without durations and digests, which change from run to run.
pub fn comparable(output: &str) -> Vec<String> {
    let word = |word: &str| {
        let (core, end) = word.split_at(word.trim_end_matches([',', ';', ':', ')']).len());
        let changes = is_duration(core) || is_digest(core);
        if changes { format!("#{end}") } else { word.to_owned() }
    };
    output
        .lines()
        .map(|line| line.split_whitespace().map(word).collect::<Vec<_>>().join(" "))
        .collect()
}

fn is_duration(word: &str) -> bool {
    let unit = word.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    unit.len() < word.len() && ["ms", "s", "m", "min", "h", "d"].contains(&unit)
}

fn is_digest(word: &str) -> bool {
    let (digits, length) = word.strip_prefix('#').map_or((word, 16), |short| (short, 6));
    digits.len() == length && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[test]
fn durations_and_digests_are_not_compared() {
    let one = "cachex: hit: stored 8ms ago\nkey  d3fea5941ebef881\n";
    let other = "cachex: hit: stored 1.5s ago\nkey 0000000000000000\n";
    assert_eq!(comparable(one), comparable(other));
    assert_ne!(comparable("exit 3"), comparable("exit 4"));
    assert_ne!(comparable("a"), comparable("a\n\n"));
}

#[test]
fn lines_of_two_streams_may_interleave_in_any_order() {
    let [page, out, err] = ["1\nx\n2\n", "1\n2\n", "x\n"].map(comparable);
    assert!(is_interleaved(&page, &out, &err));
    assert!(!is_interleaved(&page, &comparable("2\n1\n"), &err));
    assert!(!is_interleaved(&page, &out, &[]));
    assert!(!is_interleaved(&page, &[&out[..], &page[..]].concat(), &err));
}
