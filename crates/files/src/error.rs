//! Why a folder cannot be served.
//!
//! Owns the error, with the remedy. Never printed here. Called by: whoever opens a folder.

use std::path::PathBuf;

/// Why a folder cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// It cannot be opened.
    #[error(
        "cannot serve files from {}: {cause}; name a folder that exists and that this user may read",
        path.display()
    )]
    Open {
        /// What was given.
        path: PathBuf,
        /// What the system says.
        cause: std::io::Error,
    },
    /// A pattern is none.
    #[error("the pattern {pattern:?} is malformed: {cause}; write one such as \"assets/**\" or \"*.html\"")]
    Pattern {
        /// What was given.
        pattern: String,
        /// What is wrong with it.
        cause: String,
    },
}
