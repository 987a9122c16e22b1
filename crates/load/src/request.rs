//! The request's bytes, made once.
//!
//! Owns the check that method and fields are valid. The bytes of `pipelining` requests lie one behind the other
//! and are shared by all sends of a thread.

use std::rc::Rc;

use http::uri::PathAndQuery;
use http::{HeaderName, HeaderValue, Method};

use crate::error::LoadError;
use crate::options::Options;
use crate::sequence::Sequence;
use crate::target::Target;

/// Checked method and fields; turned into bytes by each thread.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    bytes: Vec<u8>,
    /// The occasional one: every how many-th, and its bytes.
    occasional: Option<(u64, Vec<u8>)>,
    fields: Vec<(HeaderName, HeaderValue)>,
}

/// Requests one behind the other.
#[derive(Clone, Debug)]
pub(crate) struct Pipeline {
    pub(crate) bytes: Rc<[u8]>,
    pub(crate) request_bytes: usize,
}

impl Request {
    /// The request that the options describe.
    pub(crate) fn new(options: &Options, target: &Target) -> Result<Self, LoadError> {
        let method =
            Method::from_bytes(options.method.as_bytes()).map_err(|_| invalid("method", &options.method))?;
        let fields = fields(options)?;
        let mut request = Request {
            bytes: Vec::new(),
            occasional: None,
            fields,
        };
        request.bytes = request.encode(options, &method, target);
        if let Some(occasional) = &options.occasional {
            let path = &occasional.path;
            if !path.starts_with('/') || PathAndQuery::try_from(path.as_str()).is_err() {
                return Err(invalid("path", path));
            }
            let target = Target {
                path: path.clone(),
                ..target.clone()
            };
            request.occasional = Some((occasional.every, request.encode(options, &method, &target)));
        }
        Ok(request)
    }

