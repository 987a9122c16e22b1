//! The observer of a comparison: progress on the terminal, and signals that break it off.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::progress;
use crate::cli::failure::Failure;

pub struct Terminal {
    line: Option<progress::Line>,
    interrupt: Arc<AtomicBool>,
}

impl Terminal {
    /// Listens for signals from now on.
    pub fn new() -> Result<Self, Failure> {
        Ok(Terminal {
            line: None,
            interrupt: on_signals()?,
        })
    }

    /// Makes room for the result.
    pub fn clear(&self) {
        if let Some(line) = &self.line {
            line.clear();
        }
    }
}

/// Servers are processes of their own, which end with the comparison and not with this process: a signal breaks the
/// comparison off, after the measurement that is going on.
pub(super) fn on_signals() -> Result<Arc<AtomicBool>, Failure> {
    use signal_hook::consts::{SIGINT, SIGTERM};
    let interrupt = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&interrupt))
            .map_err(|error| Failure::runtime(format!("cannot listen for signals ({error})")))?;
    }
    Ok(interrupt)
}

impl howth_compare::Observer for Terminal {
    fn step(&mut self, position: usize, steps: usize, what: &str) {
        let line = self
            .line
            .get_or_insert_with(|| progress::of_comparison(steps as u64));
        line.step(position as u64, what);
    }

    fn is_interrupted(&self) -> bool {
        self.interrupt.load(Ordering::Relaxed)
    }
}
