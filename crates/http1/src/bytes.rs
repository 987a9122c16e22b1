//! Sets of bytes that the grammars are made of.
//!
//! Owns tables that are built at compile time, so that judging a byte is one load. Never knows what a byte means.
//! Called by: whatever judges bytes.

/// A set of bytes.
pub(crate) struct ByteSet([bool; 256]);

/// `tchar` (RFC 9110 section 5.6.2).
pub(crate) static TOKEN: ByteSet = ByteSet::alphanumeric_and(b"!#$%&'*+-.^_`|~");

/// `unreserved / sub-delims` (RFC 3986 section 2) without the comma; see `host`.
pub(crate) static REGISTERED_NAME: ByteSet = ByteSet::alphanumeric_and(b"-._~!$&'()*+;=");

/// What the bytes of a request target were seen to be, all in one pass.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct TargetBytes(u8);

/// Not visible ASCII, or `#` (RFC 9112 section 3.2).
const FORBIDDEN: u8 = 1;
/// Written otherwise by the URL standard in a path, in a query or in both: percent-encoded, or `/` for a backslash.
const ESCAPED: u8 = 2;
/// What a segment of dots is made of: a dot, or the percent sign of one.
const DOTS: u8 = 4;

static TARGET: [u8; 256] = target_table();

const fn target_table() -> [u8; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = match byte as u8 {
            b'#' | 0..=b' ' | 0x7f.. => FORBIDDEN,
            b'"' | b'<' | b'>' | b'`' | b'{' | b'}' | b'\\' | b'\'' => ESCAPED,
            b'.' | b'%' => DOTS,
            _ => 0,
        };
        byte += 1;
    }
    table
}

impl TargetBytes {
    /// Looks at a target; `None`: it holds a byte that no target may hold.
    pub fn of(target: &[u8]) -> Option<TargetBytes> {
        let seen = target
            .iter()
            .fold(0, |seen, &byte| seen | TARGET[usize::from(byte)]);
        (seen & FORBIDDEN == 0).then_some(TargetBytes(seen))
    }

    pub fn has_escaped(self) -> bool {
        self.0 & ESCAPED != 0
    }

    pub fn has_dots(self) -> bool {
        self.0 & DOTS != 0
    }
}

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
                TargetBytes::of(&[byte]).is_some(),
                byte.is_ascii_graphic() && byte != b'#',
                "{byte}"
            );
        }
    }
}
