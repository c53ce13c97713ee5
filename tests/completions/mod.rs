//! The completion scripts: the templates `script.*`, filled in with the verbs and the options of the command line's
//! definition.

mod bash;
mod fish;
mod zsh;

use cachex::options;
use clap::{Arg, ArgAction, Command, ValueHint};
use clap_complete::Shell;

/// The script of a shell.
pub fn script(shell: Shell) -> String {
    let words = Words::of(&built());
    match shell {
        Shell::Bash => bash::script(&words),
        Shell::Fish => fish::script(&words),
        Shell::Zsh => zsh::script(&words),
        other => {
            let mut script = Vec::new();
            clap_complete::generate(other, &mut options::command(), "cachex", &mut script);
            String::from_utf8(script).expect("UTF-8")
        }
    }
}

fn built() -> Command {
    let mut command = options::command();
    // This adds the options that are common to all verbs.
    command.build();
    command
}

/// The options that can be typed before COMMAND.
struct Words {
    verbs: Vec<Verb>,
    options: Vec<Opt>,
}

struct Verb {
    name: String,
    about: String,
    operand: Operand,
}

/// The operands that can be typed after the options of a verb.
enum Operand {
    Nothing,
    /// COMMAND, with or without `--` before it.
    Command,
    /// COMMAND behind `--`.
    DashedCommand,
    /// COMMAND behind `--`, or the id of an entry.
    Entry,
    OneOf(Vec<String>),
    Directory,
}

/// An option, in every place where it means the same.
#[derive(PartialEq)]
struct Opt {
    /// `-n`, `--no-stdin`.
    spellings: Vec<String>,
    help: String,
    value: Option<Value>,
    is_repeatable: bool,
    /// Whether it is an option of a run, so that no verb can follow.
    is_common: bool,
    /// Names of verbs, "" being that of a run.
    places: Vec<String>,
}

/// The value that an option takes.
#[derive(Clone, PartialEq)]
struct Value {
    name: String,
    kind: Kind,
    /// Only with `=`, or not at all.
    is_optional: bool,
}

#[derive(Clone, PartialEq)]
enum Kind {
    /// A value that cannot be completed.
    Text,
    /// Names of variables, a list with commas.
    Variables,
    Paths,
    Directories,
    OneOf(Vec<String>),
    Scopes,
    /// `SELECTOR=COMMAND`.
    Hashes,
}

impl Words {
    fn of(command: &Command) -> Self {
        let names: Vec<_> =
            command.get_subcommands().map(|verb| verb.get_name().to_owned()).collect();
        let verbs = command.get_subcommands().map(|verb| Verb::of(verb, &names)).collect();
        let mut words = Self { verbs, options: Vec::new() };
        words.add(command, "");
        for verb in command.get_subcommands() {
            words.add(verb, verb.get_name());
        }
        words
    }

    fn add(&mut self, command: &Command, place: &str) {
        for argument in command.get_arguments().filter(|argument| !argument.is_positional()) {
            let mut option = Opt::of(argument);
            let known = self.options.iter_mut().find(|known| {
                option.places.clone_from(&known.places);
                **known == option
            });
            if let Some(known) = known {
                known.places.push(place.to_owned());
            } else {
                option.places = vec![place.to_owned()];
                self.options.push(option);
            }
        }
    }

    fn options_in<'w>(&'w self, place: &'w str) -> impl Iterator<Item = &'w Opt> {
        self.options.iter().filter(move |option| option.places.iter().any(|name| name == place))
    }

    fn verb_names(&self) -> Vec<&str> {
        self.verbs.iter().map(|verb| verb.name.as_str()).collect()
    }

    /// The spellings of options behind which the next word is a value.
    fn valued(&self) -> Vec<&str> {
        let takes_word = |option: &&Opt| option.value.as_ref().is_some_and(|it| !it.is_optional);
        self.spellings(takes_word)
    }

    /// The spellings of options that can stand before a verb.
    fn common(&self) -> Vec<&str> {
        self.spellings(|option| option.is_common)
    }

    fn spellings(&self, wanted: impl Fn(&&Opt) -> bool) -> Vec<&str> {
        let mut spellings: Vec<&str> = Vec::new();
        for spelling in self.options.iter().filter(wanted).flat_map(|option| &option.spellings) {
            if !spellings.contains(&spelling.as_str()) {
                spellings.push(spelling);
            }
        }
        spellings
    }

    /// The script with its words filled in, alternatives being separated as the shell wants it.
    fn filled(&self, script: &str, separator: &str) -> String {
        script
            .replace("@VALUED@", &self.valued().join(separator))
            .replace("@COMMON@", &self.common().join(separator))
            .replace("@VERBS@", &self.verb_names().join(separator))
            .replace("@DIRECT@", &self.direct().join(separator))
    }

    /// The verbs that take COMMAND without `--`.
    fn direct(&self) -> Vec<&str> {
        let direct = self.verbs.iter().filter(|verb| matches!(verb.operand, Operand::Command));
        direct.map(|verb| verb.name.as_str()).collect()
    }
}

impl Verb {
    fn of(command: &Command, verbs: &[String]) -> Self {
        let positionals: Vec<_> = command.get_positionals().collect();
        let operand = match positionals.as_slice() {
            [] => Operand::Nothing,
            [only] if !only.get_possible_values().is_empty() => Operand::OneOf(possible(only)),
            [only] if only.get_id() == "verb" => Operand::OneOf(verbs.to_vec()),
            [only] if only.get_value_hint() == ValueHint::DirPath => Operand::Directory,
            [only] if only.is_last_set() => Operand::DashedCommand,
            [_] => Operand::Command,
            _ => Operand::Entry,
        };
        let about = command.get_about().expect("said").to_string();
        Self { name: command.get_name().to_owned(), about, operand }
    }
}

impl Opt {
    fn of(argument: &Arg) -> Self {
        let short = argument.get_short().map(|letter| format!("-{letter}"));
        let long = argument.get_long_and_visible_aliases().unwrap_or_default();
        let help = argument.get_help().expect("said").to_string();
        Self {
            spellings: short.into_iter().chain(long.iter().map(|it| format!("--{it}"))).collect(),
            help: help.split(" (see ").next().unwrap_or_default().to_owned(),
            value: argument.get_action().takes_values().then(|| Value::of(argument)),
            is_repeatable: matches!(argument.get_action(), ArgAction::Append),
            is_common: argument.is_global_set(),
            places: Vec::new(),
        }
    }
}

impl Value {
    fn of(argument: &Arg) -> Self {
        let name = argument.get_value_names().and_then(<[_]>::first).expect("a name").to_string();
        let choices = possible(argument);
        let kind = match (argument.get_value_hint(), name.as_str()) {
            _ if !choices.is_empty() => Kind::OneOf(choices),
            (ValueHint::AnyPath, _) => Kind::Paths,
            (ValueHint::DirPath, _) => Kind::Directories,
            (_, "NAME|GLOB") => Kind::Variables,
            (_, "SELECTOR=COMMAND") => Kind::Hashes,
            _ if argument.get_id() == "scope" => Kind::Scopes,
            _ => Kind::Text,
        };
        Self { name, kind, is_optional: argument.is_require_equals_set() }
    }
}

fn possible(argument: &Arg) -> Vec<String> {
    if !argument.get_action().takes_values() {
        return Vec::new();
    }
    argument.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect()
}
