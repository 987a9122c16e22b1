//! What `tsconfig.json` or `deno.json` say about making JavaScript, as options of the transpiler.

use deno_ast::{
    DecoratorsTranspileOption, ImportsNotUsedAsValues, JsxAutomaticOptions, JsxClassicOptions, JsxRuntime,
    TranspileOptions,
};
use deno_config::deno_json::EmitConfigOptions;
use deno_core::ModuleSpecifier;
use deno_error::JsErrorBox;
use deno_resolver::deno_json::CompilerOptionsResolver;

/// The options that hold for one file.
pub(super) fn transpile_options(
    resolver: &CompilerOptionsResolver,
    specifier: &ModuleSpecifier,
) -> Result<TranspileOptions, JsErrorBox> {
    let options = resolver
        .for_specifier(specifier)
        .compiler_options_for_emit()
        .map_err(JsErrorBox::from_err)?;
    let options: EmitConfigOptions = serde_json::from_value(options.0.clone())
        .map_err(|error| JsErrorBox::type_error(format!("compilerOptions for '{specifier}': {error}")))?;
    Ok(TranspileOptions {
        decorators: match options.experimental_decorators {
            true => DecoratorsTranspileOption::LegacyTypeScript {
                emit_metadata: options.emit_decorator_metadata,
            },
            false => DecoratorsTranspileOption::Ecma,
        },
        verbatim_module_syntax: options.verbatim_module_syntax,
        imports_not_used_as_values: match options.imports_not_used_as_values.as_str() {
            "preserve" => ImportsNotUsedAsValues::Preserve,
            _ => ImportsNotUsedAsValues::Remove,
        },
        jsx: Some(jsx(options)),
        var_decl_imports: false,
    })
}

fn jsx(options: EmitConfigOptions) -> JsxRuntime {
    match options.jsx.as_str() {
        "react" if options.jsx_import_source.is_none() => JsxRuntime::Classic(JsxClassicOptions {
            factory: options.jsx_factory,
            fragment_factory: options.jsx_fragment_factory,
        }),
        // "preserve" asks another tool to do it; there is none here.
        jsx => JsxRuntime::Automatic(JsxAutomaticOptions {
            development: jsx == "react-jsxdev",
            import_source: options.jsx_import_source,
        }),
    }
}
