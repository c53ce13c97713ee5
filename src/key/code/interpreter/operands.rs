//! The words of an interpreter's command line that name the code it runs.
//!
//! No file is looked for, since the name of a command must stay the same when its script is gone. Every argument that
//! names a file counts anyway. If the reading is not certain (an option that the table does not know, a wrapper), the
//! programs in `PATH` that the words name count too.

use super::table::{ALL_EXTENSIONS, INTERPRETERS, Interpreter, ProgramRole};
use super::word_role::{WordRole, contains};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// The operands of a command line that name the code it runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Operands {
    /// The script, with the index of its word. A guess, unless `certain`.
    pub(crate) script: Option<(usize, OsString)>,
    /// Further scripts, and values of options. They count if they name files.
    pub(crate) others: Vec<OsString>,
    /// Whether no other word can be code.
    pub(crate) certain: bool,
    /// The reason why the code cannot be known, if there is one.
    pub(crate) unclear: Option<&'static str>,
    /// How the program uses its words.
    pub(crate) role: ProgramRole,
    /// Extensions to try when there is no file of the script's name.
    pub(crate) extensions: &'static [&'static str],
}

/// Reads the command line `words` of the program at `path`. `None` if it is no interpreter.
pub(crate) fn operands(path: &Path, words: &[OsString]) -> Option<Operands> {
    operands_of(path, || std::fs::canonicalize(path).ok(), words)
}

/// Like [`operands`], with `real` giving the path of the program without links.
pub(crate) fn operands_of(
    path: &Path,
    real: impl FnOnce() -> Option<PathBuf>,
    words: &[OsString],
) -> Option<Operands> {
    let by_name = find(words.first()?).or_else(|| find(path.as_os_str()));
    let interpreter = by_name.or_else(|| find(real()?.as_os_str()))?;
    let mut operands = Operands {
        certain: !interpreter.role.is_wrapper(),
        role: interpreter.role,
        extensions: interpreter.extensions,
        ..Operands::default()
    };
    match interpreter.role {
        ProgramRole::Interpreter | ProgramRole::Shell => read(interpreter, words, &mut operands),
        ProgramRole::Wrapper | ProgramRole::WrapperWithOwnPath => {
            operands.unclear = words.iter().skip(1).find_map(|word| unclear(word.as_bytes()));
        }
        ProgramRole::WrapperInAnotherRoot => {
            operands.unclear = Some("it runs a program below another root directory");
        }
    }
    if !operands.certain {
        operands.extensions = ALL_EXTENSIONS;
    }
    Some(operands)
}

/// The reason why it is not known what a wrapper with this word runs, if there is one.
fn unclear(word: &[u8]) -> Option<&'static str> {
    if word.starts_with(b"PATH=") {
        Some("it changes PATH for the command")
    } else if word.starts_with(b"-S") || word.starts_with(b"--split") || word == b"-vS" {
        Some("it splits an argument into words")
    } else {
        None
    }
}

fn read(interpreter: &Interpreter, words: &[OsString], operands: &mut Operands) {
    let mut index = 1;
    let mut options_end = false;
    while let Some(word) = words.get(index) {
        let role = if options_end { WordRole::Operand } else { interpreter.read(word.as_bytes()) };
        match role {
            WordRole::Inline => return,
            WordRole::OptionsEnd => options_end = true,
            WordRole::Flag => {}
            WordRole::Unknown => operands.certain = false,
            WordRole::Value(Some(value)) => operands.others.push(value.to_owned()),
            WordRole::Value(None) => {
                index += 1;
                operands.others.extend(words.get(index).cloned());
            }
            WordRole::Values(count) => index += count,
            WordRole::Script(attached) => {
                index += usize::from(attached.is_none());
                let script = attached.map(OsStr::to_owned).or_else(|| words.get(index).cloned());
                match script {
                    Some(script) if operands.script.is_none() => {
                        operands.script = Some((index, script));
                    }
                    script => operands.others.extend(script),
                }
            }
            // An option that names a script may follow.
            WordRole::Operand if interpreter.operand_is_code => {}
            WordRole::Operand if contains(interpreter.subcommands, word.as_bytes()) => {}
            WordRole::Operand => {
                operands.script = Some((index, word.clone()));
                return;
            }
        }
        index += 1;
    }
}

/// The interpreter of a program: `python3.13t` is Python, and `bash-5.2` bash.
fn find(program: &OsStr) -> Option<&'static Interpreter> {
    let name = program.as_bytes().rsplit(|b| *b == b'/').next()?;
    let length = name.iter().take_while(|b| b.is_ascii_alphabetic()).count();
    let (letters, rest) = name.split_at(length);
    let name = if is_version(rest) { letters } else { name };
    INTERPRETERS.iter().find(|known| contains(known.names, name))
}

