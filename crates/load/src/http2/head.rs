//! Header blocks (RFC 7541): that of the request, made once, and the status in that of an answer.
//!
//! Owns their bytes. A request's fields are literals that join the server's table with the first request of a connection, and
//! are one byte each from then on, as those of a browser; a server that keeps no table gets literals. The server is told to
//! keep no table for its answers, so that each says its status by itself. Called by: the client beside.

use crate::error::LoadError;

/// What a table holds unless its owner says otherwise (RFC 9113 section 6.5.2).
const TABLE_BYTES: u32 = 4096;
/// RFC 7541 section 4.1.
const ENTRY_OVERHEAD: usize = 32;
/// RFC 7541 section 2.3.3: the newest field of the table.
const FIRST_OF_TABLE: usize = 62;
/// A frame of any server takes as much (RFC 9113 section 4.2).
const BLOCK_BYTES_MAX: usize = 16 * 1024;

/// The request's header block, in the forms that are sent.
#[derive(Debug, Default)]
pub(super) struct Block {
    first: Vec<u8>,
    later: Vec<u8>,
    without_table: Vec<u8>,
    table_bytes: usize,
}

/// How one field is written.
enum Written {
    /// It stands in the static table (RFC 7541 appendix A).
    Static(u8),
    /// Only its name does, if that.
    Literal {
        name: Option<u8>,
        text: (Vec<u8>, Vec<u8>),
    },
}

impl Block {
    /// Of these fields, of which those that begin with a colon come first.
    pub(super) fn new(fields: &[(&[u8], &[u8])]) -> Result<Self, LoadError> {
        let written: Vec<Written> = fields.iter().map(|(name, value)| written(name, value)).collect();
        let literals = written
            .iter()
            .filter(|field| matches!(field, Written::Literal { .. }))
            .count();
        let mut block = Block::default();
        // A size of zero: the server is to keep nothing, since it has said so.
        put_integer(&mut block.without_table, 5, 0b0010_0000, 0);
        let mut inserted = 0;
        for field in &written {
            match field {
                Written::Static(index) => {
                    for form in [&mut block.first, &mut block.later, &mut block.without_table] {
                        form.push(0x80 | index);
                    }
                }
                Written::Literal { name, text } => {
                    put_literal(&mut block.first, 6, 0x40, *name, text);
                    put_literal(&mut block.without_table, 4, 0, *name, text);
                    inserted += 1;
                    put_integer(&mut block.later, 7, 0x80, FIRST_OF_TABLE + literals - inserted);
                    block.table_bytes += text.0.len() + text.1.len() + ENTRY_OVERHEAD;
                }
            }
        }
        match block.without_table.len() > BLOCK_BYTES_MAX {
            true => Err(LoadError::Conflict("over HTTP/2 the fields may have 16 KiB")),
            false => Ok(block),
        }
    }

    /// That of a connection's next request: to a server whose table may hold so much, or that has not said that.
    pub(super) fn of(&self, is_first: bool, table_bytes: Option<u32>) -> &[u8] {
        let fits = self.table_bytes <= TABLE_BYTES as usize;
        match (
            fits && table_bytes.is_none_or(|bytes| bytes >= TABLE_BYTES),
            is_first,
        ) {
            (true, true) => &self.first,
            (true, false) => &self.later,
            (false, true) => &self.without_table,
            (false, false) => &self.without_table[1..],
        }
    }
}

fn written(name: &[u8], value: &[u8]) -> Written {
    let literal = |index| Written::Literal {
        name: index,
        text: (name.to_vec(), value.to_vec()),
    };
    match (name, value) {
        (b":method", b"GET") => Written::Static(2),
        (b":method", b"POST") => Written::Static(3),
        (b":path", b"/") => Written::Static(4),
        (b":scheme", b"http") => Written::Static(6),
        (b":scheme", _) => Written::Static(7),
        (b":authority", _) => literal(Some(1)),
        (b":method", _) => literal(Some(2)),
        (b":path", _) => literal(Some(4)),
        _ => literal(None),
    }
}

/// RFC 7541 section 6.2.
fn put_literal(
    out: &mut Vec<u8>,
    prefix: u8,
    pattern: u8,
    name: Option<u8>,
    (own, value): &(Vec<u8>, Vec<u8>),
) {
    put_integer(out, prefix, pattern, usize::from(name.unwrap_or(0)));
    let strings = [Some(own).filter(|_| name.is_none()), Some(value)];
    for string in strings.into_iter().flatten() {
        put_integer(out, 7, 0, string.len());
        out.extend_from_slice(string);
    }
}

