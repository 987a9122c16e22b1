//! From response fields to header blocks (RFC 7541 section 6).
//!
//! Owns the table of what the client was sent. Into it go fields of which most responses have the same: what differs each
//! time would only push these out. Strings are not compressed: they are short. Called by: the session.

use std::collections::VecDeque;

use crate::hpack::table::ENTRY_OVERHEAD;
use crate::hpack::{integer, static_table};

/// A value that is longer is not kept: it would push out too much.
const VALUE_BYTES_MAX: usize = 128;

/// What a table holds before anybody says otherwise (RFC 9113 section 6.5.2).
const TABLE_BYTES: usize = 4096;

/// The server's direction.
#[derive(Debug)]
pub(crate) struct Encoder {
    /// The newest first.
    entries: VecDeque<Entry>,
    bytes: usize,
    /// What this side makes of the table, and what is the most that the other has let it.
    bytes_max: usize,
    bytes_limit: usize,
    /// Sizes that the next block has to begin with: the smallest there was, and the last.
    resized: Option<(usize, usize)>,
}

#[derive(Debug)]
struct Entry {
    /// Its name, in the static table.
    name: u8,
    value: Box<[u8]>,
    size: usize,
}

/// Names whose values repeat.
fn repeats(name: u8) -> bool {
    matches!(name, 18 | 20 | 24 | 26 | 27 | 31 | 33 | 54 | 56 | 59)
}

impl Encoder {
    /// `bytes_limit`: the table becomes no larger than that, whatever the client lets it.
    pub fn new(bytes_limit: usize) -> Self {
        let mut encoder = Encoder {
            entries: VecDeque::new(),
            bytes: 0,
            bytes_max: TABLE_BYTES,
            bytes_limit,
            resized: None,
        };
        if bytes_limit < TABLE_BYTES {
            encoder.resize(bytes_limit);
        }
        encoder
    }

    /// The client has said how large the table may be.
    pub fn set_table_bytes_max(&mut self, bytes_max: usize) {
        let bytes_max = bytes_max.min(self.bytes_limit);
        if bytes_max != self.bytes_max {
            self.resize(bytes_max);
        }
    }

    fn resize(&mut self, bytes_max: usize) {
        let smallest = self
            .resized
            .map_or(bytes_max, |(smallest, _)| smallest.min(bytes_max));
        self.resized = Some((smallest, bytes_max));
        self.bytes_max = bytes_max;
        self.evict(bytes_max);
    }

    fn evict(&mut self, bytes_max: usize) {
        while self.bytes > bytes_max {
            let Some(oldest) = self.entries.pop_back() else {
                break;
            };
            self.bytes -= oldest.size;
        }
    }

    /// Begins a block (RFC 7541 section 4.2).
    pub fn begin(&mut self, out: &mut Vec<u8>) {
        if let Some((smallest, last)) = self.resized.take() {
            integer::write(out, 0b0010_0000, 5, smallest);
            if last != smallest {
                integer::write(out, 0b0010_0000, 5, last);
            }
        }
    }

    /// Appends the status.
    pub fn status(&mut self, status: u16, out: &mut Vec<u8>) {
        let index = match status {
            200 => 8,
            204 => 9,
            206 => 10,
            304 => 11,
            400 => 12,
            404 => 13,
            500 => 14,
            _ => {
                let digits = [status / 100 % 10, status / 10 % 10, status % 10];
                out.extend_from_slice(&[0x08, 3]);
                return out.extend(digits.map(|digit| b'0' + digit as u8));
            }
        };
        out.push(0x80 | index);
    }

    /// Appends a field, whose name goes out in lower case (RFC 9113 section 8.2).
    pub fn field(&mut self, name: &[u8], value: &[u8], out: &mut Vec<u8>) {
        let Some(index) = static_table::index_of(name) else {
            out.push(0);
            integer::write(out, 0, 7, name.len());
            out.extend(name.iter().map(u8::to_ascii_lowercase));
            return string(value, out);
        };
        if !repeats(index) || value.len() > VALUE_BYTES_MAX {
            integer::write(out, 0, 4, usize::from(index));
            return string(value, out);
        }
        let mut entries = self.entries.iter();
        let known = entries.position(|entry| entry.name == index && *entry.value == *value);
        if let Some(position) = known {
            return integer::write(out, 0x80, 7, static_table::FIELDS.len() + 1 + position);
        }
        integer::write(out, 0x40, 6, usize::from(index));
        string(value, out);
        self.insert(index, name.len(), value);
    }

