//! What `tsconfig.json` or `deno.json` say about making JavaScript, as options of the transpiler.

use std::path::Path;

use deno_ast::{
    DecoratorsTranspileOption, ImportsNotUsedAsValues, JsxAutomaticOptions, JsxClassicOptions, JsxRuntime,
    TranspileOptions,
};
use deno_config::deno_json::EmitConfigOptions;
use deno_error::JsErrorBox;
use deno_resolver::deno_json::{
    CompilerOptionsSourceKind, CompilerOptionsType, get_base_compiler_options_for_emit,
};
use serde_json::{Map, Value};

use super::tsconfig::TsConfig;

/// What holds for one file. All of it is in what the cache knows the file by.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) transpile: TranspileOptions,
    /// The fields of classes are assigned, not defined.
    pub(super) assigns_fields: bool,
}

/// Without a configuration: what holds for files that have none.
pub(super) fn of_config(config: Option<&TsConfig>) -> Result<Settings, JsErrorBox> {
    let base =
        get_base_compiler_options_for_emit(CompilerOptionsType::Emit, CompilerOptionsSourceKind::TsConfig);
    let mut options = match base.0 {
        Value::Object(options) => options,
        _ => Map::new(),
    };
    let name = config
        .map_or(Path::new(""), |config| &config.path)
        .display()
        .to_string();
    if let Some(config) = config {
        options.extend(config.options.clone());
    }
    settings(Value::Object(options), &name)
}

/// `name`: where the options stand.
pub(super) fn settings(options: Value, name: &str) -> Result<Settings, JsErrorBox> {
    let assigns_fields = assigns_fields(&options);
    let options: EmitConfigOptions = serde_json::from_value(options)
        .map_err(|error| JsErrorBox::type_error(format!("\"compilerOptions\" of {name}: {error}")))?;
    Ok(Settings {
        transpile: TranspileOptions {
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
        },
        assigns_fields,
    })
}

/// TypeScript's rule for `useDefineForClassFields`: from ES2022 on fields are what the language says. Without a `target`
/// they are that too, but beside legacy decorators, which are of the time before.
fn assigns_fields(options: &Value) -> bool {
    if let Some(defines) = options.get("useDefineForClassFields").and_then(Value::as_bool) {
        return !defines;
    }
    match options.get("target").and_then(Value::as_str) {
        Some(target) => {
            let target = target.to_ascii_lowercase();
            let year = target.strip_prefix("es").unwrap_or_default();
            target != "esnext" && year.parse().unwrap_or(u16::MAX) < 2022
        }
        None => options.get("experimentalDecorators") == Some(&Value::Bool(true)),
    }
}

fn jsx(options: EmitConfigOptions) -> JsxRuntime {
    match options.jsx.to_ascii_lowercase().as_str() {
        "react" | "react-native" if options.jsx_import_source.is_none() => {
            JsxRuntime::Classic(JsxClassicOptions {
                factory: options.jsx_factory,
                fragment_factory: options.jsx_fragment_factory,
            })
        }
        // "preserve" asks another tool to do it; there is none here.
        jsx => JsxRuntime::Automatic(JsxAutomaticOptions {
            development: jsx == "react-jsxdev",
            import_source: options.jsx_import_source,
        }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_are_defined_from_es2022_on() {
        for (options, assigns) in [
            (json!({}), false),
            (json!({ "target": "ES2021" }), true),
            (json!({ "target": "es5" }), true),
            (json!({ "target": "ES2022" }), false),
            (json!({ "target": "ESNext" }), false),
            (json!({ "target": "es6", "useDefineForClassFields": true }), false),
            (json!({ "useDefineForClassFields": false }), true),
            (json!({ "experimentalDecorators": true }), true),
        ] {
            assert_eq!(assigns_fields(&options), assigns, "{options}");
        }
    }

    #[test]
    fn what_has_the_wrong_type_is_said_with_the_file() {
        let options = json!({ "jsx": 5 });
        let error = settings(options, "/app/tsconfig.json").unwrap_err().to_string();
        assert!(error.contains("/app/tsconfig.json"), "{error}");
    }
}
