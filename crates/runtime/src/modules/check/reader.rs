//! What is gathered of a file's syntax.
//!
//! Owns what a name or an import in it means; the way through the syntax is in `visit`. Called by: `syntax`.

use std::collections::HashSet;

use deno_ast::swc::ast::{Expr, ExprOrSpread, Lit, MemberProp, ObjectLit, Prop, PropName, PropOrSpread, Str};
use deno_ast::swc::ecma_visit::VisitWith;
use deno_ast::{ParsedSource, SourceRangedForSpanned, StartSourcePos};

use super::syntax::{Import, Use, Way};

/// Gathers what a program says.
#[derive(Default)]
pub(super) struct Reader {
    pub(super) start: Option<StartSourcePos>,
    pub(super) imports: Vec<Import>,
    pub(super) uses: Vec<Use>,
    pub(super) declared: HashSet<String>,
    /// Names behind `typeof`: who asks whether something is there does without if it is not.
    pub(super) asked: HashSet<String>,
    pub(super) exports_commonjs: bool,
    pub(super) serves: bool,
    /// How many functions, conditions and `try` blocks are around.
    pub(super) functions: usize,
    pub(super) conditions: usize,
    pub(super) tries: usize,
}

impl Reader {
    pub(super) fn of(parsed: &ParsedSource) -> Reader {
        let mut reader = Reader {
            start: Some(parsed.text_info_lazy().range().start),
            ..Reader::default()
        };
        parsed.program().visit_with(&mut reader);
        reader
    }

    /// What stands in the source and not in the JavaScript that is made of it asks for types.
    pub(super) fn keep_what_is_left(&mut self, emitted: &Reader) {
        let same = |import: &Import, other: &Import| import.specifier == other.specifier;
        self.imports.retain_mut(|import| {
            let left: Vec<&Import> = emitted
                .imports
                .iter()
                .filter(|other| same(import, other))
                .collect();
            let is_left = |name: &str| {
                left.iter()
                    .any(|other| other.names.iter().any(|(other, _)| other == name))
            };
            import.names.retain(|(name, _)| is_left(name));
            // TypeScript writes `require` as an import where it is CommonJS.
            if let Some(first) = left.first() {
                import.way = first.way;
            }
            !left.is_empty()
        });
        // Of JSX: what makes its elements.
        for import in &emitted.imports {
            if !self.imports.iter().any(|other| same(import, other)) {
                self.imports.push(Import {
                    at: 0,
                    ..import.clone()
                });
            }
        }
    }

    pub(super) fn forget_own_names(&mut self) {
        let (declared, asked) = (&self.declared, &self.asked);
        self.uses.retain(|used| {
            let root = used.name.split('.').next().unwrap_or_default();
            !declared.contains(root) && !asked.contains(root) && !asked.contains(&used.name)
        });
    }

    pub(super) fn at(&self, node: &impl SourceRangedForSpanned) -> usize {
        self.start.map_or(0, |start| node.start().as_byte_index(start))
    }

    pub(super) fn import(&mut self, source: &Str, way: Way, is_static: bool) -> &mut Import {
        let import = Import {
            specifier: source.value.to_string_lossy().into_owned(),
            way,
            at: self.at(source),
            is_certain: is_static
                || way == Way::Require && self.functions + self.conditions + self.tries == 0,
            is_tried: !is_static && self.tries > 0,
            names: Vec::new(),
            kind: None,
        };
        self.imports.push(import);
        let last = self.imports.len() - 1;
        &mut self.imports[last]
    }

    pub(super) fn use_of(&mut self, name: String, at: usize) {
        self.uses.push(Use { name, at });
    }

    pub(super) fn within(&mut self, around: fn(&mut Reader) -> &mut usize, visit: impl FnOnce(&mut Reader)) {
        *around(self) += 1;
        visit(self);
        *around(self) -= 1;
    }

    /// `Bun.sql`, `globalThis.Bun.sql`, `navigator.gpu`; `Bun` alone where nothing of it is named.
    pub(super) fn member_name(expression: &Expr) -> Option<String> {
        match expression {
            Expr::Ident(name) => Some(name.sym.to_string()),
            Expr::Member(member) => {
                let object = Self::member_name(&member.obj)?;
                let property = match &member.prop {
                    MemberProp::Ident(name) => name.sym.to_string(),
                    MemberProp::Computed(computed) => match &*computed.expr {
                        Expr::Lit(Lit::Str(text)) => text.value.to_string_lossy().into_owned(),
                        _ => return None,
                    },
                    MemberProp::PrivateName(_) => return None,
                };
                Some(match object.as_str() {
                    "globalThis" | "global" | "self" => property,
                    _ => format!("{object}.{property}"),
                })
            }
            _ => None,
        }
    }

    pub(super) fn call_of(&mut self, name: &str) {
        const SERVERS: [&str; 8] = [
            "Howth.serve",
            "Howth.serveBatch",
            "Howth.serveArrays",
            "Howth.serveLocal",
            "Howth.serveRustOnly",
            "Bun.serve",
            "Deno.serve",
            "serve",
        ];
        self.serves |= SERVERS.contains(&name) || name.ends_with(".listen");
    }
}

pub(super) fn first_text(arguments: &[ExprOrSpread]) -> Option<&Str> {
    match &*arguments
        .first()
        .filter(|argument| argument.spread.is_none())?
        .expr
    {
        Expr::Lit(Lit::Str(text)) => Some(text),
        _ => None,
    }
}

/// `type` of `with { type: "json" }`.
pub(super) fn attribute(with: Option<&ObjectLit>) -> Option<String> {
    with?.props.iter().find_map(|property| {
        let PropOrSpread::Prop(property) = property else {
            return None;
        };
        let Prop::KeyValue(property) = &**property else {
            return None;
        };
        let is_type = match &property.key {
            PropName::Ident(name) => &*name.sym == "type",
            PropName::Str(name) => name.value.to_string_lossy() == "type",
            _ => false,
        };
        match &*property.value {
            Expr::Lit(Lit::Str(text)) if is_type => Some(text.value.to_string_lossy().into_owned()),
            _ => None,
        }
    })
}
