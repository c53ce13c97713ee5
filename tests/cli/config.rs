//! Configuration files: what they set, for which commands, and with which precedence.

use super::harness::{Call, Sandbox, Texts};
use std::fs;
use std::path::Path;

/// The value and the source that `cachex config` shows for an option.
#[track_caller]
pub fn in_force(call: Call, option: &str) -> Option<(String, String)> {
    let shown = call.output().stdout_text();
    let line = shown.lines().find(|line| line.split(' ').next() == Some(option))?;
    let mut cells = line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).skip(1);
    Some((cells.next().expect("a value").into(), cells.next().expect("a source").into()))
}

#[track_caller]
pub fn is_in_force(call: Call, option: &str, value: &str, source: impl AsRef<Path>) {
    let expected = (value.to_owned(), source.as_ref().display().to_string());
    assert_eq!(in_force(call, option), Some(expected));
}

/// A sandbox with a script that counts its runs.
pub fn sandbox() -> Sandbox {
    Sandbox::with_script("echo \"hi ${V:-}\"")
}

/// A call without `CACHEX_CACHE_DIR`, which uses the default store.
pub fn by_default(sandbox: &Sandbox, words: &str) -> Call {
    sandbox.cachex(words).without_env("CACHEX_CACHE_DIR")
}

/// The directory of the default store.
pub fn default_store(sandbox: &Sandbox) -> String {
    let home = if cfg!(target_os = "macos") { "Library/Caches" } else { ".cache" };
    sandbox.dir.with_file_name(home).join("cachex").display().to_string()
}

#[test]
fn files_set_defaults_for_runs() {
    for place in ["user", "project"] {
        let sandbox = sandbox();
        match place {
            "user" => sandbox.user_config("env = \"V\"\nttl = 60\n"),
            _ => sandbox.project_config("env = [\"V\"]\nttl = \"1min\"\n"),
        };
        sandbox.cachex("./s.sh").env("V", "1").gives("hi 1\n");
        sandbox.cachex("./s.sh").env("V", "2").gives("hi 2\n");
        sandbox.cachex("./s.sh").env("V", "1").gives("hi 1\n");
        assert_eq!(sandbox.runs(), 2, "{place}");
        sandbox.age(61);
        sandbox.cachex("./s.sh").env("V", "1").gives("hi 1\n");
        assert_eq!(sandbox.runs(), 3, "{place}");
    }
}

#[test]
fn the_user_file_is_in_the_configuration_directory_of_the_system() {
    let sandbox = sandbox();
    let path = sandbox.write("xdg/cachex/config.toml", "ttl = 5");
    let call = sandbox
        .cachex("config")
        .env("XDG_CONFIG_HOME", &sandbox.dir.join("xdg").display().to_string());
    if cfg!(target_os = "linux") {
        is_in_force(call, "ttl", "5", path);
    }
    let path = sandbox.user_config("ttl = 6");
    is_in_force(sandbox.cachex("config"), "ttl", "6", path);
}

#[test]
fn only_the_nearest_project_file_counts() {
    let sandbox = sandbox();
    let far = sandbox.project_config("ttl = 5\nscope = \"far\"");
    let below = sandbox.dir.join("a").join("b");
    fs::create_dir_all(&below).expect("made");
    is_in_force(sandbox.cachex("config").in_dir(&below), "ttl", "5", &far);
    let near = sandbox.write("a/.cachex.toml", "ttl = 6");
    sandbox.trust(&sandbox.dir.join("a"));
    is_in_force(sandbox.cachex("config").in_dir(&below), "ttl", "6", &near);
    assert_eq!(in_force(sandbox.cachex("config").in_dir(&below), "scope"), None);
    is_in_force(sandbox.cachex("config"), "ttl", "5", &far);
}

#[test]
fn a_relative_home_is_no_home() {
    let sandbox = sandbox();
    let directory = sandbox.user_config("ttl = 0");
    assert!(directory.starts_with(sandbox.dir.with_file_name("")));
    let by = |words: &str| by_default(&sandbox, words).env("HOME", "..");
    by("./s.sh").warns("hi \n", "no home directory to keep the store in");
    by("config").gives("store  none\n");
    by("--cache-dir ../store ./s.sh").gives("hi \n");
    by("--cache-dir ../store --only-if-cached ./s.sh").gives("hi \n");
}

