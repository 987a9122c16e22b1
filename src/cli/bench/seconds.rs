//! How long load lasts, in seconds.

use std::time::Duration;

use crate::cli::values::parse_duration;

/// At most an hour, and not nothing.
pub fn parse_seconds(text: &str) -> Result<Duration, String> {
    match parse_duration(text) {
        Ok(duration) if !duration.is_zero() && duration <= Duration::from_secs(3600) => Ok(duration),
        _ => {
            Err("give a number of seconds, at most 3600; or one with a unit, such as 500ms or 1m".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_a_number_that_makes_sense() {
        for (text, milliseconds) in [("0.2", 200), ("5", 5000), ("1s", 1000), ("500ms", 500)] {
            assert_eq!(
                parse_seconds(text),
                Ok(Duration::from_millis(milliseconds)),
                "{text}"
            );
        }
        for wrong in ["", "0", "-1", "nan", "1e9", "3601", "2h"] {
            assert!(parse_seconds(wrong).is_err(), "{wrong:?} was taken");
        }
    }
}
