//! Takes the place of Deno's bundler: registers the extension with no ops, and a module whose export throws.
//!
//! Never does: bundle. Called by: `deno_runtime`.

use std::sync::Arc;

use deno_core::{ExtensionFileSource, ascii_str_include};

/// What bundles: nothing does.
pub trait BundleProvider: Send + Sync {}

deno_core::extension!(
    deno_bundle_runtime,
    deps = [deno_web],
    options = { bundle_provider: Option<Arc<dyn BundleProvider>> },
    state = |_state, options| drop(options.bundle_provider),
    customizer = |extension: &mut deno_core::Extension| {
        extension
            .esm_files
            .to_mut()
            .push(ExtensionFileSource::loaded_from_memory_during_snapshot(
                "ext:deno_bundle_runtime/bundle.ts",
                ascii_str_include!("bundle.js"),
            ));
    },
);
