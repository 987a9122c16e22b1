//! A file as the check sees it: what it imports, which globals it uses, whether it serves.
//!
//! Of TypeScript, imports count that are left when it is JavaScript; places are those of the source. Called by: the walk.

use std::path::PathBuf;

use deno_ast::diagnostics::Diagnostic as _;
use deno_ast::{MediaType, ModuleKind, ParseDiagnostic, ParsedSource, SourceMapOption, SourceTextInfo};
use deno_core::ModuleSpecifier;

use super::super::discovery::Shared;
use super::super::typescript::commonjs::is_script;
use super::super::typescript::to_javascript;
use super::Problem;
use super::reader::Reader;

/// How a module is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// `import`, with or without parentheses, and `export … from`.
    Import,
    Require,
}

/// A module that a file asks for.
#[derive(Clone, Debug)]
pub(super) struct Import {
    pub(super) specifier: String,
    pub(super) way: Way,
    /// Where it stands, in bytes.
    pub(super) at: usize,
    /// It is loaded with the file, whatever happens.
    pub(super) is_certain: bool,
    /// What goes wrong with it is caught.
    pub(super) is_tried: bool,
    /// What is imported by name, and where that stands.
    pub(super) names: Vec<(String, usize)>,
    /// `with { type: … }`
    pub(super) kind: Option<String>,
}

impl Import {
    /// What the file is taken for, where the import says it.
    pub(super) fn reads_as(&self) -> Option<MediaType> {
        match self.kind.as_deref() {
            Some("text" | "bytes") => Some(MediaType::Unknown),
            Some("json") => Some(MediaType::Json),
            _ => None,
        }
    }
}

/// A global, or a member of one, that is used.
#[derive(Debug)]
pub(super) struct Use {
    /// `Bun.sql`, `Temporal`.
    pub(super) name: String,
    pub(super) at: usize,
}

/// A file that was parsed.
pub(super) struct Source {
    file: PathBuf,
    text: SourceTextInfo,
    pub(super) is_module: bool,
    pub(super) imports: Vec<Import>,
    pub(super) uses: Vec<Use>,
    /// It has a default export, or is CommonJS that exports something.
    pub(super) exports_handler: bool,
    /// Something in it is told to listen.
    pub(super) serves: bool,
    /// What it exports, and what it exports of others.
    pub(super) exports: deno_ast::ModuleExportsAndReExports,
}

impl Source {
    /// Reads and parses a file; `Err`: what is wrong with it, or nothing, where it is of no kind that is checked.
    pub(super) fn read(shared: &Shared, specifier: &ModuleSpecifier) -> Result<Source, Option<Problem>> {
        let file = specifier.to_file_path().map_err(|()| None)?;
        let problem = |line, column, what: String, remedy: &str| {
            Some(Problem {
                file: file.clone(),
                line,
                column,
                what,
                remedy: remedy.to_owned(),
            })
        };
        let content = std::fs::read(&file).map_err(|error| {
            problem(
                1,
                1,
                format!("it cannot be read ({})", error.kind()),
                "correct its permissions",
            )
        })?;
        let text = String::from_utf8_lossy(&content);
        let text = text.strip_prefix('\u{FEFF}').unwrap_or(&text);
        let media_type = MediaType::from_specifier(specifier);
        if media_type == MediaType::Json {
            return match serde_json::from_str::<serde::de::IgnoredAny>(text) {
                Ok(_) => Err(None),
                Err(error) => Err(problem(
                    error.line(),
                    error.column(),
                    format!("it is no JSON ({error})"),
                    "correct it",
                )),
            };
        }
        let parsed = deno_ast::parse_program(deno_ast::ParseParams {
            specifier: specifier.clone(),
            text: text.into(),
            media_type,
            capture_tokens: false,
            scope_analysis: false,
            maybe_syntax: None,
        });
        let wrong = |diagnostic: &ParseDiagnostic| {
            let place = diagnostic.display_position();
            let what = format!("syntax error: {}", diagnostic.message());
            problem(place.line_number, place.column_number, what, "correct it")
        };
        let parsed = parsed.map_err(|diagnostic| wrong(&diagnostic))?;
        // The parser reads over types in JavaScript, which V8 does not.
        if !media_type.is_emittable()
            && let Some(diagnostic) = parsed.diagnostics().first()
        {
            return Err(wrong(diagnostic));
        }
        Source::of(shared, specifier, file.clone(), parsed)
            .map_err(|message| problem(1, 1, format!("syntax error: {message}"), "correct it"))
    }

    fn of(
        shared: &Shared,
        specifier: &ModuleSpecifier,
        file: PathBuf,
        parsed: ParsedSource,
    ) -> Result<Source, String> {
        let is_module = !is_script(&parsed);
        let mut reader = Reader::of(&parsed);
        let mut exports = parsed.analyze_es_runtime_exports();
        if parsed.media_type().is_emittable() {
            let emitted = emitted(shared, specifier, &parsed, is_module)?;
            exports = emitted.analyze_es_runtime_exports();
            reader.keep_what_is_left(&Reader::of(&emitted));
        }
        reader.forget_own_names();
        Ok(Source {
            file,
            is_module,
            imports: reader.imports,
            uses: reader.uses,
            exports_handler: reader.exports_commonjs || exports.exports.iter().any(|name| name == "default"),
            serves: reader.serves,
            exports,
            text: parsed.text_info_lazy().clone(),
        })
    }

    /// A problem at a place of this file.
    pub(super) fn problem(&self, at: usize, what: String, remedy: String) -> Problem {
        let place = self.text.line_and_column_display(self.text.range().start + at);
        Problem {
            file: self.file.clone(),
            line: place.line_number,
            column: place.column_number,
            what,
            remedy,
        }
    }
}

/// The file as it is given to V8.
fn emitted(
    shared: &Shared,
    specifier: &ModuleSpecifier,
    parsed: &ParsedSource,
    is_module: bool,
) -> Result<ParsedSource, String> {
    let settings = shared.settings(specifier).map_err(|error| error.to_string())?;
    let kind = ModuleKind::from_is_esm(is_module);
    let made = to_javascript(parsed.clone(), kind, settings, SourceMapOption::None);
    let made = made.map_err(|error| error.to_string())?;
    deno_ast::parse_program(deno_ast::ParseParams {
        specifier: specifier.clone(),
        text: made.text.into(),
        media_type: MediaType::JavaScript,
        capture_tokens: false,
        scope_analysis: false,
        maybe_syntax: None,
    })
    .map_err(|diagnostic| diagnostic.message().into_owned())
}
