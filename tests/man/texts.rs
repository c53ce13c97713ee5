//! The texts of the pages that are not in the command line's definition.

/// Terms, each with its meaning.
type Terms = &'static [(&'static str, &'static str)];

pub struct Texts {
    /// Instead of the first line of `-h`.
    pub summary: Option<&'static str>,
    pub exit_status: Terms,
    /// Whether every option of a run is a variable here.
    pub has_variables_of_a_run: bool,
    pub environment: Terms,
    pub files: Terms,
    /// Each with its effect, and the command to type.
    pub examples: Terms,
    see_also: &'static [&'static str],
}

impl Texts {
    pub fn of(name: &str) -> &'static Self {
        match name {
            "cachex" => &RUN,
            "clear" => &CLEAR,
            "completions" => &COMPLETIONS,
            "config" => &CONFIG,
            "doctor" => &DOCTOR,
            "explain" => &EXPLAIN,
            "init" => &INIT,
            "list" => &LIST,
            "man" => &MAN,
            "prune" => &PRUNE,
            "remote" => &REMOTE,
            "show" => &SHOW,
            "stats" => &STATS,
            "trust" => &TRUST,
            _ => panic!("no texts for {name}"),
        }
    }

    pub fn see_also(&self) -> String {
        self.see_also.iter().map(|name| format!("`{name}`(1)")).collect::<Vec<_>>().join(", ")
    }
}

const VERB: Texts = Texts {
    summary: None,
    exit_status: &[
        ("0", "Done, also when there was nothing to do."),
        ("125", "The store cannot be used, or the answer cannot be written."),
        ("2", "The command line is wrong."),
    ],
    has_variables_of_a_run: false,
    environment: &[],
    files: &[],
    examples: &[],
    see_also: &["cachex"],
};

const NO_COLOR: (&str, &str) = ("NO_COLOR", "If set and not empty, turns colours off.");

const DATABASE: (&str, &str) = (
    "~/.cache/cachex/cachex.db",
    "The store, an SQLite database, in `$XDG_CACHE_HOME/cachex` if that is set, on macOS in `~/Library/Caches`. \
     Files in `objects` beside it hold output above a megabyte.",
);

const DAMAGED: (&str, &str) =
    ("cachex.db.damaged", "A damaged database that was set aside, in the same directory.");

const OWN_CONFIGURATION: (&str, &str) = (
    "~/.config/cachex/config.toml",
    "Your own configuration: in `$XDG_CONFIG_HOME/cachex` if that is set, on macOS in \
     `~/Library/Application Support/cachex`. The keys are the long options, as in `ttl = \"1h\"` and \
     `env = [\"AWS_*\"]`. Those after a line `[[rule]]` are for commands that begin with the words of its \
     `command = \"terraform plan\"`, each of them a glob.",
);

const PROJECT_CONFIGURATION: (&str, &str) = (
    ".cachex.toml",
    "The configuration of a project: the nearest from the working directory upward. It counts once you trust it, with \
     `cachex trust`. It overrides your own, and cannot set everything.",
);

const RECORDS: (&str, &str) = (
    "~/.local/state/cachex/trust/",
    "The files that you trust: in `$XDG_STATE_HOME/cachex` if that is set, on macOS in \
     `~/Library/Application Support/cachex`.",
);

const TRUSTED: (&str, &str) = (
    "CACHEX_TRUST",
    "Directories, with colons between them. Each `.cachex.toml` in one of them or below is trusted. Only \
     absolute paths count.",
);

