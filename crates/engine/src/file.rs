//! A part of a file, as the body of a response.
//!
//! Owns the open file together with others. Never reads it: the engines do, as the client takes bytes. Called by:
//! [`Body`](crate::Body), `howth_connection`, both engines.

use std::fs::File;
use std::sync::Arc;

/// Bytes of an open file, by their place in it: its position is not used, so that many responses may have one file.
#[derive(Clone, Debug)]
pub struct FileBody {
    /// The file, which stays open for as long as any response has it.
    pub file: Arc<File>,
    /// Where in it the first byte is.
    pub offset: u64,
    /// How many bytes there are. A file that is longer by now is sent to this length.
    pub length: u64,
}

impl FileBody {
    /// The first bytes of it, at most so many.
    pub fn piece(&self, bytes_max: u64) -> FileBody {
        FileBody {
            file: Arc::clone(&self.file),
            offset: self.offset,
            length: self.length.min(bytes_max),
        }
    }

    /// Forgets the first bytes.
    ///
    /// # Panics
    /// When there are fewer.
    pub fn advance(&mut self, bytes: u64) {
        self.length = self
            .length
            .checked_sub(bytes)
            .expect("no more of a file is taken than there is");
        self.offset += bytes;
    }
}
