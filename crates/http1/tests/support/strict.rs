//! A second reading of every head the decoder accepted: slow, plain, and from the RFCs alone.

use howth_http1::{BodyLength, Limits, RequestHead, Version};
use url::{Position, Url};

/// Panics unless `raw`, which the decoder took for a head, is one by the strict grammar, and `head` says
/// what `raw` says.
pub fn assert_strict(raw: &[u8], head: &RequestHead, limits: &Limits) {
    let mut raw = raw;
    while let Some(rest) = raw.strip_prefix(b"\r\n") {
        raw = rest;
    }
    assert!(raw.len() <= limits.head_bytes_max, "head too large");
    let lines = lines_of(raw);
    let (request_line, field_lines) = lines.split_first().expect("a request line");
    assert_request_line(request_line, head, limits);
    assert_eq!(field_lines.len(), head.fields_len());
    assert!(field_lines.len() <= limits.fields_max, "too many fields");
    for (line, (name, value)) in field_lines.iter().zip(head.fields()) {
        assert_field_line(line, name, value);
    }
    assert_host(head, limits);
    assert_framing(head, limits);
}

/// RFC 9112 section 2.1: every line ends in CR LF, and the first empty one is the last.
fn lines_of(raw: &[u8]) -> Vec<&[u8]> {
    let mut lines = Vec::new();
    let mut rest = raw;
    loop {
        let end = rest
            .windows(2)
            .position(|pair| pair == b"\r\n")
            .expect("a line that ends in CR LF");
        let line = &rest[..end];
        assert!(!line.contains(&b'\r') && !line.contains(&b'\n'), "bare CR or LF");
        rest = &rest[end + 2..];
        if line.is_empty() {
            assert!(rest.is_empty(), "bytes behind the empty line");
            return lines;
        }
        lines.push(line);
    }
}

fn assert_request_line(line: &[u8], head: &RequestHead, limits: &Limits) {
    let parts: Vec<&[u8]> = line.split(|&byte| byte == b' ').collect();
    assert_eq!(parts.len(), 3, "method, target, version");
    assert_token(parts[0]);
    assert_eq!(parts[0], head.method().as_bytes());
    assert_eq!(parts[1], head.target().as_bytes());
    assert!(!parts[1].is_empty() && parts[1].len() <= limits.target_bytes_max);
    assert!(
        parts[1]
            .iter()
            .all(|&byte| (b'!'..=b'~').contains(&byte) && byte != b'#'),
        "target"
    );
    assert!(parts[2].len() == 8 && parts[2].starts_with(b"HTTP/1.") && parts[2][7].is_ascii_digit());
    assert_eq!(head.version() == Version::Http10, parts[2] == b"HTTP/1.0");
    assert_target(head);
}

/// RFC 9112 section 3.2: four forms. Authority and path are those of the URL that they make.
fn assert_target(head: &RequestHead) {
    let (target, path) = (head.target(), head.path());
    let lower = target.to_ascii_lowercase();
    if head.method() == "CONNECT" {
        let (host, port) = target.rsplit_once(':').expect("host:port");
        assert!(!host.is_empty() && port.parse::<u16>().is_ok_and(|port| port > 0));
        assert_eq!(path, target);
        assert_eq!(head.authority(), Some(authority_of(target).as_str()));
    } else if target.starts_with('/') {
        assert_eq!(path, path_of(target));
    } else if target == "*" {
        assert_eq!((head.method(), path), ("OPTIONS", "*"));
    } else {
        let scheme = ["http://", "https://"]
            .into_iter()
            .find(|scheme| lower.starts_with(scheme))
            .expect("scheme");
        let rest = &target[scheme.len()..];
        let (authority, path_sent) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        assert_eq!(head.authority(), Some(authority_of(authority).as_str()));
        match path_sent.starts_with('/') {
            true => assert_eq!(path, path_of(path_sent)),
            false => assert_eq!(path, path_of(&format!("/{path_sent}"))),
        }
    }
}

