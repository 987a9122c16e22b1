//! Takes the place of Deno's image codecs: registers the extension with no ops, and a script whose exports throw.
//!
//! Never does: decode an image. Called by: `deno_runtime`.

use deno_core::{ExtensionFileSource, ascii_str_include};

deno_core::extension!(
    deno_image,
    deps = [deno_webidl, deno_web, deno_webgpu],
    customizer = |extension: &mut deno_core::Extension| {
        extension.lazy_loaded_esm_files.to_mut().push(
            ExtensionFileSource::loaded_from_memory_during_snapshot(
                "ext:deno_image/01_image.js",
                ascii_str_include!("01_image.js"),
            ),
        );
    },
);
