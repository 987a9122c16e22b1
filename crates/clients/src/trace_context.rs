//! Which trace a request belongs to (W3C Trace Context, section 3.2).
//!
//! Owns the form of `traceparent`. Never changes or makes one: it passes to the program as it came. Called by: the request log.

/// The header field that says it.
pub const TRACEPARENT: &str = "traceparent";

/// Version, trace, parent and flags, each in hexadecimal digits.
const LENGTHS: [usize; 4] = [2, 32, 16, 2];
/// So long is a value of version 00; later ones may go on behind a dash.
const LENGTH: usize = 55;

/// The trace that the value of a field names; `None`: it is to be ignored.
pub fn trace_id(value: &[u8]) -> Option<&str> {
    let value = std::str::from_utf8(value).ok()?;
    let is_whole = match value.as_bytes().get(LENGTH) {
        None => value.len() == LENGTH,
        Some(next) => *next == b'-' && !value.starts_with("00"),
    };
    if !is_whole {
        return None;
    }
    let mut parts = value.splitn(5, '-');
    let mut found = [""; 4];
    for (part, length) in found.iter_mut().zip(LENGTHS) {
        *part = parts.next()?;
        // Section 3.2.2: upper case is not allowed.
        let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if part.len() != length || !part.bytes().all(is_hex) {
            return None;
        }
    }
    let [version, trace, parent, _] = found;
    let is_zero = |part: &str| part.bytes().all(|byte| byte == b'0');
    (version != "ff" && !is_zero(trace) && !is_zero(parent)).then_some(trace)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

    #[test]
    fn the_trace_is_the_second_part() {
        for value in [
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00",
            "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-comes-later",
        ] {
            assert_eq!(trace_id(value.as_bytes()), Some(TRACE), "{value}");
        }
    }

    #[test]
    fn what_is_not_of_the_form_is_ignored() {
        for value in [
            "",
            "00",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0x",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01.more",
            "00-4bf92f3577b34da6a3ce929d0e0e473-600f067aa0ba902b7-01",
            "00\u{e4}4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        ] {
            assert_eq!(trace_id(value.as_bytes()), None, "{value}");
        }
        assert_eq!(trace_id(&[0xff; LENGTH]), None);
    }
}
