//! Objects by GET, PUT, HEAD and DELETE.
//!
//! An object that must not be overwritten is looked for first, since not all servers know `If-None-Match`, and since that
//! costs less than to send it in vain.

use super::agent::agent;
use super::errors::{header, of_answer, of_error, of_io};
use crate::remote::engine::access::{
    Deleted, FoundObject, PutCondition, PutDone, PutTerms, RemoteEngine, TransferLimits,
};
use crate::remote::engine::clock::read_date;
use crate::remote::engine::fault::RemoteFault;
use crate::remote::url::RemoteUrl;
use crate::time::Timestamp;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use ureq::http::{HeaderValue, Request, Response, request};
use ureq::{Agent, AsSendBody, Body, SendBody};

/// Bytes that are moved at a time.
const CHUNK: usize = 64 << 10;

/// How requests say who asks.
pub enum HttpLogin {
    /// They do not.
    Nobody,
    /// By this header, which is never shown.
    Authorization(HeaderValue),
}

/// A server.
pub struct HttpStore {
    agent: Agent,
    /// The scheme, the host and the path that all names are below of.
    base: String,
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
        let scheme = if url.is_encrypted { "https" } else { "http" };
        let base = format!("{scheme}://{}:{}{}", url.bracketed_host(), url.port, url.path);
        Ok(Self { agent: agent(url.is_encrypted, ca, limits)?, base, login })
    }

    fn request(&self, method: &str, name: &str) -> request::Builder {
        let mut request = Request::builder().method(method).uri(format!("{}/{name}", self.base));
        if let HttpLogin::Authorization(value) = &self.login {
            request = request.header("authorization", value);
        }
        request
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
        let answer = self.run(self.request("HEAD", name), ())?;
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
    ) -> Result<Option<FoundObject>, RemoteFault> {
        let answer = self.run(self.request("GET", name), ())?;
        match answer.status().as_u16() {
            200 => {}
            404 | 410 => return Ok(None),
            _ => return Err(of_answer(answer)),
        }
        let now = read_date(header(answer.headers(), "date"))?;
        let body = answer.into_body();
        if body.content_length().is_some_and(|length| length > bound) {
            return Err(RemoteFault::TooLarge { bound });
        }
        let length = copy(&mut body.into_reader(), sink, bound)?;
        Ok(Some(FoundObject { now, length }))
    }

    fn put(
        &mut self,
        name: &str,
        body: &File,
        length: u64,
        terms: PutTerms,
    ) -> Result<PutDone, RemoteFault> {
        let mut request = self.request("PUT", name).header("content-length", length);
        if terms.condition == PutCondition::IfAbsent {
            if self.head(name)?.0 {
                return Ok(PutDone::AlreadyThere);
            }
            request = request.header("if-none-match", "*");
        }
        let mut body = FromStart { file: body, at: 0, length };
        let answer = self.run(request, SendBody::from_reader(&mut body))?;
        match answer.status().as_u16() {
            200 | 201 | 202 | 204 => Ok(PutDone::Stored),
            409 | 412 if terms.condition == PutCondition::IfAbsent => Ok(PutDone::AlreadyThere),
            _ => Err(of_answer(answer)),
        }
    }

    fn delete(&mut self, name: &str) -> Result<Deleted, RemoteFault> {
        let answer = self.run(self.request("DELETE", name), ())?;
        match answer.status().as_u16() {
            200 | 202 | 204 => Ok(Deleted::Gone),
            404 | 410 => Ok(Deleted::Absent),
            _ => Err(of_answer(answer)),
        }
    }

    fn now(&mut self, name: &str) -> Result<Timestamp, RemoteFault> {
        let (_, answer) = self.head(name)?;
        read_date(header(answer.headers(), "date"))
    }
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
