//! Finding the end of a head or a trailer section in bytes that arrive bit by bit.
//!
//! Owns the rule that decides a verdict by position: of all faults that can be told before the section is complete, the
//! one whose byte comes first counts, so that splits cannot matter. Never parses fields. Called by: `decoder`, `parse`,
//! `trailers`.

use crate::Rejection;

pub(crate) const BARE_LF: Rejection = Rejection::bad_request("a line ends in LF without CR");

/// Walks the line ends in `window[*scanned..]` up to the first empty line and gives the offset behind it.
/// `None`: it is not there yet; `*scanned` remembers how far the search went.
///
/// A bare LF is refused at once (RFC 9112 section 2.2 permits to take it, which is how two readers come to
/// disagree), so that a client that sends nothing else is not kept waiting for an end that never comes.
pub(crate) fn find_end(window: &[u8], scanned: &mut u32) -> Result<Option<usize>, Rejection> {
    while let Some(line_end) = next_line_end(window, scanned)? {
        let is_empty_line = match window[..line_end] {
            [b'\r', b'\n'] => true,
            [.., before, b'\r', b'\n'] => before == b'\n',
            _ => false,
        };
        if is_empty_line {
            return Ok(Some(line_end));
        }
    }
    Ok(None)
}

/// The offset behind the next CR LF at or behind `*scanned`, which moves there.
pub(crate) fn next_line_end(window: &[u8], scanned: &mut u32) -> Result<Option<usize>, Rejection> {
    let start = *scanned as usize;
    let Some(found) = memchr::memchr(b'\n', window.get(start..).unwrap_or_default()) else {
        *scanned = offset(window.len());
        return Ok(None);
    };
    let line_feed = start + found;
    if line_feed == 0 || window[line_feed - 1] != b'\r' {
        return Err(BARE_LF);
    }
    *scanned = offset(line_feed + 1);
    Ok(Some(line_feed + 1))
}

/// The part of `input` that may belong to a section of at most `bytes_max` bytes. Offsets are 32 bits wide.
pub(crate) fn window(input: &[u8], bytes_max: usize) -> &[u8] {
    &input[..input.len().min(bytes_max).min(u32::MAX as usize)]
}

fn offset(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}
