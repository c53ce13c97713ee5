//! The beginnings of answers, as the second version of the protocol has them.

use crate::remote::engine::deadline_stream::of_connection;
use crate::remote::engine::fault::RemoteFault;
use std::io::{BufRead, Read};

/// Bytes of the longest line that is read.
const LONGEST_LINE: u64 = 4096;

/// The beginning of an answer: the bytes of a bulk value and the elements of an array come after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RedisReply {
    /// `+OK`
    Status(String),
    /// `-ERR …`
    Error(String),
    /// `:1`
    Integer(i64),
    /// `$5`, the length of a value that follows, and `$-1`, no value.
    Bulk(Option<u64>),
    /// `*2`, the number of answers that follow, and `*-1`, no array.
    Array(Option<u64>),
}

/// Reads one line of an answer.
///
/// # Errors
/// When it is none, or does not come.
pub fn read_reply(reader: &mut impl BufRead) -> Result<RedisReply, RemoteFault> {
    let mut line = Vec::new();
    let mut bounded = reader.take(LONGEST_LINE);
    bounded.read_until(b'\n', &mut line).map_err(|error| of_connection(&error))?;
    let Some(line) = line.strip_suffix(b"\r\n") else {
        return Err(match line.len() as u64 {
            LONGEST_LINE => garbage("a line without an end"),
            _ if line.ends_with(b"\n") => garbage("a line that ends in LF alone"),
            _ => RemoteFault::Unreachable("the connection ended early".to_owned()),
        });
    };
    let text = std::str::from_utf8(line).map_err(|_| garbage("a line that is no text"))?;
    let Some((kind, rest)) = text.split_at_checked(1) else {
        return Err(garbage("an empty line"));
    };
    Ok(match kind {
        "+" => RedisReply::Status(rest.to_owned()),
        "-" => RedisReply::Error(rest.to_owned()),
        ":" => RedisReply::Integer(rest.parse().map_err(|_| garbage("no number after a colon"))?),
        "$" => RedisReply::Bulk(length(rest)?),
        "*" => RedisReply::Array(length(rest)?),
        _ => return Err(garbage("a line that is no answer of Redis")),
    })
}

fn length(text: &str) -> Result<Option<u64>, RemoteFault> {
    if text == "-1" {
        return Ok(None);
    }
    let number = text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()));
    number.map(Some).ok_or_else(|| garbage("a length that is no number"))
}

fn garbage(what: &str) -> RemoteFault {
    RemoteFault::Garbage(what.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(mut bytes: &[u8]) -> Result<RedisReply, RemoteFault> {
        read_reply(&mut bytes)
    }

    #[test]
    fn each_kind_of_answer_is_read() {
        for (bytes, reply) in [
            ("+OK\r\n", RedisReply::Status("OK".into())),
            ("+\r\n", RedisReply::Status(String::new())),
            ("-ERR no\r\n", RedisReply::Error("ERR no".into())),
            (":-7\r\n", RedisReply::Integer(-7)),
            ("$12\r\n", RedisReply::Bulk(Some(12))),
            ("$-1\r\n", RedisReply::Bulk(None)),
            ("*2\r\n", RedisReply::Array(Some(2))),
        ] {
            assert_eq!(read(bytes.as_bytes()), Ok(reply), "{bytes}");
        }
    }

    #[test]
    fn what_is_no_answer_is_told_from_a_connection_that_ends() {
        for bytes in ["\r\n", "HTTP/1.1 400\r\n", "$x\r\n", "$+1\r\n", "$-2\r\n", ":\r\n", "+OK\n"]
        {
            assert!(matches!(read(bytes.as_bytes()), Err(RemoteFault::Garbage(_))), "{bytes}");
        }
        let endless = vec![b'+'; 1 << 20];
        assert!(matches!(read(&endless), Err(RemoteFault::Garbage(_))));
        for cut in ["", "$1", "+OK\r"] {
            assert!(matches!(read(cut.as_bytes()), Err(RemoteFault::Unreachable(_))), "{cut}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_an_answer_or_a_fault(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            let mut rest = &bytes[..];
            if read_reply(&mut rest).is_ok() {
                prop_assert!(bytes[..bytes.len() - rest.len()].ends_with(b"\r\n"));
            }
        }
    }
}