#[test]
fn precedence_is_flag_variable_project_user_default() {
    let sandbox = sandbox();
    assert_eq!(in_force(sandbox.cachex("config"), "ttl"), None);
    is_in_force(sandbox.cachex("config --all"), "ttl", "none", "default");
    let user = sandbox.user_config("ttl = 1");
    is_in_force(sandbox.cachex("config"), "ttl", "1", user);
    let project = sandbox.project_config("ttl = 2");
    is_in_force(sandbox.cachex("config"), "ttl", "2", project);
    let with_variable = |words| sandbox.cachex(words).env("CACHEX_TTL", "3");
    is_in_force(with_variable("config"), "ttl", "3", "variable CACHEX_TTL");
    is_in_force(with_variable("config --ttl 4"), "ttl", "4", "flag");
    let empty = sandbox.cachex("config").env("CACHEX_TTL", "");
    assert_eq!(in_force(empty, "ttl").expect("set").0, "2");
}

#[test]
fn a_nearer_list_replaces_a_farther_one() {
    let sandbox = sandbox();
    sandbox.user_config("env = [\"A\", \"B*\"]");
    assert_eq!(in_force(sandbox.cachex("config"), "env").expect("set").0, "A, B*");
    sandbox.project_config("env = \",C,D,\"\nkey = \"\"");
    assert_eq!(in_force(sandbox.cachex("config"), "env").expect("set").0, "C, D");
    assert_eq!(in_force(sandbox.cachex("config"), "key").expect("set").0, "''");
    let one = in_force(sandbox.cachex("config --env E --env F"), "env");
    assert_eq!(one.expect("set").0, "E, F");
    sandbox.project_config("env = []");
    assert_eq!(in_force(sandbox.cachex("config"), "env").expect("set").0, "-");
    sandbox.cachex("./s.sh").env("A", "1").gives("hi \n");
    sandbox.cachex("./s.sh").env("A", "2").gives("hi \n");
    assert_eq!(sandbox.runs(), 1);
}

#[test]
fn a_nearer_source_can_turn_a_switch_off() {
    let sandbox = sandbox();
    let user = sandbox.user_config("refresh = true");
    sandbox.cachex("./s.sh").gives("hi \n");
    sandbox.cachex("./s.sh").gives("hi \n");
    assert_eq!(sandbox.runs(), 2);
    is_in_force(sandbox.cachex("config"), "refresh", "true", user);
    sandbox.cachex("./s.sh").env("CACHEX_REFRESH", "0").gives("hi \n");
    assert_eq!(sandbox.runs(), 2);
    let project = sandbox.project_config("refresh = false");
    sandbox.cachex("./s.sh").gives("hi \n");
    assert_eq!(sandbox.runs(), 2);
    is_in_force(sandbox.cachex("config"), "refresh", "false", project);
    sandbox.cachex("--refresh ./s.sh").gives("hi \n");
    assert_eq!(sandbox.runs(), 3);
}

#[test]
fn the_nearer_of_two_contradicting_switches_wins() {
    let sandbox = sandbox();
    let user = sandbox.user_config("stdin = true\nonly-if-cached = true\ndiscard-failures = true");
    sandbox.project_config("no-stdin = true\nrefresh = true\n[[rule]]\ncommand = \"cat\"\nstdin = true\nno-stdin = false\n");
    let config = || sandbox.cachex("config");
    assert_eq!(in_force(config(), "no-stdin").expect("set").0, "true");
    assert_eq!(in_force(config(), "stdin"), None);
    assert_eq!(in_force(config(), "only-if-cached"), None);
    is_in_force(sandbox.cachex("config --all"), "stdin", "false", "default");
    is_in_force(config(), "discard-failures", "true", &user);
    assert_eq!(in_force(sandbox.cachex("config --failure-ttl 5"), "discard-failures"), None);
    let of_cat = || sandbox.cachex("config -- cat");
    assert_eq!(in_force(of_cat(), "stdin").expect("set").0, "true");
    let variable = of_cat().env("CACHEX_NO_STDIN", "1");
    assert_eq!(in_force(variable, "stdin"), None);
    sandbox.cachex("--only-if-cached ./s.sh").tells("", 124);
    sandbox.cachex("./s.sh").gives("hi \n");
    sandbox.cachex("cat").stdin("in").gives("in");
}

