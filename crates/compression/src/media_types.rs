//! Which content is worth being compressed, by its media type.
//!
//! Owns the one list of them. Never looks at content. Called by: `selection`.

/// Beside `text/*` and everything whose subtype ends in one of [`SUFFIXES`]. Images, sound, films, archives and WOFF fonts
/// are compressed already.
const COMPRESSIBLE: &[&str] = &[
    "application/ecmascript",
    "application/graphql",
    "application/javascript",
    "application/json",
    "application/json-seq",
    "application/jsonl",
    "application/ndjson",
    "application/rtf",
    "application/sql",
    "application/toml",
    "application/vnd.ms-fontobject",
    "application/wasm",
    "application/x-javascript",
    "application/x-ndjson",
    "application/x-protobuf",
    "application/x-sh",
    "application/x-www-form-urlencoded",
    "application/x-yaml",
    "application/xml",
    "application/xml-dtd",
    "application/yaml",
    "font/otf",
    "font/ttf",
    "image/bmp",
    "image/vnd.microsoft.icon",
    "image/x-icon",
];

/// Structured syntax suffixes (RFC 6838 section 4.2.8): `image/svg+xml`, `application/manifest+json`, `application/rss+xml`.
const SUFFIXES: &[&str] = &["+json", "+xml", "+yaml", "+json-seq"];

/// Whether content of this `Content-Type` is compressed; its parameters do not matter.
pub fn is_compressible(content_type: &[u8]) -> bool {
    let essence = content_type.split(|byte| *byte == b';').next();
    let essence = essence.unwrap_or_default().trim_ascii();
    let begins = |prefix: &str| {
        let start = essence.get(..prefix.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
    };
    let ends = |suffix: &&str| {
        let start = essence.len().checked_sub(suffix.len());
        start.is_some_and(|start| essence[start..].eq_ignore_ascii_case(suffix.as_bytes()))
    };
    let is = |other: &&str| essence.eq_ignore_ascii_case(other.as_bytes());
    begins("text/") || COMPRESSIBLE.iter().any(is) || SUFFIXES.iter().any(ends)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_and_what_is_compressed_already_is_not() {
        for content_type in [
            "text/plain;charset=UTF-8",
            "TEXT/HTML",
            "text/event-stream",
            "application/json",
            "application/json ; charset=utf-8",
            "application/problem+json",
            "application/manifest+json",
            "image/svg+xml",
            "application/wasm",
            "application/x-www-form-urlencoded",
        ] {
            assert!(is_compressible(content_type.as_bytes()), "{content_type}");
        }
        for content_type in [
            "",
            "text",
            "image/png",
            "application/zip",
            "application/grpc",
            "font/woff2",
            "video/mp4",
            "application/octet-stream",
            "multipart/mixed; boundary=text/",
        ] {
            assert!(!is_compressible(content_type.as_bytes()), "{content_type}");
        }
    }
}
