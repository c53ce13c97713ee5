//! Looks at everything that counts. No other module reads the world for the key.
//!
//! An input that cannot be seen is an error that names it; nothing is guessed. No lock is held while anything is read.

use super::code::program::Program;
use super::code::script::find_code;
use super::error::Unreadable;
use super::files::arguments::FileArguments;
use super::files::memory::DigestMemory;
use super::files::named;
use super::files::reading::FileReader;
use super::fingerprint::{CodeFile, FileArgument, Fingerprint, InputText, WorkingDirectory};
use super::hash_with::HashCommands;
use super::observation::Observation;
use super::spec::KeySpec;
use super::words::descriptors::names_a_descriptor;
use super::words::environment::SelectedVariables;
use super::words::ignored::{ArgumentGlob, ArgumentNumbers, marks};
use crate::inherited;
use crate::output_streams::OutputStreams;
use crate::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::path::Path;

/// Looks at everything that counts for running `words`, at `now` or later. `on_progress` is called now and then.
///
/// The memory is locked when this returns, if everything was remembered: a look-up may follow in the same transaction.
///
/// # Errors
/// The first input that cannot be read: nothing may be replayed or stored then.
pub fn observe(
    program: &Program,
    words: &[OsString],
    spec: &KeySpec,
    memory: Option<&dyn DigestMemory>,
    now: Timestamp,
    on_progress: &(dyn Fn() + Sync),
) -> Result<Observation, Unreadable> {
    if let Some(word) = words.iter().skip(1).find(|word| names_a_descriptor(word)) {
        return Err(Unreadable::new(Path::new(word), "it names an open descriptor"));
    }
    let reader = FileReader::new(memory, now, on_progress);
    let hashes = HashCommands::new(&spec.hashes, on_progress);
    let line = CommandWords { words, marks: marks(&spec.ignored, words) };
    let (variable_globs, variables) = variables(spec, &hashes)?;
    let counted_words = line.counted(&hashes)?;
    let (mut surveys, mut files) = (Vec::new(), BTreeMap::new());
    for word in &spec.files {
        let (survey, state) = named::observe(&reader, word, &spec.output_files.named, &hashes)?;
        surveys.push(survey);
        files.insert(word.clone(), state);
    }
    // Last, since it may leave the memory locked.
    let (code, arguments, states) = read(&reader, program, &line, &hashes, spec)?;
    let outputs = spec.output_files.named.patterns().iter();
    let fingerprint = Fingerprint {
        scope: spec.scope.clone(),
        texts: spec.texts.clone(),
        words: counted_words,
        ignored: spec.ignored.iter().map(ArgumentGlob::text).collect(),
        code,
        arguments: states,
        directory: if spec.ignore_directory { None } else { Some(working_directory()?) },
        outputs: OutputStreams::observe(spec.outputs),
        variable_globs,
        variables,
        files,
        pure_environment: spec.pure_environment,
        trace: spec.trace.clone(),
        output_files: outputs.map(|it| it.text().to_owned()).collect(),
        finds_outputs: spec.output_files.finds_written,
        stdin_with: spec.stdin_hash().map(|hash| hash.command.clone()),
        ignored_signals: inherited::ignored_signals(),
        blocked_signals: inherited::blocked_signals(),
        inherited_files: inherited::regular_files(),
    };
    Ok(Observation {
        fingerprint,
        numbers: ArgumentNumbers::new(&line.marks),
        unused_hashes: hashes.into_unused().cloned().collect(),
        surveys,
        arguments,
        files: reader.finish(),
    })
}

/// A command line, and the words of it that count.
struct CommandWords<'c> {
    words: &'c [OsString],
    /// For each word, the glob of `--ignore-arg` that leaves it out, if one does.
    marks: Vec<Option<OsString>>,
}

impl CommandWords<'_> {
    /// The arguments that count, each with its number.
    fn arguments(&self) -> impl Iterator<Item = (usize, &OsStr)> {
        let all = self.words.iter().zip(&self.marks).enumerate().skip(1);
        all.filter(|(_, (_, mark))| mark.is_none()).map(|(number, (word, _))| (number, &**word))
    }

    /// The words as they count.
    fn counted(&self, hashes: &HashCommands<'_>) -> Result<Vec<InputText>, Unreadable> {
        let command = self.words.first().cloned().map(InputText::Exact);
        let arguments = self.arguments().map(|(number, word)| hashes.argument(number, word));
        command.into_iter().map(Ok).chain(arguments).collect()
    }

    /// The arguments that count by their own text.
    fn plain_arguments(&self, hashes: &HashCommands<'_>) -> Vec<&OsStr> {
        let is_plain = |(number, word): &(usize, &OsStr)| !hashes.replace_argument(*number, word);
        self.arguments().filter(is_plain).map(|(_, word)| word).collect()
    }
}

/// The globs that select variables, and each variable that counts.
type Variables = (BTreeSet<OsString>, BTreeMap<OsString, Option<InputText>>);

