//! Header compression (RFC 7541), as a client does it: every form that a field may have, in no order that would make sense.
//!
//! Owns both tables. Never compresses a string: how one is split makes no difference to that, and `howth-http2` tests it.
//! Shares no code with it. Called by: the modules beside.

use std::collections::VecDeque;

use super::static_table::FIELDS;
use crate::random::Random;

/// A field: name and value.
pub(crate) type Field = (Vec<u8>, Vec<u8>);

/// What a table holds before anybody says otherwise (RFC 9113 section 6.5.2), and what each entry counts beside its bytes.
const TABLE_BYTES: usize = 4096;
const ENTRY_BYTES: usize = 32;

#[derive(Debug)]
struct Table {
    /// The newest first.
    entries: VecDeque<Field>,
    bytes: usize,
    bytes_max: usize,
}

impl Table {
    fn new() -> Self {
        Table {
            entries: VecDeque::new(),
            bytes: 0,
            bytes_max: TABLE_BYTES,
        }
    }

    fn resize(&mut self, bytes_max: usize) {
        self.bytes_max = bytes_max;
        self.evict(bytes_max);
    }

    fn evict(&mut self, bytes_max: usize) {
        while self.bytes > bytes_max {
            let Some((name, value)) = self.entries.pop_back() else {
                return;
            };
            self.bytes -= name.len() + value.len() + ENTRY_BYTES;
        }
    }

    fn insert(&mut self, field: Field) {
        let bytes = field.0.len() + field.1.len() + ENTRY_BYTES;
        self.evict(self.bytes_max.saturating_sub(bytes));
        if bytes <= self.bytes_max {
            self.bytes += bytes;
            self.entries.push_front(field);
        }
    }

    fn get(&self, index: usize) -> Option<Field> {
        let position = index.checked_sub(1)?;
        match FIELDS.get(position) {
            Some((name, value)) => Some((name.as_bytes().to_vec(), value.as_bytes().to_vec())),
            None => self.entries.get(position - FIELDS.len()).cloned(),
        }
    }

    /// Where a field, or one with its name, stands.
    fn find(&self, is_it: impl Fn(&[u8], &[u8]) -> bool) -> Option<usize> {
        let known = FIELDS
            .iter()
            .position(|(name, value)| is_it(name.as_bytes(), value.as_bytes()));
        let own = || {
            let position = self.entries.iter().position(|(name, value)| is_it(name, value));
            position.map(|position| position + FIELDS.len())
        };
        known.or_else(own).map(|position| position + 1)
    }
}

/// The client's direction.
#[derive(Debug)]
pub(crate) struct Encoder {
    table: Table,
    /// The next block has to begin with its new size.
    is_resized: bool,
}

impl Encoder {
    pub(crate) fn new() -> Self {
        Encoder {
            table: Table::new(),
            is_resized: false,
        }
    }

    /// The server has said how large the table may be.
    pub(crate) fn resize(&mut self, bytes_max: usize) {
        if bytes_max < self.table.bytes_max {
            self.table.resize(bytes_max);
            self.is_resized = true;
        }
    }

    /// Encodes a block, each field in one of its forms.
    pub(crate) fn encode(&mut self, random: &mut Random, fields: &[Field]) -> Vec<u8> {
        let mut block = Vec::new();
        if std::mem::take(&mut self.is_resized) {
            number(&mut block, 0x20, 5, self.table.bytes_max);
        }
        for (name, value) in fields {
            let whole = self.table.find(|own, its| (own, its) == (name, value));
            if let Some(index) = whole.filter(|_| random.chance(800)) {
                number(&mut block, 0x80, 7, index);
                continue;
            }
            let named = self.table.find(|own, _| own == name);
            let index = named.filter(|_| random.chance(800)).unwrap_or(0);
            let (first, prefix) = *random.choose(&[(0x40, 6), (0x40, 6), (0, 4), (0x10, 4)]);
            number(&mut block, first, prefix, index);
            if index == 0 {
                string(&mut block, name);
            }
            string(&mut block, value);
            if first == 0x40 {
                self.table.insert((name.clone(), value.clone()));
            }
        }
        block
    }
}

