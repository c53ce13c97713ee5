//! Which word of an interpreter's command line is the script that it runs.
//!
//! Pure: a table of interpreters and one reading of their options. It need not know every option:
//! a wrong guess here costs a miss too many or a coarser name, since a file named behind an option
//! that is not in the table counts as well.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

/// How one family of interpreters reads its command line.
#[derive(Debug)]
struct Interpreter {
    /// Its names, without version.
    names: &'static [&'static str],
    /// Letters after which the rest is inline code or a module: there is no script.
    inline: &'static [u8],
    /// Letters with a value, attached or in the next word.
    values: &'static [u8],
    /// Letters whose value can only be attached.
    attached: &'static [u8],
    /// Letters whose value is a script.
    scripts: &'static [u8],
    /// The same for long options, without their dashes.
    long_inline: &'static [&'static str],
    long_values: &'static [&'static str],
    long_scripts: &'static [&'static str],
    /// Words that may stand before the script (`deno run x.ts`).
    subcommands: &'static [&'static str],
    /// The first operand is code unless an option names a script (`awk`, `sed`).
    operand_is_code: bool,
    /// A script without a slash is looked for in PATH too.
    pub searches_path: bool,
    /// Extensions that are tried when the script is not there.
    extensions: &'static [&'static str],
}

const PLAIN: Interpreter = Interpreter {
    names: &[],
    inline: b"",
    values: b"",
    attached: b"",
    scripts: b"",
    long_inline: &[],
    long_values: &[],
    long_scripts: &[],
    subcommands: &[],
    operand_is_code: false,
    searches_path: false,
    extensions: &[],
};

const INTERPRETERS: &[Interpreter] = &[
    Interpreter {
        names: &["sh", "bash", "dash", "ash", "zsh", "ksh", "mksh", "yash"],
        inline: b"cs",
        values: b"oO",
        long_values: &["rcfile", "init-file", "emulate"],
        searches_path: true,
        ..PLAIN
    },
    Interpreter {
        names: &["fish"],
        inline: b"c",
        values: b"Cdfop",
        long_inline: &["command"],
        long_values: &[
            "init-command",
            "features",
            "debug",
            "debug-output",
            "profile",
        ],
        ..PLAIN
    },
    Interpreter {
        names: &["python", "pypy"],
        inline: b"cm",
        values: b"WX",
        long_values: &["check-hash-based-pycs"],
        ..PLAIN
    },
    Interpreter {
        names: &["node", "nodejs"],
        inline: b"ep",
        values: b"rC",
        long_inline: &["eval", "print", "run"],
        long_values: &[
            "require",
            "import",
            "loader",
            "experimental-loader",
            "conditions",
            "env-file",
            "env-file-if-exists",
            "title",
            "input-type",
            "watch-path",
        ],
        extensions: &["js", "json", "node"],
        ..PLAIN
    },
    Interpreter {
        names: &["deno", "bun", "tsx", "ts-node"],
        inline: b"ep",
        values: b"cr",
        long_inline: &["eval", "print"],
        long_values: &[
            "config",
            "import-map",
            "preload",
            "require",
            "env-file",
            "cwd",
        ],
        subcommands: &["run", "test", "bench"],
        ..PLAIN
    },
    Interpreter {
        names: &["perl"],
        inline: b"eE",
        values: b"I",
        attached: b"FiCDMmxVd",
        ..PLAIN
    },
    Interpreter {
        names: &["ruby", "jruby"],
        inline: b"e",
        values: b"IrCE",
        attached: b"FixWKT",
        long_values: &[
            "encoding",
            "external-encoding",
            "internal-encoding",
            "require",
        ],
        ..PLAIN
    },
    Interpreter {
        names: &["php"],
        inline: b"rBRE",
        values: b"dczSt",
        scripts: b"fF",
        long_inline: &["run", "process-begin", "process-code", "process-end"],
        long_values: &["define", "php-ini", "zend-extension"],
        long_scripts: &["file", "process-file"],
        ..PLAIN
    },
    Interpreter {
        names: &["lua", "luajit"],
        values: b"el",
        ..PLAIN
    },
    Interpreter {
        names: &["Rscript"],
        inline: b"e",
        ..PLAIN
    },
    Interpreter {
        names: &["tclsh", "wish", "guile", "osascript"],
        inline: b"ec",
        ..PLAIN
    },
    Interpreter {
        names: &["awk", "gawk", "mawk", "nawk"],
        values: b"vF",
        scripts: b"fE",
        long_values: &["assign", "field-separator"],
        long_scripts: &["file", "exec"],
        operand_is_code: true,
        ..PLAIN
    },
    Interpreter {
        names: &["sed", "gsed"],
        values: b"el",
        attached: b"i",
        scripts: b"f",
        long_values: &["expression", "line-length"],
        long_scripts: &["file"],
        operand_is_code: true,
        ..PLAIN
    },
];

