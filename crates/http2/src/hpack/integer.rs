//! Integers with a prefix (RFC 7541 section 5.1).
//!
//! Owns both directions. Called by: `decoder`, `encoder`.

/// So many bytes behind the prefix are read, which is more than any length here needs.
const MORE_BYTES_MAX: usize = 4;

/// An integer at the start of `input`, whose first byte holds the lowest `prefix` bits of it, and how many bytes it takes.
/// `None`: it breaks off, or is too large.
pub(crate) fn read(input: &[u8], prefix: u8) -> Option<(usize, usize)> {
    let full = (1_usize << prefix) - 1;
    let first = usize::from(*input.first()?) & full;
    if first < full {
        return Some((first, 1));
    }
    let mut value = full;
    for (position, &byte) in input[1..].iter().take(MORE_BYTES_MAX).enumerate() {
        value += usize::from(byte & 0x7f) << (7 * position);
        if byte & 0x80 == 0 {
            return Some((value, position + 2));
        }
    }
    None
}

/// Appends an integer; `first` holds what stands before the prefix.
pub(crate) fn write(out: &mut Vec<u8>, first: u8, prefix: u8, value: usize) {
    let full = (1_usize << prefix) - 1;
    if value < full {
        return out.push(first | value as u8);
    }
    out.push(first | full as u8);
    let mut rest = value - full;
    while rest >= 0x80 {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_standard() {
        // RFC 7541 appendix C.1.
        assert_eq!(read(&[0b1010_1010], 5), Some((10, 1)));
        assert_eq!(read(&[0b0001_1111, 154, 10], 5), Some((1337, 3)));
        assert_eq!(read(&[42], 8), Some((42, 1)));
    }

    #[test]
    fn what_is_written_is_read() {
        for prefix in 4..=8 {
            for value in (0..5000).chain([65_535, 1 << 20, (1 << 28) - 1]) {
                let mut out = Vec::new();
                write(&mut out, 0, prefix, value);
                assert_eq!(
                    read(&out, prefix),
                    Some((value, out.len())),
                    "{value}, {prefix} bits"
                );
                assert_eq!(read(&out[..out.len() - 1], prefix), None);
            }
        }
    }

    #[test]
    fn what_is_too_large_is_refused() {
        assert_eq!(read(&[0xff, 0xff, 0xff, 0xff, 0xff, 0x01], 7), None);
        assert_eq!(read(&[0xff, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01], 7), None);
    }
}
