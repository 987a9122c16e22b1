//! Request bodies that are decoded as they are read.

use howth_engine::body::failure::{MALFORMED, UNDECODABLE};
use howth_engine::{
    BodyDecoder, BodyDecoding, BodyRead, EngineOptions, ExchangeId, Http2Limits, Undecodable,
};
use howth_http1::Limits;

use super::client::{Client, manual_with};
use super::frames::{DATA, END_STREAM, HEADERS, frame, greet, request};
use super::harness::{Server, Start};

/// Each byte is so many equal ones, a full stop is the end, an exclamation mark is wrong.
const TIMES: usize = 50_000;

#[derive(Debug, Default)]
struct Repeated {
    byte: u8,
    left: usize,
    has_ended: bool,
}

impl BodyDecoder for Repeated {
    fn decode(&mut self, encoded: &[u8], decoded: &mut [u8]) -> Result<(usize, usize), Undecodable> {
        let mut taken = 0;
        if self.left == 0
            && let Some(&byte) = encoded.first()
        {
            taken = 1;
            match byte {
                b'!' => return Err(Undecodable),
                b'.' => self.has_ended = true,
                byte => (self.byte, self.left) = (byte, TIMES),
            }
        }
        let given = self.left.min(decoded.len());
        decoded[..given].fill(self.byte);
        self.left -= given;
        Ok((taken, given))
    }

    fn is_whole(&self) -> bool {
        self.has_ended
    }
}

fn decoder(coding: &[u8]) -> Option<Box<dyn BodyDecoder>> {
    (coding == b"repeated").then(|| -> Box<dyn BodyDecoder> { Box::new(Repeated::default()) })
}

fn options(body_bytes_max: u64) -> EngineOptions {
    EngineOptions {
        body_decoding: Some(BodyDecoding::new(decoder)),
        http2: Some(Http2Limits::default()),
        limits: Limits {
            body_bytes_max,
            ..Limits::default()
        },
        ..EngineOptions::default()
    }
}

fn post(client: &mut Client, coding: &str, body: &str) {
    let length = body.len();
    client.send(format!(
        "POST / HTTP/1.1\r\nhost: h\r\nContent-Encoding: {coding}\r\ncontent-length: {length}\r\n\r\n{body}"
    ));
}

/// What the head says of the body.
fn told(server: &Server, id: ExchangeId) -> Vec<(String, String)> {
    server.call(move |exchanges| {
        let head = exchanges.head(id).expect("an open exchange");
        let of_body = head
            .fields()
            .filter(|(name, _)| !name.eq_ignore_ascii_case("host"));
        of_body
            .map(|(name, value)| {
                let value = String::from_utf8_lossy(value).into_owned();
                (name.to_ascii_lowercase(), value)
            })
            .collect()
    })
}

pub fn decodes_bodies_as_they_are_read(start: Start) {
    let (server, mut client) = manual_with(start, options(1 << 20));
    post(&mut client, "repeated", "ab.");
    let id = server.next_request();
    let chunked = ("transfer-encoding".to_owned(), "chunked".to_owned());
    assert_eq!(told(&server, id), [chunked]);
    let is_whole = server.call(move |exchanges| exchanges.is_body_complete(id));
    assert!(!is_whole, "no read gives all of it");
    assert_eq!(server.read(id, 10), BodyRead::Data(b"a".repeat(10)));
    let rest = server.read_to_end(id).expect("a body");
    assert_eq!(rest, [b"a".repeat(TIMES - 10), b"b".repeat(TIMES)].concat());
    server.respond(id, "read");
    assert_eq!(client.response().text(), "read");
    // The connection goes on.
    client.send("GET / HTTP/1.1\r\nhost: h\r\n\r\n");
    let next = server.next_request_among_others();
    server.respond(next, "next");
    assert_eq!(client.response().text(), "next");
}

