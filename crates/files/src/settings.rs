//! How a folder is served.
//!
//! Owns the options and their defaults. Called by: whoever opens a folder.

/// How a folder is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The file that stands for its folder; `None`: a folder is not found.
    pub index: Option<String>,
    /// The file, by its path in the folder, that is sent in the place of one that is not found, to who accepts text/html: the
    /// page of an application that reads the path itself.
    pub fallback: Option<String>,
    /// Whether a file beside, with `.br`, `.zst` or `.gz` behind its name, is sent to who prefers that.
    pub compressed: bool,
    /// Whether names that begin with a dot are served; `.well-known` (RFC 8615) always is.
    pub dot_files: bool,
    /// Values of the field `cache-control`, by patterns of paths in the folder; the first that matches.
    pub cache_control: Vec<(String, String)>,
    /// Files of at most so many bytes are kept in memory.
    pub small_bytes_max: u64,
    /// So many bytes are kept in all, on each core. A file that is kept open counts for
    /// [`OPEN_FILE_BYTES`](Self::OPEN_FILE_BYTES).
    pub cache_bytes_max: u64,
}

impl Settings {
    /// What a file that is kept open counts for, so that files kept open have a bound as well.
    pub const OPEN_FILE_BYTES: u64 = 64 * 1024;
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            index: Some("index.html".to_owned()),
            fallback: None,
            compressed: true,
            dot_files: false,
            cache_control: Vec::new(),
            small_bytes_max: 64 * 1024,
            cache_bytes_max: 32 * 1024 * 1024,
        }
    }
}
