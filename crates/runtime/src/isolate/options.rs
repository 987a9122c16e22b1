//! What one isolate is started with.

use deno_core::Extension;

/// Called on the isolate's thread when its heap has reached the limit, from inside the garbage collector: it
/// may set flags and wake threads, not touch the isolate.
pub type HeapLimitHook = Box<dyn Fn()>;

/// What one isolate is started with.
pub struct IsolateOptions {
    /// Upper bound of the JavaScript heap in bytes. Buffers (`ArrayBuffer`) do not count.
    pub heap_bytes_max: usize,
    /// Called when the bound is reached. The program's code is terminated, whatever it does, and the isolate can
    /// only be dropped then: its event loop ends with an error. Other isolates are not affected.
    pub on_heap_limit: HeapLimitHook,
    /// The extension with the code of howth's ops.
    pub ops: Extension,
}