    fn encode(&self, options: &Options, method: &Method, target: &Target) -> Vec<u8> {
        let mut bytes = self.head_start(method.as_str(), target);
        // RFC 9110 section 8.6: methods that anticipate content send a length even without any.
        let anticipates_content = matches!(*method, Method::POST | Method::PUT | Method::PATCH);
        if !options.body.is_empty() || anticipates_content {
            put(
                &mut bytes,
                "content-length",
                options.body.len().to_string().as_bytes(),
            );
        }
        if !options.keep_alive {
            put(&mut bytes, "connection", b"close");
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(&options.body);
        bytes
    }

    /// The request line, the host and the own fields.
    pub(crate) fn head_start(&self, method: &str, target: &Target) -> Vec<u8> {
        let mut bytes = format!("{method} {} HTTP/1.1\r\n", target.path).into_bytes();
        if !self.fields.iter().any(|(name, _)| name == http::header::HOST) {
            put(&mut bytes, "host", target.authority.as_bytes());
        }
        for (name, value) in &self.fields {
            put(&mut bytes, name.as_str(), value.as_bytes());
        }
        bytes
    }

    /// The host and port that are asked for.
    pub(crate) fn authority<'a>(&'a self, target: &'a Target) -> &'a [u8] {
        let host = self.fields.iter().find(|(name, _)| name == http::header::HOST);
        host.map_or(target.authority.as_bytes(), |(_, value)| value.as_bytes())
    }

    /// The fields besides that.
    pub(crate) fn own_fields(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let own = self.fields.iter().filter(|(name, _)| name != http::header::HOST);
        own.map(|(name, value)| (name.as_str().as_bytes(), value.as_bytes()))
    }

    /// What a thread sends, at most `depth` requests at once.
    pub(crate) fn sequence(&self, depth: usize) -> Sequence {
        let occasional = self.occasional.as_ref();
        Sequence::new(
            Pipeline::new(&self.bytes, depth),
            occasional.map(|(every, bytes)| (*every, Pipeline::new(bytes, depth))),
        )
    }
}

impl Pipeline {
    fn new(request: &[u8], depth: usize) -> Self {
        Pipeline {
            bytes: request.repeat(depth).into(),
            request_bytes: request.len(),
        }
    }
}

/// Framing and persistence are the generator's own, so fields that contradict them are refused.
fn fields(options: &Options) -> Result<Vec<(HeaderName, HeaderValue)>, LoadError> {
    use http::header::{CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING};
    options
        .fields
        .iter()
        .map(|(name, value)| {
            let parsed = HeaderName::from_bytes(name.as_bytes()).map_err(|_| invalid("field name", name))?;
            if [CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING].contains(&parsed) {
                return Err(LoadError::Conflict(
                    "connection, content-length and transfer-encoding follow from the other options",
                ));
            }
            let value = HeaderValue::from_str(value).map_err(|_| invalid("field value", value))?;
            Ok((parsed, value))
        })
        .collect()
}

fn invalid(what: &'static str, value: &str) -> LoadError {
    LoadError::InvalidRequest {
        what,
        value: value.to_owned(),
    }
}

fn put(bytes: &mut Vec<u8>, name: &str, value: &[u8]) {
    bytes.extend_from_slice(name.as_bytes());
    bytes.extend_from_slice(b": ");
    bytes.extend_from_slice(value);
    bytes.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Occasional;

    fn text(options: &Options) -> Result<String, LoadError> {
        let target = Target::of(options).expect("loopback");
        let request = Request::new(options, &target)?;
        Ok(String::from_utf8(request.bytes).expect("it is ASCII"))
    }

    #[test]
    fn a_plain_request_has_a_host_and_no_more() {
        let options = Options::new("http://127.0.0.1:3000/a?b");
        assert_eq!(
            text(&options).expect("valid"),
            "GET /a?b HTTP/1.1\r\nhost: 127.0.0.1:3000\r\n\r\n"
        );
    }

    #[test]
    fn a_body_has_its_length() {
        let mut options = Options::new("http://127.0.0.1/");
        options.method = "POST".to_owned();
        options.fields = vec![
            ("Host".to_owned(), "b".to_owned()),
            ("x".to_owned(), "y z".to_owned()),
        ];
        options.keep_alive = false;
        let expected =
            "POST / HTTP/1.1\r\nhost: b\r\nx: y z\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        assert_eq!(text(&options).expect("valid"), expected);
        options.body = b"abc".to_vec();
        assert!(
            text(&options)
                .expect("valid")
                .ends_with("content-length: 3\r\nconnection: close\r\n\r\nabc")
        );
    }

    #[test]
    fn requests_cannot_be_smuggled_by_options() {
        let good = Options::new("http://127.0.0.1/");
        for (method, name, value) in [
            ("G T", "a", "b"),
            ("GET", "a b", "c"),
            ("GET", "a", "b\r\nc: d"),
            ("GET", "Content-Length", "4"),
            ("GET", "transfer-encoding", "chunked"),
        ] {
            let mut bad = good.clone();
            bad.method = method.to_owned();
            bad.fields = vec![(name.to_owned(), value.to_owned())];
            assert!(text(&bad).is_err(), "{method} {name} {value}");
        }
    }

    #[test]
    fn a_pipeline_repeats_the_request() {
        let options = Options::new("http://127.0.0.1/");
        let target = Target::of(&options).expect("loopback");
        let sequence = Request::new(&options, &target).expect("valid").sequence(3);
        let pipeline = sequence.pipeline(false);
        assert_eq!(pipeline.bytes.len(), 3 * pipeline.request_bytes);
    }

    #[test]
    fn the_occasional_request_has_another_path_and_nothing_else() {
        let mut options = Options::new("http://127.0.0.1/usual");
        let occasional = |path: &str| Occasional {
            every: 9,
            path: path.to_owned(),
        };
        options.occasional = Some(occasional("/other?a"));
        let target = Target::of(&options).expect("loopback");
        let request = Request::new(&options, &target).expect("valid");
        let (every, bytes) = request.occasional.expect("there is one");
        let usual = String::from_utf8(request.bytes).expect("it is ASCII");
        assert_eq!(
            (every, bytes),
            (9, usual.replace("/usual", "/other?a").into_bytes())
        );
        for wrong in ["other", "", "/a b", "/a\r\nb"] {
            options.occasional = Some(occasional(wrong));
            assert!(text(&options).is_err(), "{wrong:?} was taken");
        }
    }
}
