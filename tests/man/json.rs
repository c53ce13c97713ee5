//! The fields of `--json`, from the tables in the reference.

/// The fields of a verb's answer.
pub struct Fields {
    pub intro: String,
    /// Each field with its description.
    pub fields: Vec<(String, String)>,
}

pub fn fields(verb: &str) -> Option<Fields> {
    let reference = include_str!("../../docs/reference.md");
    let section = reference.split("\n## JSON\n").nth(1)?.split("\n## ").next()?;
    let paragraphs: Vec<_> = section.trim().split("\n\n").collect();
    let (general, tables) = paragraphs.split_first()?;
    let is_of_verb = |pair: &&[&str]| pair[0].contains(&format!("`{verb} --json`"));
    let table = tables.chunks(2).find(is_of_verb)?;
    let row = |row: &str| {
        let (field, meaning) = row.trim_matches('|').split_once(" | ").expect("two cells");
        (field.trim().to_owned(), meaning.trim().to_owned())
    };
    let fields = table[1].lines().skip(2).map(row).collect();
    Some(Fields { intro: format!("{general}\n\n{}", table[0]), fields })
}
