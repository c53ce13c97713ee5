//! Completion in real shells: type a line, ask for completions, compare the result.

use super::harness::terminal::{Terminal, on_terminal};
use super::harness::{Call, Sandbox, Texts, found, skipped};
use std::os::unix::fs::symlink;
use std::path::Path;

/// A line, and the completions of its last word.
const CASES: &[(&str, &[&str])] = &[
    // Verbs and commands.
    ("cachex cle", &["clear"]),
    ("cachex lis", &["list", "list-it"]),
    ("cachex -v --cache-dir sub cle", &["clear"]),
    ("cachex --ttl 1h lis", &["list-it"]),
    ("cachex -- lis", &["list-it"]),
    ("cachex explain lis", &["list-it"]),
    ("cachex explain --ttl 1h -- lis", &["list-it"]),
    // Functions, aliases and builtins are not offered: cachex cannot run them.
    ("cachex too", &["tool"]),
    ("cachex disow", &[]),
    ("cachex ./s", &["./s.sh", "./sub"]),
    ("cachex -- ./s", &["./s.sh", "./sub"]),
    ("cachex clear -- ./s", &["./s.sh", "./sub"]),
    (r"cachex ./a\ b/my", &[r"./a\ b/my\ script"]),
    // The command completes as without cachex.
    ("cachex tool ch", &["checkout", "cherry-pick"]),
    ("cachex tool -x y prev", &["prev-y-3"]),
    ("cachex -- tool ch", &["checkout", "cherry-pick"]),
    ("cachex -nv tool ch", &["checkout", "cherry-pick"]),
    ("cachex --ttl 1h -- tool prev", &["prev-tool-1"]),
    ("cachex --ttl=1h -n --env A,B tool prev", &["prev-tool-1"]),
    ("cachex --hash-with=stdin=sort --key a:b=c tool prev", &["prev-tool-1"]),
    ("cachex --ignore-arg --x=* tool prev", &["prev-tool-1"]),
    (r"cachex --spinner two\ words tool prev", &["prev-tool-1"]),
    ("cachex --spinner 'two words' tool prev", &["prev-tool-1"]),
    ("cachex --pty tool ch", &["checkout", "cherry-pick"]),
    ("cachex --pty=auto tool ch", &["checkout", "cherry-pick"]),
    ("cachex explain tool ch", &["checkout", "cherry-pick"]),
    ("cachex explain --ttl 1h tool ch", &["checkout", "cherry-pick"]),
    ("cachex clear --older-than 1d -- tool prev", &["prev-tool-1"]),
    ("cachex list --scope s -- tool ch", &["checkout", "cherry-pick"]),
    ("cachex config --ttl 1h -- tool ch", &["checkout", "cherry-pick"]),
    ("cachex -- clear ch", &[]),
    ("cachex tool --tt", &[]),
    ("cachex tool clear ch", &["checkout", "cherry-pick"]),
    ("cachex clear tool ch", &[]),
    ("cachex unknown pl", &["plain.txt"]),
    (r"cachex unknown a", &[r"a\ b"]),
    // Options.
    ("cachex --stale-", &["--stale-if-error", "--stale-while-revalidate"]),
    ("cachex --ttl 1h --max-o", &["--max-output"]),
    ("cachex explain --max-o", &["--max-output"]),
    ("cachex clear --older", &["--older-than"]),
    ("cachex clear --tt", &[]),
    ("cachex doctor --cache", &["--cache-dir"]),
    ("cachex completions po", &["powershell"]),
    ("cachex trust s", &["sub"]),
    ("cachex trust --rev", &["--revoke"]),
    // Their values.
    ("cachex --env ALPHA_", &["ALPHA_ONE", "ALPHA_TWO"]),
    ("cachex --env ALPHA_ONE,ALPHA_T", &["ALPHA_ONE,ALPHA_TWO"]),
    ("cachex --env=ALPHA_T", &["--env=ALPHA_TWO"]),
    ("cachex explain --env=ALPHA_ONE,ALPHA_T", &["--env=ALPHA_ONE,ALPHA_TWO"]),
    ("cachex --file pl", &["plain.txt"]),
    ("cachex --file=pl", &["--file=plain.txt"]),
    ("cachex --file a", &[r"a\ b"]),
    (r"cachex --file a\ b/my\ t", &[r"a\ b/my\ text"]),
    ("cachex --cache-dir s", &["sub"]),
    ("cachex list --cache-dir=s", &["--cache-dir=sub"]),
    ("cachex --pty=alw", &["--pty=always"]),
    ("cachex --scope pro", &["project"]),
    ("cachex clear --scope pro", &["project"]),
    ("cachex --cache-dir sub clear --scope pro", &[]),
    ("cachex show 1", &["1"]),
    ("cachex show --cache-dir sub 1", &[]),
    ("cachex clear 1", &["1"]),
    ("cachex clear --dry-run 1", &["1"]),
    ("cachex init z", &["zsh"]),
    ("cachex help exp", &["explain"]),
    ("cachex man exp", &["explain"]),
    ("cachex --hash-with std", &["stdin"]),
    ("cachex --hash-with env:ALPHA_T", &["env:ALPHA_TWO"]),
    ("cachex --ttl pl", &[]),
    ("cachex --cache-exit pl", &[]),
    ("cachex --ignore-arg too", &[]),
    // The functions of `cachex init`.
    ("memo too", &["tool"]),
    ("memo --replace too", &["tool"]),
    ("memo tool --stale-", &["--stale-if-error", "--stale-while-revalidate"]),
    ("memo --replace tool --max-o", &["--max-output"]),
    ("memo tool --ttl 1h --max-o", &["--max-output"]),
    ("memo tool --env ALPHA_", &["ALPHA_ONE", "ALPHA_TWO"]),
    ("memo tool --env=ALPHA_T", &["--env=ALPHA_TWO"]),
    ("memo tool --pty=alw", &["--pty=always"]),
    ("memo tool --file pl", &["plain.txt"]),
    ("memo tool --json", &[]),
    // It takes nothing but options.
    ("memo tool lis", &[]),
    ("memo tool --refresh lis", &[]),
    ("memo tool --refresh too", &[]),
];