#[test]
fn contradicting_options_in_one_file_are_an_error() {
    let sandbox = sandbox();
    let path = sandbox.project_config("stdin = true\nno-stdin = true\n").display().to_string();
    let warning = format!("{path}: stdin and no-stdin exclude each other; running uncached");
    let call =
        |words: &str| sandbox.cachex(words).env("CACHEX_TRUST", &sandbox.dir.display().to_string());
    call("./s.sh").warns("hi \n", &warning);
    call("-n ./s.sh").gives("hi \n");
    // Flags contradict each other with or without the file.
    sandbox.cachex("--stdin -n ./s.sh").tells("", 2);
    // A verb that is not about a call has no use for these options.
    sandbox.user_config("stdin = true\nno-stdin = true\n");
    sandbox.cachex("clear").gives("removed 1 entry (4B)\n");
}

#[test]
fn rules_apply_to_commands_that_begin_with_their_words() {
    let sandbox = sandbox();
    sandbox.script("bin/terraform", "echo \"$@\"");
    let path = sandbox.project_config(
        "ttl = 1\n[[rule]]\ncommand = \"terraform plan\"\nttl = \"2s\"\nenv = \"TF_*\"\n\
         [[rule]]\ncommand = \"terraform *\"\nttl = 3\n[[rule]]\ncommand = \"kubectl get *\"\nttl = 4\n",
    );
    let of_rule = |rule: &str| format!("{} rule \"{rule}\"", path.display());
    let config = |command: &str| sandbox.cachex(&format!("config -- {command}"));
    is_in_force(config("terraform plan -x"), "ttl", "3", of_rule("terraform *"));
    is_in_force(config("terraform plan"), "env", "TF_*", of_rule("terraform plan"));
    is_in_force(config("./bin/terraform plan"), "env", "TF_*", of_rule("terraform plan"));
    is_in_force(config("kubectl get pods"), "ttl", "4", of_rule("kubectl get *"));
    for other in ["kubectl get", "kubectl describe get pods", "sh terraform plan", "terraform"] {
        is_in_force(config(other), "ttl", "1", &path);
        assert_eq!(in_force(config(other), "env"), None);
    }
    for value in ["1", "2"] {
        sandbox.cachex("./bin/terraform plan").env("TF_A", value).gives("plan\n");
        sandbox.cachex("./bin/terraform apply").env("TF_A", value).gives("apply\n");
    }
    assert_eq!(sandbox.runs(), 3);
}

#[test]
fn a_projects_top_level_wins_over_the_users_rules() {
    let sandbox = sandbox();
    sandbox.user_config("[[rule]]\ncommand = \"*\"\nttl = 1\nscope = \"mine\"");
    let project = sandbox.project_config("ttl = 2");
    is_in_force(sandbox.cachex("config -- x"), "ttl", "2", project);
    assert_eq!(in_force(sandbox.cachex("config -- x"), "scope").expect("set").0, "mine");
}

