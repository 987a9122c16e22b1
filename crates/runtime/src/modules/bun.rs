//! Programs that were written for Bun: which they are, and what they import.
//!
//! Owns when the global `Bun` is there (decision 035): where a program's own file names it, or imports `bun`, `bun:…` or a
//! package's entry for Bun. What packages look for does not count, as they take Bun's way where they find it. Never defines
//! the global itself: js/bun does. Called by: the module loader.

use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, Ordering};

use deno_ast::MediaType;
use deno_ast::swc::ast::{Ident, ImportDecl, MemberExpr, MemberProp, Pat, VarDecl};
use deno_ast::swc::ecma_visit::{Visit, VisitWith, noop_visit_type};
use deno_core::{ModuleSpecifier, v8};
use howth_javascript::BUN_MEMBERS;
use node_resolver::InNpmPackageChecker;

use super::discovery::Shared;
use super::typescript::parse;
use crate::options::Compatibility;

/// The module that `bun` is.
const MODULE: &str = "bun:main";

/// What a file that names `Bun` imports besides, behind all else.
pub(super) const IMPORT: &str = "\nimport \"bun:named\";\n";

/// Whether a process's program has been seen to be for Bun.
#[derive(Debug, Default)]
pub(super) struct Seen {
    compatibility: Compatibility,
    is_seen: AtomicBool,
}

impl Seen {
    /// `text`: the program, where it is no file.
    pub(super) fn new(compatibility: Compatibility, text: Option<&str>) -> Self {
        let is_seen = match compatibility {
            Compatibility::Bun => true,
            Compatibility::None => false,
            Compatibility::AsNamed => text.is_some_and(is_named),
        };
        Self {
            compatibility,
            is_seen: AtomicBool::new(is_seen),
        }
    }

    pub(super) fn is_seen(&self) -> bool {
        self.is_seen.load(Ordering::Relaxed)
    }
}

/// The object with howth's functions, on which one of an isolate defines the global.
#[derive(Debug, Default)]
pub(crate) struct Installer(RefCell<Option<v8::Global<v8::Object>>>);

impl Installer {
    pub(crate) fn connect(&self, bridge: &v8::Global<v8::Object>) {
        *self.0.borrow_mut() = Some(bridge.clone());
    }

    /// Defines the global, unless that has happened.
    pub(crate) fn install(&self, scope: &mut v8::PinScope<'_, '_>) {
        // Once is enough, and the object is to be dropped before its isolate.
        let Some(bridge) = self.0.borrow_mut().take() else {
            return;
        };
        let bridge = v8::Local::new(scope, bridge);
        let name = v8::String::new_external_onebyte_static(scope, b"installBun");
        let function = name
            .and_then(|name| bridge.get(scope, name.into()))
            .and_then(|value| v8::Local::<v8::Function>::try_from(value).ok())
            .expect("js/boot/main.js, in the snapshot, defines it");
        function.call(scope, bridge.into(), &[]);
    }
}

impl Shared {
    /// Whether an import says that the program is for Bun, or has said so before.
    pub(super) fn wants_bun(&self, specifier: &str, referrer: &str) -> bool {
        let is_entry = || specifier.ends_with("/bun") && !specifier.starts_with(['.', '/']);
        let is_for_bun = specifier == "bun" || specifier.starts_with("bun:") || is_entry();
        if !is_for_bun || self.bun.compatibility == Compatibility::None {
            return false;
        }
        let is_own = || ModuleSpecifier::parse(referrer).is_ok_and(|referrer| self.is_own(&referrer));
        let wants = self.bun.is_seen() || is_own();
        if wants {
            self.bun.is_seen.store(true, Ordering::Relaxed);
        }
        wants
    }

    /// The module that `bun` means, where the program is for Bun.
    pub(super) fn bun_module(&self, specifier: &str, referrer: &str) -> Option<ModuleSpecifier> {
        let is_meant = specifier == "bun" && self.wants_bun(specifier, referrer);
        is_meant.then(|| ModuleSpecifier::parse(MODULE).expect("a URL"))
    }

    /// Whether a file of the program's own names `Bun` in its code.
    pub(super) fn names_bun(&self, specifier: &ModuleSpecifier, text: &str) -> bool {
        self.bun.compatibility == Compatibility::AsNamed && self.is_own(specifier) && is_named(text)
    }

    /// Whether the file is none of a package's.
    pub(super) fn is_own(&self, specifier: &ModuleSpecifier) -> bool {
        specifier.scheme() == "file" && !self.package_checker.in_npm_package(specifier)
    }
}

/// The JavaScript of a module that Bun has built in: `bun` itself; of the others, why there is none.
pub(super) fn module(specifier: &ModuleSpecifier) -> Result<String, &'static str> {
    match specifier.path() {
        "main" => {
            let mut code = "const Bun = globalThis.Bun;\nexport default Bun;\n".to_owned();
            for name in BUN_MEMBERS {
                code.push_str(&format!("export const {name} = Bun.{name};\n"));
            }
            Ok(code)
        }
        // It is imported so that the global is there.
        "named" => Ok(String::new()),
        "sqlite" => Err("use node:sqlite"),
        "test" => Err("use node:test"),
        "ffi" => Err("use a native add-on by Node-API"),
        "jsc" => Err("use node:v8"),
        _ => Err("only \"bun\" itself is there under howth"),
    }
}

