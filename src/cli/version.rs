//! What `howth --version` prints.
//!
//! Owns the line. The versions themselves are the runtime's.

use std::sync::LazyLock;

static LONG: LazyLock<String> = LazyLock::new(|| {
    let versions = howth_runtime::versions();
    format!(
        "{} (V8 {}, deno_runtime {})",
        env!("CARGO_PKG_VERSION"),
        versions.v8,
        versions.deno_runtime
    )
});

/// howth's version, V8's, and that of the Deno runtime.
pub fn long() -> &'static str {
    &LONG
}
