//! A strict reader of responses: whatever RFC 9112 does not allow a server to send is a panic.

use serde_json::Value;

/// A response as it came.
#[derive(Clone, Debug)]
pub struct Response {
    pub status: u16,
    pub reason: String,
    /// In order, names in lower case.
    pub fields: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// The trailer fields of a chunked body.
    pub trailers: Vec<(String, String)>,
    pub is_chunked: bool,
}

/// A request without a body.
pub fn request(method: &str, path: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nhost: test\r\n\r\n")
}

impl Response {
    /// The head, from its bytes with the empty line.
    #[track_caller]
    pub fn head(bytes: &[u8]) -> Response {
        let mut lines = lines(bytes);
        let status_line = lines.next().expect("a status line");
        let status_line = status_line
            .strip_prefix("HTTP/1.1 ")
            .unwrap_or_else(|| panic!("{status_line:?}"));
        let (status, reason) = status_line.split_at(3);
        let fields: Vec<_> = lines.map(field).collect();
        let response = Response {
            status: status.parse().unwrap_or_else(|_| panic!("{status_line:?}")),
            reason: reason
                .strip_prefix(' ')
                .unwrap_or_else(|| panic!("{status_line:?}"))
                .to_owned(),
            fields,
            body: Vec::new(),
            trailers: Vec::new(),
            is_chunked: false,
        };
        response.check_head();
        response
    }

    fn check_head(&self) {
        assert!((100..600).contains(&self.status), "{self:?}");
        let (lengths, codings) = (
            self.all("content-length").len(),
            self.all("transfer-encoding").len(),
        );
        assert!(lengths + codings <= 1, "two framings in {self:?}");
        if self.status < 200 || self.status == 204 {
            assert_eq!(lengths + codings, 0, "framing in {self:?}");
        }
        if self.status >= 200 {
            let date = self.all("date");
            assert!(
                date.len() == 1 && date[0].len() == 29 && date[0].ends_with(" GMT"),
                "{self:?}"
            );
        }
    }

    /// The value of a field that must be there at most once.
    pub fn field(&self, name: &str) -> Option<&str> {
        let values = self.all(name);
        assert!(values.len() <= 1, "{name} is repeated in {self:?}");
        values.first().copied()
    }

    /// The values of every field of this name.
    pub fn all(&self, name: &str) -> Vec<&str> {
        let named = self.fields.iter().filter(|(field, _)| field == name);
        named.map(|(_, value)| value.as_str()).collect()
    }

    /// `content-length`, if it is there.
    pub fn content_length(&self) -> Option<usize> {
        self.field("content-length").map(|length| {
            assert!(
                !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit()),
                "{length:?}"
            );
            length.parse().expect("a length")
        })
    }

    /// Whether the server says that it closes the connection.
    pub fn closes(&self) -> bool {
        self.all("connection")
            .iter()
            .any(|value| value.eq_ignore_ascii_case("close"))
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("a body in UTF-8")
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }
}

/// The lines of a section that ends in an empty line, without their ends.
pub fn lines(bytes: &[u8]) -> impl Iterator<Item = &str> {
    let text = std::str::from_utf8(bytes).expect("a head in ASCII");
    assert!(text.is_ascii(), "{text:?}");
    let section = text.strip_suffix("\r\n\r\n").expect("an empty line at the end");
    section
        .split("\r\n")
        .inspect(|line| assert!(!line.contains(['\r', '\n', '\0']), "{line:?}"))
}

/// A field line, name in lower case.
pub fn field(line: &str) -> (String, String) {
    let (name, value) = line
        .split_once(':')
        .unwrap_or_else(|| panic!("no colon in {line:?}"));
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    assert!(!name.is_empty() && name.bytes().all(is_token), "{line:?}");
    (
        name.to_ascii_lowercase(),
        value.trim_matches([' ', '\t']).to_owned(),
    )
}
