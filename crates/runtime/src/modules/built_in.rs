//! Code of built-in scripts and modules that was compiled with howth itself.
//!
//! Owns whether V8 takes it: with other flags (`--v8-flags`) it does not, and is not asked again then. Never does: evaluate
//! anything. Called by: the module loader.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};

use deno_core::v8::script_compiler::{
    CompileOptions, NoCacheReason, Source, compile_function, compile_module2,
};
use deno_core::{ModuleSpecifier, SourceCodeCacheInfo, v8};

static IS_REFUSED: AtomicBool = AtomicBool::new(false);

pub(super) fn is_built_in(specifier: &ModuleSpecifier) -> bool {
    matches!(specifier.scheme(), "ext" | "node")
}

/// V8 did not take a piece of code: it takes none.
pub(super) fn refused() {
    IS_REFUSED.store(true, Ordering::Relaxed);
}

/// Whether V8 has taken all the code of built-ins that it was given in this process.
pub fn is_code_taken() -> bool {
    !IS_REFUSED.load(Ordering::Relaxed)
}

/// What V8 was given in one isolate.
#[derive(Debug, Default)]
pub(super) struct BuiltIn {
    modules: RefCell<HashSet<&'static str>>,
}

impl BuiltIn {
    /// The code of what is about to be compiled, of which V8 looks itself whether it fits. That of a packed script does not fit the
    /// text in its place.
    pub(super) fn code(&self, specifier: &ModuleSpecifier) -> Option<SourceCodeCacheInfo> {
        if howth_snapshot::is_packed(specifier.as_str()) {
            return None;
        }
        let code = compiled(specifier.as_str())?;
        if let Some((name, _)) = module(specifier.as_str()) {
            self.modules.borrow_mut().insert(name);
        }
        Some(SourceCodeCacheInfo {
            // Of a source that is as old as the code.
            hash: 0,
            data: Some(code),
        })
    }

    /// Gives V8 the code of a module that is imported. deno_core asks for it only where a built-in loads another by a
    /// call, and compiles what is imported without. V8 keeps for a while what it has compiled, and finds it by name and
    /// text: there is nothing left to parse then.
    pub(super) fn prepare(&self, scope: &mut v8::PinScope<'_, '_>, specifier: &str) {
        let Some((name, text)) = module(specifier) else {
            return;
        };
        if !self.modules.borrow_mut().insert(name) {
            return;
        }
        let Some(code) = compiled(specifier) else {
            return;
        };
        if compile(scope, name, text, &code).is_none() {
            refused();
        }
    }
}

/// Has a built-in script compiled that howth has packed, as deno_core does it with those that are not: as the body of a function
/// of `__bootstrap`. `None`: there is none of that name.
pub(crate) fn compile_packed<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    specifier: &str,
) -> Option<v8::Local<'s, v8::Function>> {
    let text = howth_snapshot::packed_text(specifier)?;
    let code = compiled(specifier);
    let name = v8::String::new(scope, specifier)?.into();
    let origin = v8::ScriptOrigin::new(scope, name, 0, 0, false, -1, None, false, false, false, None);
    let text = v8::String::new_external_onebyte_static(scope, text)?;
    let parameter = v8::String::new(scope, "__bootstrap")?;
    let (mut source, options) = match &code {
        Some(code) => (
            Source::new_with_cached_data(text, Some(&origin), v8::CachedData::new(code)),
            CompileOptions::ConsumeCodeCache,
        ),
        None => (Source::new(text, Some(&origin)), CompileOptions::NoCompileOptions),
    };
    let reason = NoCacheReason::NoReason;
    let function = compile_function(scope, &mut source, &[parameter], &[], options, reason);
    if source.get_cached_data().is_some_and(|data| data.rejected()) {
        refused();
    }
    function
}

fn compiled(specifier: &str) -> Option<Cow<'static, [u8]>> {
    match is_code_taken() {
        true => howth_snapshot::compiled(specifier),
        false => None,
    }
}

/// The name and the text of a module outside the snapshot.
fn module(specifier: &str) -> Option<(&'static str, &'static str)> {
    let modules = howth_snapshot::RESIDUAL_ESM;
    let found = modules.binary_search_by_key(&specifier, |(name, _)| name);
    Some(modules[found.ok()?])
}

/// `None` if V8 does not take the code.
fn compile(
    scope: &mut v8::PinScope<'_, '_>,
    name: &'static str,
    text: &'static str,
    code: &[u8],
) -> Option<()> {
    // As deno_core will name it.
    let name = v8::String::new(scope, name)?.into();
    let origin = v8::ScriptOrigin::new(scope, name, 0, 0, false, 0, None, false, false, true, None);
    let text = v8::String::new_external_onebyte_static(scope, text.as_bytes())?;
    let mut source = Source::new_with_cached_data(text, Some(&origin), v8::CachedData::new(code));
    let (options, reason) = (CompileOptions::ConsumeCodeCache, NoCacheReason::NoReason);
    compile_module2(scope, &mut source, options, reason)?;
    let is_taken = source.get_cached_data().is_some_and(|data| !data.rejected());
    is_taken.then_some(())
}
