//! Commands, and the values that travel with them.
//!
//! Everything that a request needs is sent at once, so that a look-up takes one round trip. A user needs the rights
//! `+get +set +del +time`, and `+select` for another database than the first.

use super::reply::{RedisReply, read_reply};
use crate::remote::engine::access::{
    Deleted, GetDone, PutCondition, PutDone, PutTerms, RemoteEngine, TransferLimits,
};
use crate::remote::engine::deadline_stream::{DeadlineStream, of_connection};
use crate::remote::engine::fault::RemoteFault;
use crate::remote::engine::trusted_roots::roots;
use crate::remote::url::RemoteUrl;
use crate::time::Timestamp;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

/// What all keys of ours begin with, so that an ACL can name them: `~cachex:*`.
const PREFIX: &str = "cachex:";

/// Bytes that are moved at a time.
const CHUNK: usize = 64 << 10;

/// A connection, by TLS or not.
trait ByteStream: Read + Write {}
impl<C: Read + Write> ByteStream for C {}

/// A connection to a server. Its replies come in the order of the commands.
pub struct Redis {
    stream: BufReader<Box<dyn ByteStream>>,
    /// The greeting, which is sent with the first command.
    greeting: Vec<u8>,
    greetings: usize,
}

impl Redis {
    /// Connects.
    ///
    /// # Errors
    /// When there is no connection.
    pub fn connect(
        url: &RemoteUrl,
        token: Option<&str>,
        ca: Option<&Path>,
        limits: TransferLimits,
    ) -> Result<Self, RemoteFault> {
        let stream = DeadlineStream::connect(&url.host, url.port, limits)?;
        let stream: Box<dyn ByteStream> =
            if url.is_encrypted { Box::new(encrypted(stream, url, ca)?) } else { Box::new(stream) };
        let (mut greeting, mut greetings) = (Vec::new(), 0);
        if let Some(password) = url.password.as_deref().or(token) {
            let user = url.user.as_deref().filter(|user| !user.is_empty());
            let words = ["AUTH"].into_iter().chain(user).chain([password]);
            append_command(&mut greeting, words.map(str::as_bytes));
            greetings += 1;
        }
        if let Some(database) = url.database().filter(|database| *database != 0) {
            let database = database.to_string();
            append_command(&mut greeting, [&b"SELECT"[..], database.as_bytes()].into_iter());
            greetings += 1;
        }
        Ok(Self { stream: BufReader::with_capacity(CHUNK, stream), greeting, greetings })
    }

    /// Sends the greeting, if it has not been sent yet, and these commands. Their answers have to be read.
    fn send(&mut self, commands: &[&[&[u8]]]) -> Result<(), RemoteFault> {
        let mut bytes = std::mem::take(&mut self.greeting);
        for words in commands {
            append_command(&mut bytes, words.iter().copied());
        }
        self.write(&bytes)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), RemoteFault> {
        let stream = self.stream.get_mut();
        let written = stream.write_all(bytes).and_then(|()| stream.flush());
        written.map_err(|error| of_connection(&error))
    }

    /// Reads the answers to the greeting, then the beginning of one more. An error is a fault.
    fn reply(&mut self) -> Result<RedisReply, RemoteFault> {
        while self.greetings > 0 {
            self.one_reply()?;
            self.greetings -= 1;
        }
        self.one_reply()
    }

    fn one_reply(&mut self) -> Result<RedisReply, RemoteFault> {
        match read_reply(&mut self.stream)? {
            RedisReply::Error(text) => Err(of_error(&text)),
            reply => Ok(reply),
        }
    }

    /// Reads the answer to TIME: seconds and microseconds.
    fn time(&mut self) -> Result<Timestamp, RemoteFault> {
        let reply = self.reply()?;
        if reply != RedisReply::Array(Some(2)) {
            return Err(unexpected(&reply));
        }
        let (seconds, micros) = (self.number()?, self.number()?);
        let millis = seconds.checked_mul(1000).and_then(|millis| millis.checked_add(micros / 1000));
        millis
            .map(Timestamp::from_millis)
            .ok_or_else(|| RemoteFault::Garbage("an impossible time".to_owned()))
    }

