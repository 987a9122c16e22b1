//! What a process prints, gathered while it runs.

use std::io::{BufRead, BufReader, Read};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

/// A growing text: one of a process's output streams.
#[derive(Clone, Debug, Default)]
pub struct Output {
    text: Arc<Mutex<String>>,
}

impl Output {
    /// Reads `stream` to its end on a thread of its own.
    pub fn gather(&self, stream: impl Read + Send + 'static) -> JoinHandle<()> {
        let text = Arc::clone(&self.text);
        std::thread::spawn(move || {
            let mut stream = BufReader::new(stream);
            let mut line = Vec::new();
            while stream.read_until(b'\n', &mut line).is_ok_and(|bytes| bytes > 0) {
                let mut text = text.lock().unwrap_or_else(PoisonError::into_inner);
                text.push_str(&String::from_utf8_lossy(&line));
                line.clear();
            }
        })
    }

    /// Everything so far.
    pub fn text(&self) -> String {
        self.text.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
