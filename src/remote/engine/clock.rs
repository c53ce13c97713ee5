//! The clock of an HTTP server, from the head of its answer.

use super::fault::RemoteFault;
use crate::time::Timestamp;

/// Reads the value of a `Date`. Without one the age of an object is not known.
pub fn read_date(value: Option<&str>) -> Result<Timestamp, RemoteFault> {
    let date = value.and_then(|value| httpdate::parse_http_date(value).ok());
    date.map(Timestamp::from)
        .ok_or_else(|| RemoteFault::Garbage("an answer without its Date".to_owned()))
}

/// Reads the value of a `Retry-After`, in seconds from `now`.
pub fn read_retry_after(value: Option<&str>, now: Timestamp) -> Option<u64> {
    let value = value?.trim();
    value.parse().ok().or_else(|| {
        let then = Timestamp::from(httpdate::parse_http_date(value).ok()?);
        then.age_at(now).map(|_| 0).or_else(|| now.age_at(then).map(|wait| wait.as_secs()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_date_of_an_answer_is_read() {
        let date = read_date(Some("Sun, 06 Nov 1994 08:49:37 GMT")).expect("a date");
        assert_eq!(date.as_millis(), 784_111_777_000);
        for wrong in [None, Some("yesterday"), Some("")] {
            assert!(matches!(read_date(wrong), Err(RemoteFault::Garbage(_))));
        }
    }

    #[test]
    fn a_wait_is_a_number_or_a_date() {
        let now = read_date(Some("Sun, 06 Nov 1994 08:49:37 GMT")).expect("a date");
        assert_eq!(read_retry_after(Some(" 120 "), now), Some(120));
        assert_eq!(read_retry_after(Some("Sun, 06 Nov 1994 08:50:37 GMT"), now), Some(60));
        assert_eq!(read_retry_after(Some("Sun, 06 Nov 1994 08:48:37 GMT"), now), Some(0));
        assert_eq!(read_retry_after(Some("soon"), now), None);
        assert_eq!(read_retry_after(None, now), None);
    }
}