/// What an interpreter's command line says of its script.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Operands {
    /// The script, as written, and which word it stands in.
    pub(super) script: Option<(usize, OsString)>,
    /// Further files that count if they exist: scripts after the first, and values of options.
    pub(super) also: Vec<OsString>,
    /// Whether the script is looked for in PATH too.
    pub(super) searches_path: bool,
    /// Extensions to try when there is no file of the script's name.
    pub(super) extensions: &'static [&'static str],
}

/// Reads the command line `words`, whose first is the interpreter; `None` for other programs.
/// `is_file` tells whether a word names a file, which decides only behind an option that the table
/// does not know.
pub(super) fn operands(words: &[OsString], is_file: impl Fn(&OsStr) -> bool) -> Option<Operands> {
    let interpreter = find(words.first()?)?;
    let mut operands = Operands {
        searches_path: interpreter.searches_path,
        extensions: interpreter.extensions,
        ..Operands::default()
    };
    let mut index = 1;
    let mut after_unknown_option = false;
    let mut options_end = false;
    while let Some(word) = words.get(index) {
        let reading = if options_end {
            Reading::Operand
        } else {
            interpreter.read(word.as_bytes())
        };
        let followed_unknown = std::mem::replace(&mut after_unknown_option, false);
        match reading {
            Reading::Inline => break,
            Reading::OptionsEnd => options_end = true,
            Reading::Flag => {}
            Reading::UnknownOption => after_unknown_option = true,
            Reading::Value(attached) => {
                index += usize::from(attached.is_none());
                operands.also.extend(
                    attached
                        .map(OsStr::to_owned)
                        .or_else(|| words.get(index).cloned()),
                );
            }
            Reading::Script(attached) => {
                index += usize::from(attached.is_none());
                let script = attached
                    .map(OsStr::to_owned)
                    .or_else(|| words.get(index).cloned());
                match script {
                    Some(script) if operands.script.is_none() => {
                        operands.script = Some((index, script));
                    }
                    script => operands.also.extend(script),
                }
            }
            Reading::Operand if interpreter.operand_is_code => break,
            Reading::Operand if interpreter.subcommands.iter().any(|sub| word == sub) => {}
            Reading::Operand if followed_unknown && !is_file(word) => {}
            Reading::Operand => {
                if operands.script.is_none() {
                    operands.script = Some((index, word.clone()));
                    // It may have been the value of the option before it; then this is the script.
                    operands
                        .also
                        .extend(words.get(index + 1).filter(|_| followed_unknown).cloned());
                }
                break;
            }
        }
        index += 1;
    }
    Some(operands)
}

fn find(program: &OsStr) -> Option<&'static Interpreter> {
    let name = program.as_bytes().rsplit(|b| *b == b'/').next()?;
    let version = name
        .iter()
        .rev()
        .take_while(|b| b.is_ascii_digit() || **b == b'.')
        .count();
    let name = &name[..name.len() - version];
    INTERPRETERS
        .iter()
        .find(|known| known.names.iter().any(|known| known.as_bytes() == name))
}

