//! From header blocks to fields (RFC 7541 sections 3 and 6).
//!
//! Owns the table of what the client has sent. A block that is too large is decoded to its end, because the next one depends
//! on it; but then nothing is kept. Called by: the session.

use crate::block::FieldBlock;
use crate::error::ConnectionError;
use crate::hpack::table::Table;
use crate::hpack::{huffman, integer, static_table};

/// What a table holds before anybody says otherwise (RFC 9113 section 6.5.2).
const TABLE_BYTES: usize = 4096;

const BROKEN_OFF: ConnectionError =
    ConnectionError::compression("a header block breaks off, or a number in it is too large");
const INDEX: ConnectionError = ConnectionError::compression("a header block names a field that there is not");
const HUFFMAN: ConnectionError =
    ConnectionError::compression("a string of a header block is encoded wrongly");
const SIZE: ConnectionError =
    ConnectionError::compression("the table of header compression is made larger than it may be");
const SIZE_PLACE: ConnectionError =
    ConnectionError::compression("the size of a table changes within a header block");

/// The client's direction.
#[derive(Debug)]
pub(crate) struct Decoder {
    table: Table,
    /// The most that the client may make of the table.
    table_bytes_max: usize,
}

impl Decoder {
    pub fn new() -> Self {
        Decoder {
            table: Table::new(TABLE_BYTES),
            table_bytes_max: TABLE_BYTES,
        }
    }

    /// What the client may make of the table from now on.
    pub fn set_table_bytes_max(&mut self, bytes_max: usize) {
        self.table_bytes_max = bytes_max;
        if bytes_max < TABLE_BYTES {
            self.table.set_bytes_max(bytes_max);
        }
    }

    /// Decodes a whole block into `fields`, which were begun.
    pub fn decode(&mut self, block: &[u8], fields: &mut FieldBlock) -> Result<(), ConnectionError> {
        let mut rest = block;
        let mut may_resize = true;
        while let Some(&first) = rest.first() {
            let is_resize = first & 0b1110_0000 == 0b0010_0000;
            let taken = match first {
                // Section 6.1: a field of a table.
                0b1000_0000.. => self.indexed(rest, fields)?,
                // Section 6.2.1: a literal, which joins the table.
                0b0100_0000.. => self.literal(rest, 6, true, fields)?,
                // Section 6.3: another size; section 4.2: only before the first field.
                0b0010_0000.. if may_resize => self.resize(rest)?,
                0b0010_0000.. => return Err(SIZE_PLACE),
                // Sections 6.2.2 and 6.2.3: a literal alone.
                _ => self.literal(rest, 4, false, fields)?,
            };
            may_resize &= is_resize;
            rest = &rest[taken..];
        }
        Ok(())
    }

    fn resize(&mut self, input: &[u8]) -> Result<usize, ConnectionError> {
        let (bytes_max, taken) = integer::read(input, 5).ok_or(BROKEN_OFF)?;
        if bytes_max > self.table_bytes_max {
            return Err(SIZE);
        }
        self.table.set_bytes_max(bytes_max);
        Ok(taken)
    }

    fn indexed(&self, input: &[u8], fields: &mut FieldBlock) -> Result<usize, ConnectionError> {
        let (index, taken) = integer::read(input, 7).ok_or(BROKEN_OFF)?;
        let (name, value) = self.field(index)?;
        fields.push(name, value);
        Ok(taken)
    }

    fn literal(
        &mut self,
        input: &[u8],
        prefix: u8,
        joins: bool,
        fields: &mut FieldBlock,
    ) -> Result<usize, ConnectionError> {
        let (index, mut taken) = integer::read(input, prefix).ok_or(BROKEN_OFF)?;
        let (bytes, start) = fields.open();
        match index {
            0 => taken += string(&input[taken..], bytes)?,
            _ => bytes.extend_from_slice(self.field(index)?.0),
        }
        let name_bytes = bytes.len() - start;
        taken += string(&input[taken..], bytes)?;
        if joins {
            let (name, value) = fields.written(start, name_bytes);
            self.table.insert(name, value);
        }
        fields.close(start, name_bytes);
        Ok(taken)
    }

    /// Section 2.3.3: the static table, and behind it the other.
    fn field(&self, index: usize) -> Result<(&[u8], &[u8]), ConnectionError> {
        let position = index.checked_sub(1).ok_or(INDEX)?;
        match static_table::FIELDS.get(position) {
            Some((name, value)) => Ok((name.as_bytes(), value.as_bytes())),
            None => self.table.get(position - static_table::FIELDS.len()).ok_or(INDEX),
        }
    }
}

