//! What earlier starts made of modules: JavaScript of TypeScript, and the code that V8 compiled.
//!
//! Owns: the folder, the form of its files and their bound. Never fails: what is not there or damaged is made anew, and
//! what cannot be written is not kept. Called by: the module loader, and Deno's `require`.
//!
//! A file is named by a hash of all that its content was made of, so whatever changes is not found any more. It begins
//! with a hash of the content: V8 trusts the code it is given.

use std::fs::{self, DirBuilder};
use std::hash::Hasher;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use deno_core::{ModuleSpecifier, v8};
use deno_runtime::code_cache::{CodeCache, CodeCacheType};
use howth_snapshot::SNAPSHOT_CHECKSUM;
use tempfile::NamedTempFile;
use twox_hash::XxHash64;

/// All files together; when there is more, the oldest go until half is left.
const BYTES_MAX: u64 = 256 << 20;

const HASH_BYTES: usize = 8;

/// To be raised when other content is made of the same sources.
const FORMAT: &str = concat!(env!("CARGO_PKG_VERSION"), "-2");

/// A folder of what was made of modules. A clone is the same folder.
#[derive(Clone, Debug)]
pub struct Cache(Arc<Folder>);

#[derive(Debug)]
struct Folder {
    path: PathBuf,
    /// Once in a process is enough.
    is_swept: AtomicBool,
}

/// What the content of an entry is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// JavaScript that was made of TypeScript or JSX.
    JavaScript = 0,
    /// V8's code of an ES module.
    Module = 1,
    /// V8's code of a script.
    Script = 2,
}

/// The name of an entry: two hashes, as one would be too short for the many sources of many applications.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key(u64, u64);

impl Key {
    /// Of all that the content depends on. V8 must have its flags: they are among it.
    pub(super) fn new(kind: Kind, parts: &[&[u8]]) -> Self {
        Key::of_build(SNAPSHOT_CHECKSUM, kind, parts)
    }

    /// Builds of one version have their entries beside each other: what V8 compiles refers to the snapshot.
    fn of_build(snapshot: u64, kind: Kind, parts: &[&[u8]]) -> Self {
        let hash = |seed| {
            let mut hash = XxHash64::with_seed(seed);
            hash.write(FORMAT.as_bytes());
            hash.write_u64(snapshot);
            hash.write_u32(v8::script_compiler::cached_data_version_tag());
            hash.write_u8(kind as u8);
            for part in parts {
                hash.write_usize(part.len());
                hash.write(part);
            }
            hash.finish()
        };
        Key(hash(0), hash(1))
    }
}

/// For what can only keep a number of a text.
pub(super) fn text_hash(text: &str) -> u64 {
    content_hash(text.as_bytes())
}

fn content_hash(content: &[u8]) -> u64 {
    XxHash64::oneshot(0, content)
}

impl Cache {
    /// Keeps its files in `folder`, which is made when there is something to keep. Who may write there can have any
    /// code run.
    pub fn new(folder: &Path) -> Self {
        Cache(Arc::new(Folder {
            path: folder.join("modules"),
            is_swept: AtomicBool::new(false),
        }))
    }

    pub(super) fn get(&self, key: Key) -> Option<Vec<u8>> {
        let mut content = fs::read(self.0.file(key)).ok()?;
        let hash = u64::from_le_bytes(*content.first_chunk::<HASH_BYTES>()?);
        content.drain(..HASH_BYTES);
        (content_hash(&content) == hash).then_some(content)
    }

    /// Writes on another thread, if this one runs tokio.
    pub(super) fn put(&self, key: Key, content: Vec<u8>) {
        let folder = self.0.clone();
        // Who has no cache has to do without.
        let write = move || drop(folder.write(key, &content));
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn_blocking(write)),
            Err(_) => write(),
        }
    }
}

impl Folder {
    fn file(&self, key: Key) -> PathBuf {
        self.path.join(format!("{:016x}{:016x}", key.0, key.1))
    }

    /// Another process may read and write the same entry meanwhile.
    fn write(&self, key: Key, content: &[u8]) -> io::Result<()> {
        let mut builder = DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.recursive(true).create(&self.path)?;

        let mut file = NamedTempFile::new_in(&self.path)?;
        file.write_all(&content_hash(content).to_le_bytes())?;
        file.write_all(content)?;
        file.persist(self.file(key))?;
        match self.is_swept.swap(true, Ordering::Relaxed) {
            true => Ok(()),
            false => sweep(&self.path, BYTES_MAX),
        }
    }
}