#[test]
fn every_kind_of_option_can_be_set() {
    let sandbox = sandbox();
    sandbox.user_config(
        "env = [\"A_*\", \"B\"]\nkey = [\"a,b\", \"c\"]\nscope = \"s\"\nignore-cwd = true\n\
         failure-ttl = 1.5\nstale-while-revalidate = \"1h 30min\"\nmax-entries = 10\n\
         cache-exit = [0, \"2-3\"]\nmax-output = 4096\nno-store = true\nspinner = \"one moment\"\n\
         no-spinner = true\npty = \"auto\"\nmax-size = \"1GiB\"\nverbose = false\nquiet = true\n",
    );
    for (option, value) in [
        ("env", "A_*, B"),
        ("key", "a,b, c"),
        ("ignore-cwd", "true"),
        ("failure-ttl", "1.5"),
        ("stale-while-revalidate", "1h 30min"),
        ("max-entries", "10"),
        ("cache-exit", "0,2-3"),
        ("max-output", "4096"),
        ("no-store", "true"),
        ("spinner", "one moment"),
        ("pty", "auto"),
        ("max-size", "1GiB"),
        ("verbose", "false"),
        ("quiet", "true"),
    ] {
        assert_eq!(in_force(sandbox.cachex("config"), option).expect("set").0, value, "{option}");
    }
    sandbox.project_config("pty = true\ncache-exit = 7");
    assert_eq!(in_force(sandbox.cachex("config"), "pty").expect("set").0, "always");
    assert_eq!(in_force(sandbox.cachex("config"), "cache-exit").expect("set").0, "7");
    sandbox.project_config("pty = false");
    assert_eq!(in_force(sandbox.cachex("config"), "pty").expect("set").0, "never");
}

#[test]
fn every_option_with_a_variable_is_a_key() {
    let sandbox = sandbox();
    let all = sandbox.cachex("config --all").output().stdout_text();
    let options = all.lines().take_while(|line| !line.is_empty());
    let names: Vec<_> = options.filter_map(|line| line.split(' ').next()).collect();
    assert!(names.len() > 20 && names.contains(&"no-cache"), "{names:?}");
    for name in names {
        let near = format!("{name}x = 1");
        sandbox.project_config(&near);
        let stderr = sandbox.cachex("./s.sh").tells("hi \n", 0);
        assert!(stderr.contains(&format!("'{name}'?")), "{stderr}");
    }
}

#[test]
fn the_user_can_move_the_store_for_all_verbs() {
    let sandbox = sandbox();
    let elsewhere = sandbox.dir.join("elsewhere");
    sandbox.user_config(&format!("cache-dir = \"{}\"", elsewhere.display()));
    let cachex = |words| sandbox.cachex(words).without_env("CACHEX_CACHE_DIR");
    cachex("./s.sh").gives("hi \n");
    assert!(elsewhere.join("cachex.db").exists() && !sandbox.store_dir().exists());
    let shown = cachex("config").output().stdout_text();
    assert!(shown.ends_with(&format!("\nstore  {}\n", elsewhere.display())), "{shown}");
    cachex("clear --cache-dir other").gives("removed nothing\n");
    cachex("--cache-dir other clear").gives("removed nothing\n");
    cachex("clear").gives("removed 1 entry (4B)\n");
    let path =
        sandbox.user_config("[[rule]]\ncommand = \"x\"\ncache-dir = \"x\"").display().to_string();
    sandbox
        .cachex("./s.sh")
        .warns("hi \n", &format!("{path}:3: cache-dir is ignored: a rule cannot"));
    // A path in a file is relative to the file's directory.
    let path = sandbox.user_config("cache-dir = \"here\"");
    let here = path.with_file_name("here").display().to_string();
    assert_eq!(in_force(cachex("config"), "cache-dir").expect("set").0, here);
}

#[test]
fn a_path_may_begin_with_the_home_directory() {
    let sandbox = sandbox();
    let home = sandbox.dir.parent().expect("a parent").to_owned();
    sandbox.project_config("file = [\"~/x\", \"~/*.y\"]");
    let expected = format!("{home}/x, {home}/*.y", home = home.display());
    assert_eq!(in_force(sandbox.cachex("config"), "file").expect("set").0, expected);
    for (name, content) in [("x", "1"), ("x", "2"), ("z.y", "1"), ("z.y", "2")] {
        fs::write(home.join(name), content).expect("written");
        for _ in 0..2 {
            sandbox.cachex("./s.sh").gives("hi \n");
        }
    }
    assert_eq!(sandbox.runs(), 4);
    let nowhere = sandbox.cachex("./s.sh").env("HOME", "..");
    nowhere
        .warns("hi \n", "invalid value [\"~/x\", \"~/*.y\"] for file: there is no home directory");
}

