//! Sizes and durations as they are typed.
//!
//! Owns how they are read and shown, `off` included. The arithmetic of units is that of `parse-size` and
//! `humantime`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// The largest size of what is held in memory at once: it must fit a `usize` on every target.
const BOUNDED_BYTES_MAX: u64 = u32::MAX as u64;
const SIZE_UNITS: [(&str, u64); 3] = [("G", 1 << 30), ("M", 1 << 20), ("K", 1 << 10)];

/// A number of bytes, or `off` for no bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size(Option<u64>);

impl Size {
    pub fn of(bytes: u64) -> Self {
        Size(Some(bytes))
    }

    /// `None` is `off`.
    pub fn bytes(self) -> Option<u64> {
        self.0
    }
}

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "off" {
            return Ok(Size(None));
        }
        let units = parse_size::Config::new().with_binary();
        match units.parse_size(text) {
            Ok(bytes) => Ok(Size(Some(bytes))),
            Err(_) => Err("give a number of bytes, such as 4096, 32K, 128M or 1G".to_owned()),
        }
    }
}

/// The largest unit that leaves a whole number.
impl fmt::Display for Size {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(bytes) = self.0 else {
            return formatter.write_str("off");
        };
        match SIZE_UNITS
            .iter()
            .find(|(_, unit)| bytes >= *unit && bytes.is_multiple_of(*unit))
        {
            Some((letter, unit)) => write!(formatter, "{}{letter}", bytes / unit),
            None => write!(formatter, "{bytes}"),
        }
    }
}

/// A size that cannot be switched off, from 1 byte to 4 GiB: what it bounds is held in memory.
pub fn parse_bounded_size(text: &str) -> Result<Size, String> {
    let size: Size = text.parse()?;
    match size.bytes() {
        Some(1..=BOUNDED_BYTES_MAX) => Ok(size),
        Some(_) => Err("give at least 1 and less than 4G".to_owned()),
        None => Err("this limit cannot be switched off".to_owned()),
    }
}

/// A rate in bytes a second below 4 GiB; 0 and `off` are none.
pub fn parse_rate(text: &str) -> Result<Size, String> {
    let size: Size = text.parse()?;
    match size.bytes() {
        Some(0) | None => Ok(Size(None)),
        Some(..=BOUNDED_BYTES_MAX) => Ok(size),
        Some(_) => Err("give less than 4G".to_owned()),
    }
}

/// A duration, or `off` for no deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline(pub Option<Duration>);

impl FromStr for Deadline {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "off" {
            return Ok(Deadline(None));
        }
        match parse_duration(text)? {
            Duration::ZERO => Err("a deadline of nothing leaves no time; give off for none".to_owned()),
            duration => Ok(Deadline(Some(duration))),
        }
    }
}

impl fmt::Display for Deadline {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => formatter.write_str("off"),
            Some(duration) if duration.subsec_nanos() == 0 => write!(formatter, "{}s", duration.as_secs()),
            Some(duration) => write!(formatter, "{}", humantime::format_duration(duration)),
        }
    }
}

/// The path of a request target, as it stands in a request line: visible ASCII behind a slash, query and all.
pub fn parse_path(text: &str) -> Result<String, String> {
    let is_path = text.starts_with('/') && text.bytes().all(|byte| byte.is_ascii_graphic());
    match is_path {
        true => Ok(text.to_owned()),
        false => Err("give a path that begins with a slash, such as /healthz".to_owned()),
    }
}

/// A number of seconds, or one with a unit; at most a year: beyond it `off` is meant.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);
    match seconds(text).or_else(|| humantime::parse_duration(text).ok()) {
        Some(duration) if duration <= YEAR => Ok(duration),
        _ => Err("give a number of seconds, or one with a unit, such as 10, 10s, 500ms or 2m".to_owned()),
    }
}

/// A bare number, as `10` or `0.5`; not what else Rust takes for one (`1e3`, `inf`, `+1`).
fn seconds(text: &str) -> Option<Duration> {
    let is_bare = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let seconds = text.parse().ok().filter(|_| is_bare)?;
    Duration::try_from_secs_f64(seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_powers_of_1024() {
        for (text, bytes) in [
            ("0", 0),
            ("4096", 4096),
            ("32K", 32 << 10),
            ("1.5M", 3 << 19),
            ("2GiB", 2 << 30),
        ] {
            assert_eq!(text.parse(), Ok(Size::of(bytes)), "{text}");
        }
        assert_eq!("off".parse(), Ok(Size(None)));
        for wrong in ["", "K", "-1", "1Q", "99999999999999999999G", "1 2 x"] {
            assert!(wrong.parse::<Size>().is_err(), "{wrong:?} was taken");
        }
    }

    #[test]
    fn sizes_are_shown_as_they_are_typed() {
        for text in ["0", "100", "32K", "1536K", "128M", "2G", "off"] {
            assert_eq!(text.parse::<Size>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_held_in_memory_keeps_its_bound() {
        assert_eq!(parse_bounded_size("8K"), Ok(Size::of(8192)));
        for wrong in ["0", "off", "4G", "-1"] {
            assert!(parse_bounded_size(wrong).is_err(), "{wrong:?} was taken");
        }
    }

    #[test]
    fn a_rate_of_nothing_is_none() {
        assert_eq!(parse_rate("0"), Ok(Size(None)));
        assert_eq!(parse_rate("off"), Ok(Size(None)));
        assert_eq!(parse_rate("1K"), Ok(Size::of(1024)));
        assert!(parse_rate("8G").is_err());
    }

    #[test]
    fn deadlines_are_seconds_or_have_a_unit_or_are_off() {
        for (text, milliseconds) in [("10", 10_000), ("0.5", 500), ("1m 30s", 90_000), ("250ms", 250)] {
            let duration = Duration::from_millis(milliseconds);
            assert_eq!(text.parse(), Ok(Deadline(Some(duration))), "{text}");
        }
        assert_eq!("off".parse(), Ok(Deadline(None)));
        for wrong in [
            "",
            ".",
            "0",
            "0s",
            "-1",
            "-1s",
            "+1",
            "1e3",
            "inf",
            "10 parsecs",
            "9999999999y",
            "9999999999",
        ] {
            assert!(wrong.parse::<Deadline>().is_err(), "{wrong:?} was taken");
        }
    }

    #[test]
    fn deadlines_are_shown_as_they_are_typed() {
        for text in ["75s", "250ms", "off"] {
            assert_eq!(text.parse::<Deadline>().unwrap().to_string(), text);
        }
    }
}
