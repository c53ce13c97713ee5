//! Clearings: which commands were cleared, so that a run in flight does not bring its result back.
//!
//! Words may be secret, so they are noted as digests that are keyed with the secret of the store.

use crate::entry::NewEntry;
use crate::key::{CommandName, KeyPart, decode_words, encode_words};
use crate::store::error::StoreError;
use crate::store::handle::Store;
use crate::store::query::call_pattern::{CallPattern, Matching, as_typed, whole};
use crate::store::query::parts;
use crate::store::query::selection::Selection;
use crate::store::sqlite::notes::{NoteKind, Notes};
use crate::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// The number of clearings that a store had had at some moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clearings {
    count: u64,
    /// The secret of the store. A store that began anew has another one.
    secret: Option<Vec<u8>>,
}

/// The most clearings that are kept. If there were more during a run, its command counts as cleared.
const REMEMBERED: u64 = 1000;

impl Store {
    /// How many clearings there have been so far.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn clearings(&self) -> Result<Clearings, StoreError> {
        let (last, secret) = self.database.read(
            |pages| Ok((pages.last_name(NoteKind::Cleared)?, pages.note(NoteKind::Secret, &[])?)),
            |connection| {
                Ok((Notes::of(connection, NoteKind::Cleared).last_name()?, secret(connection)?))
            },
        )?;
        Ok(Clearings { count: number_of_last(last)?, secret })
    }

    /// When a call of this command was last cleared, however often it ran since; `None` if that is not known. `is_vague`:
    /// some of its words are not known.
    ///
    /// # Errors
    /// As SQLite.
    pub fn last_clearing(
        &self,
        name: &CommandName,
        scope: &str,
        is_vague: bool,
    ) -> Result<Option<Timestamp>, StoreError> {
        let connection = self.database.connection()?;
        let notes = Notes::of(connection, NoteKind::Cleared);
        let cleared = notes.after(&[])?;
        if cleared.is_empty() {
            return Ok(None);
        }
        let call = RunningCall::new(connection, name, is_vague)?;
        let is_meant = |value: &[u8]| call.is_meant_by(value, scope);
        let last = cleared.iter().rev().find(|(_, value)| is_meant(value));
        let note = last.map(|(number, _)| notes.find(number)).transpose()?.flatten();
        Ok(note.map(|note| note.at))
    }
}

fn secret(connection: &Connection) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(Notes::of(connection, NoteKind::Secret).find(&[])?.map(|secret| secret.value))
}

/// The last note always stays, and its number is the count.
fn count(connection: &Connection) -> Result<u64, StoreError> {
    number_of_last(Notes::of(connection, NoteKind::Cleared).last_name()?)
}

/// The number of the last clearing, from its name; 0 if there was none.
fn number_of_last(name: Option<Vec<u8>>) -> Result<u64, StoreError> {
    let bytes = name.map_or(Ok([0; 8]), TryInto::try_into);
    let damaged = |_| StoreError::Damaged("a clearing has no number".to_owned());
    bytes.map(u64::from_be_bytes).map_err(damaged)
}

/// Notes what is about to be cleared. A selection by date is not noted: a run in flight is too young for it.
pub fn remember(connection: &Connection, selection: &Selection) -> Result<(), StoreError> {
    if !selection.is_of_any_date() {
        return Ok(());
    }
    let scope = selection.scope.as_deref();
    let mut count = count(connection)?;
    let mut put = |cleared: ClearedCalls| {
        count = count.saturating_add(1);
        let notes = Notes::of(connection, NoteKind::Cleared);
        notes.put(&count.to_be_bytes(), Timestamp::now(), &cleared.encoded())
    };
    match &selection.calls {
        None if let Some(id) = selection.number => {
            call_of(connection, id)?.map_or(Ok(()), put)?;
        }
        None => put(ClearedCalls { words: None, scope: scope.map(str::to_owned) })?,
        Some(calls) => {
            for CallPattern { name, matching, .. } in as_typed(calls) {
                let digests = digests(connection, [name.program().to_vec(), whole(&name)])?;
                let [program, words] = digests.try_into().unwrap_or_default();
                let open_ended = matching == Matching::StartingWith;
                let words = Some(ClearedWords { program, words, open_ended });
                put(ClearedCalls { words, scope: scope.map(str::to_owned) })?;
            }
        }
    }
    let old = count.saturating_sub(REMEMBERED);
    Notes::of(connection, NoteKind::Cleared).forget_until(&old.to_be_bytes())
}

/// The call of the entry with this id, as one that is cleared.
fn call_of(connection: &Connection, id: i64) -> Result<Option<ClearedCalls>, StoreError> {
    let sql = "SELECT command.name, entry.arguments, command.scope
               FROM entry JOIN command ON command.id = entry.command WHERE entry.id = ?1";
    let row = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
    let found: Option<(Vec<u8>, Vec<u8>, String)> =
        connection.query_row(sql, [id], row).optional()?;
    let Some((name, arguments, scope)) = found else { return Ok(None) };
    let whole = [name, arguments].concat();
    let program = decode_words(&whole).unwrap_or_default();
    let program = encode_words(program.iter().take(1).map(OsString::as_os_str));
    let [program, words] = digests(connection, [program, whole])?.try_into().unwrap_or_default();
    let words = ClearedWords { program, words, open_ended: false };
    Ok(Some(ClearedCalls { words: Some(words), scope: Some(scope) }))
}

