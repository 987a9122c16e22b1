//! What the fields of a header block mean as a request (RFC 9113 section 8).
//!
//! Owns the rules that HTTP/2 has beyond those of HTTP: pseudo-header fields, names in lower case, fields of a connection
//! that there are none of. What breaks one is malformed, and ends its stream. Never judges a target, an authority or a length:
//! whoever makes a head of the parts does, as for HTTP/1.1. Called by: the session; `howth_connection`.

use crate::block::FieldBlock;

/// The scheme of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// `http`
    Http,
    /// `https`
    Https,
    /// Another one, or, of CONNECT, none.
    Other,
}

/// A request that is not malformed.
#[derive(Clone, Copy, Debug)]
pub struct RequestParts<'a> {
    /// The method, never empty.
    pub method: &'a [u8],
    /// The scheme.
    pub scheme: Scheme,
    /// What stands in the place of the Host field.
    pub authority: Option<&'a [u8]>,
    /// The target, never empty; `None`: of CONNECT.
    pub path: Option<&'a [u8]>,
    /// How many fields of the block these were.
    pub pseudo_fields: usize,
}

/// `tchar` (RFC 9110 section 5.6.2) but for capital letters (RFC 9113 section 8.2.1).
static NAME: [bool; 256] = name_table();

const fn name_table() -> [bool; 256] {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        let character = byte as u8;
        table[byte] = character.is_ascii_lowercase()
            || character.is_ascii_digit()
            || matches!(
                character,
                b'!' | b'#'
                    | b'$'
                    | b'%'
                    | b'&'
                    | b'\''
                    | b'*'
                    | b'+'
                    | b'-'
                    | b'.'
                    | b'^'
                    | b'_'
                    | b'`'
                    | b'|'
                    | b'~'
            );
        byte += 1;
    }
    table
}

impl<'a> RequestParts<'a> {
    /// Reads a block; `None`: the request is malformed (RFC 9113 section 8.1.1).
    pub fn read(block: &'a FieldBlock) -> Option<Self> {
        let (mut method, mut scheme, mut authority, mut path) = (None, None, None, None);
        let mut pseudo_fields = 0;
        let mut are_regular = false;
        for (name, value) in block.iter() {
            if name.first() != Some(&b':') {
                are_regular = true;
                if !is_regular(name, value) {
                    return None;
                }
                continue;
            }
            let place = match name {
                b":method" => &mut method,
                b":scheme" => &mut scheme,
                b":authority" => &mut authority,
                b":path" => &mut path,
                // `:protocol` as well: the server does not offer it (RFC 8441 section 3).
                _ => return None,
            };
            // RFC 9113 section 8.3: before the others, and none twice.
            if are_regular || place.replace(value).is_some() {
                return None;
            }
            pseudo_fields += 1;
        }
        let method = method.filter(|method| !method.is_empty())?;
        let is_connect = method == b"CONNECT";
        // RFC 9113 section 8.5: CONNECT has an authority alone; section 8.3.1: all others have a scheme and a path.
        let is_whole = match is_connect {
            true => scheme.is_none() && path.is_none() && authority.is_some(),
            false => scheme.is_some() && path.is_some_and(|path: &[u8]| !path.is_empty()),
        };
        is_whole.then_some(RequestParts {
            method,
            scheme: match scheme {
                Some(b"http") => Scheme::Http,
                Some(b"https") => Scheme::Https,
                _ => Scheme::Other,
            },
            authority: authority.filter(|authority| !authority.is_empty()),
            path,
            pseudo_fields,
        })
    }
}

/// Whether a block is a trailer section: without pseudo-header fields (RFC 9113 section 8.1).
pub(crate) fn are_trailers(block: &FieldBlock) -> bool {
    block.iter().all(|(name, value)| is_regular(name, value))
}

/// RFC 9113 sections 8.2.1 and 8.2.2.
fn is_regular(name: &[u8], value: &[u8]) -> bool {
    !name.is_empty()
        && name.iter().all(|&byte| NAME[usize::from(byte)])
        && is_value(value)
        && is_of_message(name, value)
}