    /// Keeps to what the decoder does of it (RFC 7541 section 4.4).
    fn insert(&mut self, name: u8, name_bytes: usize, value: &[u8]) {
        let size = name_bytes + value.len() + ENTRY_OVERHEAD;
        self.evict(self.bytes_max.saturating_sub(size));
        if size <= self.bytes_max {
            self.entries.push_front(Entry {
                name,
                value: value.into(),
                size,
            });
            self.bytes += size;
        }
    }
}

fn string(value: &[u8], out: &mut Vec<u8>) {
    integer::write(out, 0, 7, value.len());
    out.extend_from_slice(value);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::block::FieldBlock;
    use crate::hpack::Decoder;

    fn encode(encoder: &mut Encoder, fields: &[(&str, &str)]) -> Vec<u8> {
        let mut out = Vec::new();
        encoder.begin(&mut out);
        encoder.status(200, &mut out);
        for (name, value) in fields {
            encoder.field(name.as_bytes(), value.as_bytes(), &mut out);
        }
        out
    }

    fn decode(decoder: &mut Decoder, block: &[u8]) -> Vec<(String, String)> {
        let mut fields = FieldBlock::new();
        fields.begin(usize::MAX);
        decoder.decode(block, &mut fields).unwrap();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        fields
            .iter()
            .skip(1)
            .map(|(name, value)| (text(name), text(value)))
            .collect()
    }

    #[test]
    fn what_is_encoded_is_decoded() {
        let (mut encoder, mut decoder) = (Encoder::new(4096), Decoder::new());
        let mut last = 0;
        for round in 0..1000 {
            let date = format!("second {}", round / 10);
            let etag = round.to_string();
            let fields = [
                ("content-type", "text/plain"),
                ("date", &*date),
                ("etag", &*etag),
                ("x-own", "1"),
                ("vary", "a"),
            ];
            let block = encode(&mut encoder, &fields);
            last = block.len();
            let expected: Vec<_> = fields
                .iter()
                .map(|(name, value)| ((*name).into(), (*value).into()))
                .collect();
            assert_eq!(decode(&mut decoder, &block), expected);
        }
        // Status, type, date and vary are one byte each.
        assert_eq!(last, 4 + (2 + 1 + 3) + (1 + 1 + 5 + 1 + 1));
    }

    #[test]
    fn names_go_out_in_lower_case_and_statuses_as_they_are() {
        let (mut encoder, mut decoder) = (Encoder::new(4096), Decoder::new());
        let block = encode(&mut encoder, &[("Content-Type", "A")]);
        assert_eq!(
            decode(&mut decoder, &block),
            [("content-type".to_owned(), "A".to_owned())]
        );
        for status in [103, 200, 201, 204, 404, 429, 500, 599] {
            let mut block = Vec::new();
            encoder.status(status, &mut block);
            let mut fields = FieldBlock::new();
            fields.begin(usize::MAX);
            decoder.decode(&block, &mut fields).unwrap();
            let expected = status.to_string();
            assert_eq!(fields.iter().next(), Some((&b":status"[..], expected.as_bytes())));
        }
    }

    #[test]
    fn keeps_to_the_size_that_the_client_has_set() {
        let (mut encoder, mut decoder) = (Encoder::new(4096), Decoder::new());
        for bytes_max in [0, 100, 4096, 40, 1_000_000, 60] {
            // All but the last of a turn only show by the smallest.
            encoder.set_table_bytes_max(bytes_max / 2);
            encoder.set_table_bytes_max(bytes_max);
            for _ in 0..3 {
                let fields = [
                    ("content-type", "text/plain"),
                    ("server", "something"),
                    ("date", "today"),
                ];
                let block = encode(&mut encoder, &fields);
                assert_eq!(decode(&mut decoder, &block).len(), 3);
            }
            assert!(encoder.bytes <= bytes_max.min(4096));
        }
        let mut small = Encoder::new(0);
        let block = encode(&mut small, &[("date", "today")]);
        assert_eq!(block[..2], [0x20, 0x88]);
        assert_eq!(decode(&mut Decoder::new(), &block).len(), 1);
    }
}
