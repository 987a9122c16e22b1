//! A request that a workload asks, and what its answer has to be.

use howth_load::Expectation;

/// Method, path, fields, body; and the length of a right answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) fields: Vec<(&'static str, &'static str)>,
    pub(crate) body: Vec<u8>,
    pub(crate) answer_bytes: u64,
}

impl Request {
    pub(crate) fn get(path: impl Into<String>, answer_bytes: u64) -> Self {
        Request {
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

    /// The bytes to send.
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
            ..howth_load::Options::new(format!("http://127.0.0.1:{port}{}", self.path))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_has_its_length() {
        let mut request = Request::post(b"abc".to_vec(), 2);
        request.fields.push(("accept", "*/*"));
        let expected = "POST / HTTP/1.1\r\nhost: 127.0.0.1:80\r\naccept: */*\r\ncontent-length: 3\r\n\r\nabc";
        assert_eq!(request.encode(80), expected.as_bytes());
        assert_eq!(request.load(80).expect.body_bytes, Some(2));
    }
}
