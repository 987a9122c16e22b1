//! Weights of what a client accepts.
//!
//! Owns their grammar. Never refuses a request: what is malformed says nothing. Called by: `folder`.

/// An element and its weight in thousandths (RFC 9110 section 12.4.2); a weight that is none counts as 0.
pub(crate) fn weighted(element: &[u8]) -> (&[u8], u16) {
    let mut parts = element.split(|&byte| byte == b';').map(<[u8]>::trim_ascii);
    let name = parts.next().unwrap_or_default();
    let mut weights = parts.filter_map(|parameter| {
        let (b'q' | b'Q', rest) = parameter.split_first()? else {
            return None;
        };
        rest.trim_ascii_start().strip_prefix(b"=")
    });
    (name, weights.next().map_or(1000, weight))
}

fn weight(value: &[u8]) -> u16 {
    let value = value.trim_ascii();
    let (whole, decimals) = match value.split_first() {
        Some((whole @ (b'0' | b'1'), [])) => (whole, &[][..]),
        Some((whole @ (b'0' | b'1'), [b'.', decimals @ ..])) => (whole, decimals),
        _ => return 0,
    };
    if decimals.len() > 3 || !decimals.iter().all(u8::is_ascii_digit) {
        return 0;
    }
    let mut weight = u16::from(whole - b'0');
    for place in 0..3 {
        let digit = decimals.get(place).map_or(0, |digit| digit - b'0');
        weight = weight * 10 + u16::from(digit);
    }
    weight.min(1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights() {
        for (element, expected) in [
            ("gzip", 1000),
            ("gzip;q=1", 1000),
            ("gzip ; q=0.5", 500),
            ("gzip;q=0.125", 125),
            ("gzip;Q=0", 0),
            ("gzip;q=1.000", 1000),
            ("gzip;q=1.5", 1000),
            ("gzip;q=2", 0),
            ("gzip;q=", 0),
            ("gzip;q=0.1234", 0),
            ("gzip;q=-1", 0),
            ("gzip;level=1;q=0.2", 200),
        ] {
            assert_eq!(
                weighted(element.as_bytes()),
                (&b"gzip"[..], expected),
                "{element}"
            );
        }
    }
}
