//! What TypeScript has of CommonJS, in modules of either kind: `import x = require("y")`, `export =`, and in ES modules
//! the names that only CommonJS has, as Bun and tsx give them.
//!
//! Owns changes of the syntax tree, before it is made JavaScript. Called by: `typescript`.

use deno_ast::swc::ast::{
    AssignExpr, AssignOp, AssignTarget, BindingIdent, CallExpr, Callee, Decl, ExportDecl, Expr, ExprStmt,
    Ident, IdentName, Lit, MemberExpr, MemberProp, Module, ModuleDecl, ModuleItem, Pat, Program, Script,
    SimpleAssignTarget, Stmt, TsExportAssignment, TsImportEqualsDecl, TsModuleRef, VarDecl, VarDeclKind,
    VarDeclarator,
};
use deno_ast::swc::common::{DUMMY_SP, Span, SyntaxContext};
use deno_ast::swc::ecma_visit::{Visit, VisitMut, VisitMutWith, VisitWith, noop_visit_type};
use deno_ast::swc::transforms::resolver;
use deno_ast::{MediaType, ModuleKind, ModuleSpecifier, ParsedSource};
use deno_error::JsErrorBox;

use super::parse;

/// The names that CommonJS modules are given.
pub(in crate::modules) const NAMES: [&str; 5] = ["require", "module", "exports", "__filename", "__dirname"];

/// Whether any of the names stands in the text as a word.
pub(in crate::modules) fn is_mentioned(text: &str) -> bool {
    NAMES.iter().any(|name| {
        text.match_indices(name).any(|(at, name)| {
            let is_part = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '$';
            let before = text[..at].chars().next_back();
            let behind = text[at + name.len()..].chars().next();
            !before.is_some_and(is_part) && !behind.is_some_and(is_part)
        })
    })
}

/// Whether a program is CommonJS as far as its syntax tells: it has no import and no export but of types and of
/// TypeScript's CommonJS, awaits nothing at the top, and does not ask for `import.meta`.
pub(in crate::modules) fn is_script(parsed: &ParsedSource) -> bool {
    let program = parsed.program();
    let module = match &*program {
        Program::Script(_) => return true,
        Program::Module(module) => module,
    };
    let mut declarations = module.body.iter().filter_map(|item| match item {
        ModuleItem::ModuleDecl(declaration) => Some(declaration),
        ModuleItem::Stmt(_) => None,
    });
    let is_of_a_script = |declaration: &ModuleDecl| match declaration {
        ModuleDecl::TsImportEquals(import) => import.is_type_only || !import.is_export,
        ModuleDecl::TsExportAssignment(_) => true,
        ModuleDecl::Import(_) | ModuleDecl::ExportNamed(_) | ModuleDecl::ExportAll(_) => false,
        declaration => is_type(declaration),
    };
    declarations.all(is_of_a_script) && !parsed.text().contains("import.meta") && !awaits_at_the_top(module)
}

/// Whether the declaration speaks of types alone.
fn is_type(declaration: &ModuleDecl) -> bool {
    match declaration {
        ModuleDecl::Import(import) => import.type_only,
        ModuleDecl::ExportNamed(export) => export.type_only,
        ModuleDecl::ExportAll(export) => export.type_only,
        ModuleDecl::ExportDecl(export) => match &export.decl {
            Decl::TsInterface(_) | Decl::TsTypeAlias(_) => true,
            Decl::TsModule(module) => module.declare,
            _ => false,
        },
        ModuleDecl::TsNamespaceExport(_) => true,
        _ => false,
    }
}

fn awaits_at_the_top(module: &Module) -> bool {
    #[derive(Default)]
    struct Awaits(bool);
    impl Visit for Awaits {
        noop_visit_type!();
        fn visit_await_expr(&mut self, _: &deno_ast::swc::ast::AwaitExpr) {
            self.0 = true;
        }
        fn visit_for_of_stmt(&mut self, statement: &deno_ast::swc::ast::ForOfStmt) {
            self.0 |= statement.is_await;
            statement.visit_children_with(self);
        }
        fn visit_using_decl(&mut self, declaration: &deno_ast::swc::ast::UsingDecl) {
            self.0 |= declaration.is_await;
            declaration.visit_children_with(self);
        }
        fn visit_function(&mut self, _: &deno_ast::swc::ast::Function) {}
        fn visit_arrow_expr(&mut self, _: &deno_ast::swc::ast::ArrowExpr) {}
        fn visit_class(&mut self, _: &deno_ast::swc::ast::Class) {}
    }
    let mut awaits = Awaits::default();
    module.visit_with(&mut awaits);
    awaits.0
}

