//! For fish: a `complete` for each option, in the places where it can be.

use super::{Kind, Operand, Opt, Words};

pub fn script(words: &Words) -> String {
    let options = words.options.iter().map(option).collect::<String>();
    let verbs = words
        .verbs
        .iter()
        .map(|verb| format!("        printf '%s\\t%s\\n' {} {}\n", verb.name, quoted(&verb.about)));
    let operands = words.verbs.iter().filter_map(|verb| {
        let offered = match &verb.operand {
            Operand::Nothing | Operand::Command => return None,
            Operand::DashedCommand => "--".to_owned(),
            Operand::Entry => "-- (__cachex_entries)".to_owned(),
            Operand::Directory => "(__fish_complete_directories)".to_owned(),
            Operand::OneOf(choices) => choices.join(" "),
        };
        let name = &verb.name;
        Some(format!("complete -c cachex -n '__cachex_at {name}' -k -a '{offered}'\n"))
    });
    words
        .filled(include_str!("script.fish"), " ")
        .replace("        @VERB_LINES@\n", &verbs.collect::<String>())
        .replace("@OPERANDS@\n", &operands.collect::<String>())
        .replace("@OPTIONS@\n", &options)
}

fn option(option: &Opt) -> String {
    let places = option.places.iter().map(|it| if it.is_empty() { "run" } else { it });
    let places: Vec<_> = places.collect();
    let spellings = option.spellings.iter().map(|spelling| match spelling.strip_prefix("--") {
        Some(long) => format!(" -l {long}"),
        None => format!(" -s {}", spelling.trim_start_matches('-')),
    });
    let value = option.value.as_ref().map_or_else(String::new, |value| {
        let offered = match &value.kind {
            Kind::Paths => return " -r -F".to_owned(),
            Kind::Text => return " -x".to_owned(),
            Kind::Variables => "(__cachex_variables)".to_owned(),
            Kind::Directories => "(__fish_complete_directories)".to_owned(),
            Kind::OneOf(choices) => choices.join(" "),
            Kind::Scopes => "(__cachex_scopes)".to_owned(),
            Kind::Hashes => "(__cachex_hashes)".to_owned(),
        };
        format!(" {} -a '{offered}'", if value.is_optional { "-f" } else { "-x" })
    });
    format!(
        "complete -c cachex -n '__cachex_at {}'{}{value} -d {}\n",
        places.join(" "),
        spellings.collect::<String>(),
        quoted(&option.help)
    )
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}
