//! Authorities: `uri-host [ ":" port ]` as in the Host field, absolute-form and CONNECT targets.
//!
//! Owns RFC 9110 section 7.2, RFC 9112 section 3.2 and RFC 3986 section 3.2.2. Never resolves names. Called by:
//! `parse`, `target`.

use std::net::Ipv6Addr;

use crate::bytes::REGISTERED_NAME;

/// Is this a host and perhaps a port? User information, whitespace and an empty host are not
/// (RFC 9110 sections 4.2.1 and 4.2.4).
///
/// A comma, which the grammar of registered names allows, is refused: it is how several Host fields look
/// after somebody merged them.
pub(crate) fn is_authority(authority: &[u8]) -> bool {
    // Most are a plain name, or an IPv4 address, and perhaps a port.
    let plain = authority.iter().position(|&byte| !REGISTERED_NAME.contains(byte));
    match plain {
        None => return !authority.is_empty(),
        Some(end) if end > 0 && authority[end] == b':' => return is_port(&authority[end + 1..]),
        Some(_) => {}
    }
    split(authority).is_some_and(|(host, port)| is_host(host) && port.is_none_or(is_port))
}

/// Is this a CONNECT target, host and port both present and the port not 0 (RFC 9110 section 9.3.6)?
pub(crate) fn is_connect_target(authority: &[u8]) -> bool {
    let Some((host, Some(port))) = split(authority) else {
        return false;
    };
    is_host(host) && is_port(port) && port.iter().any(|&digit| digit != b'0')
}

/// Splits behind the host. The port is without its colon.
fn split(authority: &[u8]) -> Option<(&[u8], Option<&[u8]>)> {
    let host_bytes = match authority {
        [b'[', ..] => memchr::memchr(b']', authority)? + 1,
        _ => memchr::memchr(b':', authority).unwrap_or(authority.len()),
    };
    match authority.split_at(host_bytes) {
        (host, []) => Some((host, None)),
        (host, [b':', port @ ..]) => Some((host, Some(port))),
        _ => None,
    }
}

fn is_host(host: &[u8]) -> bool {
    match host {
        [] => false,
        [b'[', address @ .., b']'] => is_ipv6_address(address),
        name => is_registered_name(name),
    }
}

/// IPvFuture is refused: no such address exists, and no resolver would take it.
fn is_ipv6_address(address: &[u8]) -> bool {
    std::str::from_utf8(address).is_ok_and(|address| address.parse::<Ipv6Addr>().is_ok())
}

/// `reg-name` (RFC 3986 section 3.2.2) without the comma; every IPv4 address is one too.
fn is_registered_name(name: &[u8]) -> bool {
    let mut parts = name.split(|&byte| byte == b'%');
    let is_plain = parts.next().is_none_or(|part| REGISTERED_NAME.contains_all(part));
    // Behind every percent sign there are two hexadecimal digits.
    is_plain
        && parts.all(|part| match part {
            [high, low, rest @ ..] => {
                high.is_ascii_hexdigit() && low.is_ascii_hexdigit() && REGISTERED_NAME.contains_all(rest)
            }
            _ => false,
        })
}

/// `*DIGIT`, and no port there cannot be (RFC 3986 section 3.2.3 allows an empty one).
fn is_port(port: &[u8]) -> bool {
    let number = port.iter().try_fold(0_u32, |number, &byte| {
        let number = number * 10 + u32::from(byte.is_ascii_digit().then(|| byte - b'0')?);
        (number <= u32::from(u16::MAX)).then_some(number)
    });
    number.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authorities() {
        for good in [
            "a",
            "example.com",
            "example.com:80",
            "example.com:",
            "example.com:0",
            "127.0.0.1:8080",
            "[::1]",
            "[::1]:443",
            "[2001:db8::7]:",
            "[::ffff:1.2.3.4]",
            "my_host",
            "a-b.c~d",
            "%41bc",
            "a:00080",
            "a:65535",
            "x!$&'()*+;=y",
            "EXAMPLE.com.",
        ] {
            assert!(is_authority(good.as_bytes()), "{good}");
        }
        for bad in [
            "",
            ":",
            ":80",
            "a b",
            "a,b",
            "a, b",
            "user@a",
            "user:pass@a",
            "a/b",
            "a?b",
            "a#b",
            "a\\b",
            "a:b",
            "a:80:80",
            "a:-1",
            "a:+1",
            "a: 80",
            "a:65536",
            "a:99999999999999",
            "[::1",
            "::1",
            "[::1]x",
            "[::1]80",
            "[]",
            "[v1.a]",
            "[fe80::1%25eth0]",
            "[1.2.3.4]",
            "%4",
            "%zz",
            "%",
            "a\u{e9}",
            "a\x00",
            "a\tb",
            "<a>",
            "a|b",
            "a\"b",
            "a^b",
            "http://a",
        ] {
            assert!(!is_authority(bad.as_bytes()), "{bad}");
        }
    }

    #[test]
    fn connect_targets() {
        for good in ["a:1", "example.com:443", "[::1]:443", "127.0.0.1:65535"] {
            assert!(is_connect_target(good.as_bytes()), "{good}");
        }
        for bad in [
            "a",
            "a:",
            "a:0",
            "a:000",
            ":443",
            "a:65536",
            "[::1]",
            "/",
            "*",
            "u@a:1",
            "http://a:1",
            "a:1/",
        ] {
            assert!(!is_connect_target(bad.as_bytes()), "{bad}");
        }
    }
}
