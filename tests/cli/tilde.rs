//! A leading `~/`, which a shell does not expand in quotes and after `=`.

use super::harness::Sandbox;
use std::fs;

fn sandbox() -> Sandbox {
    Sandbox::with_script("echo hi")
}

#[test]
fn the_store_may_be_below_the_home_directory() {
    for given in ["flag", "variable", "file"] {
        let sandbox = sandbox();
        let home = sandbox.dir.with_file_name("home");
        fs::create_dir(&home).expect("made");
        let call =
            sandbox.cachex(if given == "flag" { "--cache-dir=~/cc ./s.sh" } else { "./s.sh" });
        let call = call.env("HOME", &home.display().to_string());
        let call = match given {
            "flag" => call,
            "variable" => call.env("CACHEX_CACHE_DIR", "~/cc"),
            _ => {
                fs::create_dir_all(home.join(".config/cachex")).expect("made");
                let path = home.join(".config/cachex/config.toml");
                fs::write(path, "cache-dir = '~/cc'").expect("written");
                call.env("XDG_CONFIG_HOME", &home.join(".config").display().to_string())
                    .without_env("CACHEX_CACHE_DIR")
            }
        };
        if given == "file" && cfg!(target_os = "macos") {
            continue;
        }
        call.gives("hi\n");
        assert!(home.join("cc/cachex.db").exists(), "{given}");
        assert!(!sandbox.dir.join("~").exists(), "{given}");
    }
}

#[test]
fn files_may_be_below_the_home_directory() {
    let sandbox = sandbox();
    let input = sandbox.dir.with_file_name("in [1].json");
    let mut runs = 0;
    for (name, value) in
        [("CACHEX_KEY", "flag"), ("CACHEX_FILE", "~/in [1].json"), ("CACHEX_FILE", "~/*.json")]
    {
        for content in ["1", "2"] {
            fs::write(&input, content).expect("written");
            for _ in 0..2 {
                let words = ["--file", "~/in [1].json", "./s.sh"];
                let words = if value == "flag" { &words[..] } else { &words[2..] };
                sandbox.cachex_words(words).env(name, value).gives("hi\n");
            }
            runs += 1;
        }
        assert_eq!(sandbox.runs(), runs, "{name}={value}");
    }
}

#[test]
fn a_hash_command_may_name_a_file_below_the_home_directory() {
    let sandbox = sandbox();
    for content in ["1", "2"] {
        fs::write(sandbox.dir.with_file_name("in"), content).expect("written");
        sandbox.cachex("--file ~/in --hash-with file:~/i*=true ./s.sh").gives("hi\n");
    }
    assert_eq!(sandbox.runs(), 1);
}

#[test]
fn the_home_of_a_named_user_is_not_expanded() {
    let sandbox = sandbox();
    sandbox.cachex("--cache-dir=~root ./s.sh").gives("hi\n");
    assert!(sandbox.dir.join("~root/cachex.db").exists());
    sandbox.write("~root/x", "1");
    for content in ["1", "2"] {
        sandbox.write("~root/x", content);
        sandbox.cachex("--file ~root/x ./s.sh").gives("hi\n");
    }
    assert_eq!(sandbox.runs(), 3);
}

#[test]
fn without_a_home_directory_a_tilde_is_an_error() {
    let sandbox = sandbox();
    let call = sandbox.cachex("--file ~/x ./s.sh").env("HOME", "relative");
    let told = call.tells("", 2);
    assert!(told.contains("there is no home directory"), "{told}");
    assert_eq!(sandbox.runs(), 0);
}
