//! For zsh: specifications of `_arguments`.

use super::{Kind, Operand, Opt, Value, Verb, Words};

pub fn script(words: &Words) -> String {
    let verbs = words.verbs.iter().map(|verb| {
        let about = verb.about.replace('\'', "'\\''").replace(':', "\\:");
        format!("        '{}:{about}'\n", verb.name)
    });
    let cases = words.verbs.iter().map(|verb| {
        let specs = specs(words, &verb.name) + &operand(verb);
        format!("        {})\n            specs=(\n{specs}            ) ;;\n", verb.name)
    });
    words
        .filled(include_str!("script.zsh"), "|")
        .replace("        @VERB_LINES@\n", &verbs.collect::<String>())
        .replace("        @CASES@\n", &cases.collect::<String>())
        .replace("                @SPECS@\n", &specs(words, ""))
}

fn specs(words: &Words, place: &str) -> String {
    words.options_in(place).map(spec).collect()
}

/// One option in the syntax of `_arguments`.
fn spec(option: &Opt) -> String {
    let help = escaped(&option.help).replace('[', "\\[").replace(']', "\\]");
    let value = option.value.as_ref().map_or_else(String::new, value);
    let equals = match &option.value {
        None => "",
        Some(Value { is_optional: true, .. }) => "=-",
        Some(_) => "=",
    };
    let line = |excluded: &str, spelling: &str| {
        format!("                '{excluded}{spelling}{equals}[{help}]{value}'\n")
    };
    let excluded = match option.spellings.as_slice() {
        _ if option.is_repeatable => "*".to_owned(),
        [_] => String::new(),
        several => format!("({})", several.join(" ")),
    };
    option.spellings.iter().map(|spelling| line(&excluded, spelling)).collect()
}

fn value(value: &Value) -> String {
    let action = match &value.kind {
        Kind::Text => " ".to_owned(),
        Kind::Variables => "_cachex_variables".to_owned(),
        Kind::Paths => "_files".to_owned(),
        Kind::Directories => "_files -/".to_owned(),
        Kind::OneOf(choices) => format!("({})", choices.join(" ")),
        Kind::Scopes => "_cachex_scopes".to_owned(),
        Kind::Hashes => "_cachex_hashes".to_owned(),
    };
    let colons = if value.is_optional { "::" } else { ":" };
    format!("{colons}{}:{action}", escaped(&value.name))
}

fn operand(verb: &Verb) -> String {
    let spec = match &verb.operand {
        Operand::Nothing | Operand::Command => return String::new(),
        Operand::DashedCommand => "*: :_cachex_dashes".to_owned(),
        Operand::Entry => "1: :_cachex_entries".to_owned(),
        Operand::Directory => "1: :_files -/".to_owned(),
        Operand::OneOf(choices) => format!("1: :({})", choices.join(" ")),
    };
    format!("                '{spec}'\n")
}

/// Text in single quotes, in which nothing is special to `_arguments`.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('\'', "'\\''")
        .replace(':', "\\:")
        .replace('`', "\\`")
        .replace('$', "\\$")
}