const RUN: Texts = Texts {
    summary: Some("cache the result of a command"),
    exit_status: &[
        ("the command's own", "The command ran, or its result was replayed."),
        (
            "128+n",
            "Signal n killed the command, and cachex dies of it as well. This is what a shell shows.",
        ),
        ("124", "--only-if-cached found nothing to replay."),
        ("125", "cachex itself failed."),
        ("126", "The command cannot be executed."),
        ("127", "There is no such command."),
        ("2", "The command line is wrong. Nothing ran."),
    ],
    has_variables_of_a_run: true,
    environment: &[
        (
            "CACHEX_ACTIVE",
            "cachex sets it for the commands that it runs, to the keys of these runs.",
        ),
        ("CACHEX_REMOTE_KEY", "The key that encrypts what is shared, in hexadecimal or base64."),
        ("CACHEX_REMOTE_SIGN_KEY", "The seed that signs it, on machines that may write."),
        ("CACHEX_REMOTE_TRUST", "The public keys that count, with commas between them."),
        ("CACHEX_REMOTE_TOKEN", "A bearer token for HTTP, or a password for Redis."),
        ("CACHEX_REMOTE_TOKEN_FILE", "A file with that token."),
        ("CACHEX_REMOTE_CA", "A PEM file of root certificates, in place of those compiled in."),
        TRUSTED,
        NO_COLOR,
    ],
    files: &[
        DATABASE,
        DAMAGED,
        (
            "cachex.lock, claims, uses",
            "In the same directory: a lock for creating the store, the claims of running calls, and the uses of entries.",
        ),
        OWN_CONFIGURATION,
        PROJECT_CONFIGURATION,
        RECORDS,
    ],
    examples: &[
        ("Replay the report for an hour:", "cachex --ttl 1h -- ./report.sh --month 11"),
        (
            "Keep the results of each profile and region apart:",
            "cachex --env AWS_PROFILE,AWS_REGION --ttl 10min -- aws ec2 describe-instances",
        ),
        (
            "Run again when one of these files changed:",
            "cachex --file src --file Cargo.lock -- cargo doc",
        ),
        (
            "Ignore how a JSON file is formatted:",
            "cachex --file data.json --hash-with 'file:*.json=jq -cS .' -- ./report.sh data.json",
        ),
        (
            "A prompt that never waits:",
            "PS1='$(cachex --ttl 5s --stale-while-revalidate 1h -- ./status.sh) $ '",
        ),
        (
            "Accept a result up to a day old when the network is down:",
            "cachex --ttl 1h --stale-if-error 1d -- curl -fsS https://example.com/rates.json",
        ),
        (
            "Say why the report would, or would not, run:",
            "cachex explain -- ./report.sh --month 11",
        ),
        ("Forget the report for all months:", "cachex clear -- ./report.sh"),
    ],
    see_also: &[
        "cachex-explain",
        "cachex-list",
        "cachex-show",
        "cachex-stats",
        "cachex-clear",
        "cachex-prune",
        "cachex-config",
        "cachex-doctor",
        "cachex-init",
        "cachex-man",
        "cachex-completions",
    ],
};

const EXPLAIN: Texts = Texts {
    has_variables_of_a_run: true,
    examples: &[
        (
            "Say why the report would, or would not, run:",
            "cachex explain -- ./report.sh --month 11",
        ),
        (
            "With the options of the run, because they matter:",
            "cachex explain --env AWS_PROFILE --ttl 10min -- aws ec2 describe-instances",
        ),
        ("In a script:", "cachex explain --json -- ./report.sh --month 11 | jq -r .verdict"),
    ],
    see_also: &["cachex", "cachex-config", "cachex-list"],
    ..VERB
};

const LIST: Texts = Texts {
    environment: &[NO_COLOR],
    examples: &[
        ("Everything:", "cachex list"),
        ("The entries of the report, for all months:", "cachex list -- ./report.sh"),
        ("Expired entries:", "cachex list --expired"),
        (
            "The numbers of the failures that are stored:",
            "cachex list --json | jq '.[] | select(.exit != 0) | .id'",
        ),
    ],
    see_also: &["cachex", "cachex-show", "cachex-stats"],
    ..VERB
};

const REMOTE: Texts = Texts {
    exit_status: &[
        ("0", "Done, also when nothing waited."),
        ("1", "Some results were not pushed."),
        ("125", "The outbox cannot be read, or the answer cannot be written."),
        ("2", "The command line is wrong, or there is no remote."),
    ],
    environment: &[("CACHEX_REMOTE", "The remote, as `--remote` of a run.")],
    examples: &[("Make secrets for a team:", "cachex remote keygen")],
    ..VERB
};

const SHOW: Texts = Texts {
    exit_status: &[
        ("0", "Done."),
        (
            "125",
            "There is no such entry, the store cannot be used, or the answer cannot be written.",
        ),
        ("2", "The command line is wrong."),
    ],
    examples: &[
        ("The entry that `cachex list` shows with this number:", "cachex show 1"),
        ("The newest entry of a call:", "cachex show -- ./report.sh --month 11"),
        ("Its output, without running anything:", "cachex show --stdout -- ./report.sh --month 11"),
        ("When it was stored:", "cachex show --json 1 | jq '.created | todate'"),
    ],
    see_also: &["cachex", "cachex-list"],
    ..VERB
};

const STATS: Texts = Texts {
    environment: &[NO_COLOR],
    examples: &[
        ("The totals, and those of each command:", "cachex stats"),
        ("In a job of GitHub Actions:", "cachex stats --markdown >> \"$GITHUB_STEP_SUMMARY\""),
        ("The hit rate:", "cachex stats --json | jq .hit_rate"),
    ],
    see_also: &["cachex", "cachex-list"],
    ..VERB
};