/// Removes the oldest files of a folder that holds more than `bytes_max`.
fn sweep(folder: &Path, bytes_max: u64) -> io::Result<()> {
    let mut files = Vec::new();
    for file in fs::read_dir(folder)? {
        let file = file?;
        let facts = file.metadata()?;
        files.push((facts.modified()?, facts.len(), file.path()));
    }
    let mut bytes: u64 = files.iter().map(|(_, bytes, _)| bytes).sum();
    if bytes <= bytes_max {
        return Ok(());
    }
    files.sort();
    for (_, length, path) in files {
        if bytes <= bytes_max / 2 {
            break;
        }
        fs::remove_file(path)?;
        bytes -= length;
    }
    Ok(())
}

/// For what `require` compiles.
impl CodeCache for Cache {
    fn get_sync(
        &self,
        specifier: &ModuleSpecifier,
        kind: CodeCacheType,
        source_hash: u64,
    ) -> Option<Vec<u8>> {
        self.get(code_key(specifier, kind, source_hash))
    }

    fn set_sync(&self, specifier: ModuleSpecifier, kind: CodeCacheType, source_hash: u64, data: &[u8]) {
        self.put(code_key(&specifier, kind, source_hash), data.to_owned());
    }
}

pub(super) fn code_key(specifier: &ModuleSpecifier, kind: CodeCacheType, source_hash: u64) -> Key {
    let kind = match kind {
        CodeCacheType::EsModule => Kind::Module,
        CodeCacheType::Script => Kind::Script,
    };
    Key::new(kind, &[specifier.as_str().as_bytes(), &source_hash.to_le_bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache() -> (tempfile::TempDir, Cache) {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = Cache::new(folder.path());
        (folder, cache)
    }

    fn key(text: &str) -> Key {
        Key::new(Kind::JavaScript, &[text.as_bytes()])
    }

    #[test]
    fn finds_what_was_kept() {
        let (_folder, cache) = cache();
        cache.put(key("a"), b"made of a".to_vec());
        assert_eq!(cache.get(key("a")).as_deref(), Some(&b"made of a"[..]));
        assert_eq!(cache.get(key("b")), None);
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        let key = |parts: &[&[u8]]| Key::new(Kind::Module, parts);
        assert_ne!(key(&[b"ab", b"c"]), key(&[b"a", b"bc"]));
        assert_ne!(key(&[b"a"]), Key::new(Kind::Script, &[b"a"]));
    }

    #[test]
    fn builds_with_other_snapshots_share_nothing() {
        for kind in [Kind::JavaScript, Kind::Module, Kind::Script] {
            let of = |snapshot| Key::of_build(snapshot, kind, &[b"a"]);
            assert_eq!(of(SNAPSHOT_CHECKSUM), Key::new(kind, &[b"a"]));
            assert_ne!(of(SNAPSHOT_CHECKSUM), of(SNAPSHOT_CHECKSUM ^ 1));
        }
    }

    #[test]
    fn damaged_entries_are_not_found() {
        let (_folder, cache) = cache();
        for damaged in [&b""[..], b"short", &[7; 100]] {
            cache.put(key("a"), b"made of a".to_vec());
            fs::write(cache.0.file(key("a")), damaged).expect("written");
            assert_eq!(cache.get(key("a")), None);
        }
    }

    #[test]
    fn a_folder_that_cannot_be_made_keeps_nothing() {
        let cache = Cache::new(Path::new("/dev/null/howth"));
        cache.put(key("a"), b"made of a".to_vec());
        assert_eq!(cache.get(key("a")), None);
    }

    #[test]
    fn the_oldest_go_first() {
        let (folder, _cache) = cache();
        let start = std::time::SystemTime::now();
        for (age, name) in ["new", "old", "older"].iter().enumerate() {
            let file = fs::File::create(folder.path().join(name)).expect("made");
            file.set_len(100).expect("written");
            let time = start - std::time::Duration::from_secs(age as u64 * 60);
            file.set_modified(time).expect("dated");
        }
        let names = || {
            let mut names: Vec<_> = fs::read_dir(folder.path())
                .expect("read")
                .map(|file| file.expect("read").file_name())
                .collect();
            names.sort();
            names
        };
        sweep(folder.path(), 300).expect("swept");
        assert_eq!(names(), ["new", "old", "older"]);
        sweep(folder.path(), 299).expect("swept");
        assert_eq!(names(), ["new"]);
    }
}
