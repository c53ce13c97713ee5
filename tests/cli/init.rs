//! `cachex init`, and the functions `memo` and `unmemo` that it prints, in real shells.

use super::harness::{Call, Sandbox, Texts, found, skipped};

/// A script in each shell that this machine has, behind the line of its start file.
fn in_each_shell(run: impl Fn(&str, &dyn Fn(&str) -> Call)) {
    for (name, words, start) in [
        ("bash", &["--norc", "--noprofile", "-c"][..], "eval \"$(cachex init bash)\""),
        ("zsh", &["-f", "-c"], "eval \"$(cachex init zsh)\""),
        ("fish", &["--no-config", "-c"], "cachex init fish | source"),
    ] {
        if found(name).is_none() {
            skipped(name);
            continue;
        }
        let sandbox = Sandbox::new();
        sandbox.script("bin/tool", "echo \"tool $*\"; exit 3");
        let path = std::env::var("PATH").expect("a path");
        let path = format!("{}:{path}", sandbox.dir.join("bin").display());
        let cachex = std::path::Path::new(env!("CARGO_BIN_EXE_cachex")).parent().expect("there");
        let path = format!("{}:{path}", cachex.display());
        let shell = |script: &str| {
            let script = format!("{start}\n{script}");
            sandbox.program(name, &[words, &[script.as_str()]].concat()).env("PATH", &path)
        };
        run(name, &shell);
    }
}

#[test]
fn memo_runs_a_command_through_the_cache() {
    in_each_shell(|name, shell| {
        let call = "tool 'a  b' x; tool 'a  b' x; wc -l <ran | tr -d ' '";
        let script = format!("memo tool --cache-exit 0-9 --key 'two words'\n{call}\nmemo");
        shell(&script).gives(if name == "zsh" || name == "bash" {
            "tool a  b x\ntool a  b x\n1\nmemo tool --cache-exit 0-9 --key two\\ words\n"
        } else {
            "tool a  b x\ntool a  b x\n1\nmemo tool --cache-exit 0-9 --key 'two words'\n"
        });
    });
}

#[test]
fn the_exit_status_of_the_command_comes_through() {
    in_each_shell(|_, shell| shell("memo tool; tool; tool").ends("tool \ntool \n", "", 3));
}

#[test]
fn unmemo_undoes_it() {
    in_each_shell(|_, shell| {
        let script = "memo tool --cache-exit 3\nmemo sort\ntool; unmemo tool; tool; memo; wc -l <ran | tr -d ' '";
        shell(script).gives("tool \ntool \nmemo sort\n2\n");
        let stderr = shell("unmemo tool").tells("", 1);
        assert_eq!(stderr, "cachex: error: memo did not make 'tool'; to see what it made: memo\n");
        shell("unmemo").tells("", 2);
    });
}

#[test]
fn memo_can_be_given_other_options_later() {
    in_each_shell(|_, shell| {
        let script = "memo tool --ttl 1h\nmemo sort\nmemo tool --ttl 2h; memo";
        shell(script).gives("memo sort\nmemo tool --ttl 2h\n");
    });
}

#[test]
fn memo_refuses_options_and_names_that_would_break_the_command() {
    in_each_shell(|name, shell| {
        for (line, told) in [
            (
                "memo tool log",
                "memo takes one name, and 'tool log' is two; to cache only tool log, put this into ",
            ),
            ("memo tool -la", "unexpected argument '-l'; only options of cachex follow the name"),
            ("memo tool --tll 1h", "did you mean '--ttl'?"),
            ("memo tool --ttl soon", "invalid value 'soon'"),
            ("memo tool --ttl 1h log", "unexpected argument 'log'; only options of cachex"),
            ("memo tool --refresh --only-if-cached", "--refresh and --only-if-cached exclude"),
            ("memo tool --help", "only options of cachex follow the name"),
            ("memo tool -- x", "-- is no option of a run"),
            ("memo tool --json", "--json is no option of a run"),
            ("memo tool ''", "memo takes one name"),
            ("memo ./tool", "'./tool' is not the name of a command that can be wrapped"),
            ("memo 'to ol'", "'to ol' is not the name of a command"),
            ("memo --ttl 1h tool", "'--ttl' is not the name"),
            ("memo --replace", "'' is not the name"),
            ("memo cachex", "'cachex' is not the name"),
        ] {
            let output = shell(&format!("{line}\ntool")).output();
            let stderr = output.stderr_text();
            assert!(stderr.contains(told), "{name}: {line}: {stderr}");
            assert!(stderr.starts_with("cachex: error: "), "{name}: {line}: {stderr}");
            assert_eq!(output.stdout_text(), "tool \n", "{name}: {line}");
            shell(line).tells("", 2);
        }
        for line in ["memo cd", "memo echo", "memo if"] {
            let told = "is part of the shell; only programs can be wrapped\n";
            let stderr = shell(line).tells("", 1);
            assert!(stderr.ends_with(told), "{name}: {line}: {stderr}");
        }
    });
}

