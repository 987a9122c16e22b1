//! Code of built-in scripts and modules that was compiled with howth itself.
//!
//! Owns whether V8 takes it: with other flags (`--v8-flags`) it does not, and is not asked again then. Called by: the
//! module loader.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};

use deno_core::{ModuleSpecifier, SourceCodeCacheInfo};

static IS_REFUSED: AtomicBool = AtomicBool::new(false);

pub(super) fn is_built_in(specifier: &ModuleSpecifier) -> bool {
    matches!(specifier.scheme(), "ext" | "node")
}

/// The code, of which V8 looks itself whether it fits.
pub(super) fn code(specifier: &ModuleSpecifier) -> Option<SourceCodeCacheInfo> {
    if IS_REFUSED.load(Ordering::Relaxed) {
        return None;
    }
    let code = howth_snapshot::compiled(specifier.as_str())?;
    Some(SourceCodeCacheInfo {
        // Of a source that is as old as the code.
        hash: 0,
        data: Some(Cow::Borrowed(code)),
    })
}

/// V8 did not take a piece of code: it takes none.
pub(super) fn refused() {
    IS_REFUSED.store(true, Ordering::Relaxed);
}
