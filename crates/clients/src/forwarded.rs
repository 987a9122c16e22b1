//! What proxies say of a client in the fields of its request: one element for each hop, read from the last one on.
//!
//! Owns the grammar of `X-Forwarded-For` and of `Forwarded` (RFC 7239). Whatever a client has written itself stands before
//! what proxies have added, so elements are found from the right: nothing further left, an open quotation least of all,
//! changes what an element on the right is. Never decides whom to believe: `trusted_proxies` does, which calls it.

use std::net::{IpAddr, SocketAddr};

/// One hop, as the proxy that it came to has described it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hop {
    /// Who has asked that proxy; port 0: it has not told.
    pub(crate) address: SocketAddr,
    /// Whether by `https`; `None`: it has not told.
    pub(crate) is_secure: Option<bool>,
}

/// The elements of `X-Forwarded-For`, the last one first; `None` is one that names no address.
pub(crate) fn plain_hops<'a>(lines: &'a [&'a [u8]]) -> impl Iterator<Item = Option<Hop>> + 'a {
    let elements = lines
        .iter()
        .rev()
        .flat_map(|line| line.rsplit(|byte| *byte == b','));
    elements.map(|element| {
        let text = std::str::from_utf8(element.trim_ascii()).ok()?;
        let address = node(text)?;
        Some(Hop {
            address,
            is_secure: None,
        })
    })
}

/// The elements of `Forwarded`, the last one first; `None` is one that breaks the grammar or names no address.
pub(crate) fn hops<'a>(lines: &'a [&'a [u8]]) -> impl Iterator<Item = Option<Hop>> + 'a {
    let elements = lines.iter().rev().flat_map(|line| Elements { rest: Some(line) });
    elements.map(|element| hop(element.trim_ascii()))
}

/// The elements of a list from the right (RFC 7239 section 4).
struct Elements<'a> {
    rest: Option<&'a [u8]>,
}

impl<'a> Iterator for Elements<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let rest = self.rest?;
        let mut is_quoted = false;
        for (at, byte) in rest.iter().enumerate().rev() {
            match byte {
                // RFC 9110 section 5.6.4: one behind an odd number of backslashes is a part of the text.
                b'"' if backslashes_before(rest, at).is_multiple_of(2) => is_quoted = !is_quoted,
                b',' if !is_quoted => {
                    self.rest = Some(&rest[..at]);
                    return Some(&rest[at + 1..]);
                }
                _ => {}
            }
        }
        self.rest = None;
        Some(rest)
    }
}

fn backslashes_before(bytes: &[u8], at: usize) -> usize {
    let backslashes = bytes[..at].iter().rev().take_while(|byte| **byte == b'\\');
    backslashes.count()
}

/// RFC 7239 section 4: pairs with semicolons between them, each name once.
fn hop(mut element: &[u8]) -> Option<Hop> {
    let (mut address, mut is_secure) = (None, None);
    let mut names: Vec<String> = Vec::new();
    loop {
        let equals = element.iter().position(|byte| *byte == b'=')?;
        let name = &element[..equals];
        if name.is_empty() || !name.iter().all(|byte| is_token_byte(*byte)) {
            return None;
        }
        let name = String::from_utf8_lossy(name).to_ascii_lowercase();
        let (value, rest) = value(&element[equals + 1..])?;
        match name.as_str() {
            "for" => address = Some(quoted_node(&value)?),
            "proto" => is_secure = scheme(&value),
            _ => {}
        }
        if names.contains(&name) {
            return None;
        }
        names.push(name);
        element = match rest {
            [] => break,
            [b';', rest @ ..] => rest,
            _ => return None,
        };
    }
    let address = address?;
    Some(Hop { address, is_secure })
}

/// A token or a quoted string (RFC 9110 sections 5.6.2 and 5.6.4), and what is behind it.
fn value(bytes: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    if bytes.first() != Some(&b'"') {
        let end = bytes.iter().position(|byte| !is_token_byte(*byte));
        let (value, rest) = bytes.split_at(end.unwrap_or(bytes.len()));
        return (!value.is_empty()).then(|| (value.to_vec(), rest));
    }
    let mut text = Vec::new();
    let mut at = 1;
    loop {
        match *bytes.get(at)? {
            b'"' => return Some((text, &bytes[at + 1..])),
            b'\\' => {
                text.push(*bytes.get(at + 1)?);
                at += 2;
            }
            byte => {
                text.push(byte);
                at += 1;
            }
        }
    }
}

/// RFC 9110 section 5.6.2.
fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// RFC 7239 section 6: an address of IPv6 stands in brackets; `unknown` and names that hide somebody are no address.
fn quoted_node(value: &[u8]) -> Option<SocketAddr> {
    let text = std::str::from_utf8(value).ok()?;
    match text.parse::<IpAddr>() {
        Ok(IpAddr::V6(_)) => None,
        Ok(IpAddr::V4(_)) | Err(_) => node(text),
    }
}

