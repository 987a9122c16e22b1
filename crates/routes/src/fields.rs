//! The header fields of responses that are given again and again.
//!
//! Owns names and values. Never checks them: who gives them has. Called by: whoever makes answers; `answer`.

use howth_http1::Field;

/// A name and a value.
type OwnField = (Box<[u8]>, Box<[u8]>);

/// Fields in the order in which they are sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields(Vec<OwnField>);

impl Fields {
    /// Reads them from one string: name, line feed, value, line feed, and so on. Neither has a line feed in it.
    pub fn of_lines(lines: &[u8]) -> Self {
        let mut lines = lines.split(|byte| *byte == b'\n');
        let mut fields = Vec::new();
        while let (Some(name), Some(value)) = (lines.next(), lines.next()) {
            fields.push((name.into(), value.into()));
        }
        Fields(fields)
    }

    /// Adds one behind the others.
    pub fn push(&mut self, name: &[u8], value: &[u8]) {
        self.0.push((name.into(), value.into()));
    }

    /// All of them.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Field<'_>> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_from_lines() {
        assert!(Fields::of_lines(b"").is_empty());
        let fields = Fields::of_lines(b"a\n1\nb\n\n");
        assert_eq!(
            fields.iter().collect::<Vec<_>>(),
            [(&b"a"[..], &b"1"[..]), (b"b", b"")]
        );
    }
}
