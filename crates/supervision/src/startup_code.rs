//! Giving the memory of start-up code back.
//!
//! Starting an isolate touches much of the binary once: of its code some 30 MiB were resident afterwards (seen on
//! x86-64 Linux), a third of which serving ever uses. V8's compilers follow, when the first requests come. Owns which
//! pages those are, and when. Never releases any but code of the binary. Called by: the supervisor, once all cores
//! serve.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Sleep, sleep};

/// When a start is over: the first requests come at once, and need much of the same code.
const STARTED: Duration = Duration::from_secs(1);

/// When, after that, the handlers of a server that has work are compiled.
const COMPILED: Duration = Duration::from_secs(9);

/// The releases that are still to come.
pub(crate) struct StartupCode {
    timer: Option<Pin<Box<Sleep>>>,
    pauses: std::array::IntoIter<Duration, 2>,
}

impl StartupCode {
    /// Will release the code of the start, and later the compilers'. Must be called inside a tokio runtime.
    pub(crate) fn new() -> Self {
        let mut pauses = [STARTED, COMPILED].into_iter();
        StartupCode {
            timer: timer(&mut pauses),
            pauses,
        }
    }

    /// Releases what is due; the waker is registered for what is not.
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) {
        while let Some(due) = &mut self.timer
            && let Poll::Ready(()) = due.as_mut().poll(context)
        {
            release();
            self.timer = timer(&mut self.pauses);
        }
    }
}

fn timer(pauses: &mut impl Iterator<Item = Duration>) -> Option<Pin<Box<Sleep>>> {
    pauses.next().map(|pause| Box::pin(sleep(pause)))
}

cfg_if::cfg_if! {
    if #[cfg(target_os = "linux")] {
        /// Lets the kernel drop the pages of the binary's code; those that are used are mapped again, from the
        /// page cache, when they are.
        fn release() {
            // Without /proc nothing is released, which costs memory only.
            let Ok(maps) = std::fs::read_to_string("/proc/self/maps") else { return };
            let Ok(binary) = std::fs::read_link("/proc/self/exe") else { return };
            for range in maps.lines().filter_map(|line| code_range(line, &binary.to_string_lossy())) {
                let start = std::ptr::without_provenance_mut(range.start);
                // SAFETY: the range is a private mapping of the binary's file without the right to write, so its
                // pages are the file's, and are read from it again when they are needed.
                unsafe { libc::madvise(start, range.len(), libc::MADV_DONTNEED) };
            }
        }
    } else {
        fn release() {}
    }
}

/// The addresses of a line of /proc/self/maps, if it maps code of `binary` that cannot be written.
#[cfg(target_os = "linux")]
fn code_range(line: &str, binary: &str) -> Option<std::ops::Range<usize>> {
    let (addresses, rest) = line.split_once(' ')?;
    if !rest.starts_with("r-xp ") || !rest.ends_with(binary) {
        return None;
    }
    let (start, end) = addresses.split_once('-')?;
    Some(usize::from_str_radix(start, 16).ok()?..usize::from_str_radix(end, 16).ok()?)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn only_code_of_the_binary_is_released() {
        let line = |rights: &str, path: &str| format!("1000-3000 {rights} 00000000 fe:00 12    {path}");
        assert_eq!(
            code_range(&line("r-xp", "/bin/howth"), "/bin/howth"),
            Some(0x1000..0x3000)
        );
        assert_eq!(code_range(&line("rw-p", "/bin/howth"), "/bin/howth"), None);
        assert_eq!(code_range(&line("r-xp", "/lib/libc.so.6"), "/bin/howth"), None);
        assert_eq!(code_range("", "/bin/howth"), None);
    }

    #[test]
    fn code_works_after_its_pages_were_dropped() {
        release();
        assert_eq!("1234".parse(), Ok(1234));
    }
}