/// RFC 7541 section 5.1.
fn put_integer(out: &mut Vec<u8>, prefix: u8, pattern: u8, value: usize) {
    let most = (1 << prefix) - 1;
    if value < most {
        return out.push(pattern | value as u8);
    }
    out.push(pattern | most as u8);
    let mut rest = value - most;
    while rest >= 0x80 {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

/// The status of a block from a server that keeps no table; `None`: it does not begin with one (RFC 9113 section 8.3).
pub(super) fn status(block: &[u8]) -> Option<u16> {
    // Section 4.2: the size that it was told.
    let resized = block.iter().take_while(|byte| **byte & 0xe0 == 0x20).count();
    let (first, rest) = block[resized..].split_first()?;
    match first {
        0x88..=0x8e => Some([200, 204, 206, 304, 400, 404, 500][usize::from(first - 0x88)]),
        // Its name stands in the static table seven times.
        0x48..=0x4e => digits(rest),
        0x08..=0x0e | 0x18..=0x1e => digits(rest),
        _ => None,
    }
}

fn digits(string: &[u8]) -> Option<u16> {
    let (length, bytes) = string.split_first()?;
    let bytes = bytes.get(..usize::from(length & 0x7f))?;
    let digits: Vec<u8> = match length & 0x80 {
        0 => bytes.iter().map(|byte| byte.wrapping_sub(b'0')).collect(),
        _ => huffman_digits(bytes),
    };
    match digits[..] {
        [a @ 1..=9, b @ 0..=9, c @ 0..=9] => Some(u16::from(a) * 100 + u16::from(b) * 10 + u16::from(c)),
        _ => None,
    }
}

/// RFC 7541 appendix B: 0, 1 and 2 have five bits, the other digits six.
fn huffman_digits(bytes: &[u8]) -> Vec<u8> {
    if bytes.len() > size_of::<u64>() {
        return Vec::new();
    }
    let all = bytes.iter().fold(0u64, |all, byte| all << 8 | u64::from(*byte));
    let mut left = bytes.len() * 8;
    let mut digits = Vec::new();
    while left >= 5 && digits.len() < 3 {
        let five = all >> (left - 5) & 0x1f;
        if five <= 2 {
            left -= 5;
            digits.push(five as u8);
            continue;
        }
        match left >= 6 {
            true => digits.push((all >> (left - 6) & 0x3f).wrapping_sub(0x19).wrapping_add(3) as u8),
            false => break,
        }
        left -= 6;
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_read_however_it_is_written() {
        for (block, expected) in [
            (&[0x88][..], Some(200)),
            (&[0x20, 0x8d], Some(404)),
            (&[0x48, 3, b'2', b'0', b'1'], Some(201)),
            (&[0x08, 3, b'5', b'0', b'3'], Some(503)),
            // RFC 7541 appendices C.6.1 and C.6.2.
            (&[0x48, 0x82, 0x64, 0x02], Some(302)),
            (&[0x48, 0x83, 0x64, 0x0e, 0xff], Some(307)),
            (&[0x08, 3, b'2', b'0'], None),
            (&[0x08, 3, b'2', b'x', b'0'], None),
            (&[0x82], None),
            (&[], None),
        ] {
            assert_eq!(status(block), expected, "{block:?}");
        }
    }

    #[test]
    fn fields_are_one_byte_each_from_the_second_request_on() {
        let fields: [(&[u8], &[u8]); 5] = [
            (b":method", b"GET"),
            (b":scheme", b"https"),
            (b":path", b"/a"),
            (b":authority", b"h"),
            (b"x", b"y"),
        ];
        let block = Block::new(&fields).expect("small");
        assert_eq!(
            block.of(true, None),
            b"\x82\x87\x44\x02/a\x41\x01h\x40\x01x\x01y".as_slice()
        );
        assert_eq!(
            block.of(false, Some(4096)),
            [0x82, 0x87, 0x80 | 64, 0x80 | 63, 0x80 | 62]
        );
        let literal = b"\x20\x82\x87\x04\x02/a\x01\x01h\x00\x01x\x01y".as_slice();
        assert_eq!(block.of(true, Some(0)), literal);
        assert_eq!(block.of(false, Some(0)), &literal[1..]);
    }

    #[test]
    fn numbers_go_on_behind_their_prefix() {
        let mut out = Vec::new();
        // RFC 7541 appendix C.1.2.
        put_integer(&mut out, 5, 0, 1337);
        assert_eq!(out, [31, 154, 10]);
    }

    #[test]
    fn what_fits_into_no_frame_is_refused() {
        let value = vec![b'x'; BLOCK_BYTES_MAX];
        assert!(Block::new(&[(b"x", &value)]).is_err());
    }
}