/// Whether `adapt` has something to do.
pub(super) fn needs_adapting(parsed: &ParsedSource, kind: ModuleKind) -> bool {
    let program = parsed.program();
    let has_commonjs = match &*program {
        Program::Module(module) => module.body.iter().any(|item| {
            matches!(
                item,
                ModuleItem::ModuleDecl(ModuleDecl::TsImportEquals(_) | ModuleDecl::TsExportAssignment(_))
            )
        }),
        Program::Script(_) => false,
    };
    match kind {
        ModuleKind::Esm => has_commonjs || is_mentioned(parsed.text()),
        ModuleKind::Cjs => has_commonjs,
    }
}

/// Makes JavaScript of what TypeScript has of CommonJS, and declares the names of CommonJS that an ES module uses and has
/// not.
pub(super) fn adapt(
    parsed: &ParsedSource,
    program: Program,
    kind: ModuleKind,
) -> Result<Program, JsErrorBox> {
    let mut module = match program {
        Program::Module(module) => module,
        Program::Script(script) => Module {
            span: script.span,
            body: script.body.into_iter().map(ModuleItem::Stmt).collect(),
            shebang: script.shebang,
        },
    };
    let has_exports = module.body.iter().any(is_export);
    for item in &mut module.body {
        replace(item);
    }
    if kind.is_cjs() {
        return Ok(as_script(module));
    }
    let used = names_used(parsed, &module);
    let (before, behind) = declarations(&used, has_exports, parsed);
    let before = snippet(&before)?;
    // Directives stay the first.
    let at = module.body.iter().take_while(|item| is_directive(item)).count();
    module.body.splice(at..at, before);
    module.body.extend(snippet(&behind)?);
    Ok(Program::Module(module))
}

/// Without what speaks of types alone; the rest is statements, or fails as it should.
fn as_script(module: Module) -> Program {
    let mut body = Vec::new();
    for item in &module.body {
        match item {
            ModuleItem::Stmt(statement) => body.push(statement.clone()),
            ModuleItem::ModuleDecl(declaration) if is_type(declaration) => {}
            ModuleItem::ModuleDecl(_) => return Program::Module(module),
        }
    }
    Program::Script(Script {
        span: module.span,
        body,
        shebang: module.shebang,
    })
}

fn is_export(item: &ModuleItem) -> bool {
    match item {
        ModuleItem::ModuleDecl(ModuleDecl::TsImportEquals(import)) => import.is_export,
        ModuleItem::ModuleDecl(ModuleDecl::Import(_) | ModuleDecl::TsExportAssignment(_)) => false,
        ModuleItem::ModuleDecl(declaration) => !is_type(declaration),
        ModuleItem::Stmt(_) => false,
    }
}

fn is_directive(item: &ModuleItem) -> bool {
    matches!(
        item,
        ModuleItem::Stmt(Stmt::Expr(ExprStmt { expr, .. })) if matches!(&**expr, Expr::Lit(Lit::Str(_)))
    )
}

/// `import x = require("y")` becomes `const x = require("y")`, and `export = x` becomes `module.exports = x`. Names of
/// namespaces (`import x = A.B`) are left to the transpiler, which knows whether they are types.
fn replace(item: &mut ModuleItem) {
    let replaced = match item {
        ModuleItem::ModuleDecl(ModuleDecl::TsImportEquals(import)) => required(import),
        ModuleItem::ModuleDecl(ModuleDecl::TsExportAssignment(export)) => Some(exported(export)),
        _ => None,
    };
    if let Some(replaced) = replaced {
        *item = replaced;
    }
}

fn required(import: &TsImportEqualsDecl) -> Option<ModuleItem> {
    let TsModuleRef::TsExternalModuleRef(reference) = &import.module_ref else {
        return None;
    };
    if import.is_type_only {
        return Some(ModuleItem::Stmt(Stmt::Empty(deno_ast::swc::ast::EmptyStmt {
            span: import.span,
        })));
    }
    let call = CallExpr {
        span: reference.span,
        callee: Callee::Expr(Box::new(Expr::Ident(name("require", reference.span)))),
        args: vec![Expr::Lit(Lit::Str(reference.expr.clone())).into()],
        ..CallExpr::default()
    };
    let declaration = Decl::Var(Box::new(VarDecl {
        span: import.span,
        kind: VarDeclKind::Const,
        decls: vec![VarDeclarator {
            span: import.span,
            name: Pat::Ident(BindingIdent::from(import.id.clone())),
            init: Some(Box::new(Expr::Call(call))),
            definite: false,
        }],
        ..VarDecl::default()
    }));
    Some(match import.is_export {
        true => ModuleItem::ModuleDecl(ModuleDecl::ExportDecl(ExportDecl {
            span: import.span,
            decl: declaration,
        })),
        false => ModuleItem::Stmt(Stmt::Decl(declaration)),
    })
}

