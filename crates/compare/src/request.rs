//! A request that a workload asks, and what its answer has to be.

use howth_load::Expectation;

/// How a request goes to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// HTTP/1.1 in clear text.
    Http,
    /// HTTP/1.1 over TLS.
    Https,
    /// HTTP/2 over TLS.
    Http2,
    /// The body is a message of a WebSocket, and comes back.
    WebSocket,
    /// The same, and it comes back on all connections.
    Broadcast,
}

/// Method, path, fields, body; and the length of a right answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) way: Way,
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) fields: Vec<(&'static str, &'static str)>,
    pub(crate) body: Vec<u8>,
    pub(crate) answer_bytes: u64,
}

impl Request {
    pub(crate) fn get(path: impl Into<String>, answer_bytes: u64) -> Self {
        Request {
            way: Way::Http,
            method: "GET",
            path: path.into(),
            fields: Vec::new(),
            body: Vec::new(),
            answer_bytes,
        }
    }

    pub(crate) fn post(body: Vec<u8>, answer_bytes: u64) -> Self {
        Request {
            method: "POST",
            body,
            ..Request::get("/", answer_bytes)
        }
    }

    /// The same over TLS.
    pub(crate) fn secure(self) -> Self {
        Request {
            way: Way::Https,
            ..self
        }
    }

    /// The same over TLS, by HTTP/2.
    pub(crate) fn http2(self) -> Self {
        Request {
            way: Way::Http2,
            ..self
        }
    }

    /// A message of so many bytes, which comes back.
    pub(crate) fn echo(bytes: usize) -> Self {
        Request {
            way: Way::WebSocket,
            body: vec![b'x'; bytes],
            ..Request::get("/", bytes as u64)
        }
    }

    /// A message of so many bytes, which comes back on all connections.
    pub(crate) fn broadcast(bytes: usize) -> Self {
        Request {
            way: Way::Broadcast,
            ..Request::echo(bytes)
        }
    }

    /// The bytes to send in clear text.
    pub(crate) fn encode(&self, port: u16) -> Vec<u8> {
        let mut head = format!(
            "{} {} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\n",
            self.method, self.path
        );
        for (name, value) in &self.fields {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if !self.body.is_empty() {
            head.push_str(&format!("content-length: {}\r\n", self.body.len()));
        }
        head.push_str("\r\n");
        [head.as_bytes(), &self.body].concat()
    }

    /// For the load generator.
    pub(crate) fn load(&self, port: u16) -> howth_load::Options {
        let scheme = match self.way {
            Way::Http => "http",
            Way::Https | Way::Http2 => "https",
            Way::WebSocket | Way::Broadcast => "ws",
        };
        howth_load::Options {
            method: self.method.to_owned(),
            fields: self
                .fields
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            body: self.body.clone(),
            expect: Expectation {
                statuses: vec![200],
                body_bytes: Some(self.answer_bytes),
                body_sha256: None,
            },
            // The server's is made for this comparison.
            accept_any_certificate: scheme == "https",
            http2: self.way == Way::Http2,
            broadcasts: self.way == Way::Broadcast,
            ..howth_load::Options::new(format!("{scheme}://127.0.0.1:{port}{}", self.path))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_is_in_the_url() {
        let url = |request: Request| request.load(80).url;
        assert_eq!(url(Request::get("/a", 2)), "http://127.0.0.1:80/a");
        assert_eq!(url(Request::get("/a", 2).secure()), "https://127.0.0.1:80/a");
        let http2 = Request::get("/a", 2).http2().load(80);
        assert!(http2.http2 && http2.url.starts_with("https:"));
        assert_eq!(url(Request::echo(3)), "ws://127.0.0.1:80/");
        assert_eq!(Request::echo(3).load(80).body, b"xxx");
        let broadcast = Request::broadcast(3).load(80);
        assert!(broadcast.broadcasts && broadcast.url.starts_with("ws:"));
    }

    #[test]
    fn a_body_has_its_length() {
        let mut request = Request::post(b"abc".to_vec(), 2);
        request.fields.push(("accept", "*/*"));
        let expected = "POST / HTTP/1.1\r\nhost: 127.0.0.1:80\r\naccept: */*\r\ncontent-length: 3\r\n\r\nabc";
        assert_eq!(request.encode(80), expected.as_bytes());
        assert_eq!(request.load(80).expect.body_bytes, Some(2));
    }
}
