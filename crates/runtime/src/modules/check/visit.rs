//! The way through a file's syntax, for `reader`.
//!
//! Owns which nodes are looked at, and what is around them. Called by: the parser's library.

use deno_ast::swc::ast::{
    ArrowExpr, AssignExpr, AssignTarget, BinExpr, CallExpr, Callee, ClassDecl, CondExpr, Constructor,
    ExportAll, ExportSpecifier, Expr, FnDecl, Function, GetterProp, Ident, IfStmt, ImportDecl,
    ImportSpecifier, MemberExpr, ModuleDecl, NamedExport, NewExpr, ObjectPat, ObjectPatProp, Pat, PropName,
    SimpleAssignTarget, TryStmt, TsImportEqualsDecl, TsModuleRef, UnaryExpr, UnaryOp, VarDeclarator,
};
use deno_ast::swc::ecma_visit::{Visit, VisitWith, noop_visit_type};
use howth_javascript::left_out;

use super::reader::{Reader, attribute, first_text};
use super::syntax::Way;

impl Visit for Reader {
    noop_visit_type!();

    fn visit_import_decl(&mut self, import: &ImportDecl) {
        for specifier in &import.specifiers {
            self.declared.insert(specifier.local().sym.to_string());
        }
        if import.type_only {
            return;
        }
        let mut names = Vec::new();
        for specifier in &import.specifiers {
            match specifier {
                ImportSpecifier::Named(named) if named.is_type_only => {}
                ImportSpecifier::Named(named) => {
                    let name = named.imported.as_ref().map(|name| name.atom().to_string());
                    names.push((
                        name.unwrap_or_else(|| named.local.sym.to_string()),
                        self.at(named),
                    ));
                }
                ImportSpecifier::Default(default) => names.push(("default".to_owned(), self.at(default))),
                ImportSpecifier::Namespace(_) => {}
            }
        }
        let kind = attribute(import.with.as_deref());
        let of_bun = import.src.value.to_string_lossy() == "bun";
        if of_bun {
            for (name, at) in &names {
                self.use_of(format!("bun:{name}"), *at);
            }
        }
        let import = self.import(&import.src, Way::Import, true);
        import.names = if of_bun { Vec::new() } else { names };
        import.kind = kind;
    }

    fn visit_export_all(&mut self, export: &ExportAll) {
        if !export.type_only {
            self.import(&export.src, Way::Import, true);
        }
    }

    fn visit_named_export(&mut self, export: &NamedExport) {
        let Some(source) = export.src.as_deref().filter(|_| !export.type_only) else {
            return;
        };
        let mut names = Vec::new();
        for specifier in &export.specifiers {
            if let ExportSpecifier::Named(named) = specifier
                && !named.is_type_only
            {
                names.push((named.orig.atom().to_string(), self.at(named)));
            }
        }
        self.import(source, Way::Import, true).names = names;
    }

    fn visit_ts_import_equals_decl(&mut self, import: &TsImportEqualsDecl) {
        self.declared.insert(import.id.sym.to_string());
        if let TsModuleRef::TsExternalModuleRef(module) = &import.module_ref
            && !import.is_type_only
        {
            self.import(&module.expr, Way::Require, true);
        }
    }

    fn visit_module_decl(&mut self, declaration: &ModuleDecl) {
        self.exports_commonjs |= matches!(declaration, ModuleDecl::TsExportAssignment(_));
        declaration.visit_children_with(self);
    }

    fn visit_call_expr(&mut self, call: &CallExpr) {
        match &call.callee {
            Callee::Import(_) => {
                if let Some(source) = first_text(&call.args) {
                    let kind = call.args.get(1).and_then(|options| match &*options.expr {
                        Expr::Object(options) => options.props.iter().find_map(|property| {
                            let property = property.as_prop()?.as_key_value()?;
                            attribute(property.value.as_object())
                        }),
                        _ => None,
                    });
                    self.import(source, Way::Import, false).kind = kind;
                }
            }
            Callee::Expr(callee) => {
                if let Some(name) = Self::member_name(callee) {
                    match first_text(&call.args) {
                        Some(source) if name == "require" && call.args.len() == 1 => {
                            self.import(source, Way::Require, false);
                        }
                        _ => self.call_of(&name),
                    }
                } else if let Expr::Member(member) = &**callee {
                    self.serves |= member.prop.as_ident().is_some_and(|name| &*name.sym == "listen");
                }
            }
            Callee::Super(_) => {}
        }
        call.visit_children_with(self);
    }

