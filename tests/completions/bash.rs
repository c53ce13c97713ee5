//! For bash: alternatives of `case`.

use super::{Kind, Operand, Words};
use std::collections::BTreeMap;

pub fn script(words: &Words) -> String {
    words
        .filled(include_str!("script.bash"), "|")
        .replace("        @OPTIONS@\n", &options(words))
        .replace("        @VALUES@\n", &values(words))
        .replace("        @OPERANDS@\n", &operands(words))
        .replace("@VERB_WORDS@", &words.verb_names().join(" "))
}

fn case(pattern: &str, action: &str) -> String {
    format!("        {pattern}) {action} ;;\n")
}

/// The options of each verb, and of a run.
fn options(words: &Words) -> String {
    let options = |place: &str| {
        let spellings = words.options_in(place).flat_map(|option| option.spellings.clone());
        spellings.collect::<Vec<_>>().join(" ")
    };
    let line = |place: &str, pattern| case(pattern, &format!("echo '{}'", options(place)));
    words.verb_names().iter().map(|verb| line(verb, verb)).collect::<String>() + &line("", "*")
}

fn values(words: &Words) -> String {
    let mut actions: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for option in &words.options {
        let action = match option.value.as_ref().map(|value| &value.kind) {
            None | Some(Kind::Text) => continue,
            Some(Kind::Variables) => "_cachex_variables".to_owned(),
            Some(Kind::Paths) => "_cachex_option default".to_owned(),
            Some(Kind::Directories) => "_cachex_option dirnames".to_owned(),
            Some(Kind::OneOf(choices)) => format!("_cachex_words_of '{}'", choices.join(" ")),
            Some(Kind::Scopes) => "_cachex_words_of \"$(_cachex_scopes)\"".to_owned(),
            Some(Kind::Hashes) => "_cachex_hashes".to_owned(),
        };
        let spellings = actions.entry(action).or_default();
        for spelling in &option.spellings {
            if !spellings.contains(&spelling.as_str()) {
                spellings.push(spelling);
            }
        }
    }
    actions.iter().map(|(action, spellings)| case(&spellings.join("|"), action)).collect()
}

fn operands(words: &Words) -> String {
    let line = |verb: &super::Verb| match &verb.operand {
        Operand::Nothing | Operand::Command => String::new(),
        Operand::DashedCommand => case(&verb.name, "_cachex_words_of --"),
        Operand::Entry => case(&verb.name, "_cachex_words_of \"-- $(_cachex_entries)\""),
        Operand::Directory => case(&verb.name, "_cachex_option dirnames"),
        Operand::OneOf(choices) => {
            case(&verb.name, &format!("_cachex_words_of '{}'", choices.join(" ")))
        }
    };
    words.verbs.iter().map(line).collect()
}
