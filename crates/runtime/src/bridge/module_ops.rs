//! Ops of `require`: what it means in TypeScript, where Node has no answer.

use std::path::Path;

use deno_core::{OpState, op2};

use crate::modules::Modules;

/// The file that a specifier means in another one, by `tsconfig.json` (`is_first`), or where Node finds none; null if
/// that is none either.
#[op2]
#[string]
pub(super) fn op_howth_required(
    state: &OpState,
    #[string] specifier: &str,
    #[string] referrer: &str,
    is_first: bool,
) -> Option<String> {
    let modules = state.try_borrow::<Modules>()?;
    modules.required(specifier, Path::new(referrer), is_first)
}
