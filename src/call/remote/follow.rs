//! From a marker to the result: what it asks for is looked at, and one of its routes is taken.

use super::exchange::{AskingFault, Exchange};
use crate::call::context::Call;
use crate::call::prepare::Prepared;
use crate::call::remote_state::SharedCall;
use crate::entry::Condition;
use crate::inputs::{InputShape, SeenInputs, TraceTerms, observe_here};
use crate::key::Digest;
use crate::remote::{Marker, Namespace, ObjectName, ResultRoute, encode_route, short_name};
use crate::stdin::Stdin;
use crate::time::Timestamp;
use std::fs::File;

/// What a result that was looked for has to hold for.
#[derive(Default)]
pub(super) struct ExpectedResult {
    /// What came through standard input, if that decides.
    pub(super) stdin: Option<Condition>,
    /// What is found at the paths that the run asked for.
    pub(super) inputs: Option<SeenInputs>,
}

/// An object that a marker has led to.
pub(super) struct RoutedObject {
    pub(super) name: ObjectName,
    pub(super) object: File,
    pub(super) expected: ExpectedResult,
}

impl Call<'_> {
    /// The object that a marker leads to, if there is one. Only one is asked for: the one that the marker knows of, or the
    /// likeliest.
    ///
    /// # Errors
    /// When the remote does not answer, or standard input has to be read and cannot be.
    pub(super) fn follow(
        &self,
        shared: &SharedCall,
        exchange: &Exchange<'_>,
        prepared: &mut Prepared,
        namespace: &Namespace,
        marker: Marker,
    ) -> Result<Option<RoutedObject>, AskingFault> {
        let lengths = marker.routes.iter().filter_map(|route| route.stdin);
        if let Some(longest) = lengths.max() {
            let stdin = std::mem::replace(&mut prepared.stdin, Stdin::Absent);
            let directory = || self.may_take_stdin().then_some(prepared.store.directory());
            prepared.stdin = stdin.look_ahead_to(longest, directory)?;
        }
        let Some((bytes, expected)) = choose_route(shared, prepared, marker) else {
            return Ok(None);
        };
        let name = shared.conditional(namespace, &bytes);
        shared.asked.borrow_mut().push(name.clone());
        let object = exchange.get(&name)?;
        Ok(object.map(|object| RoutedObject { name, object, expected }))
    }
}

fn choose_route(
    shared: &SharedCall,
    prepared: &Prepared,
    marker: Marker,
) -> Option<(Vec<u8>, ExpectedResult)> {
    let stdin = prepared.stdin.condition_now();
    let mut likeliest = None;
    for ResultRoute { stdin: length, shape, known } in marker.routes {
        let stdin = stdin.filter(|_| length.is_some());
        if length.is_some() != stdin.is_some() || shape.is_some() != shared.traced.is_some() {
            continue;
        }
        let (inputs, digest) = match shape {
            None => (None, None),
            Some(shape) => match look_at_inputs(shared, prepared, shape) {
                Some((inputs, digest)) => (Some(inputs), Some(digest)),
                None => continue,
            },
        };
        let bytes = encode_route(&shared.stdin, stdin, digest);
        let is_known = known.contains(&short_name(&bytes));
        let chosen = Some((bytes, ExpectedResult { stdin, inputs }));
        if is_known {
            return chosen;
        }
        likeliest = likeliest.or(chosen);
    }
    likeliest
}

/// What is found here at the paths that runs elsewhere asked for.
fn look_at_inputs(
    shared: &SharedCall,
    prepared: &Prepared,
    shape: Vec<u8>,
) -> Option<(SeenInputs, Digest)> {
    let (terms, places) = shared.traced.as_ref()?;
    let shape = InputShape::decode(shape)?;
    let secret = prepared.store.secret().ok()?;
    prepared.store.release_read_lock();
    let terms = TraceTerms { now: Timestamp::now(), ..terms.clone() };
    let observed = observe_here(&shape, &terms, places, &secret)?;
    Some((observed.seen, observed.digest))
}
