//! `--watch`: tells when a file of the program has changed.
//!
//! Watches the folder of the entry file and all below it, but for `node_modules` and what is hidden. Several changes
//! within a moment count as one: editors write a file in more than one step. Owns what counts as a change. Never
//! reloads. Called by: the supervisor.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use notify::event::EventKind;
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc::{Receiver, channel};
use tokio::time::Sleep;

use crate::error::Error;
use crate::options::Options;

/// How long nothing may change before a change is told.
const SETTLE: Duration = Duration::from_millis(100);

const EXTENSIONS: [&str; 11] = [
    "ts", "mts", "cts", "tsx", "jsx", "js", "mjs", "cjs", "json", "wasm", "env",
];

/// The watcher; watches nothing without `--watch`.
pub(crate) struct Watch(Option<Watching>);

struct Watching {
    /// Stops watching when it is dropped.
    _watcher: RecommendedWatcher,
    changes: Receiver<()>,
    settling: Option<Pin<Box<Sleep>>>,
}

impl Watch {
    pub(crate) fn new(options: &Options) -> Result<Self, Error> {
        if !options.watch {
            return Ok(Watch(None));
        }
        let folder = folder_of(&options.entry);
        let (sender, changes) = channel(1);
        let root = folder.clone();
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            let is_change = event.is_ok_and(|event| {
                !matches!(event.kind, EventKind::Access(_))
                    && event.paths.iter().any(|path| is_source(path, &root))
            });
            if is_change {
                // One message that waits is as good as many.
                let _ = sender.try_send(());
            }
        })?;
        watcher.watch(&folder, RecursiveMode::Recursive)?;
        Ok(Watch(Some(Watching {
            _watcher: watcher,
            changes,
            settling: None,
        })))
    }

    /// Ready once files have changed and then not for a moment.
    pub(crate) fn poll_changed(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let Some(watching) = &mut self.0 else {
            return Poll::Pending;
        };
        while let Poll::Ready(Some(())) = watching.changes.poll_recv(context) {
            watching.settling = Some(Box::pin(tokio::time::sleep(SETTLE)));
        }
        let Some(settling) = &mut watching.settling else {
            return Poll::Pending;
        };
        ready!(settling.as_mut().poll(context));
        watching.settling = None;
        Poll::Ready(())
    }
}

/// The folder that is the entry, or in which it is; of a link the one it points to.
fn folder_of(entry: &Path) -> PathBuf {
    if entry.is_dir() {
        return entry.canonicalize().unwrap_or_else(|_| entry.to_owned());
    }
    let entry = entry.canonicalize().unwrap_or_else(|_| entry.to_owned());
    let entry = std::path::absolute(&entry).unwrap_or(entry);
    let folder = entry.parent().map_or_else(|| PathBuf::from("."), Path::to_owned);
    folder.canonicalize().unwrap_or(folder)
}

fn is_source(path: &Path, root: &Path) -> bool {
    let below = path.strip_prefix(root).unwrap_or(path);
    let is_aside = below
        .iter()
        .any(|part| part == "node_modules" || (part.to_string_lossy().starts_with('.') && part != ".env"));
    let is_known = path
        .extension()
        .and_then(OsStr::to_str)
        .is_some_and(|name| EXTENSIONS.contains(&name));
    !is_aside && (is_known || path.file_name() == Some(OsStr::new(".env")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sources_count() {
        let root = Path::new("/home/.cache/app");
        let counts = |name: &str| is_source(&root.join(name), root);
        assert!(counts("app.ts") && counts("lib/deep.mjs") && counts("data.json") && counts(".env"));
        assert!(!counts("node_modules/a/index.js") && !counts(".git/index.js") && !counts("app.ts~"));
    }
}