pub fn leaves_other_codings_as_they_are(start: Start) {
    let (server, mut client) = manual_with(start, options(1 << 20));
    for coding in ["unknown", "repeated, unknown"] {
        post(&mut client, coding, "ab.");
        let id = server.next_request_among_others();
        let length = ("content-length".to_owned(), "3".to_owned());
        let coding = ("content-encoding".to_owned(), coding.to_owned());
        assert_eq!(told(&server, id), [coding, length]);
        assert_eq!(server.read_to_end(id).expect("a body"), b"ab.");
        server.respond(id, "read");
        assert_eq!(client.response().text(), "read");
    }
}

pub fn refuses_bodies_that_do_not_decode(start: Start) {
    for body in ["a!.", "a"] {
        let (server, mut client) = manual_with(start, options(1 << 20));
        post(&mut client, "repeated", body);
        let id = server.next_request();
        assert_eq!(server.read_to_end(id), Err(UNDECODABLE), "{body}");
        let response = client.response();
        assert_eq!(
            (response.status(), response.field("connection")),
            (400, Some("close"))
        );
        client.expect_end();
    }
}

pub fn refuses_bodies_that_decode_to_too_much(start: Start) {
    let (server, mut client) = manual_with(start, options(120_000));
    post(&mut client, "repeated", "aaa.");
    let id = server.next_request();
    assert_eq!(server.read_to_end(id), Err(MALFORMED));
    assert_eq!(client.response().status(), 413);
}

pub fn decodes_bodies_of_http2(start: Start) {
    let server = Server::manual(start, options(120_000));
    let mut client = greet(&server, &[]);
    for (stream, body, expected) in [
        (1, "a.", Ok(TIMES)),
        (3, "a!", Err(UNDECODABLE)),
        (5, "aaa.", Err(MALFORMED)),
    ] {
        client.send(request(stream, "POST", "/", &[("content-encoding", "repeated")]));
        client.send(frame(DATA, END_STREAM, stream, body.as_bytes()));
        let id = server.next_request_among_others();
        assert_eq!(told(&server, id), []);
        assert_eq!(server.read_to_end(id).map(|body| body.len()), expected);
        let status = match expected {
            Ok(_) => {
                server.respond(id, "read");
                200
            }
            Err(UNDECODABLE) => 400,
            Err(_) => 413,
        };
        assert_eq!(client.frame_of(HEADERS, stream).status(), status);
        client.frame_of(DATA, stream);
    }
}

/// What decoders take has a bound.
pub fn refuses_more_coded_bodies_than_it_decodes(start: Start) {
    let (server, mut client) = manual_with(start, options(1 << 20));
    let mut others: Vec<Client> = (0..64).map(|_| Client::connect(&server)).collect();
    let ids: Vec<ExchangeId> = others
        .iter_mut()
        .map(|other| {
            post(other, "repeated", "a.");
            server.next_request()
        })
        .collect();
    post(&mut client, "repeated", "a.");
    let refused = client.response();
    assert_eq!((refused.status(), refused.field("retry-after")), (503, Some("1")));
    // The connection goes on, other bodies are taken, and there is room again when one was read.
    post(&mut client, "unknown", "a.");
    let plain = server.next_request();
    server.respond(plain, "plain");
    assert_eq!(client.response().text(), "plain");
    assert_eq!(server.read_to_end(ids[0]).map(|body| body.len()), Ok(TIMES));
    post(&mut client, "repeated", "a.");
    let next = server.next_request_among_others();
    assert_eq!(server.read_to_end(next).map(|body| body.len()), Ok(TIMES));
    server.respond(ids[0], "read");
    assert_eq!(others[0].response().text(), "read");
    // So there is when nobody wants one any more.
    let given_up = ids[1];
    assert_eq!(
        server.call(move |exchanges| exchanges.cancel_body(given_up)),
        Ok(())
    );
    let mut last = Client::connect(&server);
    post(&mut last, "repeated", "a.");
    server.next_request_among_others();
}