#[test]
fn memo_of_a_subcommand_names_the_rule_to_use_instead() {
    in_each_shell(|_, shell| {
        let stderr = shell("memo tool log").tells("", 2);
        let rule = "[[rule]]\ncommand = \"tool log\"\nno-cache = false\n";
        assert!(stderr.contains(rule), "{stderr}");
        assert!(stderr.lines().next().is_some_and(|it| it.ends_with("/config.toml:")), "{stderr}");
        let last = stderr.lines().last().expect("a line");
        assert!(last.ends_with("memo tool"), "{stderr}");
    });
}

#[test]
fn functions_and_aliases_stay_unless_memo_may_replace_them() {
    in_each_shell(|name, shell| {
        let define = match name {
            "fish" => ["function tool; echo mine; end", "alias tool 'echo mine'"],
            "zsh" => ["tool() { echo mine }", "alias tool='echo mine'"],
            _ => ["tool() { echo mine; }", "shopt -s expand_aliases; alias tool='echo mine'"],
        };
        for define in define {
            let output = shell(&format!("{define}\nmemo tool --ttl 1h\neval tool")).output();
            assert_eq!(output.stdout_text().trim_end(), "mine", "{name}: {define}");
            let stderr = output.stderr_text();
            let told = "to put memo in its place: memo --replace tool --ttl 1h\n";
            assert!(stderr.ends_with(told), "{name}: {stderr}");
            let is_alias = define.contains("alias tool=");
            let kind = if is_alias { "an alias" } else { "a function" };
            assert!(stderr.contains(&format!("tool is {kind} already; ")), "{name}: {stderr}");
            shell(&format!(
                "{define}\nmemo --replace tool --cache-exit 3\neval tool; eval tool; true"
            ))
            .gives("tool \ntool \n");
        }
    });
}

#[test]
fn memo_takes_the_place_of_no_name_without_a_program() {
    in_each_shell(|name, shell| {
        let define = match name {
            "fish" => "function mine; echo mine; end",
            "zsh" => "mine() { echo mine }; alias mine='echo mine'",
            _ => "shopt -s expand_aliases; alias mine='echo mine'",
        };
        let output = shell(&format!("{define}\nmemo --replace mine\neval mine; memo")).output();
        assert_eq!(output.stdout_text(), "mine\n", "{name}");
        let told = "cachex: error: there is no program 'mine'; only programs can be wrapped\n";
        assert_eq!(output.stderr_text(), told, "{name}");
    });
}

#[test]
fn strict_shells_are_no_hindrance() {
    in_each_shell(|name, shell| {
        if name != "fish" {
            let script = "set -eu; memo; memo tool --cache-exit 3; memo sort; unmemo sort; memo; tool || true; unmemo tool; memo";
            shell(script).gives("memo tool --cache-exit 3\ntool \n");
        }
        if name == "zsh" {
            let script = "setopt ksh_arrays sh_word_split null_glob; memo; memo tool --cache-exit 3; memo sort; unmemo sort; memo";
            shell(script).gives("memo tool --cache-exit 3\n");
        }
    });
}

#[test]
fn a_start_file_can_be_read_again() {
    in_each_shell(|name, shell| {
        let again = if name == "fish" {
            "cachex init fish | source".to_owned()
        } else {
            format!("eval \"$(cachex init {name})\"")
        };
        let script = format!("memo tool --ttl 1h\n{again}\nmemo tool --ttl 1h\nmemo");
        shell(&script).gives("memo tool --ttl 1h\n");
    });
}

#[test]
fn the_manual_is_printed() {
    let sandbox = Sandbox::new();
    sandbox.cachex("man").gives(include_str!("../../man/cachex.1"));
    for verb in cachex::options::command().get_subcommands().filter(|verb| !verb.is_hide_set()) {
        let name = verb.get_name();
        let page = sandbox.cachex(&format!("man {name}")).output().stdout_text();
        assert!(page.contains(&format!("cachex\\-{name}")), "{name}: {page}");
    }
    let stderr = sandbox.cachex("man ls").tells("", 2);
    assert!(
        stderr.ends_with("no such verb; to run a command of that name: cachex -- man ls\n"),
        "{stderr}"
    );
}

/// The function that zsh completes with, if the line of the start file comes before `compinit` or behind it.
#[test]
fn zsh_completes_wherever_compinit_stands() {
    if found("zsh").is_none() {
        return skipped("zsh");
    }
    let init = "eval \"$(cachex init zsh)\"";
    let compinit = "autoload -Uz compinit; compinit -u -D";
    // As at a prompt.
    let prompt = "for hook in $precmd_functions; do $hook; done";
    for order in [[init, compinit], [compinit, init]] {
        let shown = "print $_comps[cachex] $_comps[memo] $_comps[unmemo] $#precmd_functions";
        let script = [&order[..], &[prompt, shown]].concat().join("\n");
        let sandbox = Sandbox::new();
        let call = sandbox.program("zsh", &["-f", "-c", &script]);
        call.gives("_cachex __cachex_memo __cachex_unmemo 0\n");
    }
}