const CLEAR: Texts = Texts {
    examples: &[
        ("Forget the report for all months:", "cachex clear -- ./report.sh"),
        ("Forget it for one month:", "cachex clear -- ./report.sh --month 11"),
        ("Forget every call that begins with these words:", "cachex clear --prefix -- git log"),
        ("Forget expired entries only:", "cachex clear --expired"),
        ("See first what would be removed:", "cachex clear --dry-run --scope ci --older-than 7d"),
        ("Forget everything:", "cachex clear"),
    ],
    see_also: &["cachex", "cachex-list", "cachex-prune"],
    ..VERB
};

const PRUNE: Texts = Texts {
    environment: &[("CACHEX_MAX_SIZE", "As --max-size.")],
    files: &[DATABASE, DAMAGED],
    examples: &[
        ("See first what would be removed:", "cachex prune --dry-run"),
        ("Make the store smaller:", "cachex prune --max-size 500MB"),
    ],
    see_also: &["cachex", "cachex-clear", "cachex-doctor"],
    ..VERB
};

const CONFIG: Texts = Texts {
    has_variables_of_a_run: true,
    environment: &[TRUSTED],
    files: &[OWN_CONFIGURATION, PROJECT_CONFIGURATION, RECORDS],
    examples: &[
        ("The options for a command, and where they come from:", "cachex config -- terraform plan"),
        ("The defaults too:", "cachex config --all"),
        (
            "Where the ttl of a command comes from:",
            "cachex config --all --json -- terraform plan | jq -r '.options[] | select(.option == \"ttl\") | .source'",
        ),
    ],
    see_also: &["cachex", "cachex-explain", "cachex-trust"],
    ..VERB
};

const TRUST: Texts = Texts {
    exit_status: &[
        ("0", "Done, also when there was nothing to do."),
        ("125", "There is no such file, it cannot be understood, or the trust cannot be recorded."),
        ("2", "The command line is wrong."),
    ],
    environment: &[TRUSTED],
    files: &[PROJECT_CONFIGURATION, RECORDS],
    examples: &[
        ("See first what the file would set for a command:", "cachex config -- terraform plan"),
        ("Trust the file that counts here:", "cachex trust"),
        ("List the files that are trusted:", "cachex trust --list"),
        ("Revoke the trust:", "cachex trust --revoke"),
    ],
    see_also: &["cachex", "cachex-config"],
    ..VERB
};

const DOCTOR: Texts = Texts {
    exit_status: &[
        ("0", "There is no problem; there may be warnings."),
        ("1", "There is a problem."),
        ("125", "The answer cannot be written."),
        ("2", "The command line is wrong."),
    ],
    environment: &[NO_COLOR],
    files: &[DATABASE, DAMAGED],
    examples: &[
        ("Check the store:", "cachex doctor"),
        ("In a script:", "cachex doctor > report.txt || cat report.txt"),
    ],
    see_also: &["cachex", "cachex-prune"],
    ..VERB
};

const COMPLETIONS: Texts = Texts {
    exit_status: &[
        ("0", "Done."),
        ("125", "The script cannot be written."),
        ("2", "The command line is wrong."),
    ],
    files: &[
        ("~/.bashrc", "bash evaluates the script here."),
        (
            "~/.zfunc/_cachex",
            "zsh finds the script here, if `fpath=(~/.zfunc $fpath)` precedes `compinit`.",
        ),
        ("~/.config/fish/completions/cachex.fish", "fish finds the script here."),
    ],
    examples: &[
        ("For bash, in `~/.bashrc`:", "eval \"$(cachex completions bash)\""),
        ("For zsh:", "cachex completions zsh > ~/.zfunc/_cachex"),
        ("For fish:", "cachex completions fish > ~/.config/fish/completions/cachex.fish"),
    ],
    ..VERB
};

const INIT: Texts = Texts {
    exit_status: &[
        ("0", "Done."),
        ("125", "The lines cannot be written."),
        ("2", "The command line is wrong."),
    ],
    files: &[
        ("~/.bashrc", "The start file of bash."),
        ("~/.zshrc", "The start file of zsh."),
        ("~/.config/fish/config.fish", "The start file of fish."),
    ],
    examples: &[
        ("In `~/.bashrc`:", "eval \"$(cachex init bash)\""),
        (
            "And below it, for each command that is to run through cachex from then on:",
            "eval \"$(cachex init bash)\"; memo curl --ttl 5min",
        ),
    ],
    see_also: &["cachex", "cachex-completions"],
    ..VERB
};

const MAN: Texts = Texts {
    exit_status: &[
        ("0", "Done."),
        ("125", "The page cannot be written."),
        ("2", "The command line is wrong."),
    ],
    examples: &[
        (
            "Install the page for yourself:",
            "mkdir -p ~/.local/share/man/man1; cachex man > ~/.local/share/man/man1/cachex.1",
        ),
        ("And that of a verb:", "cachex man list > ~/.local/share/man/man1/cachex-list.1"),
    ],
    ..VERB
};
