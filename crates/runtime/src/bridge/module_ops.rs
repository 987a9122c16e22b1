//! Ops of Node's built-ins: the scripts that howth has packed; what `require` means in TypeScript, where Node has no answer; the
//! digest of a text.

use std::path::Path;

use deno_core::{OpState, op2, v8};
use deno_node_crypto::digest::Hasher;

use super::values::give_bytes;
use crate::modules::{Modules, compile_packed};

/// A built-in script as a function; null: there is none of this name.
#[op2(reentrant)]
pub(super) fn op_howth_unpacked<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    #[string] specifier: &str,
) -> v8::Local<'s, v8::Value> {
    match compile_packed(scope, specifier) {
        Some(function) => function.into(),
        None => v8::null(scope).into(),
    }
}

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

/// The digest of a text, as bytes; null where nobody knows the algorithm.
#[op2]
pub(super) fn op_howth_digest<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    #[string] algorithm: &str,
    #[string] text: &str,
) -> v8::Local<'s, v8::Value> {
    digest(scope, algorithm, text.as_bytes())
}

/// The same of bytes.
#[op2]
pub(super) fn op_howth_digest_bytes<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    #[string] algorithm: &str,
    #[buffer] bytes: &[u8],
) -> v8::Local<'s, v8::Value> {
    digest(scope, algorithm, bytes)
}

fn digest<'s>(scope: &mut v8::PinScope<'s, '_>, algorithm: &str, bytes: &[u8]) -> v8::Local<'s, v8::Value> {
    let digest = Hasher::new(algorithm, None).ok().and_then(|hasher| {
        hasher.update(bytes);
        hasher.digest()
    });
    match digest {
        Some(digest) => give_bytes(scope, digest.into_vec()),
        None => v8::null(scope).into(),
    }
}
