//! Objects by GET, PUT, HEAD and DELETE.
//!
//! An object that must not be overwritten is looked for first, since not all servers know `If-None-Match`, and since that
//! costs less than to send it in vain.

use super::agent::agent;
use super::errors::{check_absence, header, of_answer, of_error, of_io};
use super::login::HttpLogin;
use crate::remote::engine::access::{
    Deleted, GetDone, PutCondition, PutDone, PutTerms, RemoteEngine, TransferLimits,
};
use crate::remote::engine::clock::read_date;
use crate::remote::engine::fault::RemoteFault;
use crate::remote::url::RemoteUrl;
use crate::time::Timestamp;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use ureq::http::{Request, Response, request};
use ureq::{Agent, AsSendBody, Body, SendBody};

/// Bytes that are moved at a time.
const CHUNK: usize = 64 << 10;

/// An object of which no more bytes are taken is hardly ever there: without its bytes it is looked for first.
const RARE: u64 = 4096;

/// A server.
pub struct HttpStore {
    agent: Agent,
    /// The scheme.
    scheme: &'static str,
    /// The host, with its port if that is not the usual one.
    host: String,
    /// The path that all names are below of.
    path: String,
    login: HttpLogin,
}

impl HttpStore {
    /// Prepares to speak with a server. A connection is made when the first request is.
    ///
    /// # Errors
    /// When something on this machine prevents it.
    pub fn new(
        url: &RemoteUrl,
        login: HttpLogin,
        ca: Option<&Path>,
        limits: TransferLimits,
    ) -> Result<Self, RemoteFault> {
        Ok(Self {
            agent: agent(url.is_encrypted, ca, limits)?,
            scheme: if url.is_encrypted { "https" } else { "http" },
            host: url.host_and_port(),
            path: url.path.clone(),
            login,
        })
    }

    fn request(
        &self,
        method: &str,
        name: &str,
        condition: Option<PutCondition>,
    ) -> Result<request::Builder, RemoteFault> {
        let path = format!("{}/{name}", self.path);
        let uri = format!("{}://{}{path}", self.scheme, self.host);
        let mut request = Request::builder().method(method).uri(uri).header("host", &self.host);
        if condition == Some(PutCondition::IfAbsent) {
            request = request.header("if-none-match", "*");
        }
        self.login.authorize(request, method, &self.host, &path)
    }

    fn run(
        &self,
        request: request::Builder,
        body: impl AsSendBody,
    ) -> Result<Response<Body>, RemoteFault> {
        let request = request.body(body).map_err(RemoteFault::local)?;
        self.agent.run(request).map_err(|error| of_error(&error))
    }

    /// Asks for an object without its body: whether there is one, and the answer's date.
    fn head(&self, name: &str) -> Result<(bool, Response<Body>), RemoteFault> {
        let answer = self.run(self.request("HEAD", name, None)?, ())?;
        match answer.status().as_u16() {
            200 | 204 => Ok((true, answer)),
            404 | 410 => Ok((false, answer)),
            _ => Err(of_answer(answer)),
        }
    }
}

impl RemoteEngine for HttpStore {
    fn get(
        &mut self,
        name: &str,
        sink: &mut dyn Write,
        bound: u64,
    ) -> Result<GetDone, RemoteFault> {
        if bound <= RARE {
            let (is_there, answer) = self.head(name)?;
            if !is_there {
                return Ok(GetDone::Absent { now: date(&answer).ok() });
            }
        }
        let answer = self.run(self.request("GET", name, None)?, ())?;
        match answer.status().as_u16() {
            200 => {}
            404 | 410 => {
                let now = date(&answer).ok();
                return check_absence(answer).map(|()| GetDone::Absent { now });
            }
            _ => return Err(of_answer(answer)),
        }
        let now = date(&answer)?;
        let body = answer.into_body();
        if body.content_length().is_some_and(|length| length > bound) {
            return Err(RemoteFault::TooLarge { bound });
        }
        let length = copy(&mut body.into_reader(), sink, bound)?;
        Ok(GetDone::Found { now, length })
    }

    fn put(
        &mut self,
        name: &str,
        body: &File,
        length: u64,
        terms: PutTerms,
    ) -> Result<PutDone, RemoteFault> {
        let mut condition = terms.condition;
        if condition == PutCondition::IfAbsent && self.head(name)?.0 {
            return Ok(PutDone::AlreadyThere);
        }
        loop {
            let request = self.request("PUT", name, Some(condition))?;
            let request = request.header("content-length", length);
            let mut body = FromStart { file: body, at: 0, length };
            let answer = self.run(request, SendBody::from_reader(&mut body))?;
            match (answer.status().as_u16(), condition) {
                (200 | 201 | 202 | 204, _) => return Ok(PutDone::Stored),
                (409 | 412, PutCondition::IfAbsent) => return Ok(PutDone::AlreadyThere),
                // Some stores know no condition. There was no object a moment ago.
                (501, PutCondition::IfAbsent) => condition = PutCondition::Replace,
                _ => return Err(of_answer(answer)),
            }
        }
    }

    fn delete(&mut self, name: &str) -> Result<Deleted, RemoteFault> {
        let answer = self.run(self.request("DELETE", name, None)?, ())?;
        match answer.status().as_u16() {
            200 | 202 | 204 => Ok(Deleted::Gone),
            404 | 410 => Ok(Deleted::Absent),
            _ => Err(of_answer(answer)),
        }
    }

    fn now(&mut self, name: &str) -> Result<Timestamp, RemoteFault> {
        let (_, answer) = self.head(name)?;
        date(&answer)
    }
}

fn date(answer: &Response<Body>) -> Result<Timestamp, RemoteFault> {
    read_date(header(answer.headers(), "date"))
}

/// Moves a body into the sink. The number of its bytes.
fn copy(body: &mut impl Read, sink: &mut dyn Write, bound: u64) -> Result<u64, RemoteFault> {
    let mut chunk = vec![0; CHUNK];
    let mut moved: u64 = 0;
    loop {
        let read = body.read(&mut chunk).map_err(|error| of_io(&error))?;
        if read == 0 {
            return Ok(moved);
        }
        moved += read as u64;
        if moved > bound {
            return Err(RemoteFault::TooLarge { bound });
        }
        sink.write_all(&chunk[..read]).map_err(RemoteFault::local)?;
    }
}

/// The first bytes of a file, whatever its offset is.
struct FromStart<'f> {
    file: &'f File,
    at: u64,
    length: u64,
}

impl Read for FromStart<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.length - self.at).unwrap_or(usize::MAX);
        let most = buffer.len().min(left);
        let read = self.file.read_at(&mut buffer[..most], self.at)?;
        if read == 0 && most > 0 {
            return Err(io::Error::other("the object is shorter than it was"));
        }
        self.at += read as u64;
        Ok(read)
    }
}
