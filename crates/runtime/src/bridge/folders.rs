//! Folders that are served before the program (`--dir`).
//!
//! Owns the folders of a core and the paths below which they lie. What is in none is the program's. Never calls JavaScript.
//! Called by: `before`, for every request, while there is a folder.

use std::time::SystemTime;

use howth_engine::{ExchangeId, Exchanges};
use howth_files::{FileResponse, Folder, FolderError};

use crate::options::ServedFolder;

/// The folders of one core, in the order in which they were given.
#[derive(Debug, Default)]
pub(crate) struct Folders(Vec<(String, Folder)>);

impl Folders {
    /// Opens all.
    ///
    /// # Errors
    /// One cannot be opened.
    pub(crate) fn open(served: &[ServedFolder]) -> Result<Self, FolderError> {
        let opened = served.iter().map(|served| {
            let folder = Folder::open(&served.path, served.settings.clone())?;
            Ok((served.prefix.clone(), folder))
        });
        opened.collect::<Result<_, _>>().map(Folders)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Answers a request for what is in a folder; false: it is in none.
    pub(super) fn answer(&self, exchanges: &dyn Exchanges, id: ExchangeId) -> bool {
        match self.response(exchanges, id) {
            Some(response) => {
                // A client that is gone is no error.
                let _ = response.give(exchanges, id);
                true
            }
            None => false,
        }
    }

    fn response(&self, exchanges: &dyn Exchanges, id: ExchangeId) -> Option<FileResponse> {
        let head = exchanges.head(id)?;
        let (_, _, target) = head.request_bytes();
        let path = target.split(|byte| *byte == b'?').next().unwrap_or_default();
        let mut named = self.0.iter().filter_map(|(prefix, folder)| {
            let rest = path.strip_prefix(prefix.as_bytes())?;
            // "/a" is not before "/ab".
            matches!(rest.first(), None | Some(b'/')).then_some((folder, rest))
        });
        named.find_map(|(folder, rest)| folder.look_up(&head, rest, SystemTime::now()))
    }
}
