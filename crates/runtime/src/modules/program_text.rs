//! A program that is no file: `--eval`, `--print`, standard input; and the module that runs `--require` and `--import`.
//!
//! Owns what becomes of such a text: an ES module of its own, or a script with the variables of CommonJS around it, as
//! Node has it. Called by: `discovery`.

use std::path::Path;

use deno_ast::{MediaType, ModuleKind, SourceMapOption};
use deno_core::ModuleSpecifier;
use deno_error::JsErrorBox;

use super::compiler_options::of_config;
use super::error::ModulesError;
use super::typescript::{parse, to_javascript};
use crate::options::{ProgramText, TextKind};

impl ProgramText {
    /// The ES module that runs the text.
    pub(super) fn module(&self, specifier: &ModuleSpecifier) -> Result<String, ModulesError> {
        let (code, is_module) = self.javascript(specifier);
        match is_module {
            false => Ok(run_as_script(self, &code)),
            true if self.prints => Err(ModulesError::PrintsModule),
            true => Ok(code),
        }
    }

    /// The text as JavaScript, and whether it is an ES module. What no parser understands is left to V8, whose message
    /// names the place.
    fn javascript(&self, specifier: &ModuleSpecifier) -> (String, bool) {
        let said = match self.kind {
            TextKind::AsWritten => None,
            TextKind::CommonJs => Some(false),
            TextKind::Module => Some(true),
        };
        // The parser reads over types in JavaScript, and notes them.
        if let Ok(parsed) = parse(specifier, MediaType::JavaScript, self.code.as_str().into())
            && parsed.diagnostics().is_empty()
        {
            return (self.code.clone(), said.unwrap_or(!parsed.compute_is_script()));
        }
        match self.typescript(specifier, said) {
            Ok(made) => made,
            Err(_) => (self.code.clone(), said.unwrap_or(false)),
        }
    }

    fn typescript(
        &self,
        specifier: &ModuleSpecifier,
        said: Option<bool>,
    ) -> Result<(String, bool), JsErrorBox> {
        let parsed = parse(specifier, MediaType::TypeScript, self.code.as_str().into())?;
        let is_module = said.unwrap_or(!parsed.compute_is_script());
        let kind = ModuleKind::from_is_cjs(!is_module);
        let made = to_javascript(parsed, kind, of_config(None)?, SourceMapOption::None)?;
        Ok((made.text, is_module))
    }
}

fn run_as_script(text: &ProgramText, code: &str) -> String {
    let (name, code) = (json(text.name), json(code));
    format!(
        "{}run({name}, {code}, {});\n",
        include_str!("run_text.js"),
        text.prints
    )
}

/// The module that requires and imports these, relative to the working directory.
pub(super) fn before(
    working_directory: &Path,
    required: &[String],
    imported: &[String],
) -> Option<(ModuleSpecifier, String)> {
    if required.is_empty() && imported.is_empty() {
        return None;
    }
    let specifier = ModuleSpecifier::from_file_path(working_directory.join("[before]")).ok()?;
    let mut code = "import { createRequire } from \"node:module\";\n".to_owned();
    code.push_str("const require = createRequire(import.meta.url);\n");
    for module in required {
        code.push_str(&format!("require({});\n", json(module)));
    }
    for module in imported {
        code.push_str(&format!("await import({});\n", json(module)));
    }
    Some((specifier, code))
}

/// A text as a literal of JavaScript.
fn json(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(code: &str, kind: TextKind) -> (String, bool) {
        let specifier = ModuleSpecifier::parse("file:///folder/[eval]").expect("a URL");
        let text = ProgramText {
            name: "[eval]",
            code: code.to_owned(),
            kind,
            prints: false,
        };
        text.javascript(&specifier)
    }

    #[test]
    fn a_text_is_a_module_if_it_is_written_as_one() {
        for (code, is_module) in [
            ("require('fs')", false),
            ("1 + 1", false),
            ("with ({ a: 1 }) a", false),
            ("import fs from 'fs'", true),
            ("export const a = 1", true),
            ("const a: number = 1; a", false),
            ("import a from 'a'; const b: number = a;", true),
            ("not ( a program", false),
        ] {
            assert_eq!(judged(code, TextKind::AsWritten).1, is_module, "{code}");
        }
        assert!(judged("1 + 1", TextKind::Module).1);
        assert!(!judged("import 'a'", TextKind::CommonJs).1);
    }

    #[test]
    fn types_are_removed() {
        let (code, _) = judged("const a: number = 1; a", TextKind::AsWritten);
        assert!(!code.contains("number"), "{code}");
    }
}