fn variables(spec: &KeySpec, hashes: &HashCommands<'_>) -> Result<Variables, Unreadable> {
    let selectors = spec.variable_selectors();
    if selectors.is_empty() {
        return Ok(Variables::default());
    }
    let environment: Vec<_> = std::env::vars_os().collect();
    let selected = SelectedVariables::of(&selectors, &environment);
    if let Some(name) = selected.find_double(&environment) {
        return Err(Unreadable::new(Path::new(name), "the variable is set twice"));
    }
    let variable = |(name, value): (OsString, Option<OsString>)| {
        let value = value.map(|value| hashes.variable(&name, &value)).transpose()?;
        Ok((name, value))
    };
    let variables = selected.values.into_iter().map(variable).collect::<Result<_, _>>()?;
    Ok((selected.globs, variables))
}

/// The code that runs, the arguments that name files, and how these count.
type ReadWords = (Vec<CodeFile>, FileArguments, BTreeMap<OsString, FileArgument>);

/// Reads the code and the files among the arguments: small ones first, so that all large ones are recalled at once.
fn read(
    reader: &FileReader<'_>,
    program: &Program,
    line: &CommandWords<'_>,
    hashes: &HashCommands<'_>,
    spec: &KeySpec,
) -> Result<ReadWords, Unreadable> {
    let plain = line.plain_arguments(hashes);
    let mut arguments = FileArguments::survey(&plain)?;
    arguments.leave_out_outputs(&spec.output_files.named);
    // A trace shows which of them are read or run, and which are outputs.
    if spec.output_files.finds_written {
        arguments = FileArguments::default();
    }
    let code = find_code(reader, program, line.words, &plain, &arguments, hashes)?;
    if spec.ignore_file_arguments {
        arguments = FileArguments::default();
    }
    arguments.leave_out(|path| {
        code.contains(path) || spec.files.iter().any(|named| named == path.as_os_str())
    });
    let opened = arguments.open(reader, hashes)?;
    let contents = reader.resolve()?;
    let code = code.complete(reader, &contents);
    if hashes.are_for_files() {
        reader.release_read_lock();
    }
    let states = arguments.complete(opened, reader, &contents, hashes)?;
    Ok((code, arguments, states))
}

fn working_directory() -> Result<WorkingDirectory, Unreadable> {
    let physical = std::env::current_dir().map_err(|error| {
        Unreadable::new(Path::new("."), format!("the working directory: {error}"))
    })?;
    let logical = std::env::var_os("PWD").filter(|pwd| {
        pwd.as_os_str() != physical.as_os_str()
            && Path::new(pwd).is_absolute()
            && std::fs::canonicalize(pwd).is_ok_and(|target| target == physical)
    });
    Ok(WorkingDirectory { physical, logical })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::hash_with::HashWith;
    use crate::key::words::environment::VariableSelector;
    use crate::output_pattern::OutputSpec;
    use crate::output_streams::{OutputRequest, PtyMode};
    use proptest::prelude::*;
    use std::fmt::Debug;

    /// The values of an option, in any order.
    fn shuffled<T: Clone + Debug>(
        words: &[&str],
        parse: impl Fn(&OsStr) -> Result<T, String>,
    ) -> impl Strategy<Value = Vec<T>> {
        let parsed = words.iter().map(|word| parse(OsStr::new(word)));
        Just(parsed.collect::<Result<Vec<_>, _>>().expect("understood")).prop_shuffle()
    }

    prop_compose! {
        fn spec()(
            variables in shuffled(&["HOME", "PATH", "NONE_*", "P*", "NONE"], VariableSelector::parse),
            files in shuffled(&["/none/such", "/none/*", "Cargo.toml"], |word| Ok(word.to_owned())),
            ignored in shuffled(&["--token *", "--tok*", "-v"], ArgumentGlob::parse),
            hashes in shuffled(
                &["arg:1=cat", "arg:a*=cut -c1", "env:HOME=cat", "file:*.toml=head -n1", "stdin=sort"],
                |word| HashWith::parse(word, Ok),
            ),
        ) -> KeySpec {
            KeySpec {
                scope: String::new(),
                texts: Vec::new(),
                variables,
                files,
                ignored,
                hashes,
                pure_environment: false,
                trace: None,
                output_files: OutputSpec::default(),
                ignore_directory: false,
                ignore_file_arguments: false,
                outputs: OutputRequest { pty: PtyMode::Never, warm: true },
            }
            .sorted()
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]

        #[test]
        fn the_order_of_options_does_not_matter(a in spec(), b in spec()) {
            let program = Program::resolve(OsStr::new("sh")).expect("a shell");
            let words = ["sh", "abc", "--token", "x", "Cargo.toml", "-v"].map(OsString::from);
            let key = |spec: &KeySpec| {
                let seen = observe(&program, &words, spec, None, Timestamp::now(), &|| {});
                seen.expect("readable").fingerprint.key()
            };
            prop_assert_eq!(key(&a), key(&b));
        }
    }
}
