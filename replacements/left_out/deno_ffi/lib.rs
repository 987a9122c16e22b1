//! Takes the place of Deno's foreign functions: registers the extension with no ops, and a script whose exports throw.
//!
//! Never does: open a library. Native add-ons are opened by `deno_napi`. Called by: `deno_runtime`.

use deno_core::{ExtensionFileSource, ascii_str_include};
pub use denort_helper::DenoRtNativeAddonLoaderRc;

deno_core::extension!(
    deno_ffi,
    deps = [deno_web],
    options = { deno_rt_native_addon_loader: Option<DenoRtNativeAddonLoaderRc> },
    state = |state, options| {
        // As Deno's does, which `deno_napi` could rely on.
        if let Some(loader) = options.deno_rt_native_addon_loader {
            state.put(loader);
        }
    },
    customizer = |extension: &mut deno_core::Extension| {
        extension.lazy_loaded_js_files.to_mut().push(
            ExtensionFileSource::loaded_from_memory_during_snapshot(
                "ext:deno_ffi/00_ffi.js",
                ascii_str_include!("00_ffi.js"),
            ),
        );
    },
);
