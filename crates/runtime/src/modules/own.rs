//! Modules that are howth's own: `howth:http`.
//!
//! Owns their names and their JavaScript, which hands on what the global `Howth` has. Called by: the resolution and the module
//! loader; `howth check`. `require` has them from `js/node/require.js`.

use deno_core::ModuleSpecifier;
use howth_javascript::http_members;

/// What their names begin with.
pub(super) const SCHEME: &str = "howth";

/// The URL of a module that is named in an import; `None`: the name is none of howth's.
pub(super) fn module_named(specifier: &str) -> Option<ModuleSpecifier> {
    let is_own = specifier
        .split_once(':')
        .is_some_and(|(scheme, _)| scheme == SCHEME);
    is_own.then(|| ModuleSpecifier::parse(specifier).ok()).flatten()
}

/// The JavaScript of a module; `None`: there is none of the name.
pub(super) fn code(specifier: &ModuleSpecifier) -> Option<String> {
    if specifier.as_str() != "howth:http" {
        return None;
    }
    let mut code = "const { Howth } = globalThis;\n".to_owned();
    for name in http_members() {
        code.push_str(&format!("export const {name} = Howth.{name};\n"));
    }
    Some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_module_has_what_the_global_has() {
        let module = module_named("howth:http").expect("a module");
        let code = code(&module).expect("its code");
        assert!(code.contains("export const dir = Howth.dir;"), "{code}");
        assert!(
            code.contains("export const eventStream = Howth.eventStream;"),
            "{code}"
        );
    }

    #[test]
    fn there_is_no_other() {
        for name in ["howth:htp", "howth:", "howth:http/events"] {
            let module = module_named(name).expect("a name of howth's");
            assert_eq!(code(&module), None, "{name}");
        }
        for name in ["howth", "howth/http", "node:http", "./howth:http"] {
            assert_eq!(module_named(name), None, "{name}");
        }
    }
}
