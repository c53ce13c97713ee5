//! The clock, and durations as people write and read them.
//!
//! Nothing else in the crate asks the system for the date.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A moment, in milliseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The present, by the system's wall clock.
    pub fn now() -> Self {
        SystemTime::now().into()
    }

    /// The moment `millis` milliseconds after the epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the epoch.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// How long ago this was at `now`; `None` when it lies in the future.
    pub fn age_at(self, now: Self) -> Option<Duration> {
        u64::try_from(now.0.checked_sub(self.0)?).ok().map(Duration::from_millis)
    }
}

impl From<SystemTime> for Timestamp {
    /// Times before the epoch are mapped to the epoch.
    fn from(time: SystemTime) -> Self {
        time.duration_since(UNIX_EPOCH)
            .map_or(Self(0), |since| Self(i64::try_from(since.as_millis()).unwrap_or(i64::MAX)))
    }
}

/// How long a result is fresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lifetime {
    /// For this long; zero means never.
    For(Duration),
    /// For ever.
    Unlimited,
}

impl Lifetime {
    /// Never fresh.
    pub const ZERO: Self = Self::For(Duration::ZERO);

    /// Whether a result of this age is still fresh.
    pub fn covers(self, age: Duration) -> bool {
        match self {
            Self::For(limit) => age < limit,
            Self::Unlimited => true,
        }
    }
}

impl FromStr for Lifetime {
    type Err = String;

    /// Reads `none`, a number of seconds (`90`, `1.5`), or units (`1d`, `1.5 days`, `1h 30min`).
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if text.eq_ignore_ascii_case("none") {
            return Ok(Self::Unlimited);
        }
        parse_duration(text).map(Self::For)
    }
}

impl fmt::Display for Lifetime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::For(duration) => f.write_str(&brief(*duration)),
            Self::Unlimited => f.write_str("none"),
        }
    }
}

fn parse_duration(text: &str) -> Result<Duration, String> {
    if text.starts_with('-') {
        return Err("a duration cannot be negative".to_owned());
    }
    let bare_number = text.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        && text.bytes().any(|b| b.is_ascii_digit());
    let duration = if bare_number {
        let seconds: f64 = text.parse().map_err(|_| "not a number of seconds".to_owned())?;
        Duration::try_from_secs_f64(seconds).ok()
    } else {
        Some(humantime::parse_duration(text).map_err(|_| DURATION_HINT.to_owned())?)
    };
    duration
        .filter(|d| i64::try_from(d.as_millis()).is_ok())
        .ok_or_else(|| "too long; use none for no limit".to_owned())
}

const DURATION_HINT: &str = "expected seconds (90, 1.5), units (1h 30min, 1.5 days), 0 or none";

/// A duration in its one or two largest units, for people: `350ms`, `4.2s`, `5m`, `3h`, `12d`.
pub fn brief(duration: Duration) -> String {
    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    const DAY: u64 = 24 * HOUR;
    let seconds = duration.as_secs();
    match seconds {
        0 => format!("{}ms", duration.as_millis()),
        1..10 => format!("{}.{}s", seconds, duration.subsec_millis() / 100),
        10..MINUTE => format!("{seconds}s"),
        MINUTE..HOUR => two_units(seconds / MINUTE, "m", seconds % MINUTE, "s"),
        HOUR..DAY => two_units(seconds / HOUR, "h", seconds % HOUR / MINUTE, "m"),
        _ => two_units(seconds / DAY, "d", seconds % DAY / HOUR, "h"),
    }
}

/// The smaller unit is left out once the larger one makes it negligible.
fn two_units(large: u64, large_unit: &str, small: u64, small_unit: &str) -> String {
    if small == 0 || large >= 10 {
        format!("{large}{large_unit}")
    } else {
        format!("{large}{large_unit}{small}{small_unit}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(text: &str) -> f64 {
        match text.parse::<Lifetime>() {
            Ok(Lifetime::For(duration)) => duration.as_secs_f64(),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn durations_are_read_as_people_write_them() {
        for (text, expected) in [
            ("90", 90.0),
            ("1.5", 1.5),
            (".5", 0.5),
            ("1d", 86_400.0),
            ("1.5 days", 129_600.0),
            ("1h23s", 3_623.0),
            ("1h 30min", 5_400.0),
            ("500ms", 0.5),
            ("0", 0.0),
            (" 2m ", 120.0),
        ] {
            assert!((seconds(text) - expected).abs() < 1e-9, "{text}");
        }
        assert_eq!("none".parse(), Ok(Lifetime::Unlimited));
        assert_eq!("0".parse(), Ok(Lifetime::ZERO));
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["banana", "-5", "-1h", "", ".", "1.2.3", "1e9", "5 parsecs", "inf", "NaN"] {
            assert!(text.parse::<Lifetime>().is_err(), "{text}");
        }
        assert!("99999999999999999999".parse::<Lifetime>().is_err());
    }

    #[test]
    fn the_future_has_no_age() {
        let now = Timestamp::from_millis(10_000);
        assert_eq!(Timestamp::from_millis(9_000).age_at(now), Some(Duration::from_secs(1)));
        assert_eq!(Timestamp::from_millis(10_001).age_at(now), None);
    }

    #[test]
    fn a_lifetime_ends_at_its_limit() {
        let hour = Lifetime::For(Duration::from_hours(1));
        assert!(hour.covers(Duration::from_millis(3_599_999)));
        assert!(!hour.covers(Duration::from_hours(1)));
        assert!(!Lifetime::ZERO.covers(Duration::ZERO));
        assert!(Lifetime::Unlimited.covers(Duration::MAX));
    }

    #[test]
    fn people_see_the_one_or_two_largest_units() {
        for (millis, text) in [
            (0, "0ms"),
            (999, "999ms"),
            (1_000, "1.0s"),
            (4_250, "4.2s"),
            (9_999, "9.9s"),
            (10_000, "10s"),
            (59_999, "59s"),
            (60_000, "1m"),
            (65_000, "1m5s"),
            (599_000, "9m59s"),
            (605_000, "10m"),
            (3_599_000, "59m"),
            (3_600_000, "1h"),
            (5_460_000, "1h31m"),
            (45_000_000, "12h"),
            (86_399_000, "23h"),
            (86_400_000, "1d"),
            (90_000_000, "1d1h"),
            (867_600_000, "10d"),
        ] {
            assert_eq!(brief(Duration::from_millis(millis)), text);
        }
    }

    #[test]
    fn a_lifetime_is_shown_as_it_can_be_typed() {
        assert_eq!(Lifetime::For(Duration::from_secs(90)).to_string(), "1m30s");
        assert_eq!(Lifetime::Unlimited.to_string(), "none");
    }

    #[test]
    fn a_time_before_the_epoch_becomes_the_epoch() {
        let at = |millis| UNIX_EPOCH + Duration::from_millis(millis);
        assert_eq!(Timestamp::from(at(1_500)).as_millis(), 1_500);
        let before = UNIX_EPOCH - Duration::from_secs(1);
        assert_eq!(Timestamp::from(before).as_millis(), 0);
        assert!(Timestamp::now() > Timestamp::from(at(1_000_000_000_000)));
    }
}
