//! What is kept of files: validators, contents of small ones, descriptors of large ones.
//!
//! Owns the cache of a core and its bound, and when a file is looked at again: at most once a second, by its name. Never
//! decides what is answered, and waits for no disk but for that of names. Called by: `folder`, `parts`.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use howth_compression::Coding;
use howth_engine::FileBody;
use howth_http1::Date;
use quick_cache::Weighter;
use quick_cache::unsync::Cache;
use rustix::fs::{AtFlags, FileType, Stat, fstat, statat};
use rustix::io::Errno;

use crate::codings::{SIBLINGS, ending};
use crate::lookup::{Found, find};
use crate::settings::Settings;
use crate::types::media_type;

/// How long a file is taken to be what it was.
const FRESH_MS: u64 = 1_000;

/// What an entry counts for beside its contents.
const ENTRY_BYTES: u64 = 1_024;

/// What tells one state of a file from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    device: u64,
    inode: u64,
    size: u64,
    modified_s: i64,
    modified_ns: u64,
}

impl Identity {
    #[allow(clippy::unnecessary_cast, reason = "systems differ in the types of these")]
    fn of(stat: &Stat) -> Identity {
        Identity {
            device: stat.st_dev as u64,
            inode: stat.st_ino as u64,
            size: stat.st_size as u64,
            modified_s: stat.st_mtime as i64,
            modified_ns: stat.st_mtime_nsec as u64,
        }
    }
}

/// One file as it was when it was looked at.
#[derive(Debug)]
pub(crate) struct Stored {
    identity: Identity,
    /// RFC 9110 section 8.8.3, a strong one: another state of the file has another.
    pub(crate) tag: Bytes,
    pub(crate) last_modified: Bytes,
    contents: Contents,
}

#[derive(Debug)]
enum Contents {
    InMemory(Bytes),
    InFile(Arc<File>),
}

impl Stored {
    fn new(file: File, stat: &Stat, settings: &Settings) -> Stored {
        let identity = Identity::of(stat);
        let Identity {
            size,
            inode,
            modified_s,
            modified_ns,
            ..
        } = identity;
        let modified = UNIX_EPOCH + Duration::from_secs(modified_s.max(0) as u64);
        let mut stored = Stored {
            identity,
            tag: format!("\"{size:x}-{modified_s:x}.{modified_ns:x}-{inode:x}\"").into(),
            last_modified: Bytes::copy_from_slice(Date::new(modified).as_bytes()),
            contents: Contents::InFile(Arc::new(file)),
        };
        stored.read_small(settings);
        stored
    }

    /// Reads a small file whole, if the kernel has it in memory and it has not changed meanwhile. Where nobody can tell, it is
    /// waited for, as its name was.
    fn read_small(&mut self, settings: &Settings) {
        let size = self.identity.size;
        let Contents::InFile(file) = &self.contents else {
            return;
        };
        if size > settings.small_bytes_max.min(howth_file_io::READ_BYTES_MAX) {
            return;
        }
        let whole = part(file, 0, size);
        let read = match howth_file_io::read_now(&whole) {
            Err(error) if error.kind() == std::io::ErrorKind::Unsupported => howth_file_io::read(&whole),
            result => result,
        };
        let Some(bytes) = read.ok().filter(|bytes| bytes.len() as u64 == size) else {
            return;
        };
        if fstat(file).is_ok_and(|stat| Identity::of(&stat) == self.identity) {
            self.contents = Contents::InMemory(bytes.into());
        }
    }

    pub(crate) fn size(&self) -> u64 {
        self.identity.size
    }

    /// In whole seconds since 1970.
    pub(crate) fn modified_s(&self) -> u64 {
        self.identity.modified_s.max(0) as u64
    }

    /// A part, as the body of a response.
    pub(crate) fn body(&self, offset: u64, length: u64) -> howth_engine::Body<'static> {
        match &self.contents {
            Contents::InMemory(bytes) => {
                howth_engine::Body::Shared(bytes.slice(offset as usize..(offset + length) as usize))
            }
            Contents::InFile(file) => howth_engine::Body::File(part(file, offset, length)),
        }
    }

    /// A part in memory; `None`: it is not all there.
    pub(crate) fn bytes(&self, offset: u64, length: u64) -> Option<Bytes> {
        let file = match &self.contents {
            Contents::InMemory(bytes) => {
                return Some(bytes.slice(offset as usize..(offset + length) as usize));
            }
            Contents::InFile(file) => file,
        };
        let mut bytes = Vec::with_capacity(length as usize);
        while (bytes.len() as u64) < length {
            let read = bytes.len() as u64;
            let more = howth_file_io::read_now(&part(file, offset + read, length - read)).ok()?;
            if more.is_empty() {
                return None;
            }
            bytes.extend_from_slice(&more);
        }
        Some(bytes.into())
    }

    fn weight(&self) -> u64 {
        match &self.contents {
            Contents::InMemory(bytes) => bytes.len() as u64,
            Contents::InFile(_) => Settings::OPEN_FILE_BYTES,
        }
    }
}

fn part(file: &Arc<File>, offset: u64, length: u64) -> FileBody {
    FileBody {
        file: Arc::clone(file),
        offset,
        length,
    }
}

/// A file, and those beside it that hold the same, compressed.
#[derive(Debug)]
pub(crate) struct Resource {
    pub(crate) plain: Stored,
    pub(crate) compressed: Vec<(Coding, Stored)>,
    pub(crate) media_type: &'static str,
    pub(crate) cache_control: Option<Bytes>,
    checked_ms: std::cell::Cell<u64>,
    weight: u64,
}

