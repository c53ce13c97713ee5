//! The manual pages, made of the command line's definition and further texts.

mod json;
mod roff;
mod texts;

use cachex::options;
use clap::builder::StyledStr;
use clap::{Arg, Command};
use json::Fields;
use roff::Page;
use std::collections::BTreeMap;
use texts::Texts;

/// For each page the lines of its examples.
pub fn examples() -> Vec<Vec<&'static str>> {
    let command = options::command();
    let verbs = command.get_subcommands().filter(|verb| !verb.is_hide_set());
    let names = verbs.map(Command::get_name).chain(["cachex"]);
    let lines = |name| Texts::of(name).examples.iter().map(|(_, line)| *line).collect();
    names.map(lines).collect()
}

/// Each page: its file, and its content.
pub fn pages() -> Vec<(String, String)> {
    let mut command = options::command();
    // This adds the options that are common to all verbs.
    command.build();
    let verbs: Vec<_> =
        command.get_subcommands().filter(|verb| !verb.is_hide_set()).cloned().collect();
    let verb_page = |verb: &Command| {
        let name = format!("cachex-{}", verb.get_name());
        (format!("man/{name}.1"), page(&name, verb, &[]))
    };
    let main = ("man/cachex.1".to_owned(), page("cachex", &command, &verbs));
    std::iter::once(main).chain(verbs.iter().map(verb_page)).collect()
}

/// The page of a command. `verbs` are all verbs of cachex.
fn page(name: &str, command: &Command, verbs: &[Command]) -> String {
    let texts = Texts::of(command.get_name());
    let mut page = Page::new(name, concat!("cachex ", env!("CARGO_PKG_VERSION")));
    start(&mut page, name, command, texts.summary);
    options(&mut page, command);
    if !verbs.is_empty() {
        page.section("Verbs");
    }
    for verb in verbs {
        page.term(&format!("`cachex-{}`(1)", verb.get_name()), &text(verb.get_about()));
    }
    if let Some(Fields { intro, fields }) = json::fields(command.get_name()) {
        page.section("JSON");
        page.text(&intro);
        for (field, meaning) in &fields {
            page.term(field, meaning);
        }
    }
    page.section("Exit status");
    terms(&mut page, texts.exit_status);
    page.section("Environment");
    variables(&mut page, command, texts);
    if !texts.files.is_empty() {
        page.section("Files");
        terms(&mut page, texts.files);
    }
    page.section("Examples");
    for (what, line) in texts.examples {
        page.text(what);
        page.typed(line);
    }
    page.section("See also");
    page.text(&texts.see_also());
    page.finish()
}

/// The text of `-h` before the options, and for a verb also the text behind them.
fn start(page: &mut Page, name: &str, command: &Command, summary: Option<&str>) {
    let about = text(command.get_about());
    page.section("Name");
    page.text(&format!("{name} - {}", summary.unwrap_or(&about)));
    page.section("Synopsis");
    let typed = name.replace('-', " ");
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ").lines();
    let usage = usage.map(|line| line.trim().replacen(&typed, &format!("`{typed}`"), 1));
    page.lines(usage);
    page.section("Description");
    let long = text(command.get_long_about());
    let (first, more) = long.split_once("\n\n").unwrap_or((&about, ""));
    page.text(&format!("{}.\n\n{more}", first.trim_end_matches('.')));
    if summary.is_none() {
        page.text(&text(command.get_after_help()));
    }
}

fn text(text: Option<&StyledStr>) -> String {
    text.map(ToString::to_string).unwrap_or_default()
}

fn terms(page: &mut Page, terms: &[(&str, &str)]) {
    for (term, meaning) in terms {
        page.term(&format!("`{term}`"), meaning);
    }
}

/// The operands and the options, these under their headings, those without one first.
fn options(page: &mut Page, command: &Command) {
    let mut headings = vec![None];
    for argument in command.get_arguments().filter(|argument| !argument.is_positional()) {
        if !headings.contains(&argument.get_help_heading()) {
            headings.push(argument.get_help_heading());
        }
    }
    for heading in headings {
        page.section(heading.unwrap_or("Options"));
        let is_here = |argument: &&Arg| argument.get_help_heading() == heading;
        let mut arguments: Vec<_> = command.get_arguments().filter(is_here).collect();
        arguments.sort_by_key(|argument| !argument.is_positional());
        for argument in arguments {
            page.term(&term(argument), &meaning(argument));
        }
    }
}

/// `-n, --no-stdin`, `--ttl <DURATION>`, `--pty[=<WHEN>]`.
fn term(argument: &Arg) -> String {
    let value = argument.get_value_names().and_then(<[_]>::first).map(ToString::to_string);
    let value = value.filter(|_| argument.is_positional() || argument.get_action().takes_values());
    let value = value.map(|value| format!("<{value}>"));
    if argument.is_positional() {
        return value.unwrap_or_default();
    }
    let short = argument.get_short().map(|letter| format!("`-{letter}`"));
    let long = argument.get_long_and_visible_aliases().unwrap_or_default();
    let names = short.into_iter().chain(long.iter().map(|name| format!("`--{name}`")));
    let names = names.collect::<Vec<_>>().join(", ");
    match value {
        None => names,
        Some(value) if argument.is_require_equals_set() => format!("{names}[={value}]"),
        Some(value) => format!("{names} {value}"),
    }
}

/// The line of an option in `-h` as a sentence, followed by its further help.
fn meaning(argument: &Arg) -> String {
    let help = text(argument.get_help());
    let long = text(argument.get_long_help());
    let more = long.strip_prefix(&help).unwrap_or_default().trim();
    let line = help.split(" (see ").next().unwrap_or_default();
    let choices = argument.get_possible_values().into_iter().filter(|_| argument.is_positional());
    let choices: Vec<_> = choices.map(|value| format!("`{}`", value.get_name())).collect();
    let choices =
        if choices.is_empty() { String::new() } else { ": ".to_owned() + &choices.join(", ") };
    format!("{line}{choices}. {more}").trim().to_owned()
}

/// Each variable with the option that it stands for, and the other variables that cachex reads.
fn variables(page: &mut Page, command: &Command, texts: &Texts) {
    if texts.has_variables_of_a_run {
        page.text(
            "Each stands for an option. A switch takes `1`, `true`, `yes`, `on` or their opposites; \
             `CACHEX_ENV` holds a list with commas. An empty variable is none.",
        );
    }
    let stands_for = |option: &options::RunOption| {
        let is_here = |argument: &Arg| {
            argument.get_long() == Some(option.name())
                && (texts.has_variables_of_a_run || argument.is_global_set())
        };
        let is_here = command.get_arguments().any(is_here);
        is_here.then(|| (option.variable(), format!("As --{}.", option.name())))
    };
    let others =
        texts.environment.iter().map(|(name, meaning)| ((*name).to_owned(), (*meaning).to_owned()));
    let options = options::RUN_OPTIONS.iter().filter_map(stands_for);
    let variables: BTreeMap<_, _> = options.chain(others).collect();
    let terms = variables.into_iter().map(|(name, meaning)| (format!("`{name}`"), meaning));
    page.index(&terms.collect::<Vec<_>>());
}
