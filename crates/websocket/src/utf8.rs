//! UTF-8 that comes in parts (RFC 6455 section 8.1).
//!
//! Owns what is incomplete at the end of a part. What no further byte can make right is wrong at once. Called by: `decoder`.

/// How far a text has come.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Utf8 {
    /// A character that has begun.
    begun: [u8; 4],
    length: u8,
}

impl Utf8 {
    /// Goes on with a text; false: it is none.
    pub(crate) fn add(&mut self, mut bytes: &[u8]) -> bool {
        while self.length > 0 {
            let Some((&first, rest)) = bytes.split_first() else {
                return true;
            };
            bytes = rest;
            self.begun[usize::from(self.length)] = first;
            self.length += 1;
            match std::str::from_utf8(&self.begun[..usize::from(self.length)]) {
                Ok(_) => self.length = 0,
                Err(error) if error.error_len().is_some() => return false,
                Err(_) => {}
            }
        }
        let Err(error) = simdutf8::compat::from_utf8(bytes) else {
            return true;
        };
        let rest = &bytes[error.valid_up_to()..];
        if error.error_len().is_some() || rest.len() >= self.begun.len() {
            return false;
        }
        self.begun[..rest.len()].copy_from_slice(rest);
        self.length = rest.len() as u8;
        true
    }

    /// Whether no character is incomplete.
    pub(crate) fn is_complete(&self) -> bool {
        self.length == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_one_however_it_is_cut() {
        let text = "aé€😀\u{7ff}\u{800}\u{ffff}\u{10000}\u{10ffff}".as_bytes();
        for size in 1..text.len() {
            let mut utf8 = Utf8::default();
            assert!(text.chunks(size).all(|part| utf8.add(part)), "{size}");
            assert!(utf8.is_complete());
        }
    }

    #[test]
    fn what_cannot_become_right_is_wrong_at_once() {
        for wrong in [
            &b"\xff"[..],
            b"\xc0",
            b"\xed\xa0",
            b"\xf4\x90",
            b"\xe0\x80",
            b"\xf8",
            b"\xc3\x28",
            b"\xe2\x82\x28",
        ] {
            let mut utf8 = Utf8::default();
            let verdicts: Vec<bool> = wrong.iter().map(|byte| utf8.add(&[*byte])).collect();
            assert_eq!(verdicts.last(), Some(&false), "{wrong:x?}");
            assert!(!Utf8::default().add(wrong), "{wrong:x?}");
        }
        let mut utf8 = Utf8::default();
        assert!(utf8.add(b"\xf0\x9f\x98") && !utf8.is_complete());
    }
}