/// Whether it is a version, such as `3`, `3.13t`, `-5.2` or `5.36-x86_64-linux-gnu`.
fn is_version(text: &[u8]) -> bool {
    let text = text.strip_prefix(b"-").unwrap_or(text);
    text.first().is_some_and(u8::is_ascii_digit)
        && text.iter().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_line(line: &str) -> Option<Operands> {
        let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        operands(Path::new(&words[0]), &words)
    }

    #[test]
    fn the_script_is_found_behind_options() {
        for (line, expected) in [
            ("python3 x.py data.csv", "x.py"),
            ("/usr/bin/python3.11 -B -W error -Xutf8 x.py", "x.py"),
            ("python3.13t -I x.py", "x.py"),
            ("sh -e t.sh arg", "t.sh"),
            ("sh - t.sh", "t.sh"),
            ("bash -euo pipefail x.sh", "x.sh"),
            ("bash -oO pipefail extglob x.sh", "x.sh"),
            ("bash-5.2 -norc -posix x.sh", "x.sh"),
            ("bash --norc x.sh", "x.sh"),
            ("bash --rcfile f -O extglob +x x.sh", "x.sh"),
            ("bash -- -x.sh", "-x.sh"),
            ("node -r ./hook.js --title t --max-old-space-size=9 x.js", "x.js"),
            ("perl -w -I lib -Mstrict x.pl", "x.pl"),
            ("perl -i.bak x.pl", "x.pl"),
            ("ruby -W2 -r json x.rb", "x.rb"),
            ("php -d a=b -f x.php", "x.php"),
            ("lua -e print(1) x.lua", "x.lua"),
            ("awk -F : -f x.awk data.txt", "x.awk"),
            ("gawk --file=x.awk data.txt", "x.awk"),
            ("gawk -i inplace -f x.awk", "x.awk"),
            ("mawk -W interactive -f x.awk", "x.awk"),
            ("sed -n -fx.sed data.txt", "x.sed"),
            ("sed data.txt -f x.sed", "x.sed"),
            ("sed --fi x.sed data.txt", "x.sed"),
            ("julia x.jl", "x.jl"),
            ("ts-node x.ts", "x.ts"),
        ] {
            let found = read_line(line).expect("an interpreter");
            let script = found.script.map(|(_, script)| script);
            assert_eq!(script.as_deref(), Some(OsStr::new(expected)), "{line}");
            assert!(found.certain, "{line}");
        }
    }

    #[test]
    fn an_unknown_option_makes_the_reading_uncertain() {
        for line in [
            "node --no-warnings x.js",
            "deno run -L info t.ts",
            "perl -S tool",
            "ruby -C dir x.rb",
            "tclsh -encoding utf-8 x.tcl",
            "ts-node -P tsconfig.json t.ts",
            "java -jar x.jar",
            "timeout 5 ./x.sh",
            "env bash x.sh",
        ] {
            assert!(!read_line(line).expect("known").certain, "{line}");
        }
        let script = |line: &str| read_line(line).expect("known").script.map(|(_, script)| script);
        assert_eq!(script("node --no-warnings x.js"), Some("x.js".into()), "still the best guess");
    }

    #[test]
    fn inline_code_is_no_script() {
        for line in [
            "python3 -c print(1) x.py",
            "python3 -Bc print(1) x.py",
            "python3 -m http.server",
            "bash -ec ls x.sh",
            "bash -oc errexit x.sh",
            "sh -s x.sh",
            "node -pe 1 x.js",
            "node --eval=1 x.js",
            "perl -lane print x.pl",
            "ruby -ne puts x.rb",
            "awk {print} data.txt",
            "sed s/a/b/ data.txt",
            "python3 -",
            "python3",
        ] {
            let found = read_line(line).expect("an interpreter");
            assert_eq!((found.script, found.certain), (None, true), "{line}");
        }
        for line in ["cat x.py", "./sh-report --m 1", "node-lint dir", "time-x.sh y", "shred x"] {
            assert_eq!(read_line(line), None, "{line}");
        }
    }

    #[test]
    fn values_of_options_and_further_scripts_count_too() {
        let found = read_line("node -r hook.js --import=b.js x.js").expect("an interpreter");
        assert_eq!(
            (found.script, found.others),
            (Some((4, "x.js".into())), vec!["hook.js".into(), "b.js".into()])
        );
        let found = read_line("awk -f a.awk -f b.awk data.txt").expect("an interpreter");
        assert_eq!((found.script, found.others), (Some((2, "a.awk".into())), vec!["b.awk".into()]));
    }
}
