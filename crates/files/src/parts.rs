//! Several parts of a file in one body (RFC 9110 section 14.6).
//!
//! Owns the layout of multipart/byteranges. Called by: `folder`.

use bytes::Bytes;

use crate::ranges::Part;
use crate::store::Stored;

/// Parts are put together in memory up to so many bytes; of more, the first part is sent alone.
const BYTES_MAX: u64 = 1024 * 1024;

/// The body, and its content type. `None`: it would be too long, or a disk would have to be waited for.
pub(crate) fn multipart(stored: &Stored, content_type: &str, parts: &[Part]) -> Option<(Vec<u8>, Bytes)> {
    if parts.iter().map(|(_, length)| length).sum::<u64>() > BYTES_MAX {
        return None;
    }
    let size = stored.size();
    let mut read = Vec::with_capacity(parts.len());
    for &(first, length) in parts {
        read.push(stored.bytes(first, length)?);
    }
    let boundary = boundary(stored, &read);
    let mut body = Vec::new();
    for (&(first, length), bytes) in parts.iter().zip(&read) {
        let last = first + length - 1;
        body.extend_from_slice(
            format!(
                "--{boundary}\r\ncontent-type: {content_type}\r\ncontent-range: bytes {first}-{last}/{size}\r\n\r\n"
            )
            .as_bytes(),
        );
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    let content_type = format!("multipart/byteranges; boundary={boundary}");
    Some((body, content_type.into()))
}

/// A line that is in no part (RFC 2046 section 5.1.1).
fn boundary(stored: &Stored, parts: &[Bytes]) -> String {
    let mut number = stored.size() ^ stored.modified_s();
    loop {
        // What is looked for is longer than any part of it that a file may have by chance; one that has it all gets another.
        let boundary = format!("howth-{number:016x}");
        let is_in = |bytes: &Bytes| {
            let mut windows = bytes.windows(boundary.len());
            windows.any(|window| window == boundary.as_bytes())
        };
        if !parts.iter().any(is_in) {
            return boundary;
        }
        number = number.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(1);
    }
}
