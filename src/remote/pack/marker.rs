//! Markers and tombstones, which are small.
//!
//! A marker lies under the first name of a key where the key alone does not tell which result holds. It says what else has
//! to be known: what comes through standard input, and the answers to the questions of traced runs. Machines whose runs
//! asked other questions have routes of their own. A tombstone says that older results do not count.

use super::fields::{FieldReader, FieldWriter};
use crate::remote::sealed::reader::Unverified;
use crate::remote::sealed::refusal::Refusal;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::io::Read;

/// Bytes of the longest marker. The questions of a large build take about 100 KB.
const LONGEST: u64 = 16 << 20;

/// Bytes of the longest list of questions in a marker.
const LONGEST_SHAPE: usize = 3 << 20;

/// How many routes a marker has. The first ones are those that were used last.
const MOST_ROUTES: usize = 4;

/// How many results a route leads to for certain.
const MOST_KNOWN: usize = 256;

const FORMAT: u8 = 2;

const TOMBSTONE_FORMAT: u8 = 1;

/// What has to be known before a result can be found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marker {
    /// In the order of asking.
    pub routes: Vec<ResultRoute>,
    /// Results that ended before do not count, by the clock of the engine.
    pub cleared: Option<Timestamp>,
}

/// What leads to results.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResultRoute {
    /// How long the longest standard input is that a result is there for, if it decides.
    pub stdin: Option<u64>,
    /// The questions of a traced run, if runs are traced.
    pub shape: Option<Vec<u8>>,
    /// The [short names](super::route::short_name) of results that are known to be there, the latest first. There may be
    /// more.
    pub known: Vec<u64>,
}

/// Results that ended before do not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RemoteTombstone {
    /// By the clock of the engine.
    pub cleared: Timestamp,
}

impl ResultRoute {
    /// Whether it fits into a marker.
    #[must_use]
    pub fn is_short(&self) -> bool {
        self.shape.as_ref().is_none_or(|shape| shape.len() <= LONGEST_SHAPE)
    }

    fn leads_the_same_way(&self, other: &Self) -> bool {
        self.shape == other.shape && self.stdin.is_some() == other.stdin.is_some()
    }
}

impl Marker {
    /// Adds a route, which is asked first from now on. Those that were not used for long go.
    pub fn add(&mut self, mut route: ResultRoute) {
        let known = self.routes.iter().position(|it| it.leads_the_same_way(&route));
        if let Some(known) = known.map(|at| self.routes.remove(at)) {
            route.stdin = route.stdin.max(known.stdin);
            let older: Vec<_> =
                known.known.into_iter().filter(|name| !route.known.contains(name)).collect();
            route.known.extend(older);
        }
        route.known.truncate(MOST_KNOWN);
        self.routes.insert(0, route);
        self.routes.truncate(MOST_ROUTES);
    }

    /// The bytes of its object.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = FieldWriter::default();
        out.fixed(&[FORMAT, self.cleared.is_some().into()]);
        if let Some(cleared) = self.cleared {
            out.signed(cleared.as_millis());
        }
        out.number(self.routes.len() as u64);
        for ResultRoute { stdin, shape, known } in &self.routes {
            out.fixed(&[stdin.is_some().into(), shape.is_some().into()]);
            if let Some(longest) = stdin {
                out.number(*longest);
            }
            if let Some(shape) = shape {
                out.bytes(shape);
            }
            out.number(known.len() as u64);
            for name in known {
                out.number(*name);
            }
        }
        out.finish()
    }

    /// Reads a marker to its end.
    ///
    /// # Errors
    /// When it is none.
    pub fn read(content: impl Read) -> Result<Self, Unverified> {
        let bytes = read_all(content)?;
        let mut fields = FieldReader::new(&bytes);
        Refusal::check_format(fields.byte()?.into(), FORMAT.into())?;
        let is_cleared = flag(&mut fields)?;
        let cleared = is_cleared.then(|| fields.signed()).transpose()?.map(Timestamp::from_millis);
        let count = fields.count(2)?;
        let routes = (0..count).map(|_| read_route(&mut fields)).collect::<Result<_, _>>()?;
        fields.end()?;
        Ok(Self { routes, cleared })
    }
}

fn read_route(fields: &mut FieldReader<'_>) -> Result<ResultRoute, Refusal> {
    let (has_stdin, has_shape) = (flag(fields)?, flag(fields)?);
    let stdin = has_stdin.then(|| fields.number()).transpose()?;
    let shape = has_shape.then(|| fields.bytes().map(<[u8]>::to_vec)).transpose()?;
    let count = fields.count(size_of::<u64>())?;
    let known = (0..count).map(|_| fields.number()).collect::<Result<_, _>>()?;
    Ok(ResultRoute { stdin, shape, known })
}

impl RemoteTombstone {
    /// More bytes than a sealed one has.
    pub const LONGEST: u64 = 4096;

    /// The bytes of its object.
    #[must_use]
    pub fn encode(self) -> Vec<u8> {
        let mut out = FieldWriter::default();
        out.byte(TOMBSTONE_FORMAT);
        out.signed(self.cleared.as_millis());
        out.finish()
    }

    /// Reads a tombstone to its end.
    ///
    /// # Errors
    /// When it is none.
    pub fn read(content: impl Read) -> Result<Self, Unverified> {
        let bytes = read_all(content)?;
        let mut fields = FieldReader::new(&bytes);
        Refusal::check_format(fields.byte()?.into(), TOMBSTONE_FORMAT.into())?;
        let cleared = Timestamp::from_millis(fields.signed()?);
        fields.end()?;
        Ok(Self { cleared })
    }
}

fn read_all(content: impl Read) -> Result<Vec<u8>, Unverified> {
    let mut bytes = Vec::new();
    content.take(LONGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LONGEST { Err(Refusal::TooLong.into()) } else { Ok(bytes) }
}

fn flag(fields: &mut FieldReader<'_>) -> Result<bool, Refusal> {
    match fields.byte()? {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(Refusal::Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(shape: u8, known: u64) -> ResultRoute {
        ResultRoute { stdin: None, shape: Some(vec![shape]), known: vec![known] }
    }

    #[test]
    fn a_marker_keeps_the_routes_that_were_used_last() {
        let mut marker = Marker::default();
        for (shape, known) in [(1, 1), (2, 2), (1, 3), (1, 1)] {
            marker.add(route(shape, known));
        }
        let [one, two] = &marker.routes[..] else { panic!("{marker:?}") };
        assert_eq!((&one.known[..], &two.known[..]), (&[1, 3][..], &[2][..]));
        for shape in 3..9 {
            marker.add(route(shape, 0));
        }
        assert_eq!(marker.routes.len(), MOST_ROUTES);
        assert_eq!(marker.routes[0].shape, Some(vec![8]));
    }

    #[test]
    fn a_route_knows_only_so_many_results_and_the_longest_input() {
        let mut marker = Marker::default();
        for known in 0..MOST_KNOWN as u64 + 9 {
            marker.add(ResultRoute { stdin: Some(known % 7), shape: None, known: vec![known] });
        }
        let [route] = &marker.routes[..] else { panic!("{marker:?}") };
        assert_eq!((route.stdin, route.known.len()), (Some(6), MOST_KNOWN));
        marker.add(ResultRoute::default());
        assert_eq!(marker.routes.len(), 2, "one that reads nothing is another");
    }
}