impl Resource {
    fn new(
        plain: Stored,
        compressed: Vec<(Coding, Stored)>,
        name: &[u8],
        cache_control: Option<Bytes>,
    ) -> Self {
        let mut resource = Resource {
            plain,
            compressed,
            media_type: media_type(name),
            cache_control,
            checked_ms: std::cell::Cell::new(0),
            weight: 0,
        };
        resource.weigh(name);
        resource
    }

    fn weigh(&mut self, name: &[u8]) {
        let of_files = self.all().map(Stored::weight).sum::<u64>();
        self.weight = ENTRY_BYTES + name.len() as u64 + of_files;
    }

    fn all(&self) -> impl Iterator<Item = &Stored> {
        let compressed = self.compressed.iter().map(|(_, stored)| stored);
        std::iter::once(&self.plain).chain(compressed)
    }

    fn has_file_to_read(&self, settings: &Settings) -> bool {
        let is_small = |stored: &Stored| {
            stored.size() <= settings.small_bytes_max && matches!(stored.contents, Contents::InFile(_))
        };
        self.all().any(is_small)
    }

    fn identities(&self) -> Identities {
        let of = |coding: Coding| {
            let mut compressed = self.compressed.iter();
            compressed
                .find(|(own, _)| *own == coding)
                .map(|(_, stored)| stored.identity)
        };
        (Some(self.plain.identity), SIBLINGS.map(of))
    }
}

/// That of a file, and those of its compressed siblings.
type Identities = (Option<Identity>, [Option<Identity>; SIBLINGS.len()]);

#[derive(Clone, Copy, Debug)]
struct ByWeight;

impl Weighter<Box<[u8]>, Rc<Resource>> for ByWeight {
    fn weight(&self, _: &Box<[u8]>, resource: &Rc<Resource>) -> u64 {
        resource.weight
    }
}

/// What a name leads to.
#[derive(Clone, Debug)]
pub(crate) enum Kept {
    File(Rc<Resource>),
    Folder,
    Nothing,
}

/// The files of a folder that are kept.
#[derive(Debug)]
pub(crate) struct Store {
    folder: OwnedFd,
    cache: Cache<Box<[u8]>, Rc<Resource>, ByWeight>,
}

impl Store {
    pub(crate) fn new(folder: OwnedFd, settings: &Settings) -> Self {
        const TYPICAL_BYTES: u64 = 16 * 1024;
        let bytes = settings.cache_bytes_max;
        let entries = (bytes / TYPICAL_BYTES) as usize;
        Store {
            folder,
            cache: Cache::with_weighter(entries, bytes, ByWeight),
        }
    }

    /// What a name leads to at `now_ms`, in milliseconds of any clock.
    ///
    /// # Errors
    /// What is no fault of the name.
    pub(crate) fn get(
        &mut self,
        name: &[u8],
        settings: &Settings,
        cache_control: impl Fn() -> Option<Bytes>,
        now_ms: u64,
    ) -> Result<Kept, Errno> {
        if let Some(resource) = self.cache.get(name) {
            let age_ms = now_ms.checked_sub(resource.checked_ms.get());
            if age_ms.is_some_and(|age_ms| age_ms < FRESH_MS) {
                return Ok(Kept::File(Rc::clone(resource)));
            }
            let is_unchanged = self.identities(name, settings) == resource.identities();
            // What had to be read from a disk may be in memory by now.
            if is_unchanged && !resource.has_file_to_read(settings) {
                resource.checked_ms.set(now_ms);
                return Ok(Kept::File(Rc::clone(resource)));
            }
        }
        let (file, stat) = match find(&self.folder, name)? {
            Found::File(file, stat) => (file, stat),
            other => {
                self.cache.remove(name);
                return Ok(match other {
                    Found::Folder => Kept::Folder,
                    _ => Kept::Nothing,
                });
            }
        };
        let plain = Stored::new(file, &stat, settings);
        let compressed = self.compressed(name, settings);
        let resource = Rc::new(Resource::new(plain, compressed, name, cache_control()));
        resource.checked_ms.set(now_ms);
        self.cache.insert(name.into(), Rc::clone(&resource));
        Ok(Kept::File(resource))
    }

    fn compressed(&self, name: &[u8], settings: &Settings) -> Vec<(Coding, Stored)> {
        let codings = SIBLINGS.into_iter().filter(|_| settings.compressed);
        let stored = codings.filter_map(|coding| {
            let name = [name, ending(coding).as_bytes()].concat();
            match find(&self.folder, &name) {
                Ok(Found::File(file, stat)) => Some((coding, Stored::new(file, &stat, settings))),
                _ => None,
            }
        });
        stored.collect()
    }

    /// What is behind a name and its siblings now. A link may lead anywhere: nothing but what is known already is taken for
    /// what it was.
    fn identities(&self, name: &[u8], settings: &Settings) -> Identities {
        let of = |name: &[u8]| {
            let stat = statat(&self.folder, name, AtFlags::empty()).ok()?;
            let is_file = FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile;
            is_file.then(|| Identity::of(&stat))
        };
        let sibling = |coding: Coding| match settings.compressed {
            true => of(&[name, ending(coding).as_bytes()].concat()),
            false => None,
        };
        (of(name), SIBLINGS.map(sibling))
    }
}
