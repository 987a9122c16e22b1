//! What is kept of one start for the next: used when it fits, and never in the way.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use twox_hash::XxHash64;

use crate::support::{Engine, Launch, Server, eventually};

on_both_engines![
    a_second_start_uses_what_the_first_made,
    a_changed_source_is_made_anew,
    a_damaged_cache_is_made_anew,
    a_cache_that_cannot_be_written_is_done_without,
    no_cache_keeps_nothing,
    require_uses_the_cache,
];

/// An application that several processes start, one after the other, and their cache.
struct Application {
    folder: TempDir,
    engine: Engine,
}

impl Application {
    fn new(engine: Engine, source: &str) -> Application {
        let folder = TempDir::with_prefix("howth-").expect("a temporary folder");
        let application = Application { folder, engine };
        application.write(source);
        application
    }

    fn entry(&self) -> PathBuf {
        self.folder.path().join("app.ts")
    }

    fn write(&self, source: &str) {
        fs::write(self.entry(), source).expect("written");
    }

    fn launch(&self) -> Launch {
        Launch::serve(self.engine, "")
            .entry(self.entry())
            .environment("HOWTH_CACHE_DIR", self.folder.path().join("cache"))
    }

    fn answer(&self) -> String {
        answer(&self.launch().start())
    }

    fn entries(&self) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(self.folder.path().join("cache/modules")) else {
            return Vec::new();
        };
        let paths = entries.map(|entry| entry.expect("readable").path());
        paths.filter(|path| is_entry(path)).collect()
    }

    /// Starts a server until there are so many entries: they are written beside what is served.
    fn fill(&self, count: usize) {
        let server = self.launch().start();
        eventually("entries", || self.entries().len() >= count);
        drop(server);
    }
}

/// Not what is being written yet.
fn is_entry(path: &Path) -> bool {
    let name = path
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    name.len() == 32 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn answer(server: &Server) -> String {
    server.get("/").text().to_owned()
}

/// An entry begins with a hash of the rest.
const HASH_BYTES: usize = 8;

const MADE: &str = "const text: string = 'made'; export default () => new Response(text);";

fn a_second_start_uses_what_the_first_made(engine: Engine) {
    let application = Application::new(engine, MADE);
    application.fill(2);
    // The JavaScript is made to say something that the source does not.
    for entry in application.entries() {
        let content = fs::read(&entry).expect("readable")[HASH_BYTES..].to_vec();
        if let Ok(text) = String::from_utf8(content) {
            let text = text.replace("'made'", "'kept'").replace("\"made\"", "\"kept\"");
            let hash = XxHash64::oneshot(0, text.as_bytes()).to_le_bytes();
            fs::write(&entry, [&hash, text.as_bytes()].concat()).expect("written");
        }
    }
    assert_eq!(application.answer(), "kept");
}

fn a_changed_source_is_made_anew(engine: Engine) {
    let application = Application::new(engine, MADE);
    application.fill(2);
    // As long as before: V8 compares no more than that.
    application.write(&MADE.replace("made", "anew"));
    assert_eq!(application.answer(), "anew");
}

fn a_damaged_cache_is_made_anew(engine: Engine) {
    let application = Application::new(engine, MADE);
    application.fill(2);
    let whole: Vec<_> = application
        .entries()
        .into_iter()
        .map(|entry| (fs::read(&entry).expect("readable"), entry))
        .collect();
    for (content, entry) in &whole {
        let mut damaged = content.clone();
        damaged[HASH_BYTES..].fill(0);
        fs::write(entry, damaged).expect("written");
    }
    let server = application.launch().start();
    assert_eq!(answer(&server), "made");
    eventually("whole entries", || {
        whole
            .iter()
            .all(|(content, entry)| fs::read(entry).is_ok_and(|now| now == *content))
    });
}

fn a_cache_that_cannot_be_written_is_done_without(engine: Engine) {
    let application = Application::new(engine, MADE);
    fs::write(application.folder.path().join("cache"), "a file").expect("written");
    assert_eq!(application.answer(), "made");
}

fn no_cache_keeps_nothing(engine: Engine) {
    let application = Application::new(engine, MADE);
    let server = application.launch().options(["--no-cache"]).start();
    assert_eq!(answer(&server), "made");
    drop(server);
    assert_eq!(application.entries(), Vec::<PathBuf>::new());
}

fn require_uses_the_cache(engine: Engine) {
    let application = Application::new(
        engine,
        "import { createRequire } from 'node:module';
        const text = createRequire(import.meta.url)('./text.cjs');
        export default () => new Response(text);",
    );
    let required = application.folder.path().join("text.cjs");
    fs::write(&required, "module.exports = 'made';").expect("written");
    application.fill(3);
    assert_eq!(application.answer(), "made");
    fs::write(&required, "module.exports = 'anew';").expect("written");
    assert_eq!(application.answer(), "anew");
}
