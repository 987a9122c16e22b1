//! JSON that is imported without an attribute, as Bun and tsx let it be: as a module whose default export is the value,
//! and which has an export for each name in it.
//!
//! Owns the text of that module. Called by: the loader.

use deno_core::ModuleSpecifier;
use deno_error::JsErrorBox;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

/// The module. It imports the file itself with the attribute, so that both ways lead to one value, and the engine
/// reports what is wrong in the file.
pub(super) fn module(specifier: &ModuleSpecifier, text: &str) -> String {
    let quoted = Value::from(specifier.as_str());
    let mut module =
        format!("import value from {quoted} with {{ type: \"json\" }};\nexport default value;\n");
    let names = serde_json::from_str::<Map<String, Value>>(text).unwrap_or_default();
    for (at, name) in names.keys().filter(|name| *name != "default").enumerate() {
        let quoted = Value::from(name.as_str());
        module.push_str(&format!(
            "const export{at} = value[{quoted}];\nexport {{ export{at} as {quoted} }};\n"
        ));
    }
    module
}

/// Says what is wrong in a file, and where: the engine tells no file, and no place.
pub(super) fn check(specifier: &ModuleSpecifier, text: &str) -> Result<(), JsErrorBox> {
    let Err(error) = serde_json::from_str::<IgnoredAny>(text) else {
        return Ok(());
    };
    let message = error.to_string();
    // What JavaScript takes all the same.
    if ["surrogate", "recursion", "number out of range"]
        .iter()
        .any(|taken| message.contains(taken))
    {
        return Ok(());
    }
    let cause = message.split(" at line ").next().unwrap_or(&message);
    let place = format!("{specifier}:{}:{}", error.line(), error.column());
    Err(JsErrorBox::new(
        "SyntaxError",
        format!("{cause} in JSON\n    at {place}"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(text: &str) -> String {
        module(&ModuleSpecifier::parse("file:///a.json").expect("a URL"), text)
    }

    #[test]
    fn names_are_exported_as_they_are() {
        let code = made(r#"{ "version": "1", "a\"b": 2, "default": 3 }"#);
        assert!(
            code.contains(r#"export { export0 as "version" }"#) || code.contains(r#"export1 as "version""#),
            "{code}"
        );
        assert!(code.contains(r#"value["a\"b"]"#), "{code}");
        assert!(!code.contains(r#"as "default""#), "{code}");
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let specifier = ModuleSpecifier::parse("file:///a.json").expect("a URL");
        let error = check(&specifier, "{\n  \"a\": }").unwrap_err().to_string();
        assert!(error.contains("file:///a.json:2:8"), "{error}");
        for right in ["{}", "1e999", "\"\\ud800\""] {
            assert!(check(&specifier, right).is_ok(), "{right}");
        }
    }

    #[test]
    fn what_has_no_names_has_the_value_alone() {
        for text in ["[1]", "1", "null", "", "{", "\"text\""] {
            assert_eq!(made(text).lines().count(), 2, "{text}");
        }
    }
}
