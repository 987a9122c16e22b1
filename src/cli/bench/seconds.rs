//! How long load lasts, as a number of seconds.

use std::time::Duration;

/// At most an hour.
pub fn parse_seconds(text: &str) -> Result<Duration, String> {
    let seconds = text
        .parse()
        .ok()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    match seconds {
        Some(seconds) if !seconds.is_zero() && seconds <= Duration::from_secs(3600) => Ok(seconds),
        _ => Err("give a number of seconds, at most 3600".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_a_number_that_makes_sense() {
        assert_eq!(parse_seconds("0.2"), Ok(Duration::from_millis(200)));
        for wrong in ["", "0", "-1", "nan", "1e9", "1s"] {
            assert!(parse_seconds(wrong).is_err(), "{wrong:?} was taken");
        }
    }
}
