//! Properties over generated requests: what is well-formed is taken and read back, whatever the splits.

mod support;

use howth_http1::{BodyLength, Limits, encode_chunk, encode_last_chunk};
use proptest::collection::vec;
use proptest::prelude::*;
use support::random::Random;
use support::{Verdict, decode_both, decode_split, decode_whole};

/// A request as a client means it.
#[derive(Clone, Debug)]
struct Request {
    method: String,
    path: String,
    fields: Vec<(String, Vec<u8>)>,
    body: Body,
}

#[derive(Clone, Debug)]
enum Body {
    None,
    Known(Vec<u8>),
    Chunked(Vec<Vec<u8>>),
}

impl Request {
    fn encode(&self, whitespace: &str) -> Vec<u8> {
        let mut out = format!(
            "{} {} HTTP/1.1\r\nhost:{whitespace}a{whitespace}\r\n",
            self.method, self.path
        )
        .into_bytes();
        for (name, value) in &self.fields {
            out.extend(
                [
                    name.as_bytes(),
                    b":",
                    whitespace.as_bytes(),
                    value,
                    whitespace.as_bytes(),
                    b"\r\n",
                ]
                .concat(),
            );
        }
        match &self.body {
            Body::None => out.extend(b"\r\n"),
            Body::Known(bytes) => {
                out.extend(format!("content-length: {}\r\n\r\n", bytes.len()).into_bytes());
                out.extend(bytes);
            }
            Body::Chunked(chunks) => {
                out.extend(b"transfer-encoding: chunked\r\n\r\n");
                chunks.iter().for_each(|chunk| encode_chunk(&mut out, chunk));
                encode_last_chunk(&mut out, &[]);
            }
        }
        out
    }

    fn body_bytes(&self) -> Vec<u8> {
        match &self.body {
            Body::None => Vec::new(),
            Body::Known(bytes) => bytes.clone(),
            Body::Chunked(chunks) => chunks.concat(),
        }
    }
}

fn request() -> impl Strategy<Value = Request> {
    // A name of its own, so that none is a field with a meaning.
    let name = "x-[!#$%&'*+.^_`|~0-9A-Za-z-]{0,20}";
    let value = vec(prop_oneof![0x21..=0x7eu8, 0x80..=0xffu8], 0..40);
    let body = prop_oneof![
        Just(Body::None),
        vec(any::<u8>(), 0..300).prop_map(Body::Known),
        vec(vec(any::<u8>(), 0..100), 0..5).prop_map(Body::Chunked),
    ];
    let method = "[A-Z!#$%&'*+.^_`|~a-z0-9-]{1,64}"
        .prop_filter("CONNECT has targets of its own", |method| method != "CONNECT");
    (method, "/[!-\"$-~]{0,60}", vec((name, value), 0..50), body).prop_map(|(method, path, fields, body)| {
        Request {
            method,
            path,
            fields,
            body,
        }
    })
}

proptest! {
    #[test]
    fn well_formed_requests_are_read_back(requests in vec(request(), 1..4), whitespace in "[ \t]{0,3}", seed: u64) {
        let input: Vec<u8> = requests.iter().flat_map(|request| request.encode(&whitespace)).collect();
        let limits = Limits::default();
        let splits = Random::new(seed).splits(input.len());
        let transcript = decode_split(&input, &splits, &limits);
        prop_assert_eq!(&transcript, &decode_whole(&input, &limits));
        prop_assert_eq!(transcript.verdict, Verdict::NeedMore { left: 0, is_between_messages: true });
        prop_assert_eq!(transcript.messages.len(), requests.len());
        for (message, request) in transcript.messages.iter().zip(&requests) {
            prop_assert_eq!(&message.head.method, &request.method);
            prop_assert_eq!(&message.head.target, &request.path);
            prop_assert_eq!(&message.head.fields[1..=request.fields.len()], &request.fields[..]);
            prop_assert_eq!(&message.body, &request.body_bytes());
            prop_assert!(message.is_complete);
        }
    }

    #[test]
    fn any_bytes_have_one_verdict(input in vec(any::<u8>(), 0..200)) {
        decode_both(&input, &Limits::default());
    }

    #[test]
    fn any_bytes_behind_a_good_start_have_one_verdict(
        start in prop::sample::select(support::corpus::VALID),
        cut in any::<prop::sample::Index>(),
        rest in "[\r\n :;,0-9a-fA-F\"\\\\=\\x00-\\xff]{0,60}",
    ) {
        let input = [&start[..cut.index(start.len())], rest.as_bytes()].concat();
        decode_both(&input, &Limits::default());
    }

    #[test]
    fn a_length_is_taken_exactly_when_it_is_digits_that_fit(length in "[0-9]{1,21}|[-+ 0-9a-fx,]{0,6}") {
        let input = format!("POST / HTTP/1.1\r\nhost: a\r\ncontent-length:{length}\r\n\r\n");
        let limits = Limits { body_bytes_max: u64::MAX, ..Limits::default() };
        let trimmed = length.trim_matches(' ');
        let is_plain = trimmed == "0" || !trimmed.starts_with('0');
        let expected = trimmed
            .parse()
            .ok()
            .filter(|_| is_plain && trimmed.bytes().all(|byte| byte.is_ascii_digit()));
        let transcript = decode_both(input.as_bytes(), &limits);
        let found = transcript.messages.first().map(|message| message.head.body);
        prop_assert_eq!(found, expected.map(BodyLength::Known));
    }

    #[test]
    fn a_chunk_is_taken_exactly_when_its_size_is_hexadecimal(size in "[0-9a-fA-F]{1,4}|[-+ 0-9a-gx,]{0,4}") {
        let number = u64::from_str_radix(&size, 16).ok();
        let number = number.filter(|_| size.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let data = vec![b'x'; number.unwrap_or(0) as usize];
        let start = b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n";
        let input = [start, size.as_bytes(), b"\r\n", &data, b"\r\n"].concat();
        let transcript = decode_whole(&input, &Limits::default());
        prop_assert_eq!(matches!(transcript.verdict, Verdict::NeedMore { .. }), number.is_some());
        prop_assert_eq!(&transcript.messages[0].body, &data);
    }
}
