//! Takes the comments and the indentation out of built-in scripts and modules, for `build.rs`.
//!
//! Owns what is left in their place. Never moves code to another line: stack traces name lines. Called by: `texts.rs`.

use std::error::Error;
use std::ops::Range;

use deno_ast::swc::ast::{Str, TplElement};
use deno_ast::swc::ecma_visit::{Visit, VisitWith};
use deno_ast::{
    MediaType, ModuleSpecifier, ParseParams, ParsedSource, SourceRange, SourceRangedForSpanned, parse_program,
};

/// The text without what nobody reads in a binary; a third of it.
pub fn shortened(text: &str) -> Result<String, Box<dyn Error>> {
    without_indentation(&without_comments(text)?)
}

fn without_comments(text: &str) -> Result<String, Box<dyn Error>> {
    let parsed = parse(text)?;
    let mut comments: Vec<_> = parsed
        .comments()
        .iter_unstable()
        .map(|comment| place(&parsed, comment.range()))
        .collect();
    comments.sort_by_key(|range| (range.start, range.end));
    // One between two tokens may belong to both.
    comments.dedup();

    let mut kept = String::with_capacity(text.len());
    let mut position = 0;
    for comment in comments {
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

fn without_indentation(text: &str) -> Result<String, Box<dyn Error>> {
    let parsed = parse(text)?;
    let mut literals = Literals {
        parsed: &parsed,
        places: Vec::new(),
    };
    parsed.program_ref().visit_with(&mut literals);
    let is_in_literal = |position: usize| {
        literals
            .places
            .iter()
            .any(|place| place.start < position && position < place.end)
    };

    let mut kept = String::with_capacity(text.len());
    let mut position = 0;
    for line in text.split_inclusive('\n') {
        kept.push_str(match is_in_literal(position) {
            true => line,
            false => line.trim_start_matches([' ', '\t']),
        });
        position += line.len();
    }
    Ok(kept)
}

/// The strings and templates that go over several lines.
struct Literals<'a> {
    parsed: &'a ParsedSource,
    places: Vec<Range<usize>>,
}

impl Literals<'_> {
    fn note(&mut self, range: SourceRange) {
        // With what encloses it: the first line of a template may begin at its very start.
        let place = place(self.parsed, range);
        let place = place.start.saturating_sub(1)..place.end + 1;
        let text = self.parsed.text();
        if text.get(place.clone()).is_none_or(|text| text.contains('\n')) {
            self.places.push(place);
        }
    }
}

impl Visit for Literals<'_> {
    fn visit_str(&mut self, string: &Str) {
        self.note(string.range());
    }

    fn visit_tpl_element(&mut self, element: &TplElement) {
        self.note(element.range());
    }
}

fn place(parsed: &ParsedSource, range: SourceRange) -> Range<usize> {
    range.as_byte_range(parsed.text_info_lazy().range().start)
}

fn parse(text: &str) -> Result<ParsedSource, Box<dyn Error>> {
    Ok(parse_program(ParseParams {
        specifier: ModuleSpecifier::parse("ext:howth/built_in.js")?,
        text: text.into(),
        media_type: MediaType::JavaScript,
        capture_tokens: false,
        scope_analysis: false,
        maybe_syntax: None,
    })?)
}
