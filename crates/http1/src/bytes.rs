//! Sets of bytes that the grammars are made of.
//!
//! Owns tables that are built at compile time, so that judging a byte is one load.

/// A set of bytes.
pub(crate) struct ByteSet([bool; 256]);

/// `tchar` (RFC 9110 section 5.6.2).
pub(crate) static TOKEN: ByteSet = ByteSet::alphanumeric_and(b"!#$%&'*+-.^_`|~");

/// `unreserved / sub-delims` (RFC 3986 section 2) without the comma; see `host`.
pub(crate) static REGISTERED_NAME: ByteSet = ByteSet::alphanumeric_and(b"-._~!$&'()*+;=");

/// The visible ASCII characters that a request target may hold: all but `#` (RFC 9112 section 3.2).
pub(crate) static TARGET: ByteSet = ByteSet::alphanumeric_and(b"!\"$%&'()*+,-./:;<=>?@[\\]^_`{|}~");

impl ByteSet {
    const fn alphanumeric_and(others: &[u8]) -> ByteSet {
        let mut table = [false; 256];
        let mut byte = 0;
        while byte < 256 {
            table[byte] = (byte as u8).is_ascii_alphanumeric();
            byte += 1;
        }
        let mut index = 0;
        while index < others.len() {
            table[others[index] as usize] = true;
            index += 1;
        }
        ByteSet(table)
    }

    pub fn contains(&self, byte: u8) -> bool {
        self.0[usize::from(byte)]
    }

    pub fn contains_all(&self, bytes: &[u8]) -> bool {
        bytes.iter().all(|&byte| self.contains(byte))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sets_are_those_of_the_grammars() {
        for byte in 0..=u8::MAX {
            let is_delimiter = b"\"(),/:;<=>?@[\\]{}".contains(&byte);
            assert_eq!(
                TOKEN.contains(byte),
                byte.is_ascii_graphic() && !is_delimiter,
                "{byte}"
            );
            let is_reserved = b"\"#%,/:<>?@[\\]^`{|}".contains(&byte);
            assert_eq!(
                REGISTERED_NAME.contains(byte),
                byte.is_ascii_graphic() && !is_reserved,
                "{byte}"
            );
            assert_eq!(
                TARGET.contains(byte),
                byte.is_ascii_graphic() && byte != b'#',
                "{byte}"
            );
        }
    }
}