/// Host and port as a URL has them.
fn authority_of(sent: &str) -> String {
    let url = Url::parse(&format!("http://{sent}/")).expect("a host");
    url[Position::BeforeHost..Position::AfterPort].to_owned()
}

/// Path and query as a URL has them.
fn path_of(sent: &str) -> String {
    let url = Url::parse(&format!("http://h{sent}")).expect("a path");
    url[Position::BeforePath..].to_owned()
}

/// RFC 9112 section 5: name, colon, optional whitespace, value, optional whitespace.
fn assert_field_line(line: &[u8], name: &str, value: &[u8]) {
    assert_token(name.as_bytes());
    let rest = line
        .strip_prefix(name.as_bytes())
        .and_then(|rest| rest.strip_prefix(b":"))
        .expect("name and colon");
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t');
    assert!(!value.first().is_some_and(is_space) && !value.last().is_some_and(is_space));
    let start = rest.len() - rest.iter().skip_while(|byte| is_space(byte)).count();
    assert!(rest[start..].starts_with(value), "the value as sent");
    assert!(
        rest[start + value.len()..].iter().all(is_space),
        "nothing but whitespace behind it"
    );
    assert!(
        value
            .iter()
            .all(|&byte| byte == b'\t' || (byte >= 0x20 && byte != 0x7f)),
        "control characters"
    );
}

/// RFC 9112 section 3.2.
fn assert_host(head: &RequestHead, limits: &Limits) {
    let hosts: Vec<&[u8]> = values(head, "host");
    assert!(hosts.len() <= 1);
    let may_lack_it = head.version() == Version::Http10 || !limits.requires_host;
    assert!(hosts.len() == 1 || may_lack_it);
    for host in hosts {
        let forbidden = b" \t,@/\\?#<>\"|^`{}";
        assert!(
            host.iter()
                .all(|byte| byte.is_ascii_graphic() && !forbidden.contains(byte)),
            "host"
        );
        assert!(!host.is_empty(), "an http URI has a host");
        if head.target().starts_with('/') || head.target() == "*" {
            let host = std::str::from_utf8(host).expect("ASCII");
            let expected = (!host.is_empty()).then(|| authority_of(host));
            assert_eq!(head.authority(), expected.as_deref());
        }
    }
}

/// RFC 9112 section 6.3.
fn assert_framing(head: &RequestHead, limits: &Limits) {
    let lengths = values(head, "content-length");
    let codings = values(head, "transfer-encoding");
    match (&lengths[..], &codings[..]) {
        ([], []) => assert_eq!(head.body(), BodyLength::None),
        ([length], []) => {
            let text = std::str::from_utf8(length).expect("digits");
            assert!(text.bytes().all(|byte| byte.is_ascii_digit()));
            assert!(text.len() == 1 || !text.starts_with('0'));
            let bytes: u64 = text.parse().expect("a number");
            assert!(bytes <= limits.body_bytes_max);
            assert_eq!(head.body(), BodyLength::Known(bytes));
        }
        ([], [coding]) => {
            assert!(coding.eq_ignore_ascii_case(b"chunked"));
            assert_eq!(head.version(), Version::Http11);
            assert_eq!(head.body(), BodyLength::Chunked);
        }
        other => panic!("framing accepted: {other:?}"),
    }
}

fn values<'a>(head: &'a RequestHead, name: &str) -> Vec<&'a [u8]> {
    let values: Vec<&[u8]> = head
        .fields()
        .filter(|field| field.0.eq_ignore_ascii_case(name))
        .map(|field| field.1)
        .collect();
    assert_eq!(head.field(name), values.first().copied());
    values
}

fn assert_token(bytes: &[u8]) {
    assert!(!bytes.is_empty(), "an empty token");
    let is_delimiter = |byte: u8| b"\"(),/:;<=>?@[\\]{}".contains(&byte);
    assert!(
        bytes
            .iter()
            .all(|&byte| byte.is_ascii_graphic() && !is_delimiter(byte)),
        "no token"
    );
}
