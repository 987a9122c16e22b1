//! Takes the comments out of the built-in scripts and modules that are not in the snapshot, for `build.rs`.
//!
//! Owns what is left in their place. Never moves code to another line: stack traces name lines. Called by: `build.rs`.

use std::error::Error;
use std::ops::Range;

use deno_ast::{MediaType, ModuleSpecifier, ParseParams, SourceRangedForSpanned, parse_program};

/// The text without its comments, which nobody reads in a binary; a fifth of it.
pub fn without_comments(text: &str) -> Result<String, Box<dyn Error>> {
    let mut kept = String::with_capacity(text.len());
    let mut position = 0;
    for comment in comments(text)? {
        kept.push_str(&text[position..comment.start]);
        position = comment.end;
        let is_last_of_line = text[position..].starts_with('\n');
        let lines = text[comment].matches('\n').count();
        if is_last_of_line || lines > 0 {
            kept.truncate(kept.trim_end_matches([' ', '\t']).len());
            kept.push_str(&"\n".repeat(lines));
        } else {
            // What it stood between stays apart.
            kept.push(' ');
        }
    }
    kept.push_str(&text[position..]);
    Ok(kept)
}

fn comments(text: &str) -> Result<Vec<Range<usize>>, Box<dyn Error>> {
    let parsed = parse_program(ParseParams {
        specifier: ModuleSpecifier::parse("ext:howth/built_in.js")?,
        text: text.into(),
        media_type: MediaType::JavaScript,
        capture_tokens: false,
        scope_analysis: false,
        maybe_syntax: None,
    })?;
    let start = parsed.text_info_lazy().range().start;
    let mut ranges: Vec<_> = parsed
        .comments()
        .iter_unstable()
        .map(|comment| comment.range().as_byte_range(start))
        .collect();
    ranges.sort_by_key(|range| (range.start, range.end));
    // One between two tokens may belong to both.
    ranges.dedup();
    Ok(ranges)
}
