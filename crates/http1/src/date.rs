//! The `date` field's value, rendered at most once a second.
//!
//! Owns the line with the 29 bytes of an IMF-fixdate (RFC 9110 section 5.6.7). Never reads a clock: time is passed in.
//! Called by: whoever writes a response.

use std::io::Write;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use httpdate::HttpDate;

/// Around the date in a field line.
const START: &[u8; 6] = b"date: ";
const END: &[u8; 2] = b"\r\n";
const DATE_BYTES: usize = 29;
const LINE_BYTES: usize = START.len() + DATE_BYTES + END.len();

/// The last second an IMF-fixdate can name: the end of the year 9999.
const SECONDS_MAX: u64 = 253_402_300_799;

/// A date as it stands in a field: `Sun, 06 Nov 1994 08:49:37 GMT`.
#[derive(Clone, Debug)]
pub struct Date {
    seconds: u64,
    line: [u8; LINE_BYTES],
}

impl Date {
    /// The date of `now`; a time before 1970 or after 9999 gives the nearest that can be written.
    pub fn new(now: SystemTime) -> Self {
        let seconds = seconds_since_epoch(now);
        Date {
            seconds,
            line: render(seconds),
        }
    }

    /// Moves on to `now`. Cheap within the same second.
    pub fn update(&mut self, now: SystemTime) {
        let seconds = seconds_since_epoch(now);
        if seconds != self.seconds {
            *self = Date {
                seconds,
                line: render(seconds),
            };
        }
    }

    /// The field value.
    pub fn as_bytes(&self) -> &[u8] {
        &self.line[START.len()..START.len() + DATE_BYTES]
    }

    /// The field line.
    pub fn line(&self) -> &[u8] {
        &self.line
    }
}

fn seconds_since_epoch(now: SystemTime) -> u64 {
    now.duration_since(UNIX_EPOCH)
        .map_or(0, |duration| duration.as_secs())
        .min(SECONDS_MAX)
}

fn render(seconds: u64) -> [u8; LINE_BYTES] {
    let mut line = [b' '; LINE_BYTES];
    let (start, rest) = line.split_at_mut(START.len());
    let (bytes, end) = rest.split_at_mut(DATE_BYTES);
    start.copy_from_slice(START);
    let date = HttpDate::from(UNIX_EPOCH + Duration::from_secs(seconds));
    // An IMF-fixdate has exactly 29 bytes, so that the write cannot fall short.
    let _ = write!(&mut bytes[..], "{date}");
    end.copy_from_slice(END);
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn renders_the_example_of_rfc_9110() {
        assert_eq!(
            Date::new(at(784_111_777)).as_bytes(),
            b"Sun, 06 Nov 1994 08:49:37 GMT"
        );
    }

    #[test]
    fn update_moves_on_and_back() {
        let mut date = Date::new(at(0));
        assert_eq!(date.as_bytes(), b"Thu, 01 Jan 1970 00:00:00 GMT");
        date.update(at(1));
        assert_eq!(date.as_bytes(), b"Thu, 01 Jan 1970 00:00:01 GMT");
        date.update(at(1) + Duration::from_millis(999));
        assert_eq!(date.as_bytes(), b"Thu, 01 Jan 1970 00:00:01 GMT");
        date.update(at(0));
        assert_eq!(date.as_bytes(), b"Thu, 01 Jan 1970 00:00:00 GMT");
    }

    #[test]
    fn times_that_cannot_be_written_give_the_nearest() {
        assert_eq!(
            Date::new(UNIX_EPOCH - Duration::from_secs(1)).as_bytes(),
            b"Thu, 01 Jan 1970 00:00:00 GMT"
        );
        assert_eq!(
            Date::new(at(SECONDS_MAX + 1)).as_bytes(),
            b"Fri, 31 Dec 9999 23:59:59 GMT"
        );
    }
}
