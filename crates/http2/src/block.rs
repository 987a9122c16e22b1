//! The fields of a decompressed header block.
//!
//! Owns names and values in one piece of memory that serves all connections of a core in turn, and the bound of their size.
//! Never judges them: `request` does. Called by: `hpack`, which fills it; whoever reads a request.

/// RFC 9113 section 6.5.2 counts so much for each field.
const FIELD_OVERHEAD: usize = 32;

/// The fields of a head, or of a trailer section, in order.
#[derive(Debug, Default)]
pub struct FieldBlock {
    bytes: Vec<u8>,
    fields: Vec<Field>,
    list_bytes: usize,
    list_bytes_max: usize,
    is_too_large: bool,
}

#[derive(Clone, Copy, Debug)]
struct Field {
    start: u32,
    name_bytes: u32,
    value_bytes: u32,
}

impl FieldBlock {
    /// No fields, and no memory yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The fields in order: pseudo-header fields, then the others.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> + Clone {
        self.fields.iter().map(|field| {
            let start = field.start as usize;
            let (name_bytes, value_bytes) = (field.name_bytes as usize, field.value_bytes as usize);
            let name = self.bytes.get(start..start + name_bytes);
            let value = self
                .bytes
                .get(start + name_bytes..start + name_bytes + value_bytes);
            (name.unwrap_or_default(), value.unwrap_or_default())
        })
    }

    /// How many fields there are.
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// Whether there were more than the bound lets be kept.
    pub fn is_too_large(&self) -> bool {
        self.is_too_large
    }

    /// Lets go of memory that only a large block needed.
    pub fn shrink(&mut self) {
        *self = FieldBlock::new();
    }

    pub(crate) fn begin(&mut self, list_bytes_max: usize) {
        self.bytes.clear();
        self.fields.clear();
        self.list_bytes = 0;
        self.list_bytes_max = list_bytes_max;
        self.is_too_large = false;
    }

    /// Adds a field whose bytes are elsewhere.
    pub(crate) fn push(&mut self, name: &[u8], value: &[u8]) {
        if self.count(name.len(), value.len()) {
            let start = self.bytes.len() as u32;
            self.bytes.extend_from_slice(name);
            self.bytes.extend_from_slice(value);
            self.fields.push(Field {
                start,
                name_bytes: name.len() as u32,
                value_bytes: value.len() as u32,
            });
        }
    }

    /// Where a field is written that is decoded here: name, then value. [`close`](Self::close) adds it.
    pub(crate) fn open(&mut self) -> (&mut Vec<u8>, usize) {
        let start = self.bytes.len();
        (&mut self.bytes, start)
    }

    /// Name and value that were written behind `start`.
    pub(crate) fn written(&self, start: usize, name_bytes: usize) -> (&[u8], &[u8]) {
        self.bytes[start..].split_at(name_bytes)
    }

    /// Adds the field that was written behind `start`, if there is room for it.
    pub(crate) fn close(&mut self, start: usize, name_bytes: usize) {
        let value_bytes = self.bytes.len() - start - name_bytes;
        match self.count(name_bytes, value_bytes) {
            true => self.fields.push(Field {
                start: start as u32,
                name_bytes: name_bytes as u32,
                value_bytes: value_bytes as u32,
            }),
            false => self.bytes.truncate(start),
        }
    }

    fn count(&mut self, name_bytes: usize, value_bytes: usize) -> bool {
        self.list_bytes = self
            .list_bytes
            .saturating_add(name_bytes + value_bytes + FIELD_OVERHEAD);
        self.is_too_large |= self.list_bytes > self.list_bytes_max;
        !self.is_too_large
    }
}
