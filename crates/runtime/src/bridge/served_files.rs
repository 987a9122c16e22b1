//! Folders and files as routes: `Howth.dir`, `Howth.file`.
//!
//! Owns how they cross from JavaScript, and their place among a server's routes. Never finds a file: `howth_files` does.
//! Called by: `routes`, which makes them; the table, for their requests.

use std::path::Path;
use std::rc::Rc;
use std::time::SystemTime;

use deno_error::JsErrorBox;
use howth_engine::{ExchangeId, Exchanges};
use howth_files::{FileResponse, Folder, Settings};
use howth_http1::RequestHead;
use howth_routes::{Asked, Served, Serving};
use serde::Deserialize;

/// What `js/server/folder.js` says of a folder.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SaidFolder {
    path: String,
    index: Option<String>,
    fallback: Option<String>,
    compressed: bool,
    dot_files: bool,
    cache_control: Vec<(String, String)>,
    passes: bool,
}

#[derive(Debug)]
struct ServedFolder {
    folder: Folder,
    /// What is not in it is answered as if there were no route.
    passes: bool,
}

/// A folder, opened for this core.
pub(super) fn served_folder(said: SaidFolder) -> Result<Rc<dyn Served>, JsErrorBox> {
    let settings = Settings {
        index: said.index,
        fallback: said.fallback,
        compressed: said.compressed,
        dot_files: said.dot_files,
        cache_control: said.cache_control,
        ..Settings::default()
    };
    Ok(Rc::new(ServedFolder {
        folder: open(Path::new(&said.path), settings, "Howth.dir")?,
        passes: said.passes,
    }))
}

impl Served for ServedFolder {
    fn serve(&self, exchanges: &dyn Exchanges, id: ExchangeId, asked: &Asked<'_>) -> Serving {
        give(exchanges, id, |head| {
            let (_, _, target) = head.request_bytes();
            let rest = asked.places.rest.map_or(&b""[..], |rest| rest.of(target));
            match self.passes {
                true => self.folder.look_up(head, rest, SystemTime::now()),
                false => Some(self.folder.answer(head, rest, SystemTime::now())),
            }
        })
    }
}

#[derive(Debug)]
struct ServedFile {
    folder: Folder,
    name: String,
}

/// One file, whatever the path of a request is. It may be made later.
pub(super) fn served_file(path: &str) -> Result<Rc<dyn Served>, JsErrorBox> {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.into());
    let (Some(folder), Some(name)) = (absolute.parent(), absolute.file_name()) else {
        return Err(JsErrorBox::type_error(format!("Howth.file: {path:?} is no file")));
    };
    Ok(Rc::new(ServedFile {
        folder: open(folder, Settings::default(), "Howth.file")?,
        name: name.to_string_lossy().into_owned(),
    }))
}

impl Served for ServedFile {
    fn serve(&self, exchanges: &dyn Exchanges, id: ExchangeId, _: &Asked<'_>) -> Serving {
        give(exchanges, id, |head| {
            Some(self.folder.answer_by(head, &self.name, SystemTime::now()))
        })
    }
}

fn open(path: &Path, settings: Settings, meant: &str) -> Result<Folder, JsErrorBox> {
    Folder::open(path, settings).map_err(|error| JsErrorBox::type_error(format!("{meant}: {error}")))
}

/// Gives a response; nobody need answer a request that is over.
fn give(
    exchanges: &dyn Exchanges,
    id: ExchangeId,
    answer: impl FnOnce(&RequestHead) -> Option<FileResponse>,
) -> Serving {
    let response = match exchanges.head(id) {
        Some(head) => answer(&head),
        None => return Serving::Answered,
    };
    match response {
        Some(response) => {
            let _ = response.give(exchanges, id);
            Serving::Answered
        }
        None => Serving::Passed,
    }
}
