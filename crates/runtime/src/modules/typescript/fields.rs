//! Fields of classes as TypeScript had them before ES2022: assigned by the constructor, not defined on the instance.
//!
//! Owns the change of the syntax tree: a field without a value is only a type, and the others are assigned in their order,
//! after the call of `super` and after parameters that are properties. They are so in a private method, where the names
//! in them mean what they meant. Called by: `typescript`, where the configuration asks for it.

use deno_ast::swc::ast::{
    AssignExpr, AssignOp, AssignTarget, BlockStmt, CallExpr, Callee, Class, ClassMember, ClassProp,
    ComputedPropName, Constructor, Expr, ExprOrSpread, ExprStmt, Function, Ident, Lit, MemberExpr,
    MemberProp, MethodKind, Param, ParamOrTsParamProp, Pat, PrivateMethod, PrivateName, PropName, RestPat,
    SimpleAssignTarget, Stmt, Super, ThisExpr,
};
use deno_ast::swc::common::{DUMMY_SP, SyntaxContext};
use deno_ast::swc::ecma_visit::{VisitMut, VisitMutWith};
use deno_ast::swc::utils::constructor::inject_after_super;

/// The method that assigns them.
const METHOD: &str = "__howth_fields";

/// Visits every class of a program.
pub(super) struct AssignFields {
    /// Decorators are those of TypeScript. The standard's are told how a field is defined: classes that have them on
    /// fields are left as they are.
    pub(super) has_legacy_decorators: bool,
}

impl VisitMut for AssignFields {
    fn visit_mut_class(&mut self, class: &mut Class) {
        class.visit_mut_children_with(self);
        if !self.has_legacy_decorators && class.body.iter().any(is_decorated_field) {
            return;
        }
        for member in &mut class.body {
            if let ClassMember::ClassProp(field) = member
                && field.value.is_none()
            {
                // Its decorators are looked at, and then it goes.
                field.declare = true;
            }
        }
        if !class.body.iter().any(is_assigned) {
            return;
        }
        let assignments = class.body.iter_mut().filter_map(take_assignment).collect();
        class.body.push(method(assignments));
        call_from_constructor(class);
    }
}

fn is_decorated_field(member: &ClassMember) -> bool {
    match member {
        ClassMember::ClassProp(field) => !field.decorators.is_empty(),
        ClassMember::PrivateProp(field) => !field.decorators.is_empty(),
        _ => false,
    }
}

/// Whether the member is a field that the constructor assigns.
fn is_assigned(member: &ClassMember) -> bool {
    matches!(member, ClassMember::ClassProp(field) if is_assigned_field(field))
}

fn is_assigned_field(field: &ClassProp) -> bool {
    let is_known = match &field.key {
        // It is computed when the class is made, and once.
        PropName::Computed(ComputedPropName { expr, .. }) => matches!(**expr, Expr::Lit(_)),
        _ => true,
    };
    is_known && !field.is_static && !field.declare && !field.is_abstract && field.value.is_some()
}

/// Takes the value from a field. Private ones are declared all the same, and assigned among the others.
fn take_assignment(member: &mut ClassMember) -> Option<Stmt> {
    let (span, property, value) = match member {
        ClassMember::ClassProp(field) if is_assigned_field(field) => {
            field.declare = true;
            (field.span, property(&field.key), field.value.take()?)
        }
        ClassMember::PrivateProp(field) if !field.is_static => (
            field.span,
            MemberProp::PrivateName(field.key.clone()),
            field.value.take()?,
        ),
        _ => return None,
    };
    let place = MemberExpr {
        span,
        obj: Box::new(Expr::This(ThisExpr { span })),
        prop: property,
    };
    Some(Stmt::Expr(ExprStmt {
        span,
        expr: Box::new(Expr::Assign(AssignExpr {
            span,
            op: AssignOp::Assign,
            left: AssignTarget::Simple(SimpleAssignTarget::Member(place)),
            right: value,
        })),
    }))
}

fn property(key: &PropName) -> MemberProp {
    let computed = |expr: Expr| {
        MemberProp::Computed(ComputedPropName {
            span: DUMMY_SP,
            expr: Box::new(expr),
        })
    };
    match key {
        PropName::Ident(name) => MemberProp::Ident(name.clone()),
        PropName::Computed(key) => MemberProp::Computed(key.clone()),
        PropName::Str(text) => computed(Expr::Lit(Lit::Str(text.clone()))),
        PropName::Num(number) => computed(Expr::Lit(Lit::Num(number.clone()))),
        PropName::BigInt(number) => computed(Expr::Lit(Lit::BigInt(number.clone()))),
    }
}

fn method(stmts: Vec<Stmt>) -> ClassMember {
    ClassMember::PrivateMethod(PrivateMethod {
        key: private_name(),
        kind: MethodKind::Method,
        function: Box::new(Function {
            body: Some(BlockStmt {
                stmts,
                ..BlockStmt::default()
            }),
            ..Function::default()
        }),
        ..PrivateMethod::default()
    })
}

fn private_name() -> PrivateName {
    PrivateName {
        span: DUMMY_SP,
        name: METHOD.into(),
    }
}

fn call_from_constructor(class: &mut Class) {
    let call = Expr::Call(CallExpr {
        callee: Callee::Expr(Box::new(Expr::Member(MemberExpr {
            span: DUMMY_SP,
            obj: Box::new(Expr::This(ThisExpr { span: DUMMY_SP })),
            prop: MemberProp::PrivateName(private_name()),
        }))),
        ..CallExpr::default()
    });
    let written = class.body.iter_mut().find_map(|member| match member {
        ClassMember::Constructor(constructor) if constructor.body.is_some() => Some(constructor),
        _ => None,
    });
    match written {
        Some(constructor) => inject_after_super(constructor, vec![Box::new(call)]),
        None => {
            let mut constructor = constructor(class.super_class.is_some());
            inject_after_super(&mut constructor, vec![Box::new(call)]);
            class.body.push(ClassMember::Constructor(constructor));
        }
    }
}

/// The one that the language gives a class without one.
fn constructor(extends: bool) -> Constructor {
    let given = Ident::new("given".into(), DUMMY_SP, SyntaxContext::empty());
    let (mut params, mut stmts) = (Vec::new(), Vec::new());
    if extends {
        params.push(ParamOrTsParamProp::Param(Param {
            pat: Pat::Rest(RestPat {
                span: DUMMY_SP,
                dot3_token: DUMMY_SP,
                arg: Box::new(Pat::Ident(given.clone().into())),
                type_ann: None,
            }),
            span: DUMMY_SP,
            decorators: Vec::new(),
        }));
        stmts.push(Stmt::Expr(ExprStmt {
            span: DUMMY_SP,
            expr: Box::new(Expr::Call(CallExpr {
                callee: Callee::Super(Super { span: DUMMY_SP }),
                args: vec![ExprOrSpread {
                    spread: Some(DUMMY_SP),
                    expr: Box::new(Expr::Ident(given)),
                }],
                ..CallExpr::default()
            })),
        }));
    }
    Constructor {
        key: PropName::Ident(deno_ast::swc::ast::IdentName::new("constructor".into(), DUMMY_SP)),
        params,
        body: Some(BlockStmt {
            stmts,
            ..BlockStmt::default()
        }),
        ..Constructor::default()
    }
}
