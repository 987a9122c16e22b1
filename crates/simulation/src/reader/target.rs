//! Request targets and authorities (RFC 9112 section 3.2, RFC 9110 sections 4.2 and 7.2, RFC 3986 section 3.2.2).

use std::net::Ipv6Addr;

use url::Url;

/// Whether a target has one of the four forms, with the method that goes with it.
pub(super) fn is_valid(method: &[u8], target: &[u8]) -> bool {
    // Visible ASCII without a fragment.
    let is_plain = |byte: &u8| byte.is_ascii_graphic() && *byte != b'#';
    if target.is_empty() || !target.iter().all(is_plain) {
        return false;
    }
    if method == b"CONNECT" {
        // RFC 9110 section 9.3.6: host and port.
        let (_, port) = split(target);
        let has_port = port.is_some_and(|port| port.iter().any(|byte| *byte != b'0'));
        return is_authority(target) && has_port;
    }
    match target {
        [b'/', ..] => true,
        b"*" => method == b"OPTIONS",
        _ => authority_of(target).is_some_and(is_authority),
    }
}

/// The authority of an absolute form.
fn authority_of(target: &[u8]) -> Option<&[u8]> {
    let is_scheme =
        |scheme: &[u8]| target.len() >= scheme.len() && target[..scheme.len()].eq_ignore_ascii_case(scheme);
    let schemes: [&[u8]; 2] = [b"http://", b"https://"];
    let scheme = schemes.into_iter().find(|scheme| is_scheme(scheme))?;
    let rest = &target[scheme.len()..];
    rest.split(|byte| matches!(byte, b'/' | b'?')).next()
}

/// Whether this is a host, not empty, and perhaps a port. A comma is refused: it is how merged Host fields look.
pub(super) fn is_authority(authority: &[u8]) -> bool {
    let (host, port) = split(authority);
    is_host(host) && port.is_none_or(is_port)
}

fn split(authority: &[u8]) -> (&[u8], Option<&[u8]>) {
    let from = match authority {
        [b'[', ..] => authority.iter().position(|&byte| byte == b']').unwrap_or(0),
        _ => 0,
    };
    match authority[from..].iter().position(|&byte| byte == b':') {
        Some(colon) => (&authority[..from + colon], Some(&authority[from + colon + 1..])),
        None => (authority, None),
    }
}

fn is_host(host: &[u8]) -> bool {
    if let [b'[', address @ .., b']'] = host {
        return std::str::from_utf8(address).is_ok_and(|address| address.parse::<Ipv6Addr>().is_ok());
    }
    let mut rest = host;
    while let [first, behind @ ..] = rest {
        rest = match (first, behind) {
            (b'%', [high, low, behind @ ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => behind,
            (byte, behind) if byte.is_ascii_alphanumeric() || b"-._~!$&'()*+;=".contains(byte) => behind,
            _ => return false,
        };
    }
    !host.is_empty()
}

fn is_port(port: &[u8]) -> bool {
    let is_number = port.iter().all(u8::is_ascii_digit);
    let number = port.iter().fold(0_u64, |number, byte| {
        (number * 10 + u64::from(byte & 15)).min(1 << 32)
    });
    is_number && number <= u64::from(u16::MAX)
}

/// Whether a URL can have the host of this request: that of the target, else that of the Host field.
pub(super) fn has_url(target: &[u8], host: Option<&[u8]>) -> bool {
    let authority = match target {
        [b'/', ..] | b"*" => host,
        _ => authority_of(target).or(Some(target)),
    };
    let Some(authority) = authority else { return true };
    std::str::from_utf8(authority).is_ok_and(|authority| Url::parse(&format!("http://{authority}/")).is_ok())
}
