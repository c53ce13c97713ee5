//! Adds the route to a result to the marker of its key, after the result was pushed.
//!
//! Of two machines that do so at the same moment one overwrites the other. What is lost is a hint: the first route of a
//! marker leads to all results of its kind.

use super::note::OutgoingRoute;
use crate::remote::child::{RemoteAnswer, RemoteOperation, Transfer};
use crate::remote::engine::{PutCondition, RemoteFault};
use crate::remote::name::ObjectName;
use crate::remote::pack::marker::{Marker, RemoteTombstone};
use crate::remote::sealed::ObjectKind;
use crate::remote::sealed::reader::{SealedObject, Unverified};
use crate::remote::sealed::writer::SealedWriter;
use crate::remote::secret::keys::Secrets;
use std::fs::File;
use std::io::{self, BufWriter};
use std::path::Path;
use std::time::Duration;

/// Bytes of the longest object that a marker can be.
const BOUND: u64 = 32 << 20;

/// A marker is of use for longer than one result: this long at least, if it is not to stay for ever.
const SHORTEST_LIFETIME: Duration = Duration::from_hours(7 * 24);

/// Adds a route to the marker, unless it is there. `lifetime_millis` is that of the result.
pub(super) fn add_route(
    transfer: &Transfer,
    secrets: &Secrets,
    route: &OutgoingRoute,
    lifetime_millis: Option<u64>,
    directory: &Path,
) -> Result<(), RemoteFault> {
    let name: ObjectName = route.marker.parse().map_err(RemoteFault::local)?;
    let Some(known) = marker_there(transfer, secrets, &name, directory)? else { return Ok(()) };
    let mut marker = known.clone();
    marker.add(route.route.clone());
    if marker == known {
        return Ok(());
    }
    let object = seal(&marker, &name, secrets, directory).map_err(RemoteFault::local)?;
    let length = object.metadata().map_err(RemoteFault::local)?.len();
    let shortest = u64::try_from(SHORTEST_LIFETIME.as_millis()).unwrap_or(u64::MAX);
    let put = RemoteOperation::Put {
        length,
        condition: PutCondition::Replace,
        lifetime_millis: lifetime_millis.map(|lifetime| lifetime.max(shortest)),
    };
    transfer.run(name.as_str(), put, &object).map(|_| ())
}

/// The marker that lies there, or an empty one; `None` if a result lies there, which holds whatever a marker would ask.
fn marker_there(
    transfer: &Transfer,
    secrets: &Secrets,
    name: &ObjectName,
    directory: &Path,
) -> Result<Option<Marker>, RemoteFault> {
    let file = tempfile::tempfile_in(directory).map_err(RemoteFault::local)?;
    match transfer.run(name.as_str(), RemoteOperation::Get { bound: BOUND }, &file) {
        Ok(RemoteAnswer::Found { .. }) => {}
        // Who may only write adds what he knows.
        Ok(_) | Err(RemoteFault::Unauthorized(_) | RemoteFault::TooLarge { .. }) => {
            return Ok(Some(Marker::default()));
        }
        Err(fault) => return Err(fault),
    }
    let read = SealedObject::verify(file, name, secrets).and_then(|object| match object.kind {
        ObjectKind::Marker => Marker::read(object).map(Some),
        ObjectKind::Tombstone => RemoteTombstone::read(object)
            .map(|it| Some(Marker { cleared: Some(it.cleared), ..Marker::default() })),
        ObjectKind::Pack => Ok(None),
    });
    match read {
        Ok(marker) => Ok(marker),
        Err(Unverified::Refused(refusal)) => Ok(refusal.may_be_replaced().then(Marker::default)),
        Err(Unverified::Unreadable(fault)) => Err(RemoteFault::local(fault)),
    }
}

fn seal(
    marker: &Marker,
    name: &ObjectName,
    secrets: &Secrets,
    directory: &Path,
) -> io::Result<File> {
    let out = BufWriter::new(tempfile::tempfile_in(directory)?);
    let mut sealed = SealedWriter::new(out, ObjectKind::Marker, name, secrets)?;
    io::Write::write_all(&mut sealed, &marker.encode())?;
    sealed.finish()?.into_inner().map_err(io::IntoInnerError::into_error)
}