    /// `new Worker(new URL("./worker.ts", import.meta.url))`
    fn visit_new_expr(&mut self, new: &NewExpr) {
        let is =
            |expression: &Expr, name: &str| expression.as_ident().is_some_and(|ident| &*ident.sym == name);
        let arguments = new.args.as_deref().unwrap_or_default();
        if is(&new.callee, "Worker")
            && let Some(Expr::New(url)) = arguments.first().map(|argument| &*argument.expr)
            && is(&url.callee, "URL")
            && let Some(source) = url.args.as_deref().and_then(first_text)
            && source.value.to_string_lossy().starts_with('.')
        {
            self.import(source, Way::Import, false);
        }
        new.visit_children_with(self);
    }

    fn visit_assign_expr(&mut self, assignment: &AssignExpr) {
        if let AssignTarget::Simple(SimpleAssignTarget::Member(member)) = &assignment.left {
            let name = Self::member_name(&Expr::Member(member.clone())).unwrap_or_default();
            self.exports_commonjs |= name == "module.exports" || name.starts_with("exports.");
        }
        assignment.visit_children_with(self);
    }

    fn visit_member_expr(&mut self, member: &MemberExpr) {
        if let Some(name) = Self::member_name(&Expr::Member(member.clone())) {
            self.use_of(name, self.at(member));
        }
        // `Bun.a.b` is a use of `Bun.a` as well.
        member.visit_children_with(self);
    }

    fn visit_ident(&mut self, name: &Ident) {
        if left_out(&name.sym).is_some() {
            self.use_of(name.sym.to_string(), self.at(name));
        }
    }

    fn visit_unary_expr(&mut self, unary: &UnaryExpr) {
        if unary.op == UnaryOp::TypeOf
            && let Some(name) = Self::member_name(&unary.arg)
        {
            self.asked.insert(name);
            return;
        }
        unary.visit_children_with(self);
    }

    fn visit_var_declarator(&mut self, declaration: &VarDeclarator) {
        let object = declaration.init.as_deref().and_then(Self::member_name);
        if let (Some(object), Pat::Object(ObjectPat { props, .. })) = (object, &declaration.name) {
            for property in props {
                let (name, at) = match property {
                    ObjectPatProp::Assign(property) => (property.key.sym.to_string(), self.at(property)),
                    ObjectPatProp::KeyValue(property) => match &property.key {
                        PropName::Ident(name) => (name.sym.to_string(), self.at(property)),
                        _ => continue,
                    },
                    ObjectPatProp::Rest(_) => continue,
                };
                self.use_of(format!("{object}.{name}"), at);
            }
        }
        declaration.visit_children_with(self);
    }

    fn visit_pat(&mut self, pattern: &Pat) {
        if let Pat::Ident(name) = pattern {
            self.declared.insert(name.id.sym.to_string());
        }
        pattern.visit_children_with(self);
    }

    fn visit_fn_decl(&mut self, declaration: &FnDecl) {
        self.declared.insert(declaration.ident.sym.to_string());
        declaration.visit_children_with(self);
    }

    fn visit_class_decl(&mut self, declaration: &ClassDecl) {
        self.declared.insert(declaration.ident.sym.to_string());
        declaration.visit_children_with(self);
    }

    fn visit_function(&mut self, function: &Function) {
        self.within(
            |reader| &mut reader.functions,
            |reader| function.visit_children_with(reader),
        );
    }

    fn visit_arrow_expr(&mut self, function: &ArrowExpr) {
        self.within(
            |reader| &mut reader.functions,
            |reader| function.visit_children_with(reader),
        );
    }

    fn visit_constructor(&mut self, constructor: &Constructor) {
        self.within(
            |reader| &mut reader.functions,
            |reader| constructor.visit_children_with(reader),
        );
    }

    fn visit_getter_prop(&mut self, getter: &GetterProp) {
        self.within(
            |reader| &mut reader.functions,
            |reader| getter.visit_children_with(reader),
        );
    }

    fn visit_if_stmt(&mut self, statement: &IfStmt) {
        self.within(
            |reader| &mut reader.conditions,
            |reader| statement.visit_children_with(reader),
        );
    }

    fn visit_cond_expr(&mut self, expression: &CondExpr) {
        self.within(
            |reader| &mut reader.conditions,
            |reader| expression.visit_children_with(reader),
        );
    }

    fn visit_bin_expr(&mut self, expression: &BinExpr) {
        self.within(
            |reader| &mut reader.conditions,
            |reader| expression.visit_children_with(reader),
        );
    }

    fn visit_try_stmt(&mut self, statement: &TryStmt) {
        match &statement.handler {
            Some(handler) => {
                self.within(
                    |reader| &mut reader.tries,
                    |reader| statement.block.visit_with(reader),
                );
                handler.visit_with(self);
            }
            None => statement.block.visit_with(self),
        }
        statement.finalizer.visit_with(self);
    }
}
