//! Known interpreters and wrappers, and how they read their command lines.

/// How a family of interpreters reads its command line.
#[derive(Debug)]
pub(super) struct Interpreter {
    /// The names of its programs, without versions.
    pub(super) names: &'static str,
    /// Letters that take no value. A letter that is in no list makes the reading uncertain.
    pub(super) flags: &'static [u8],
    /// Letters that are followed by inline code or a module: there is no script.
    pub(super) inline: &'static [u8],
    /// Letters with a value, attached or in the next word.
    pub(super) values: &'static [u8],
    /// Letters whose value is attached, if there is one.
    pub(super) attached: &'static [u8],
    /// Letters whose value is a script.
    pub(super) scripts: &'static [u8],
    /// Long options of these kinds, without dashes.
    pub(super) long_flags: &'static str,
    pub(super) long_inline: &'static str,
    pub(super) long_values: &'static str,
    pub(super) long_scripts: &'static str,
    /// Words that may stand before the script (`deno run x.ts`).
    pub(super) subcommands: &'static str,
    /// Whether the first operand is code unless an option before or behind it names a script (`sed`).
    pub(super) operand_is_code: bool,
    /// How the program uses its words.
    pub(super) role: ProgramRole,
    /// Extensions that are tried when there is no script of that name.
    pub(super) extensions: &'static [&'static str],
}

/// How a program uses the words of its command line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ProgramRole {
    /// It reads options in clusters, and a script.
    #[default]
    Interpreter,
    /// A shell: every other letter is a flag, values are words of their own, `-` ends the options, long options may
    /// have one dash, and a script without a slash is searched in `PATH` too.
    Shell,
    /// It runs another command, which may be any of its words.
    Wrapper,
    /// A wrapper that searches the command in a path of its own.
    WrapperWithOwnPath,
    /// A wrapper that gives the command another root directory.
    WrapperInAnotherRoot,
}

impl ProgramRole {
    /// Whether the program runs another command.
    pub(crate) fn is_wrapper(self) -> bool {
        !matches!(self, Self::Interpreter | Self::Shell)
    }
}

const PLAIN: Interpreter = Interpreter {
    names: "",
    flags: b"",
    inline: b"",
    values: b"",
    attached: b"",
    scripts: b"",
    long_flags: "",
    long_inline: "",
    long_values: "",
    long_scripts: "",
    subcommands: "",
    operand_is_code: false,
    role: ProgramRole::Interpreter,
    extensions: &[],
};

/// The extensions that are tried where the reading is uncertain.
pub(super) const ALL_EXTENSIONS: &[&str] = &["js", "json", "node", "ts", "sh", "py", "rb"];

pub(super) const INTERPRETERS: &[Interpreter] = &[
    Interpreter {
        names: "sh bash rbash dash ash zsh ksh mksh yash",
        inline: b"cs",
        values: b"oO",
        long_flags: "debugger login noediting noprofile norc posix pretty-print restricted verbose",
        long_values: "rcfile init-file emulate",
        role: ProgramRole::Shell,
        ..PLAIN
    },
    Interpreter {
        names: "fish",
        flags: b"ilnNPv",
        inline: b"c",
        values: b"Cdfop",
        long_flags: "interactive login no-config no-execute private",
        long_inline: "command",
        long_values: "init-command features debug debug-output profile",
        ..PLAIN
    },
    Interpreter {
        names: "python pypy",
        flags: b"bBdEiIOPqRsSuvx",
        inline: b"cm",
        values: b"WX",
        long_values: "check-hash-based-pycs",
        ..PLAIN
    },
    Interpreter {
        names: "node nodejs",
        flags: b"ci",
        inline: b"ep",
        values: b"rC",
        long_inline: "eval print run",
        long_values: "conditions env-file env-file-if-exists experimental-loader import input-type loader \
            require title watch-path",
        extensions: &["js", "json", "node"],
        ..PLAIN
    },
    Interpreter {
        names: "deno bun tsx ts-node",
        inline: b"ep",
        long_inline: "eval print",
        subcommands: "run test bench",
        extensions: &["ts", "js"],
        ..PLAIN
    },
    Interpreter {
        names: "perl",
        flags: b"acflnpstTuUvwWX0123456789",
        inline: b"eE",
        values: b"I",
        attached: b"FiCDMmV",
        ..PLAIN
    },
    Interpreter {
        names: "ruby jruby",
        flags: b"acdlnpsvwUy0123456789",
        inline: b"e",
        values: b"IrE",
        attached: b"FiWKT",
        long_values: "encoding external-encoding internal-encoding require",
        extensions: &["rb"],
        ..PLAIN
    },
    Interpreter {
        names: "php",
        flags: b"aeilmnqsvwH",
        inline: b"rRBE",
        values: b"dczt",
        scripts: b"fF",
        long_inline: "run process-begin process-code process-end",
        long_values: "define php-ini zend-extension",
        long_scripts: "file process-file",
        ..PLAIN
    },
    Interpreter { names: "lua luajit", flags: b"iEvW", values: b"el", ..PLAIN },
    Interpreter { names: "Rscript", inline: b"e", ..PLAIN },
    Interpreter {
        names: "awk gawk mawk nawk original-awk",
        flags: b"bcCghkMnNOPrsStV",
        values: b"vFeilW",
        attached: b"dDLop",
        scripts: b"fE",
        long_values: "assign field-separator include load source",
        long_scripts: "file exec",
        operand_is_code: true,
        ..PLAIN
    },
    Interpreter {
        names: "sed gsed",
        flags: b"nErsuz",
        values: b"el",
        attached: b"i",
        scripts: b"f",
        long_values: "expression line-length",
        long_scripts: "file",
        operand_is_code: true,
        ..PLAIN
    },
    Interpreter {
        names: "tclsh wish expect guile osascript julia groovy elixir escript racket octave swipl \
            java mono gnuplot",
        ..PLAIN
    },
    Interpreter {
        names: "env timeout nice nohup stdbuf time setsid ionice chrt taskset xargs unshare flock \
            caffeinate cachex busybox gtimeout genv prlimit setpriv numactl strace ltrace \
            unbuffer",
        role: ProgramRole::Wrapper,
        ..PLAIN
    },
    Interpreter {
        names: "sudo doas su runuser pkexec",
        role: ProgramRole::WrapperWithOwnPath,
        ..PLAIN
    },
    Interpreter { names: "chroot", role: ProgramRole::WrapperInAnotherRoot, ..PLAIN },
];