/// Whether JavaScript uses the global `Bun`: comments, texts and names of its own do not count.
fn is_named(text: &str) -> bool {
    if !is_mentioned(text, "Bun") {
        return false;
    }
    let specifier = ModuleSpecifier::parse("file:///program.js").expect("a URL");
    // What no parser understands is no program.
    let Ok(parsed) = parse(&specifier, MediaType::Tsx, text.into()) else {
        return false;
    };
    let mut names = Names::default();
    parsed.program().visit_with(&mut names);
    names.are_used && !names.are_declared
}

/// The text of an ES module with what `import.meta` has under Bun alone, if it mentions that: in the first line, so that
/// all lines keep their numbers.
pub(super) fn with_meta(text: String) -> String {
    const META: [(&str, &str); 3] = [
        ("import.meta.dir", "import.meta.dirname"),
        ("import.meta.file", "import.meta.filename?.replace(/.*\\//, '')"),
        ("import.meta.path", "import.meta.filename"),
    ];
    let mut statements = String::new();
    for (name, value) in META {
        if is_mentioned(&text, name) {
            statements.push_str(&format!("{name}={value};"));
        }
    }
    if statements.is_empty() {
        return text;
    }
    let start = match text.starts_with("#!") {
        true => text.find('\n').map_or(text.len(), |end| end + 1),
        false => 0,
    };
    format!("{}{statements}{}", &text[..start], &text[start..])
}

/// Whether a name stands in a text as a word.
fn is_mentioned(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, name)| {
        let is_part = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '$';
        let before = text[..at].chars().next_back();
        let behind = text[at + name.len()..].chars().next();
        !before.is_some_and(is_part) && !behind.is_some_and(is_part)
    })
}

/// Looks for the name.
#[derive(Default)]
struct Names {
    are_used: bool,
    are_declared: bool,
}

impl Visit for Names {
    noop_visit_type!();

    fn visit_ident(&mut self, name: &Ident) {
        self.are_used |= &*name.sym == "Bun";
    }

    fn visit_member_expr(&mut self, member: &MemberExpr) {
        if let MemberProp::Ident(name) = &member.prop
            && &*name.sym == "Bun"
            && member
                .obj
                .as_ident()
                .is_some_and(|object| ["globalThis", "global", "self"].contains(&&*object.sym))
        {
            self.are_used = true;
        }
        member.visit_children_with(self);
    }

    fn visit_var_decl(&mut self, declaration: &VarDecl) {
        // `declare const Bun: …` speaks of the global.
        if !declaration.declare {
            declaration.visit_children_with(self);
        }
    }

    fn visit_pat(&mut self, pattern: &Pat) {
        self.are_declared |= matches!(pattern, Pat::Ident(name) if &*name.id.sym == "Bun");
        pattern.visit_children_with(self);
    }

    fn visit_import_decl(&mut self, import: &ImportDecl) {
        let names = import.specifiers.iter().map(|specifier| specifier.local());
        self.are_declared |= names.into_iter().any(|name| &*name.sym == "Bun");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_counts_where_code_uses_it() {
        for (code, expected) in [
            ("Bun.serve({})", true),
            ("const { serve } = Bun;", true),
            ("typeof Bun", true),
            ("globalThis.Bun?.file", true),
            ("if (a) { b = () => `${Bun.version}`; }", true),
            ("#!/usr/bin/env bun\nBun.sleep(1)", true),
            ("declare const Bun: any; Bun.sleep(1)", true),
            ("let a: Bun.Server;", false),
            ("// Bun.serve\nserve()", false),
            ("/* Bun */ 'Bun'", false),
            ("`Bun`", false),
            ("a.Bun", false),
            ("Bunny()", false),
            ("import { Bun } from './bakery.js'; Bun.eat()", false),
            ("const Bun = 1; Bun", false),
            ("not ( Bun a program", false),
        ] {
            assert_eq!(is_named(code), expected, "{code}");
        }
    }

    #[test]
    fn the_folder_of_a_module_is_known() {
        let text = "import a from 'a';\na(import.meta.dir, import.meta.filename)".to_owned();
        let expected = format!("import.meta.dir=import.meta.dirname;{text}");
        assert_eq!(with_meta(text), expected);
        let text = "#!/bin/bun\nimport.meta.path".to_owned();
        let expected = "#!/bin/bun\nimport.meta.path=import.meta.filename;import.meta.path";
        assert_eq!(with_meta(text), expected);
        assert_eq!(with_meta("import.meta.dirname".to_owned()), "import.meta.dirname");
    }

    #[test]
    fn what_is_built_into_bun_is_said_to_be_missing() {
        let module = |name| module(&ModuleSpecifier::parse(name).expect("a URL"));
        assert!(
            module("bun:main")
                .expect("code")
                .contains("export const serve = Bun.serve;")
        );
        assert_eq!(module("bun:sqlite"), Err("use node:sqlite"));
    }
}
