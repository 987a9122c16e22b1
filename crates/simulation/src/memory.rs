//! Whose memory is allocated: the engine's, or that of the simulation around it.
//!
//! Owns one mark for each thread. Counts nothing: a test whose allocator looks at the mark does, and says here how much
//! the engine has. Called by: the simulation, around calls of the engine; the kernel, which the engine calls back.

use std::cell::Cell;

thread_local! {
    static IS_ENGINE: Cell<bool> = const { Cell::new(false) };
    static ENGINE_BYTES: Cell<Option<i64>> = const { Cell::new(None) };
}

/// Whether what is allocated now is the engine's.
pub fn is_engine() -> bool {
    IS_ENGINE.try_with(Cell::get).unwrap_or(false)
}

/// An allocator says that the engine has so many bytes more, or fewer.
pub fn count(bytes: i64) {
    let _ = ENGINE_BYTES.try_with(|counted| counted.set(Some(counted.get().unwrap_or(0) + bytes)));
}

/// What the engines of this thread have; nothing where nobody counts.
pub fn engine_bytes() -> Option<i64> {
    ENGINE_BYTES.get()
}

/// What `work` allocates is the engine's.
pub fn engine<R>(work: impl FnOnce() -> R) -> R {
    marked(true, work)
}

/// What `work` allocates is not the engine's.
pub fn outside<R>(work: impl FnOnce() -> R) -> R {
    marked(false, work)
}

fn marked<R>(is_engine: bool, work: impl FnOnce() -> R) -> R {
    let before = IS_ENGINE.replace(is_engine);
    let result = work();
    IS_ENGINE.set(before);
    result
}
