//! Takes the place of Deno's canvas: registers the extension with no ops, and scripts whose exports throw.
//!
//! Never does: draw. Called by: `deno_runtime`.

use deno_core::{ExtensionFileSource, ascii_str_include};

/// Surfaces of windows.
pub mod byow {
    use std::cell::{OnceCell, RefCell};
    use std::rc::Rc;

    use deno_core::v8;
    use deno_webgpu::canvas::SurfaceData;

    /// A window's surface: cannot be made, as [`SurfaceData`] cannot.
    pub struct UnsafeWindowSurface {
        /// The surface.
        pub data: Rc<RefCell<SurfaceData>>,
        /// What draws on it.
        pub active_context: OnceCell<(String, v8::Global<v8::Value>)>,
    }

    // SAFETY: there is no value of the type, so that none is traced.
    unsafe impl deno_core::GarbageCollected for UnsafeWindowSurface {
        fn trace(&self, _visitor: &mut v8::cppgc::Visitor) {}

        fn get_name(&self) -> &'static std::ffi::CStr {
            c"UnsafeWindowSurface"
        }
    }
}

deno_core::extension!(
    deno_canvas,
    deps = [deno_webidl, deno_web, deno_webgpu],
    customizer = |extension: &mut deno_core::Extension| {
        extension.lazy_loaded_esm_files.to_mut().push(
            ExtensionFileSource::loaded_from_memory_during_snapshot(
                "ext:deno_canvas/01_canvas.js",
                ascii_str_include!("01_canvas.js"),
            ),
        );
        extension.lazy_loaded_js_files.to_mut().push(
            ExtensionFileSource::loaded_from_memory_during_snapshot(
                "ext:deno_canvas/02_surface.js",
                ascii_str_include!("02_surface.js"),
            ),
        );
    },
);
