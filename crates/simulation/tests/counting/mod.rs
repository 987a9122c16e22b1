//! An allocator that counts what the engine has, as `howth_simulation::memory` marks it.

use std::alloc::{GlobalAlloc, Layout, System};

use howth_simulation::memory;

#[global_allocator]
static COUNTING: Counting = Counting;

/// The system's allocator; before each piece of memory stands whether it is the engine's.
struct Counting;

/// What stands before a piece of memory, and keeps its alignment.
const MARK_BYTES: usize = 16;

fn marked(layout: Layout) -> Option<Layout> {
    if layout.align() > MARK_BYTES {
        return None;
    }
    Layout::from_size_align(layout.size() + MARK_BYTES, MARK_BYTES).ok()
}

// SAFETY: everything is done by the system's allocator, with so much more memory that a mark fits before it; what is aligned
// more strictly has no mark and is not counted. Counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let Some(with_mark) = marked(layout) else {
            // SAFETY: as the caller promised.
            return unsafe { System.alloc(layout) };
        };
        // SAFETY: its size is not 0.
        let memory = unsafe { System.alloc(with_mark) };
        if memory.is_null() {
            return memory;
        }
        let is_engine = memory::is_engine();
        if is_engine {
            memory::count(layout.size().cast_signed() as i64);
        }
        // SAFETY: there is room for the mark.
        unsafe { memory.write(u8::from(is_engine)) };
        // SAFETY: the memory is longer than the mark.
        unsafe { memory.add(MARK_BYTES) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        let Some(with_mark) = marked(layout) else {
            // SAFETY: as the caller promised.
            return unsafe { System.dealloc(memory, layout) };
        };
        // SAFETY: `alloc` has put the mark there.
        let memory = unsafe { memory.sub(MARK_BYTES) };
        // SAFETY: as above.
        if unsafe { memory.read() } == 1 {
            memory::count(-(layout.size().cast_signed() as i64));
        }
        // SAFETY: that is what `alloc` was given.
        unsafe { System.dealloc(memory, with_mark) }
    }
}
