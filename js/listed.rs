//! Lists that stand in JavaScript, one entry a line, and are read from Rust as well.
//!
//! Called by: what says before a program runs what is not there.

/// The lines between two others.
pub(crate) fn lines(
    source: &'static str,
    start: &'static str,
    end: &'static str,
) -> impl Iterator<Item = &'static str> {
    let lines = source.lines().skip_while(move |line| *line != start).skip(1);
    lines.take_while(move |line| *line != end).map(str::trim)
}

/// A text without the comma behind it and the quotes around it.
pub(crate) fn unquoted(text: &'static str) -> &'static str {
    text.trim_end_matches(',').trim_matches('"')
}