/// What one word is to an interpreter.
enum Reading<'w> {
    Flag,
    UnknownOption,
    /// An option with a value: attached, or in the next word.
    Value(Option<&'w OsStr>),
    Script(Option<&'w OsStr>),
    Inline,
    OptionsEnd,
    Operand,
}

impl Interpreter {
    fn read<'w>(&self, word: &'w [u8]) -> Reading<'w> {
        match word {
            b"--" => Reading::OptionsEnd,
            b"-" => Reading::Inline,
            [b'-', b'-', long @ ..] => self.read_long(long),
            [b'-', cluster @ ..] => self.read_cluster(cluster),
            [b'+', cluster @ ..] if self.searches_path => self.read_cluster(cluster),
            _ => Reading::Operand,
        }
    }

    fn read_long<'w>(&self, long: &'w [u8]) -> Reading<'w> {
        let mut halves = long.splitn(2, |b| *b == b'=');
        let name = halves.next().unwrap_or_default();
        let attached = halves.next().map(OsStr::from_bytes);
        let is_in = |names: &[&str]| names.iter().any(|known| known.as_bytes() == name);
        if is_in(self.long_inline) {
            Reading::Inline
        } else if is_in(self.long_scripts) {
            Reading::Script(attached)
        } else if is_in(self.long_values) || attached.is_some() {
            Reading::Value(attached)
        } else {
            Reading::UnknownOption
        }
    }

    fn read_cluster<'w>(&self, cluster: &'w [u8]) -> Reading<'w> {
        for (at, letter) in cluster.iter().enumerate() {
            let rest = Some(OsStr::from_bytes(&cluster[at + 1..])).filter(|rest| !rest.is_empty());
            if self.inline.contains(letter) {
                return Reading::Inline;
            } else if self.scripts.contains(letter) {
                return Reading::Script(rest);
            } else if self.values.contains(letter) {
                // A shell takes the value from the next word even if more letters follow.
                let rest = rest.filter(|_| !self.searches_path);
                let inline =
                    self.searches_path && cluster[at..].iter().any(|l| self.inline.contains(l));
                return if inline {
                    Reading::Inline
                } else {
                    Reading::Value(rest)
                };
            } else if self.attached.contains(letter) {
                return rest.map_or(Reading::Flag, |rest| Reading::Value(Some(rest)));
            }
        }
        Reading::Flag
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The script of a command line in which only names with a dot are files.
    fn script(line: &str) -> Option<String> {
        let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        operands(&words, |word| word.as_bytes().contains(&b'.'))
            .and_then(|operands| operands.script)
            .map(|(_, script)| script.into_string().expect("UTF-8"))
    }

    #[test]
    fn the_script_is_found_behind_options() {
        for (line, expected) in [
            ("python3 x.py data.csv", "x.py"),
            ("/usr/bin/python3.11 -B -W error -Xutf8 x.py", "x.py"),
            ("sh -e t.sh arg", "t.sh"),
            ("bash -euo pipefail x.sh", "x.sh"),
            ("bash --rcfile f -O extglob +x x.sh", "x.sh"),
            ("bash -- -x.sh", "-x.sh"),
            ("node --flag x.js data.json", "x.js"),
            ("node --unknown value x.js", "x.js"),
            ("node -r ./hook.js --title t x.js", "x.js"),
            ("deno run --allow-net x.ts", "x.ts"),
            ("perl -w -I lib -Mstrict x.pl", "x.pl"),
            ("perl -i.bak x.pl", "x.pl"),
            ("ruby -W2 -r json x.rb", "x.rb"),
            ("php -d a=b -f x.php", "x.php"),
            ("lua -e print(1) x.lua", "x.lua"),
            ("awk -F : -f x.awk data.txt", "x.awk"),
            ("gawk --file=x.awk data.txt", "x.awk"),
            ("sed -n -fx.sed data.txt", "x.sed"),
            ("sh gone", "gone"),
        ] {
            assert_eq!(script(line).as_deref(), Some(expected), "{line}");
        }
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
            "cat x.py",
        ] {
            assert_eq!(script(line), None, "{line}");
        }
    }

    #[test]
    fn files_behind_options_count_too() {
        let words = ["node", "--unknown", "a.js", "b.js", "c.js"].map(OsString::from);
        let found = operands(&words, |_| true).expect("an interpreter");
        assert_eq!(found.script, Some((2, "a.js".into())));
        assert_eq!(found.also, ["b.js"]);
        let words = ["node", "-r", "hook.js", "x.js"].map(OsString::from);
        let found = operands(&words, |_| true).expect("an interpreter");
        assert_eq!(
            (found.script, found.also),
            (Some((3, "x.js".into())), vec!["hook.js".into()])
        );
    }
}
