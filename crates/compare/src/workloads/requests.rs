//! What workloads ask, and what the right answers are.
//!
//! Owns bodies and fields. Never chooses who asks what: `workloads` does.

use crate::request::Request;

/// The items of the posted JSON, which make it 1.5 KiB.
const ITEMS: usize = 28;

/// What is sent with `headers`: the ten that its application reads.
pub(super) const FIELDS: [(&str, &str); 10] = [
    (
        "accept",
        "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    ),
    ("accept-encoding", "gzip, deflate, br, zstd"),
    ("accept-language", "en-GB,en;q=0.7,ga;q=0.3"),
    ("authorization", "Bearer 7b1f0c5a9d3e42c68a17"),
    ("cookie", "session=5f2d8a1c; theme=dark; seen=1"),
    ("referer", "http://127.0.0.1/users"),
    (
        "user-agent",
        "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    ),
    ("x-forwarded-for", "192.0.2.17"),
    ("x-forwarded-proto", "https"),
    ("x-request-id", "0198c6f2-7f1b-7c3e-9a55-1d0c2b3a4f5e"),
];

pub(crate) fn hello_request() -> Request {
    Request::get("/", "Hi".len() as u64)
}

/// Answered by a small object as JSON.
pub(super) fn greeting() -> Request {
    Request::get("/", "{\"message\":\"Hello, World!\"}".len() as u64)
}

/// Answered by how many items there are.
pub(super) fn posted_items() -> Request {
    Request {
        fields: vec![("content-type", "application/json")],
        ..Request::post(posted_json(), format!("{{\"items\":{ITEMS}}}").len() as u64)
    }
}

pub(super) fn stream_request(bytes: u64) -> Request {
    Request::get(format!("/{bytes}"), bytes)
}

pub(super) fn upload_request(bytes: usize) -> Request {
    Request::post(vec![b'x'; bytes], bytes.to_string().len() as u64)
}

fn posted_json() -> Vec<u8> {
    let item =
        |number| format!("{{\"id\":{number},\"name\":\"item number {number}\",\"price\":{number}.25}}");
    // Numbers of four digits, so that all items are of one length.
    let items: Vec<String> = (1000..).map(item).take(ITEMS).collect();
    format!("{{\"items\":[{}]}}", items.join(",")).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_posted_json_is_json_of_a_kibibyte_and_a_half() {
        let posted = posted_json();
        assert!((1400..1700).contains(&posted.len()), "{}", posted.len());
        let value: serde_json::Value = serde_json::from_slice(&posted).expect("JSON");
        assert_eq!(value["items"].as_array().map(Vec::len), Some(ITEMS));
    }
}