/// A person at a shell.
trait Shell {
    /// The completions of a line.
    fn completed(&mut self, line: &str) -> Vec<String>;
}

fn check(mut shell: impl Shell) {
    let mut wrong = Vec::new();
    for (line, expected) in CASES {
        let seen = shell.completed(line);
        // Some shells append these so that typing can continue.
        let mut seen: Vec<_> =
            seen.iter().map(|word| word.trim_end_matches(['/', '=', ','])).collect();
        seen.sort_unstable();
        if seen != *expected {
            wrong.push(format!("{line}\n  gives {seen:?}\n  not   {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A sandbox with files, commands and an entry.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    for name in ["a b/my script", "bin/tool", "bin/list-it", "s.sh"] {
        sandbox.script(name, "");
    }
    for name in ["a b/my text", "plain.txt", "sub/file"] {
        sandbox.write(name, "");
    }
    for name in ["awk", "sed", "sort"] {
        symlink(found(name).expect("installed"), sandbox.dir.join("bin").join(name)).expect("made");
    }
    symlink(env!("CARGO_BIN_EXE_cachex"), sandbox.dir.join("bin/cachex")).expect("made");
    sandbox.cachex("--scope project -- echo").gives("\n");
    sandbox
}

/// What `cachex init` brings to a shell: its completions, and `memo`.
fn start(completions: &str, memo: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let [completions, memo] =
        [root.join("completions").join(completions), root.join("init").join(memo)];
    format!(". '{}'\n. '{}'\n", completions.display(), memo.display())
}

/// A shell whose only commands are those in `bin`.
fn shell(sandbox: &Sandbox, name: &str, words: &[&str]) -> Option<Call> {
    let Some(program) = found(name) else {
        skipped(name);
        return None;
    };
    let call = sandbox.program(program.to_str()?, words);
    let bin = sandbox.dir.join("bin").display().to_string();
    Some(call.env("PATH", &bin).env("ALPHA_ONE", "1").env("ALPHA_TWO", "2").env("PS1", "FRESH> "))
}

/// A shell on a terminal: `^O` inserts all completions, `^T` prints the line.
struct Typed(Terminal);

impl Typed {
    fn new(sandbox: &Sandbox, name: &str, words: &[&str], setup: &str) -> Option<Self> {
        let mut terminal = on_terminal(shell(sandbox, name, words)?, 24, 500);
        sandbox.write("setup", setup);
        terminal.wait_for("FRESH> ");
        terminal.type_in(b". ./setup\n");
        terminal.wait_for("READY> ");
        Some(Self(terminal))
    }
}

impl Shell for Typed {
    fn completed(&mut self, line: &str) -> Vec<String> {
        self.0.seen.clear();
        self.0.type_in(format!("\u{15}{line}\u{f}\u{14}").as_bytes());
        self.0.wait_for("]]");
        let shown = self.0.seen.rsplit("[[").next().expect("shown");
        let shown = shown.split("]]").next().unwrap_or_default();
        let before = line.replace("\\ ", "__").rfind(' ').map_or(0, |at| at + 1);
        if shown == line { Vec::new() } else { split(&shown[before..]) }
    }
}

/// Words as a shell splits them, still quoted.
fn split(line: &str) -> Vec<String> {
    let line = line.replace("\\ ", "\0");
    line.split_whitespace().map(|word| word.replace('\0', "\\ ")).collect()
}

const BASH: &str = r#"
set +o history
bind 'set bell-style none'; bind 'set enable-bracketed-paste off'; bind 'set mark-directories on'
show() { printf '[[%s]]' "$READLINE_LINE"; }
bind -x '"\C-t": show'
bind '"\C-o": insert-completions'
ALPHA_LOCAL=1
tool_function() { :; }
alias tool_alias=true
_tool() {
    local words="checkout cherry-pick prev-${COMP_WORDS[COMP_CWORD - 1]}-$COMP_CWORD"
    [[ $3 == "${COMP_WORDS[COMP_CWORD - 1]}" && ${COMP_LINE# } == tool* ]] || words=wrong
    ((COMP_POINT == ${#COMP_LINE})) || words=wrong
    COMPREPLY=($(compgen -W "$words" -- "$2"))
}
complete -F _tool tool
"#;

#[test]
fn bash_completes() {
    let sandbox = sandbox();
    let setup = format!("{BASH}{}PS1='READY> '\n", start("cachex.bash", "memo.sh"));
    let words = ["--norc", "--noprofile", "-i"];
    if let Some(shell) = Typed::new(&sandbox, "bash", &words, &setup) {
        check(shell);
    }
}

#[test]
fn bash_completes_with_the_bash_completion_package() {
    let package = "/usr/share/bash-completion/bash_completion";
    if !Path::new(package).exists() {
        return skipped("bash-completion");
    }
    let sandbox = sandbox();
    let start = start("cachex.bash", "memo.sh");
    let setup = format!("{BASH}. {package}\n{start}PS1='READY> '\n");
    let words = ["--norc", "--noprofile", "-i"];
    if let Some(shell) = Typed::new(&sandbox, "bash", &words, &setup) {
        check(shell);
    }
}

const ZSH: &str = r#"
unsetopt beep
autoload -Uz compinit
compinit -u -D
zle -C everything complete-word _generic
zstyle ':completion:everything:*' completer _all_matches _complete
zstyle ':completion:everything:*' insert true
bindkey '^O' everything
show() { print -rn -- "[[$BUFFER]]" }
zle -N show
bindkey '^T' show
bindkey '^U' kill-whole-line
ALPHA_LOCAL=1
tool_function() { : }
alias tool_alias=true
_tool() {
    local -i before=CURRENT-1
    compadd -- checkout cherry-pick prev-$words[before]-$before
}
compdef _tool tool
"#;

#[test]
fn zsh_completes() {
    let sandbox = sandbox();
    let setup = format!("{ZSH}{}PS1='READY> '\n", start("_cachex", "memo.sh"));
    if let Some(shell) = Typed::new(&sandbox, "zsh", &["-f", "-i"], &setup) {
        check(shell);
    }
}

const FISH: &str = r"
set ALPHA_LOCAL 1
function tool_function; end
function tool_alias; end
complete -c tool -f -a 'checkout cherry-pick prev-(commandline -opc)[-1]-(count (commandline -opc))'
complete -C $argv[1]
";

struct Fish<'s>(&'s Sandbox);

impl Shell for Fish<'_> {
    fn completed(&mut self, line: &str) -> Vec<String> {
        let setup = format!("{}{FISH}", start("cachex.fish", "memo.fish"));
        let call = shell(self.0, "fish", &["--no-config", "-c", &setup, line]).expect("there");
        let shown = call.output();
        assert_eq!(shown.stderr_text(), "", "{line}");
        let lines = shown.stdout_text();
        // fish quotes only the typed part.
        let word = |line: &str| {
            let word = line.split('\t').next().unwrap_or_default();
            word.replace("\\ ", " ").replace(' ', "\\ ")
        };
        lines.lines().map(word).collect()
    }
}

#[test]
fn fish_completes() {
    let sandbox = sandbox();
    if shell(&sandbox, "fish", &[]).is_some() {
        check(Fish(&sandbox));
    }
}
