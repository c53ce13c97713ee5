//! A line for each check of something.

use super::screen::{Screen, Tone};
use super::table::Table;
use crate::store::{Finding, Health};

pub(super) fn shown(findings: Vec<Finding>) -> String {
    let mut table = Table::facts();
    for (subject, state) in findings {
        let (tone, state, text) = match state {
            Health::Ok(text) => (Tone::Good, "ok", text),
            Health::Warning(text) => (Tone::Warning, "warning", text),
            Health::Problem(text) => (Tone::Problem, "problem", text),
        };
        table.push(tone, [state.to_owned(), subject.to_owned(), text]);
    }
    table.render(Screen::own())
}
