//! TypeScript and JSX to JavaScript. Types are removed, not checked.
//!
//! The library does it, but for what is in `commonjs` and `fields`, which change the program before.

pub(super) mod commonjs;
mod fields;

use std::sync::Arc;

use deno_ast::swc::ast::Program;
use deno_ast::swc::ecma_visit::VisitMutWith;
use deno_ast::{
    DecoratorsTranspileOption, EmitOptions, EmittedSourceText, MediaType, ModuleKind, ParseDiagnostic,
    ParseParams, ParsedSource, ProgramRef, SourceMap, SourceMapOption, TranspileModuleOptions,
    TranspileOptions, emit, fold_program,
};
use deno_core::ModuleSpecifier;
use deno_error::JsErrorBox;

use super::compiler_options::Settings;
use fields::AssignFields;

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
    settings: Settings,
    source_map: SourceMapOption,
) -> Result<EmittedSourceText, JsErrorBox> {
    let Settings {
        mut transpile,
        assigns_fields,
    } = settings;
    // The pass for decorators moves computed member names out of the class even if there are none.
    if !parsed.text().contains('@') {
        // Accessors of fields are the other thing that it knows.
        transpile.decorators = match parsed.text().contains("accessor") {
            true => DecoratorsTranspileOption::Ecma,
            false => DecoratorsTranspileOption::None,
        };
    }
    let emit_options = EmitOptions {
        source_map,
        inline_sources: false,
        ..Default::default()
    };
    let is_typed = parsed.media_type().is_typed();
    let assigns_fields = assigns_fields && is_typed && parsed.text().contains("class");
    if assigns_fields || is_typed && commonjs::needs_adapting(&parsed, kind) {
        return changed(&parsed, kind, &transpile, assigns_fields, &emit_options);
    }
    let module_options = TranspileModuleOptions {
        module_kind: Some(kind),
    };
    let emitted = parsed
        .transpile(&transpile, &module_options, &emit_options)
        .map_err(|error| failed(&error))?;
    Ok(emitted.into_source())
}

/// The same for a program that is changed before the library sees it: what it does by `transpile`, with that between.
fn changed(
    parsed: &ParsedSource,
    kind: ModuleKind,
    options: &TranspileOptions,
    assigns_fields: bool,
    emit_options: &EmitOptions,
) -> Result<EmittedSourceText, JsErrorBox> {
    let mut program = (*parsed.program()).clone();
    if assigns_fields {
        program.visit_mut_with(&mut AssignFields {
            has_legacy_decorators: matches!(
                options.decorators,
                DecoratorsTranspileOption::LegacyTypeScript { .. }
            ),
        });
    }
    let program = commonjs::adapt(parsed, program, kind)?;
    let is_jsx = matches!(parsed.media_type(), MediaType::Tsx | MediaType::Jsx);
    let options = TranspileOptions {
        jsx: options.jsx.clone().filter(|_| is_jsx),
        ..options.clone()
    };
    let source_map = SourceMap::single(parsed.specifier().clone(), parsed.text().to_string());
    let comments = parsed.comments().as_single_threaded();
    let only_in_modules = parsed.script_module_diagnostics().iter();
    let diagnostics = parsed
        .diagnostics()
        .iter()
        .chain(only_in_modules.filter(|_| kind.is_esm()));
    let program = parsed.globals().with(|marks| {
        let diagnostics = Box::new(diagnostics);
        fold_program(program, &options, &source_map, &comments, marks, diagnostics)
    });
    let program = program.map_err(|error| failed(&error))?;
    let program = match &program {
        Program::Module(module) => ProgramRef::Module(module),
        Program::Script(script) => ProgramRef::Script(script),
    };
    emit(program, &comments, &source_map, emit_options).map_err(|error| failed(&error))
}

fn failed(error: &dyn std::error::Error) -> JsErrorBox {
    JsErrorBox::new("SyntaxError", without_prefix(&error.to_string()))
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

    fn with(source: &str, kind: ModuleKind, settings: Settings) -> Result<String, JsErrorBox> {
        let specifier = ModuleSpecifier::parse("file:///app/server.ts").expect("a URL");
        let parsed = parse(&specifier, MediaType::TypeScript, source.into())?;
        to_javascript(parsed, kind, settings, SourceMapOption::Inline).map(|emitted| emitted.text)
    }

    fn settings() -> Settings {
        Settings {
            transpile: TranspileOptions::default(),
            assigns_fields: false,
        }
    }

    fn javascript(source: &str) -> Result<String, JsErrorBox> {
        with(source, ModuleKind::Esm, settings())
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
    fn names_of_commonjs_are_declared_where_they_are_missing() {
        let code = javascript("export const a: string = __dirname;").expect("valid");
        assert!(code.contains("let __dirname = import.meta.dirname"), "{code}");
        assert!(!code.contains("createRequire"), "{code}");
        let own = "const __dirname = '/'; function f(require: any) { return require('x'); } export { f, __dirname };";
        let code = javascript(own).expect("valid");
        assert!(!code.contains("import.meta"), "{code}");
        let code = javascript("export const a = { require: 1 }.require as typeof module;").expect("valid");
        assert!(!code.contains("import.meta"), "{code}");
    }

    #[test]
    fn commonjs_of_typescript_is_made_javascript() {
        let source = "import fs = require('fs');\nexport = fs.readFileSync;";
        let code = with(source, ModuleKind::Cjs, settings()).expect("valid");
        assert!(
            code.starts_with("const fs = require('fs');\nmodule.exports = fs.readFileSync;"),
            "{code}"
        );
        let code = javascript("import { a } from 'a';\nexport = a;").expect("valid");
        assert!(code.contains("as \"module.exports\""), "{code}");
        let source = "import type { T } from './t';\nconst a: T = 1;\nexport = a;";
        let code = with(source, ModuleKind::Cjs, settings()).expect("valid");
        assert!(code.starts_with("const a = 1;\nmodule.exports = a;"), "{code}");
    }

    #[test]
    fn fields_are_assigned_where_that_is_asked_for() {
        let settings = Settings {
            assigns_fields: true,
            ..settings()
        };
        let source =
            "class A extends B { a?: string; b = 1; constructor(private c: number) { super(); d(); } }";
        let code = with(source, ModuleKind::Esm, settings).expect("valid");
        assert!(!code.contains(" a;") && code.contains("this.b = 1"), "{code}");
        let (parameter, fields) = (code.find("this.c = c"), code.find("this.#__howth_fields()"));
        assert!(parameter < fields && fields < code.find("d()"), "{code}");
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