#[test]
fn an_empty_store_directory_is_refused() {
    let sandbox = sandbox();
    let path = sandbox.user_config("cache-dir = \"\"").display().to_string();
    let problem = format!("{path}:1: invalid value \"\" for cache-dir: expected the path of");
    by_default(&sandbox, "./s.sh").warns("hi \n", &problem);
    let stderr = by_default(&sandbox, "list").tells("", 125);
    assert!(stderr.contains(&problem) && stderr.lines().count() == 1, "{stderr}");
    by_default(&sandbox, "clear -q --cache-dir x").gives("removed nothing\n");
    for words in
        [&["--cache-dir", "", "./s.sh"][..], &["--cache-dir=", "list"], &["list", "--cache-dir="]]
    {
        let stderr = sandbox.cachex_words(words).tells("", 2);
        assert!(stderr.contains("invalid value '' for '--cache-dir <DIR>'"), "{stderr}");
    }
    fs::remove_file(path).expect("gone");
    let empty = || sandbox.cachex("./s.sh").env("CACHEX_CACHE_DIR", "");
    empty().gives("hi \n");
    empty().gives("hi \n");
    assert_eq!(sandbox.runs(), 2);
    assert!(Path::new(&default_store(&sandbox)).join("cachex.db").exists());
}

#[test]
fn verbs_ignore_the_project_file() {
    let sandbox = sandbox();
    sandbox.project_config("tll = 1");
    sandbox.cachex("clear").gives("removed nothing\n");
    sandbox.user_config("tll = 1");
    sandbox.cachex("clear").warns("removed nothing\n", "'tll'");
    sandbox.cachex("completions bash").gives(include_str!("../../completions/cachex.bash"));
}

#[test]
fn no_file_is_read_when_cachex_is_off() {
    let sandbox = sandbox();
    sandbox.user_config("tll = 1");
    sandbox.project_config("tll = 1");
    sandbox.cachex("--no-cache ./s.sh").gives("hi \n");
    sandbox.cachex("./s.sh").env("CACHEX_NO_CACHE", "1").gives("hi \n");
    sandbox
        .cachex("clear")
        .env("CACHEX_NO_CACHE", "1")
        .env("CACHEX_CACHE_DIR", "elsewhere")
        .gives("removed nothing\n");
    assert!(sandbox.dir.join("elsewhere").is_dir(), "verbs use the store of the variable");
    by_default(&sandbox, "config").env("CACHEX_NO_CACHE", "1").tells(
        format!("no-cache  true  variable CACHEX_NO_CACHE\n\nstore  {}\n", default_store(&sandbox)),
        0,
    );
    by_default(&sandbox, "config --no-cache").ends(
        format!("no-cache  true  flag\n\nstore  {}\n", default_store(&sandbox)),
        "",
        0,
    );
}

#[test]
fn a_false_switch_variable_has_no_effect_in_any_spelling() {
    for off in ["0", "false", "False", "NO", "oFF", "N", "F"] {
        let sandbox = sandbox();
        for region in ["a", "b"] {
            let call = sandbox.cachex("./s.sh").env("CACHEX_NO_CACHE", off);
            call.env("CACHEX_ENV", "REGION").env("REGION", region).gives("hi \n");
        }
        assert_eq!(sandbox.runs(), 2, "{off}");
    }
}

#[test]
fn a_rule_can_turn_cachex_off() {
    let sandbox = sandbox();
    sandbox.project_config("[[rule]]\ncommand = \"s.sh\"\nno-cache = true");
    sandbox.cachex("./s.sh").gives("hi \n");
    sandbox.cachex("./s.sh").gives("hi \n");
    assert_eq!(sandbox.runs(), 2);
    sandbox.cachex("./s.sh").env("CACHEX_NO_CACHE", "0").gives("hi \n");
    sandbox.cachex("./s.sh").env("CACHEX_NO_CACHE", "0").gives("hi \n");
    assert_eq!(sandbox.runs(), 3);
}