    /// Reads a short value that is a number.
    fn number(&mut self) -> Result<i64, RemoteFault> {
        let reply = self.one_reply()?;
        let RedisReply::Bulk(Some(length @ 1..=20)) = reply else {
            return Err(unexpected(&reply));
        };
        let mut digits = Vec::new();
        self.value(&mut digits, length)?;
        let number = std::str::from_utf8(&digits).ok().and_then(|digits| digits.parse().ok());
        number.ok_or_else(|| RemoteFault::Garbage("a time that is no number".to_owned()))
    }

    /// Moves a value of that length into the sink.
    fn value(&mut self, sink: &mut dyn Write, length: u64) -> Result<(), RemoteFault> {
        let mut left = length;
        while left > 0 {
            let bytes = self.stream.fill_buf().map_err(|error| of_connection(&error))?;
            if bytes.is_empty() {
                return Err(RemoteFault::Unreachable("the connection ended early".to_owned()));
            }
            let taken = bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            sink.write_all(&bytes[..taken]).map_err(RemoteFault::local)?;
            self.stream.consume(taken);
            left -= taken as u64;
        }
        let mut end = [0; 2];
        self.stream.read_exact(&mut end).map_err(|error| of_connection(&error))?;
        if end == *b"\r\n" {
            Ok(())
        } else {
            Err(RemoteFault::Garbage("a value that does not end where it should".to_owned()))
        }
    }

    fn send_value(&mut self, body: &File, length: u64) -> Result<(), RemoteFault> {
        let mut chunk = vec![0; CHUNK];
        let mut sent = 0;
        while sent < length {
            let most = CHUNK.min(usize::try_from(length - sent).unwrap_or(CHUNK));
            let read = body.read_at(&mut chunk[..most], sent).map_err(RemoteFault::local)?;
            if read == 0 {
                return Err(RemoteFault::local("the object is shorter than it was"));
            }
            self.write(&chunk[..read])?;
            sent += read as u64;
        }
        Ok(())
    }
}

impl RemoteEngine for Redis {
    fn get(
        &mut self,
        name: &str,
        sink: &mut dyn Write,
        bound: u64,
    ) -> Result<GetDone, RemoteFault> {
        self.send(&[&[b"TIME"], &[b"GET", key(name).as_bytes()]])?;
        let now = self.time()?;
        match self.reply()? {
            RedisReply::Bulk(None) => Ok(GetDone::Absent { now: Some(now) }),
            RedisReply::Bulk(Some(length)) if length > bound => {
                Err(RemoteFault::TooLarge { bound })
            }
            RedisReply::Bulk(Some(length)) => {
                self.value(sink, length)?;
                Ok(GetDone::Found { now, length })
            }
            other => Err(unexpected(&other)),
        }
    }

    fn put(
        &mut self,
        name: &str,
        body: &File,
        length: u64,
        terms: PutTerms,
    ) -> Result<PutDone, RemoteFault> {
        let key = key(name);
        let millis = terms.lifetime.map(|lifetime| lifetime.as_millis().max(1).to_string());
        let mut options: Vec<&[u8]> = Vec::new();
        if terms.condition == PutCondition::IfAbsent {
            options.push(b"NX");
        }
        if let Some(millis) = &millis {
            options.extend([&b"PX"[..], millis.as_bytes()]);
        }
        let mut head = std::mem::take(&mut self.greeting);
        append_head(&mut head, 3 + options.len());
        append_word(&mut head, b"SET");
        append_word(&mut head, key.as_bytes());
        head.extend_from_slice(format!("${length}\r\n").as_bytes());
        let mut tail = b"\r\n".to_vec();
        for option in options {
            append_word(&mut tail, option);
        }
        let sent = self
            .write(&head)
            .and_then(|()| self.send_value(body, length))
            .and_then(|()| self.write(&tail));
        if let Err(fault @ (RemoteFault::Unreachable(_) | RemoteFault::Timeout(_))) = sent {
            // A server that refuses a value ends the connection, and may have said why.
            return match self.reply() {
                Err(
                    refusal @ (RemoteFault::Refused(_)
                    | RemoteFault::Unauthorized(_)
                    | RemoteFault::TooLargeThere(_)),
                ) => Err(refusal),
                _ => Err(fault),
            };
        }
        sent?;
        match self.reply()? {
            RedisReply::Status(_) => Ok(PutDone::Stored),
            RedisReply::Bulk(None) => Ok(PutDone::AlreadyThere),
            other => Err(unexpected(&other)),
        }
    }