/// Appends the string at the start of `input`, and gives how many bytes it takes there (section 5.2).
fn string(input: &[u8], out: &mut Vec<u8>) -> Result<usize, ConnectionError> {
    let (length, start) = integer::read(input, 7).ok_or(BROKEN_OFF)?;
    let bytes = input.get(start..start + length).ok_or(BROKEN_OFF)?;
    match input[0] & 0x80 {
        0 => out.extend_from_slice(bytes),
        _ if huffman::decode(bytes, out) => {}
        _ => return Err(HUFFMAN),
    }
    Ok(start + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(decoder: &mut Decoder, block: &[u8]) -> Result<Vec<(String, String)>, ConnectionError> {
        let mut fields = FieldBlock::new();
        fields.begin(usize::MAX);
        decoder.decode(block, &mut fields)?;
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        Ok(fields
            .iter()
            .map(|(name, value)| (text(name), text(value)))
            .collect())
    }

    fn owned(fields: &[(&str, &str)]) -> Vec<(String, String)> {
        fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn the_requests_of_the_standard() {
        // RFC 7541 appendix C.4: three requests of one connection, with Huffman coding.
        let first = b"\x82\x86\x84\x41\x8c\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff";
        let second = b"\x82\x86\x84\xbe\x58\x86\xa8\xeb\x10\x64\x9c\xbf";
        let third = b"\x82\x87\x85\xbf\x40\x88\x25\xa8\x49\xe9\x5b\xa9\x7d\x7f\x89\x25\xa8\x49\xe9\x5b\xb8\xe8\xb4\xbf";
        let mut decoder = Decoder::new();
        let common = [
            (":method", "GET"),
            (":scheme", "http"),
            (":path", "/"),
            (":authority", "www.example.com"),
        ];
        assert_eq!(decode(&mut decoder, first).unwrap(), owned(&common));
        let mut expected = common.to_vec();
        expected.push(("cache-control", "no-cache"));
        assert_eq!(decode(&mut decoder, second).unwrap(), owned(&expected));
        let expected = [
            (":method", "GET"),
            (":scheme", "https"),
            (":path", "/index.html"),
            (":authority", "www.example.com"),
            ("custom-key", "custom-value"),
        ];
        assert_eq!(decode(&mut decoder, third).unwrap(), owned(&expected));
    }

    #[test]
    fn what_is_wrong_is_refused() {
        for (block, error) in [
            (&b"\x80"[..], INDEX),
            (b"\xbe", INDEX),
            (b"\xff\xff\xff\xff\xff\xff", BROKEN_OFF),
            (b"\x40\x01a", BROKEN_OFF),
            (b"\x40\x05ab", BROKEN_OFF),
            (b"\x00\x01a\x81\x00", HUFFMAN),
            (b"\x3f\xe2\x1f", SIZE),
            (b"\x82\x20", SIZE_PLACE),
        ] {
            assert_eq!(decode(&mut Decoder::new(), block), Err(error), "{block:?}");
        }
        // Two changes of the size, before the first field.
        assert!(decode(&mut Decoder::new(), b"\x20\x3f\xe1\x1f\x82").is_ok());
    }

    #[test]
    fn a_smaller_table_is_kept_to() {
        let mut decoder = Decoder::new();
        assert!(decode(&mut decoder, b"\x40\x01a\x01b").is_ok());
        decoder.set_table_bytes_max(0);
        assert_eq!(decode(&mut decoder, b"\xbe"), Err(INDEX));
        assert_eq!(decode(&mut decoder, b"\x21"), Err(SIZE));
    }

    #[test]
    fn a_block_that_is_too_large_is_decoded_and_not_kept() {
        let mut decoder = Decoder::new();
        let mut fields = FieldBlock::new();
        fields.begin(100);
        // A field that joins the table, which is then named a thousand times.
        let mut block = b"\x40\x01a\x08bbbbbbbb".to_vec();
        block.extend([0xbe; 1000]);
        block.extend(b"\x40\x01c\x01d");
        decoder.decode(&block, &mut fields).unwrap();
        assert!(fields.is_too_large());
        assert_eq!(fields.len(), 2);
        assert_eq!(decode(&mut decoder, b"\xbe").unwrap(), owned(&[("c", "d")]));
    }
}
