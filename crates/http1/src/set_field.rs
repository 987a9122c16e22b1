//! One field line in the place of others, in a head that was read.
//!
//! Owns how the places of everything else move. Never for a field that says what the head is: those were judged already. Called
//! by: `howth_connection`, for a request's name.

use crate::head::{FieldSpans, RequestHead, Span};

/// A field line that goes.
struct Cut {
    start: u32,
    len: u32,
}

impl RequestHead {
    /// Puts a field line in the place of all that have its name, behind the others. `name` is a token, `value` has visible ASCII
    /// and spaces alone (RFC 9110 section 5.5), and the field is none by which a head is read: Host, lengths, connection.
    pub fn set_field(&mut self, name: &str, value: &[u8]) {
        self.replace(name, Some(value));
    }

    /// Takes away all field lines of a name. It may be Content-Length, of a body that is read in another form: how long it is
    /// on the wire was read before.
    pub fn remove_field(&mut self, name: &str) {
        self.replace(name, None);
    }

    fn replace(&mut self, name: &str, value: Option<&[u8]>) {
        let fields_end = self.parts.fields_end;
        let mut cuts = Vec::new();
        let mut kept = Vec::with_capacity(self.fields.len() + 1);
        for (place, field) in self.fields.iter().enumerate() {
            if !field.name.of(&self.bytes).eq_ignore_ascii_case(name.as_bytes()) {
                kept.push(*field);
                continue;
            }
            let end = self
                .fields
                .get(place + 1)
                .map_or(fields_end, |next| next.name.start);
            cuts.push(Cut {
                start: field.name.start,
                len: end - field.name.start,
            });
        }
        let line = value.map(|value| [name.as_bytes(), b": ", value, b"\r\n"].concat());
        let line = line.unwrap_or_default();
        let added = line.len() as u32;
        let cut: u32 = cuts.iter().map(|cut| cut.len).sum();
        let moved = |span: Span| {
            let before = cuts.iter().filter(|cut| cut.start < span.start);
            let back: u32 = before.map(|cut| cut.len).sum();
            let on = if span.start >= fields_end { added } else { 0 };
            Span {
                start: span.start - back + on,
                len: span.len,
            }
        };
        for field in &mut kept {
            *field = FieldSpans {
                name: moved(field.name),
                value: moved(field.value),
            };
        }
        let parts = &mut self.parts;
        parts.path = moved(parts.path);
        parts.authority = parts.authority.map(moved);
        parts.upgrade = parts.upgrade.map(moved);
        parts.fields_end = fields_end - cut + added;
        let at = fields_end - cut;
        if let Some(value) = value {
            kept.push(FieldSpans {
                name: Span {
                    start: at,
                    len: name.len() as u32,
                },
                value: Span {
                    start: at + name.len() as u32 + 2,
                    len: value.len() as u32,
                },
            });
        }
        let mut bytes = Vec::with_capacity(self.bytes.len() + line.len());
        let mut from = 0;
        for cut in &cuts {
            bytes.extend_from_slice(&self.bytes[from..cut.start as usize]);
            from = (cut.start + cut.len) as usize;
        }
        bytes.extend_from_slice(&self.bytes[from..fields_end as usize]);
        bytes.extend_from_slice(&line);
        bytes.extend_from_slice(&self.bytes[fields_end as usize..]);
        self.bytes = bytes;
        self.fields = kept;
    }
}

#[cfg(test)]
mod tests {
    use crate::{Decoder, Limits, RequestHead};

    fn head(request: &str) -> RequestHead {
        let mut head = RequestHead::new();
        Decoder::new()
            .decode(request.as_bytes(), &Limits::default(), &mut head)
            .expect("a valid head");
        head
    }

    fn fields(head: &RequestHead) -> Vec<(String, String)> {
        let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
        head.fields()
            .map(|(name, value)| (name.to_owned(), text(value)))
            .collect()
    }

    #[test]
    fn one_line_takes_the_place_of_all_of_its_name() {
        for (lines, others) in [
            ("", 0),
            ("x-id: a\r\n", 0),
            (
                "a: b\r\nX-ID:  c \r\nupgrade: x\r\nconnection: upgrade\r\nx-id: d\r\n",
                3,
            ),
            ("x-id: a\r\nx-id: b\r\nz: y\r\n", 1),
        ] {
            // Path and authority are in another form than they were sent in, and stand behind the head.
            let mut head = head(&format!(
                "GET /a/../b HTTP/1.1\r\nHost: EXAMPLE:80\r\n{lines}\r\n"
            ));
            let upgrade = head.upgrade().map(str::to_owned);
            head.set_field("x-id", b"the only one");
            let found = fields(&head);
            assert_eq!(found.len(), others + 2, "{lines:?}: {found:?}");
            assert_eq!(found[0], ("Host".to_owned(), "EXAMPLE:80".to_owned()));
            assert_eq!(found[others + 1], ("x-id".to_owned(), "the only one".to_owned()));
            assert_eq!(
                (head.method(), head.target(), head.path()),
                ("GET", "/a/../b", "/b")
            );
            assert_eq!(
                (head.authority(), head.upgrade()),
                (Some("example"), upgrade.as_deref())
            );
            let section = String::from_utf8_lossy(head.field_section()).into_owned();
            assert!(
                section.starts_with("Host: EXAMPLE:80\r\n") && section.ends_with("x-id: the only one\r\n"),
                "{section:?}"
            );
            assert_eq!(section.matches("\r\n").count(), others + 2);
            assert_eq!(head.field("x-id"), Some(&b"the only one"[..]));
            head.remove_field("X-Id");
            assert_eq!(fields(&head), found[..=others], "{lines:?}");
            assert_eq!((head.path(), head.authority()), ("/b", Some("example")));
            assert_eq!(
                head.field_section().len(),
                section.len() - "x-id: the only one\r\n".len()
            );
        }
    }

    #[test]
    fn a_head_may_have_had_no_field() {
        let mut head = head("GET / HTTP/1.0\r\n\r\n");
        head.set_field("x-id", b"1");
        assert_eq!(head.field_section(), b"x-id: 1\r\n");
        head.set_field("x-id", b"22");
        assert_eq!((head.field_section(), head.path()), (&b"x-id: 22\r\n"[..], "/"));
    }
}