    fn delete(&mut self, name: &str) -> Result<Deleted, RemoteFault> {
        self.send(&[&[b"DEL", key(name).as_bytes()]])?;
        match self.reply()? {
            RedisReply::Integer(0) => Ok(Deleted::Absent),
            RedisReply::Integer(_) => Ok(Deleted::Gone),
            other => Err(unexpected(&other)),
        }
    }

    fn now(&mut self, _: &str) -> Result<Timestamp, RemoteFault> {
        self.send(&[&[b"TIME"]])?;
        self.time()
    }
}

fn key(name: &str) -> String {
    format!("{PREFIX}{name}")
}

fn append_command<'w>(bytes: &mut Vec<u8>, words: impl Iterator<Item = &'w [u8]> + Clone) {
    append_head(bytes, words.clone().count());
    words.for_each(|word| append_word(bytes, word));
}

fn append_head(bytes: &mut Vec<u8>, words: usize) {
    bytes.extend_from_slice(format!("*{words}\r\n").as_bytes());
}

fn append_word(bytes: &mut Vec<u8>, word: &[u8]) {
    bytes.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
    bytes.extend_from_slice(word);
    bytes.extend_from_slice(b"\r\n");
}

fn unexpected(reply: &RedisReply) -> RemoteFault {
    RemoteFault::Garbage(format!("an answer to another question: {reply:?}"))
}

/// The fault that an error of the server is, by its first word.
fn of_error(text: &str) -> RemoteFault {
    // It may quote the words of the command: a password.
    let text = text.split(", with args").next().unwrap_or_default();
    let said: String = text.chars().filter(|c| !c.is_control()).take(200).collect();
    match text.split(' ').next().unwrap_or_default() {
        "NOAUTH" | "WRONGPASS" | "NOPERM" => RemoteFault::Unauthorized(said),
        // This is how a server without users takes a password.
        "ERR" if text.contains("AUTH") => RemoteFault::Unauthorized(said),
        "LOADING" | "BUSY" | "MASTERDOWN" | "CLUSTERDOWN" | "TRYAGAIN" => {
            RemoteFault::Failing(said)
        }
        "MOVED" | "ASK" => RemoteFault::Refused(
            "it is part of a cluster: name a server or a proxy that has all keys".to_owned(),
        ),
        "ERR" if text.contains("invalid bulk length") => RemoteFault::TooLargeThere(said),
        _ => RemoteFault::Refused(said),
    }
}

fn encrypted(
    stream: DeadlineStream,
    url: &RemoteUrl,
    ca: Option<&Path>,
) -> Result<StreamOwned<ClientConnection, DeadlineStream>, RemoteFault> {
    let refused = |error: &dyn std::fmt::Display| RemoteFault::Unreachable(format!("TLS: {error}"));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| refused(&error))?
        .with_root_certificates(roots(ca)?)
        .with_no_client_auth();
    let name = ServerName::try_from(url.host.clone()).map_err(|error| refused(&error))?;
    let connection =
        ClientConnection::new(Arc::new(config), name).map_err(|error| refused(&error))?;
    let mut stream = StreamOwned::new(connection, stream);
    let agreed = stream.conn.complete_io(&mut stream.sock);
    agreed.map_err(|error| match of_connection(&error) {
        RemoteFault::Unreachable(what) => refused(&what),
        fault => fault,
    })?;
    Ok(stream)
}
