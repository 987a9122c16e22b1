//! Status lines of the registered status codes (RFC 9110 section 15), written once.
//!
//! Owns the table. Never judges whether a status may be sent. Called by: `encode`, `interim`, `rejection`; who answers with what
//! a status means.

/// Start and end of a status line around its reason phrase: `HTTP/1.1 200 ` and CR LF.
const PREFIX_BYTES: usize = 13;
const END_BYTES: usize = 2;

macro_rules! status_lines {
    ($($status:literal $phrase:literal,)*) => {
        fn known_line(status: u16) -> Option<&'static str> {
            match status {
                $($status => Some(concat!("HTTP/1.1 ", $status, " ", $phrase, "\r\n")),)*
                _ => None,
            }
        }
    };
}

status_lines! {
    100 "Continue",
    101 "Switching Protocols",
    102 "Processing",
    103 "Early Hints",
    200 "OK",
    201 "Created",
    202 "Accepted",
    203 "Non-Authoritative Information",
    204 "No Content",
    205 "Reset Content",
    206 "Partial Content",
    207 "Multi-Status",
    208 "Already Reported",
    226 "IM Used",
    300 "Multiple Choices",
    301 "Moved Permanently",
    302 "Found",
    303 "See Other",
    304 "Not Modified",
    305 "Use Proxy",
    307 "Temporary Redirect",
    308 "Permanent Redirect",
    400 "Bad Request",
    401 "Unauthorized",
    402 "Payment Required",
    403 "Forbidden",
    404 "Not Found",
    405 "Method Not Allowed",
    406 "Not Acceptable",
    407 "Proxy Authentication Required",
    408 "Request Timeout",
    409 "Conflict",
    410 "Gone",
    411 "Length Required",
    412 "Precondition Failed",
    413 "Content Too Large",
    414 "URI Too Long",
    415 "Unsupported Media Type",
    416 "Range Not Satisfiable",
    417 "Expectation Failed",
    418 "I'm a teapot",
    421 "Misdirected Request",
    422 "Unprocessable Content",
    423 "Locked",
    424 "Failed Dependency",
    425 "Too Early",
    426 "Upgrade Required",
    428 "Precondition Required",
    429 "Too Many Requests",
    431 "Request Header Fields Too Large",
    451 "Unavailable For Legal Reasons",
    500 "Internal Server Error",
    501 "Not Implemented",
    502 "Bad Gateway",
    503 "Service Unavailable",
    504 "Gateway Timeout",
    505 "HTTP Version Not Supported",
    506 "Variant Also Negotiates",
    507 "Insufficient Storage",
    508 "Loop Detected",
    511 "Network Authentication Required",
}

/// The registered reason phrase of a status; `None`: it has none.
pub fn reason(status: u16) -> Option<&'static str> {
    known_line(status).map(phrase)
}

/// Appends a status line (RFC 9112 section 4). Without a reason the registered phrase is used; an unknown
/// status has none, which the grammar allows. The version is always the highest this server speaks
/// (RFC 9110 section 6.2).
pub(crate) fn push_line(out: &mut Vec<u8>, status: u16, reason: Option<&str>) {
    match (known_line(status), reason) {
        (Some(line), None) => out.extend_from_slice(line.as_bytes()),
        (Some(line), Some(reason)) if phrase(line) == reason => out.extend_from_slice(line.as_bytes()),
        (_, reason) => {
            out.extend_from_slice(b"HTTP/1.1 ");
            out.extend_from_slice(itoa::Buffer::new().format(status).as_bytes());
            out.push(b' ');
            out.extend_from_slice(reason.unwrap_or_default().as_bytes());
            out.extend_from_slice(b"\r\n");
        }
    }
}

fn phrase(line: &str) -> &str {
    &line[PREFIX_BYTES..line.len() - END_BYTES]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(status: u16, reason: Option<&str>) -> String {
        let mut out = Vec::new();
        push_line(&mut out, status, reason);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn known_unknown_and_own_phrases() {
        assert_eq!(line(200, None), "HTTP/1.1 200 OK\r\n");
        assert_eq!(line(200, Some("OK")), "HTTP/1.1 200 OK\r\n");
        assert_eq!(line(200, Some("")), "HTTP/1.1 200 \r\n");
        assert_eq!(line(404, Some("Nowhere")), "HTTP/1.1 404 Nowhere\r\n");
        assert_eq!(line(299, None), "HTTP/1.1 299 \r\n");
        assert_eq!(line(299, Some("Fine")), "HTTP/1.1 299 Fine\r\n");
    }

    #[test]
    fn every_known_line_is_well_formed() {
        for status in 0..=u16::MAX {
            let Some(line) = known_line(status) else { continue };
            assert_eq!(format!("HTTP/1.1 {status} {}\r\n", phrase(line)), line);
            assert!(
                phrase(line)
                    .bytes()
                    .all(|byte| byte == b' ' || byte.is_ascii_graphic())
            );
        }
    }
}