fn is_value(value: &[u8]) -> bool {
    let is_padded = |byte: Option<&u8>| matches!(byte, Some(b' ' | b'\t'));
    let is_broken = |byte: &u8| matches!(byte, b'\r' | b'\n' | 0);
    !is_padded(value.first()) && !is_padded(value.last()) && !value.iter().any(is_broken)
}

/// Whether a field is none of a connection, of which HTTP/2 has no other way to speak.
fn is_of_message(name: &[u8], value: &[u8]) -> bool {
    match name {
        b"connection" | b"proxy-connection" | b"keep-alive" | b"transfer-encoding" | b"upgrade" => false,
        b"te" => value == b"trailers",
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: [(&str, &str); 4] = [
        (":method", "GET"),
        (":scheme", "https"),
        (":authority", "h"),
        (":path", "/"),
    ];

    fn block(fields: &[(&str, &str)]) -> FieldBlock {
        let mut block = FieldBlock::new();
        block.begin(usize::MAX);
        for (name, value) in fields {
            block.push(name.as_bytes(), value.as_bytes());
        }
        block
    }

    fn is_taken(fields: &[(&str, &str)]) -> bool {
        RequestParts::read(&block(fields)).is_some()
    }

    fn with(field: (&'static str, &'static str)) -> bool {
        let mut fields = WHOLE.to_vec();
        fields.push(field);
        is_taken(&fields)
    }

    #[test]
    fn a_request_is_read() {
        let block = block(&WHOLE);
        let parts = RequestParts::read(&block).unwrap();
        assert_eq!((parts.method, parts.scheme), (&b"GET"[..], Scheme::Https));
        assert_eq!((parts.authority, parts.path), (Some(&b"h"[..]), Some(&b"/"[..])));
        assert_eq!(parts.pseudo_fields, 4);
    }

    #[test]
    fn pseudo_fields_are_whole_single_known_and_first() {
        for left_out in [0, 1, 3] {
            let mut fields = WHOLE.to_vec();
            fields.remove(left_out);
            assert!(!is_taken(&fields), "{left_out}");
        }
        // The Host field may take its place.
        assert!(is_taken(&[WHOLE[0], WHOLE[1], WHOLE[3]]));
        for field in [
            WHOLE[0],
            WHOLE[1],
            WHOLE[2],
            WHOLE[3],
            (":status", "200"),
            (":protocol", "websocket"),
            (":", ""),
        ] {
            assert!(!with(field), "{field:?}");
        }
        assert!(!is_taken(&[WHOLE[0], WHOLE[1], ("a", "b"), WHOLE[3]]));
        assert!(!is_taken(&[WHOLE[0], WHOLE[1], (":path", "")]));
    }

    #[test]
    fn connect_has_an_authority_alone() {
        assert!(is_taken(&[(":method", "CONNECT"), (":authority", "h:1")]));
        assert!(!is_taken(&[(":method", "CONNECT")]));
        assert!(!is_taken(&[
            (":method", "CONNECT"),
            (":authority", "h:1"),
            (":scheme", "http")
        ]));
        assert!(!is_taken(&[
            (":method", "CONNECT"),
            (":authority", "h:1"),
            (":path", "/")
        ]));
    }

    #[test]
    fn fields_of_a_connection_and_malformed_ones_are_none() {
        for field in [
            ("connection", "close"),
            ("keep-alive", "timeout=5"),
            ("proxy-connection", "x"),
            ("transfer-encoding", "chunked"),
            ("upgrade", "h2c"),
            ("te", "gzip"),
            ("te", "trailers, deflate"),
            ("Upper", "x"),
            ("", "x"),
            ("a b", "x"),
            ("a:", "x"),
            ("a", " x"),
            ("a", "x\t"),
            ("a", "x\ny"),
            ("a", "x\0y"),
            ("a", "\r"),
        ] {
            assert!(!with(field), "{field:?}");
        }
        for field in [
            ("te", "trailers"),
            ("a", ""),
            ("a", "x y"),
            ("a_b", "\u{e9}"),
            ("cookie", "a=b"),
        ] {
            assert!(with(field), "{field:?}");
        }
    }

    #[test]
    fn trailers_have_no_pseudo_fields() {
        assert!(are_trailers(&block(&[("grpc-status", "0")])));
        assert!(!are_trailers(&block(&[("grpc-status", "0"), (":path", "/")])));
    }
}
