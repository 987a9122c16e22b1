//! TypeScript and JSX to JavaScript. Types are removed, not checked.

use std::sync::Arc;

use deno_ast::{
    DecoratorsTranspileOption, EmitOptions, EmittedSourceText, MediaType, ModuleKind, ParseDiagnostic,
    ParseParams, ParsedSource, SourceMapOption, TranspileModuleOptions, TranspileOptions,
};
use deno_core::ModuleSpecifier;
use deno_error::JsErrorBox;

/// Parses a module or script, whichever it is.
///
/// # Errors
/// A `SyntaxError` that names file, line and column.
pub(super) fn parse(
    specifier: &ModuleSpecifier,
    media_type: MediaType,
    text: Arc<str>,
) -> Result<ParsedSource, JsErrorBox> {
    deno_ast::parse_program(ParseParams {
        specifier: specifier.clone(),
        text,
        media_type,
        capture_tokens: false,
        scope_analysis: false,
        maybe_syntax: None,
    })
    .map_err(|diagnostic| syntax_error(&diagnostic))
}

/// Writes the program as JavaScript. By the source map stack traces name the lines of the original.
///
/// # Errors
/// A `SyntaxError` for what the parser only finds fault with now.
pub(super) fn to_javascript(
    parsed: ParsedSource,
    kind: ModuleKind,
    mut options: TranspileOptions,
    source_map: SourceMapOption,
) -> Result<EmittedSourceText, JsErrorBox> {
    // The pass for decorators moves computed member names out of the class even if there are none.
    if !parsed.text().contains('@') {
        options.decorators = DecoratorsTranspileOption::None;
    }
    let module_options = TranspileModuleOptions {
        module_kind: Some(kind),
    };
    let emit_options = EmitOptions {
        source_map,
        inline_sources: false,
        ..Default::default()
    };
    let emitted = parsed
        .transpile(&options, &module_options, &emit_options)
        .map_err(|error| JsErrorBox::new("SyntaxError", without_prefix(&error.to_string())))?;
    Ok(emitted.into_source())
}

/// The parser's account as an error of JavaScript: message, the line with a mark, file:line:column.
pub(super) fn syntax_error(diagnostic: &ParseDiagnostic) -> JsErrorBox {
    JsErrorBox::new("SyntaxError", without_prefix(&diagnostic.to_string()))
}

fn without_prefix(message: &str) -> String {
    message
        .strip_prefix("SyntaxError: ")
        .unwrap_or(message)
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn javascript(source: &str) -> Result<String, JsErrorBox> {
        let specifier = ModuleSpecifier::parse("file:///app/server.ts").expect("a URL");
        let parsed = parse(&specifier, MediaType::TypeScript, source.into())?;
        let options = TranspileOptions::default();
        to_javascript(parsed, ModuleKind::Esm, options, SourceMapOption::Inline).map(|emitted| emitted.text)
    }

    #[test]
    fn removes_types_and_maps_back() {
        let code = javascript("export const port: number = 3000;").expect("valid TypeScript");
        assert!(code.starts_with("export const port = 3000;"), "{code}");
        assert!(
            code.contains("//# sourceMappingURL=data:application/json;base64,"),
            "{code}"
        );
    }

    #[test]
    fn writes_enums() {
        let code = javascript("enum Kind { A = 1 } console.log(Kind.A)").expect("valid TypeScript");
        assert!(code.contains("Kind[Kind[\"A\"] = 1] = \"A\""), "{code}");
    }

    #[test]
    fn syntax_errors_name_the_place() {
        let error = javascript("const a = 1;\nconst b = ;")
            .expect_err("invalid")
            .to_string();
        assert!(error.contains("file:///app/server.ts:2:11"), "{error}");
        assert!(!error.starts_with("SyntaxError"), "{error}");
    }
}