/// The server's direction.
#[derive(Debug)]
pub(crate) struct Decoder {
    table: Table,
    /// The most that the server may make of it.
    bytes_limit: usize,
}

impl Decoder {
    pub(crate) fn new() -> Self {
        Decoder {
            table: Table::new(),
            bytes_limit: TABLE_BYTES,
        }
    }

    /// The server may make the table as large as this, but has not to yet.
    pub(crate) fn allow(&mut self, bytes_max: usize) {
        self.bytes_limit = self.bytes_limit.max(bytes_max);
    }

    /// The server knows how large the table may be.
    pub(crate) fn limit(&mut self, bytes_max: usize) {
        self.bytes_limit = bytes_max;
    }

    /// Decodes a block; an error says what is wrong with it.
    pub(crate) fn decode(&mut self, block: &[u8]) -> Result<Vec<Field>, String> {
        let mut rest = block;
        let mut fields = Vec::new();
        while let Some(&first) = rest.first() {
            if first & 0xe0 == 0x20 {
                let bytes_max = take_number(&mut rest, 5)?;
                if bytes_max > self.bytes_limit || !fields.is_empty() {
                    return Err(format!("a table of {bytes_max} bytes, of {}", self.bytes_limit));
                }
                self.table.resize(bytes_max);
                continue;
            }
            // RFC 7541 section 4.2.
            if self.table.bytes_max > self.bytes_limit {
                return Err("a block does not begin with the new size of the table".to_owned());
            }
            let unknown = |index| format!("no field has the index {index}");
            if first & 0x80 != 0 {
                let index = take_number(&mut rest, 7)?;
                fields.push(self.table.get(index).ok_or_else(|| unknown(index))?);
                continue;
            }
            let joins = first & 0x40 != 0;
            let index = take_number(&mut rest, if joins { 6 } else { 4 })?;
            let name = match index {
                0 => take_string(&mut rest)?,
                _ => self.table.get(index).ok_or_else(|| unknown(index))?.0,
            };
            let field = (name, take_string(&mut rest)?);
            if joins {
                self.table.insert(field.clone());
            }
            fields.push(field);
        }
        Ok(fields)
    }
}

/// RFC 7541 section 5.1.
fn number(out: &mut Vec<u8>, first: u8, prefix: u8, number: usize) {
    let most = (1 << prefix) - 1;
    if number < most {
        return out.push(first | number as u8);
    }
    out.push(first | most as u8);
    let mut left = number - most;
    while left >= 128 {
        out.push(left as u8 | 0x80);
        left >>= 7;
    }
    out.push(left as u8);
}

fn string(out: &mut Vec<u8>, text: &[u8]) {
    number(out, 0, 7, text.len());
    out.extend_from_slice(text);
}

fn take_byte(rest: &mut &[u8]) -> Result<u8, String> {
    let (&first, behind) = rest.split_first().ok_or("a block breaks off")?;
    *rest = behind;
    Ok(first)
}

fn take_number(rest: &mut &[u8], prefix: u8) -> Result<usize, String> {
    let most = (1 << prefix) - 1;
    let mut number = usize::from(take_byte(rest)?) & most;
    let mut shift = 0;
    while number >= most && shift < 28 {
        let byte = take_byte(rest)?;
        number += usize::from(byte & 0x7f) << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            break;
        }
    }
    Ok(number)
}

fn take_string(rest: &mut &[u8]) -> Result<Vec<u8>, String> {
    let is_compressed = rest.first().is_some_and(|first| first & 0x80 != 0);
    let bytes = take_number(rest, 7)?;
    if is_compressed || bytes > rest.len() {
        return Err("a string that is compressed, which none here is, or breaks off".to_owned());
    }
    let (text, behind) = rest.split_at(bytes);
    *rest = behind;
    Ok(text.to_vec())
}
