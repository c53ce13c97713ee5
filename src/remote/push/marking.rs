//! Adds the route to a result to the marker of its key, after the result was pushed.
//!
//! Of two machines that do so at the same moment one overwrites the other. What is lost is a hint: the first route of a
//! marker leads to all results of its kind. A clearing is not lost: it is looked for after the marker was put.

use super::note::OutgoingRoute;
use super::small_objects::SmallObjects;
use super::tombstone::last_clearing;
use crate::remote::engine::RemoteFault;
use crate::remote::name::ObjectName;
use crate::remote::pack::marker::{Marker, RemoteTombstone};
use crate::remote::sealed::ObjectKind;
use crate::remote::sealed::reader::Unverified;
use std::time::Duration;

/// Bytes of the longest object that a marker can be.
const BOUND: u64 = 32 << 20;

/// A marker is of use for longer than one result: this long at least, if it is not to stay for ever.
const SHORTEST_LIFETIME: Duration = Duration::from_hours(7 * 24);

/// Adds a route to the marker, unless it is there. `lifetime_millis` is that of the result.
pub(super) fn add_route(
    objects: &SmallObjects<'_>,
    first: &ObjectName,
    route: &OutgoingRoute,
    lifetime_millis: Option<u64>,
) -> Result<(), RemoteFault> {
    let Some(known) = marker_there(objects, first, route.replaces)? else { return Ok(()) };
    let mut marker = known.clone();
    marker.add(route.route.clone());
    let shortest = u64::try_from(SHORTEST_LIFETIME.as_millis()).unwrap_or(u64::MAX);
    let lifetime_millis = lifetime_millis.map(|lifetime| lifetime.max(shortest));
    let mut is_there = marker == known;
    loop {
        if !is_there {
            objects.put(first, ObjectKind::Marker, &marker.encode(), lifetime_millis)?;
        }
        let cleared = last_clearing(objects, first)?;
        if cleared <= marker.cleared {
            return Ok(());
        }
        (marker.cleared, is_there) = (cleared, false);
    }
}

/// The marker that lies there, or an empty one; `None` if a result lies there, which holds whatever a marker would ask,
/// unless the marker `replaces` it: the call has found it to be of no use.
fn marker_there(
    objects: &SmallObjects<'_>,
    first: &ObjectName,
    replaces: bool,
) -> Result<Option<Marker>, RemoteFault> {
    let empty = Some(Marker::default());
    let found = match objects.get(first, BOUND) {
        Ok(found) => found.object,
        // Who may only write adds what he knows.
        Err(RemoteFault::Unauthorized(_)) => return Ok(empty),
        // Only a result is as long.
        Err(RemoteFault::TooLarge { .. }) => return Ok(empty.filter(|_| replaces)),
        Err(fault) => return Err(fault),
    };
    let Some(found) = found else { return Ok(empty) };
    let read = found.and_then(|object| match object.kind {
        ObjectKind::Marker => Marker::read(object).map(Some),
        ObjectKind::Tombstone => RemoteTombstone::read(object)
            .map(|it| Some(Marker { cleared: Some(it.cleared), ..Marker::default() })),
        ObjectKind::Pack => Ok(empty.clone().filter(|_| replaces)),
    });
    match read {
        Ok(marker) => Ok(marker),
        Err(Unverified::Refused(refusal)) => Ok(empty.filter(|_| refusal.may_be_replaced())),
        Err(Unverified::Unreadable(fault)) => Err(RemoteFault::local(fault)),
    }
}
