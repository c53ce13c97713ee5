//! Which fault a status or an error of the client is.

use crate::remote::engine::clock::{read_date, read_retry_after};
use crate::remote::engine::deadline_stream::of_connection;
use crate::remote::engine::fault::RemoteFault;
use std::io::{self, Read};
use ureq::http::{HeaderMap, Response, StatusCode};
use ureq::{Body, Error, Timeout};

/// Bytes of the body of a refusal that are looked at.
const REFUSAL: u64 = 4096;

/// The value of a header, if it is text.
pub fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

/// The fault that an answer is which does not say yes.
pub fn of_answer(answer: Response<Body>) -> RemoteFault {
    let status = answer.status();
    let wait = header(answer.headers(), "retry-after").map(str::to_owned);
    let now = read_date(header(answer.headers(), "date"));
    let retry_after = now.ok().and_then(|now| read_retry_after(wait.as_deref(), now));
    let code = reason(answer);
    let text = match &code {
        Some(code) => format!("{} {code}", status.as_u16()),
        None => status.to_string(),
    };
    match status.as_u16() {
        401 | 403 | 407 => RemoteFault::Unauthorized(text),
        // S3 says so of a session that is over.
        400 if code.as_ref().is_some_and(|code| code.contains("Token")) => {
            RemoteFault::Unauthorized(text)
        }
        413 => RemoteFault::TooLargeThere(text),
        400 if code.as_deref() == Some("EntityTooLarge") => RemoteFault::TooLargeThere(text),
        429 => RemoteFault::Throttled { retry_after },
        503 if wait.is_some() || code.as_deref() == Some("SlowDown") => {
            RemoteFault::Throttled { retry_after }
        }
        300..=399 => RemoteFault::Refused(format!(
            "{text}: no redirect is followed, the remote has to be named by its last address"
        )),
        400..=499 | 501 | 505 | 507 => RemoteFault::Refused(text),
        500..=599 => RemoteFault::Failing(text),
        _ => RemoteFault::Garbage(format!("the status {text}")),
    }
}

/// Whether it is only the object that is not there, and not the place for it.
pub fn check_absence(answer: Response<Body>) -> Result<(), RemoteFault> {
    match reason(answer).as_deref() {
        Some("NoSuchBucket") => Err(RemoteFault::Refused(
            "404 NoSuchBucket: there is no bucket of that name".to_owned(),
        )),
        _ => Ok(()),
    }
}

/// The code that S3 gives in the body of a refusal: `<Code>AccessDenied</Code>`.
fn reason(answer: Response<Body>) -> Option<String> {
    if answer.status() == StatusCode::OK {
        return None;
    }
    let mut text = Vec::new();
    // What cannot be read says nothing.
    let _ = answer.into_body().into_reader().take(REFUSAL).read_to_end(&mut text);
    let text = String::from_utf8_lossy(&text);
    let (_, rest) = text.split_once("<Code>")?;
    let (code, _) = rest.split_once("</Code>")?;
    let is_code = code.len() <= 60 && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_code.then(|| code.to_owned())
}

/// The fault that an error of the client is.
pub fn of_error(error: &Error) -> RemoteFault {
    match error {
        Error::Io(error) => of_io(error),
        Error::Timeout(step) => RemoteFault::Timeout(too_slow(*step).to_owned()),
        Error::HostNotFound | Error::ConnectionFailed | Error::ConnectProxyFailed(_) => {
            RemoteFault::Unreachable(error.to_string())
        }
        Error::Rustls(error) => RemoteFault::Unreachable(format!("TLS: {error}")),
        Error::Tls(error) => RemoteFault::Unreachable(format!("TLS: {error}")),
        _ => RemoteFault::Garbage(error.to_string()),
    }
}

fn too_slow(step: Timeout) -> &'static str {
    match step {
        Timeout::Resolve | Timeout::Connect => "no connection in time",
        Timeout::PerRead => "no answer in time",
        Timeout::PerWrite => "it takes nothing in time",
        _ => "the time for the transfer is over",
    }
}

/// The fault that an error in mid-body is.
pub fn of_io(error: &io::Error) -> RemoteFault {
    if let Some(error) = error.get_ref() {
        if let Some(error) = error.downcast_ref::<Error>() {
            return of_error(error);
        }
        if let Some(error) = error.downcast_ref::<rustls::Error>() {
            return RemoteFault::Unreachable(format!("TLS: {error}"));
        }
    }
    of_connection(error)
}
