//! Takes the place of Deno's WebGPU: registers the extension with no ops, and scripts whose exports throw.
//!
//! Owns `left_out.js`, by which every part of Deno that is left out says so. Never does: anything with a GPU; what
//! `deno_runtime` names of wgpu are types that have no values. Called by: `deno_runtime`.

use std::convert::Infallible;
use std::sync::Arc;

use deno_core::{ExtensionFileSource, ascii_str_include};
use raw_window_handle::{RawDisplayHandle, RawWindowHandle};

/// What `deno_runtime` makes windows with. There is none.
pub type Instance = Arc<Global>;

/// An instance of wgpu: cannot be made.
#[derive(Debug)]
pub struct Global(Infallible);

impl Global {
    /// Makes a surface.
    ///
    /// # Safety
    /// Nobody can call it.
    ///
    /// # Errors
    /// None.
    pub unsafe fn instance_create_surface(
        &self,
        _display: Option<RawDisplayHandle>,
        _window: RawWindowHandle,
        _id: Option<Infallible>,
    ) -> Result<Infallible, Infallible> {
        Err(self.0)
    }
}

/// Surfaces of windows.
pub mod canvas {
    use std::convert::Infallible;

    use crate::Instance;

    /// A surface: cannot be made.
    #[derive(Debug)]
    pub struct SurfaceData {
        /// Its width.
        pub width: u32,
        /// Its height.
        pub height: u32,
        /// Its name.
        pub id: Infallible,
        /// What made it.
        pub instance: Instance,
    }
}

deno_core::extension!(
    deno_webgpu,
    deps = [deno_webidl, deno_web],
    customizer = |extension: &mut deno_core::Extension| {
        extension.lazy_loaded_js_files.to_mut().extend([
            ExtensionFileSource::loaded_from_memory_during_snapshot(
                "ext:deno_webgpu/left_out.js",
                ascii_str_include!("left_out.js"),
            ),
            ExtensionFileSource::loaded_from_memory_during_snapshot(
                "ext:deno_webgpu/00_init.js",
                ascii_str_include!("00_init.js"),
            ),
        ]);
        extension.lazy_loaded_esm_files.to_mut().push(
            ExtensionFileSource::loaded_from_memory_during_snapshot(
                "ext:deno_webgpu/01_webgpu.js",
                ascii_str_include!("01_webgpu.js"),
            ),
        );
    },
);