/// Whether a command was cleared since then.
pub fn was_cleared(
    connection: &Connection,
    since: &Clearings,
    new: &NewEntry<'_>,
    name: &CommandName,
) -> Result<bool, StoreError> {
    let now = count(connection)?;
    // All clearings of a store that began anew came later.
    let is_same = secret(connection)? == since.secret;
    let since = if is_same { since.count } else { 0 };
    if now == since {
        return Ok(false);
    }
    if now.saturating_sub(since) > REMEMBERED {
        return Ok(true);
    }
    let call = RunningCall::new(connection, name, !new.ignored.is_empty())?;
    let later = Notes::of(connection, NoteKind::Cleared).after(&since.to_be_bytes())?;
    Ok(later.iter().any(|(_, value)| call.is_meant_by(value, new.scope)))
}

/// The calls that one clearing removed.
#[derive(Debug, PartialEq, Eq)]
struct ClearedCalls {
    /// `None` for everything.
    words: Option<ClearedWords>,
    /// `None` for all.
    scope: Option<String>,
}

/// Words that were cleared, as digests.
#[derive(Debug, PartialEq, Eq)]
struct ClearedWords {
    program: Vec<u8>,
    words: Vec<u8>,
    /// Whether calls with more words were cleared as well.
    open_ended: bool,
}

impl ClearedCalls {
    /// Flags for the fields that are present, followed by these fields.
    fn encoded(&self) -> Vec<u8> {
        let words = self.words.as_ref();
        let open_ended = words.is_some_and(|words| words.open_ended);
        let there = [words.is_some(), open_ended, self.scope.is_some()].map(u8::from);
        let scope = self.scope.as_deref().unwrap_or_default().as_bytes();
        let (program, words) =
            words.map_or((&[][..], &[][..]), |words| (&words.program, &words.words));
        encode_words([&there, program, words, scope].map(OsStr::from_bytes))
    }

    /// `None` for bytes that cachex never wrote.
    fn decoded(bytes: &[u8]) -> Option<Self> {
        let [there, program, words, scope] = decode_words(bytes)?.try_into().ok()?;
        let [has_words, open_ended, has_scope] = there.as_bytes().try_into().ok()?;
        let words = ClearedWords {
            program: program.into_vec(),
            words: words.into_vec(),
            open_ended: open_ended == 1,
        };
        let scope = scope.into_string().ok()?;
        Some(Self {
            words: (has_words == 1).then_some(words),
            scope: (has_scope == 1).then_some(scope),
        })
    }
}

/// The call whose result is to be stored.
struct RunningCall {
    program: Vec<u8>,
    /// All beginnings of its words, the whole last.
    beginnings: Vec<Vec<u8>>,
    /// Whether some of its words are not known. If so, every clearing of its program counts.
    is_vague: bool,
}

impl RunningCall {
    fn new(
        connection: &Connection,
        name: &CommandName,
        is_vague: bool,
    ) -> Result<Self, StoreError> {
        let words = decode_words(&whole(name)).unwrap_or_default();
        let beginning = |count| encode_words(words.iter().take(count).map(OsString::as_os_str));
        let beginnings = digests(connection, (1..=words.len()).map(beginning))?;
        let program = digests(connection, [name.program().to_vec()])?.concat();
        Ok(Self { program, beginnings, is_vague })
    }

    /// Whether a noted clearing was about this call in this scope. One that cannot be read may have been.
    fn is_meant_by(&self, note: &[u8], of_call: &str) -> bool {
        ClearedCalls::decoded(note).is_none_or(|ClearedCalls { words, scope }| {
            scope.is_none_or(|scope| scope == of_call)
                && words.is_none_or(|words| self.is_meant(&words))
        })
    }

    /// Whether a clearing of these words was about this call.
    fn is_meant(&self, ClearedWords { program, words, open_ended }: &ClearedWords) -> bool {
        self.is_vague && *program == self.program
            || *open_ended && self.beginnings.contains(words)
            || self.beginnings.last() == Some(words)
    }
}

/// Words as they are noted.
fn digests(
    connection: &Connection,
    words: impl IntoIterator<Item = Vec<u8>>,
) -> Result<Vec<Vec<u8>>, StoreError> {
    let parts: Vec<_> = words.into_iter().map(|words| KeyPart::new("cleared", words)).collect();
    let keyed = parts::keyed(connection, &parts)?;
    Ok(keyed.into_iter().map(|part| part.digest.to_vec()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words() -> impl Strategy<Value = Option<ClearedWords>> {
        let digest = || proptest::collection::vec(any::<u8>(), 8);
        let words = (digest(), digest(), any::<bool>());
        proptest::option::of(words.prop_map(|(program, words, open_ended)| ClearedWords {
            program,
            words,
            open_ended,
        }))
    }

    proptest! {
        #[test]
        fn a_clearing_survives_encoding(words in words(), scope in proptest::option::of(".*")) {
            let cleared = ClearedCalls { words, scope };
            prop_assert_eq!(ClearedCalls::decoded(&cleared.encoded()), Some(cleared));
        }
    }
}