/// An address, with or without a port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:80`.
fn node(text: &str) -> Option<SocketAddr> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(SocketAddr::new(address.to_canonical(), 0));
    }
    let (address, port) = match text.strip_prefix('[') {
        Some(text) => {
            let (address, rest) = text.split_once(']')?;
            let port = match rest {
                "" => None,
                _ => Some(rest.strip_prefix(':')?),
            };
            (IpAddr::V6(address.parse().ok()?), port)
        }
        None => {
            let (address, port) = text.split_once(':')?;
            (IpAddr::V4(address.parse().ok()?), Some(port))
        }
    };
    let port = port.map_or(Some(0), port_of)?;
    Some(SocketAddr::new(address.to_canonical(), port))
}

/// RFC 7239 section 6.3; a port that is hidden is not told.
fn port_of(text: &str) -> Option<u16> {
    let is_hidden = text.len() > 1
        && text.starts_with('_')
        && text[1..]
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match is_hidden {
        true => Some(0),
        false => text.parse().ok().filter(|_| is_number),
    }
}

/// Whether a scheme is `https`; `None`: it is neither that nor `http`.
pub(crate) fn scheme(value: &[u8]) -> Option<bool> {
    match value {
        _ if value.eq_ignore_ascii_case(b"https") => Some(true),
        _ if value.eq_ignore_ascii_case(b"http") => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(line: &str) -> Vec<Option<String>> {
        let lines = [line.as_bytes()];
        plain_hops(&lines)
            .map(|hop| hop.map(|hop| hop.address.to_string()))
            .collect()
    }

    fn forwarded(line: &str) -> Vec<Option<(String, Option<bool>)>> {
        let lines = [line.as_bytes()];
        hops(&lines)
            .map(|hop| hop.map(|hop| (hop.address.to_string(), hop.is_secure)))
            .collect()
    }

    fn some(address: &str) -> Option<String> {
        Some(address.to_owned())
    }

    #[test]
    fn addresses_have_every_usual_spelling() {
        let line = "192.0.2.1, 192.0.2.2:80,2001:db8::1 ,[2001:db8::2], [2001:db8::3]:443,::ffff:192.0.2.4";
        let expected = [
            some("192.0.2.4:0"),
            some("[2001:db8::3]:443"),
            some("[2001:db8::2]:0"),
            some("[2001:db8::1]:0"),
            some("192.0.2.2:80"),
            some("192.0.2.1:0"),
        ];
        assert_eq!(plain(line), expected);
    }

    #[test]
    fn what_is_no_address_is_none() {
        for wrong in [
            "",
            " ",
            "unknown",
            "_hidden",
            "192.0.2",
            "192.0.2.1:",
            "192.0.2.1:+1",
            "192.0.2.1:65536",
            "[192.0.2.1]",
            "[::1",
            "[::1]80",
            "::1]",
            "01.2.3.4",
            "192.0.2.1 192.0.2.2",
            "\u{e9}",
            "\"192.0.2.1\"",
        ] {
            assert_eq!(plain(wrong), [None], "{wrong:?} was taken");
        }
    }

    #[test]
    fn elements_of_rfc_7239_are_read() {
        let line = r#"for="_gazonk", For="[2001:db8:cafe::17]:4711" , for=192.0.2.60;proto=http;by=203.0.113.43, for="192.0.2.43:47;x";by=a,for=192.0.2.9;PROTO="https";host="a,b\"c,""#;
        let expected = [
            Some(("192.0.2.9:0".to_owned(), Some(true))),
            None,
            Some(("192.0.2.60:0".to_owned(), Some(false))),
            Some(("[2001:db8:cafe::17]:4711".to_owned(), None)),
            None,
        ];
        assert_eq!(forwarded(line), expected);
    }

    #[test]
    fn what_breaks_the_grammar_is_none() {
        for wrong in [
            "",
            "for",
            "for=",
            "for=192.0.2.1;",
            ";for=192.0.2.1",
            "for=192.0.2.1;for=192.0.2.1",
            "for = 192.0.2.1",
            "by=192.0.2.1",
            "for=unknown",
            "for=2001:db8::1",
            "for=\"2001:db8::1\"",
            "for=[::1]",
            "for=\"192.0.2.1",
            "for=192.0.2.1 by=x",
            "=x;for=192.0.2.1",
        ] {
            assert_eq!(forwarded(wrong), [None], "{wrong:?} was taken");
        }
    }

    #[test]
    fn an_open_quotation_hides_nothing_that_is_added_behind_it() {
        for begun in ["for=\"", "for=\"\\", "\"\"\"", "for=\"a,b", "\\\"", "for=\"\\\""] {
            let found = forwarded(&format!("{begun}, for=\"[2001:db8::1]\""));
            assert_eq!(found[0], Some(("[2001:db8::1]:0".to_owned(), None)), "{begun:?}");
        }
    }
}