fn exported(export: &TsExportAssignment) -> ModuleItem {
    let place = MemberExpr {
        span: DUMMY_SP,
        obj: Box::new(Expr::Ident(name("module", DUMMY_SP))),
        prop: MemberProp::Ident(IdentName::new("exports".into(), DUMMY_SP)),
    };
    ModuleItem::Stmt(Stmt::Expr(ExprStmt {
        span: export.span,
        expr: Box::new(Expr::Assign(AssignExpr {
            span: export.span,
            op: AssignOp::Assign,
            left: AssignTarget::Simple(SimpleAssignTarget::Member(place)),
            right: export.expr.clone(),
        })),
    }))
}

fn name(text: &str, span: Span) -> Ident {
    Ident::new(text.into(), span, SyntaxContext::empty())
}

/// Which of the names are used where nothing declares them.
fn names_used(parsed: &ParsedSource, module: &Module) -> Vec<&'static str> {
    struct Used {
        unresolved: SyntaxContext,
        names: Vec<&'static str>,
    }
    impl Visit for Used {
        noop_visit_type!();
        fn visit_ident(&mut self, ident: &Ident) {
            let name = NAMES.iter().find(|name| **name == &*ident.sym);
            if let Some(name) = name
                && ident.ctxt == self.unresolved
                && !self.names.contains(name)
            {
                self.names.push(name);
            }
        }
    }
    // The resolver of the transpiler is to find a tree that nobody has marked.
    let mut resolved = Program::Module(module.clone());
    parsed.globals().with(|marks| {
        resolved.mutate(resolver(marks.unresolved, marks.top_level, true));
        let mut used = Used {
            unresolved: SyntaxContext::empty().apply_mark(marks.unresolved),
            names: Vec::new(),
        };
        resolved.visit_with(&mut used);
        used.names
    })
}

/// What stands before and behind a module that uses these names. A module without exports of its own exports what it
/// leaves in `module.exports`, also under the name by which `require` takes it.
fn declarations(used: &[&str], has_exports: bool, parsed: &ParsedSource) -> (String, String) {
    let uses = |name| used.contains(&name);
    let (mut before, mut behind) = (String::new(), String::new());
    let has_module = uses("module") || uses("exports");
    if has_module || uses("require") {
        before.push_str(
            "import { createRequire as __howth_createRequire } from \"node:module\";\
             const __howth_require = __howth_createRequire(import.meta.url);",
        );
    }
    if has_module {
        before.push_str(
            "const __howth_module = { exports: {}, id: import.meta.filename, filename: import.meta.filename, \
             path: import.meta.dirname, loaded: false, children: [], paths: [], require: __howth_require };\
             if (import.meta.main) { __howth_module.id = \".\"; __howth_require.main = __howth_module; }",
        );
        if !has_exports {
            behind.push_str(
                "const __howth_exports = __howth_module.exports;\
                 export { __howth_exports as default, __howth_exports as \"module.exports\" };",
            );
            // Those that can be seen, as for any CommonJS module.
            let names = parsed.analyze_cjs().exports;
            let is_new = |name: &&String| !matches!(name.as_str(), "default" | "module.exports");
            for (at, name) in names.iter().filter(is_new).enumerate() {
                let name = serde_json::Value::from(name.as_str());
                behind.push_str(&format!(
                    "const __howth_export{at} = __howth_exports[{name}]; export {{ __howth_export{at} as {name} }};"
                ));
            }
        }
    }
    for (name, value) in [
        ("require", "__howth_require"),
        ("module", "__howth_module"),
        ("exports", "__howth_module.exports"),
        ("__filename", "import.meta.filename"),
        ("__dirname", "import.meta.dirname"),
    ] {
        if uses(name) {
            before.push_str(&format!("let {name} = {value};"));
        }
    }
    (before, behind)
}

/// The statements of JavaScript that stands nowhere in the source.
fn snippet(text: &str) -> Result<Vec<ModuleItem>, JsErrorBox> {
    struct Nowhere;
    impl VisitMut for Nowhere {
        fn visit_mut_span(&mut self, span: &mut Span) {
            *span = DUMMY_SP;
        }
    }
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let specifier = ModuleSpecifier::parse("howth:commonjs").map_err(JsErrorBox::from_err)?;
    let parsed = parse(&specifier, MediaType::Mjs, text.into())?;
    let mut program = (*parsed.program()).clone();
    program.visit_mut_with(&mut Nowhere);
    Ok(match program {
        Program::Module(module) => module.body,
        Program::Script(script) => script.body.into_iter().map(ModuleItem::Stmt).collect(),
    })
}
