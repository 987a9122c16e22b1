//! A folder, and what is answered from it.
//!
//! Owns the order in which a request is judged: method, name, file, representation, conditions, range. Called by: the
//! runtime, once for each request, on the core to which the folder belongs.

use std::cell::RefCell;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use globset::{Glob, GlobSet, GlobSetBuilder};
use howth_compression::Coding;
use howth_compression::accept_encoding::negotiate;
use howth_conditions::{EntityTag, Outcome, Validators, elements, evaluate, values};
use howth_engine::Body;
use howth_http1::RequestHead;
use rustix::fs::{Mode, OFlags, open};

use crate::error::FolderError;
use crate::names::Name;
use crate::parts::multipart;
use crate::ranges::Ranges;
use crate::response::FileResponse;
use crate::settings::Settings;
use crate::store::{Kept, Resource, Store, Stored};
use crate::weights::weighted;

/// A folder that is served, on one core.
#[derive(Debug)]
pub struct Folder {
    settings: Settings,
    patterns: GlobSet,
    cache_control: Vec<Bytes>,
    store: RefCell<Store>,
}

impl Folder {
    /// Opens a folder.
    ///
    /// # Errors
    /// It is not there, or is no folder that may be read; a pattern is malformed.
    pub fn open(path: &Path, settings: Settings) -> Result<Folder, FolderError> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let folder: OwnedFd = open(path, flags, Mode::empty()).map_err(|error| FolderError::Open {
            path: PathBuf::from(path),
            cause: error.into(),
        })?;
        let mut patterns = GlobSetBuilder::new();
        for (pattern, _) in &settings.cache_control {
            let glob = Glob::new(pattern).map_err(|error| FolderError::Pattern {
                pattern: pattern.clone(),
                cause: error.kind().to_string(),
            })?;
            patterns.add(glob);
        }
        let patterns = patterns.build().map_err(|error| FolderError::Pattern {
            pattern: error.glob().unwrap_or_default().to_owned(),
            cause: error.kind().to_string(),
        })?;
        let cache_control = settings.cache_control.iter();
        Ok(Folder {
            patterns,
            cache_control: cache_control.map(|(_, value)| value.clone().into()).collect(),
            store: RefCell::new(Store::new(folder, &settings)),
            settings,
        })
    }

    /// Answers a request whose path, behind the part that says that it is for this folder, is `path`: percent-encoded, with
    /// or without a slash before it, without a query. `now` is the time of day.
    pub fn answer(&self, head: &RequestHead, path: &[u8], now: SystemTime) -> FileResponse {
        match is_read(head) {
            true => self
                .look_up(head, path, now)
                .unwrap_or_else(FileResponse::not_found),
            false => FileResponse::not_allowed(),
        }
    }

    /// The same where somebody else answers what is not in the folder: `None` for that, and for all methods that do more than
    /// read.
    pub fn look_up(&self, head: &RequestHead, path: &[u8], now: SystemTime) -> Option<FileResponse> {
        let mut name = Name::of(path, self.settings.dot_files).filter(|_| is_read(head))?;
        // What is left of a path that is all before the folder says nothing of the slash behind it.
        name.is_of_folder &= path_of(head).ends_with('/');
        match self.find(&name, now) {
            Ok(Target::File(resource)) => Some(represent(head, &resource, now)),
            Ok(Target::Elsewhere) => Some(redirect(head)),
            Ok(Target::Nothing) => self.fall_back(head, now),
            Err(_) => Some(FileResponse::unavailable()),
        }
    }

    /// Answers a request by one file, whatever its path is: `name` is the file's path in the folder.
    pub fn answer_by(&self, head: &RequestHead, name: &str, now: SystemTime) -> FileResponse {
        if !is_read(head) {
            return FileResponse::not_allowed();
        }
        match self.file(name.as_bytes(), now) {
            Ok(Kept::File(resource)) => represent(head, &resource, now),
            Ok(Kept::Folder | Kept::Nothing) => FileResponse::not_found(),
            Err(_) => FileResponse::unavailable(),
        }
    }

    fn find(&self, name: &Name, now: SystemTime) -> rustix::io::Result<Target> {
        match self.file(&name.bytes, now)? {
            Kept::File(resource) if !name.is_of_folder => return Ok(Target::File(resource)),
            Kept::File(_) | Kept::Nothing => return Ok(Target::Nothing),
            Kept::Folder => {}
        }
        let Some(index) = &self.settings.index else {
            return Ok(Target::Nothing);
        };
        let mut of_index = name.bytes.clone();
        if !of_index.is_empty() {
            of_index.push(b'/');
        }
        of_index.extend_from_slice(index.as_bytes());
        Ok(match self.file(&of_index, now)? {
            Kept::File(_) if !name.is_of_folder => Target::Elsewhere,
            Kept::File(resource) => Target::File(resource),
            Kept::Folder | Kept::Nothing => Target::Nothing,
        })
    }

    fn fall_back(&self, head: &RequestHead, now: SystemTime) -> Option<FileResponse> {
        let fallback = self.settings.fallback.as_ref().filter(|_| accepts_html(head))?;
        match self.file(fallback.as_bytes(), now) {
            Ok(Kept::File(resource)) => Some(represent(head, &resource, now)),
            Ok(Kept::Folder | Kept::Nothing) => None,
            Err(_) => Some(FileResponse::unavailable()),
        }
    }

    fn file(&self, name: &[u8], now: SystemTime) -> rustix::io::Result<Kept> {
        let now_ms = now
            .duration_since(UNIX_EPOCH)
            .unwrap_or(Duration::ZERO)
            .as_millis() as u64;
        let cache_control = || self.cache_control_of(name);
        let mut store = self.store.borrow_mut();
        store.get(name, &self.settings, cache_control, now_ms)
    }

    fn cache_control_of(&self, name: &[u8]) -> Option<Bytes> {
        let name = Path::new(std::str::from_utf8(name).ok()?);
        let first = self.patterns.matches(name).into_iter().min()?;
        self.cache_control.get(first).cloned()
    }
}

/// What a request is for.
enum Target {
    File(Rc<Resource>),
    /// The same path with a slash behind it.
    Elsewhere,
    Nothing,
}

fn is_read(head: &RequestHead) -> bool {
    matches!(head.method(), "GET" | "HEAD")
}

/// The path of a request, without its query.
fn path_of(head: &RequestHead) -> &str {
    head.path().split('?').next().unwrap_or_default()
}

/// Whether a page is welcome, and not just anything.
fn accepts_html(head: &RequestHead) -> bool {
    values(head, "accept")
        .flat_map(elements)
        .map(weighted)
        .any(|(range, weight)| range.eq_ignore_ascii_case(b"text/html") && weight > 0)
}

/// To the same path with a slash behind it, so that what its page names is found beside it. Said by the last segment alone:
/// whatever the path begins with, that leads to no other server.
fn redirect(head: &RequestHead) -> FileResponse {
    let path = path_of(head);
    let query = &head.path()[path.len()..];
    let last = path.rsplit('/').next().unwrap_or_default();
    let mut response = FileResponse::plain(301, "Moved Permanently");
    response
        .fields
        .push(("location", format!("./{last}/{query}").into()));
    response
}

/// Answers with a file that is there.
fn represent(head: &RequestHead, resource: &Resource, now: SystemTime) -> FileResponse {
    let available: Vec<Coding> = resource.compressed.iter().map(|(coding, _)| *coding).collect();
    let coding = negotiate(values(head, "accept-encoding"), &available);
    let of_coding = |coding: &Coding| resource.compressed.iter().find(|(own, _)| own == coding);
    let stored = coding
        .as_ref()
        .and_then(of_coding)
        .map_or(&resource.plain, |(_, stored)| stored);
    let mut fields = Vec::with_capacity(8);
    fields.push(("etag", stored.tag.clone()));
    fields.push(("last-modified", stored.last_modified.clone()));
    if let Some(value) = &resource.cache_control {
        fields.push(("cache-control", value.clone()));
    }
    if !resource.compressed.is_empty() {
        fields.push(("vary", Bytes::from_static(b"accept-encoding")));
    }
    let validators = Validators {
        tag: Some(EntityTag {
            is_weak: false,
            opaque: &stored.tag,
        }),
        modified_s: Some(stored.modified_s()),
    };
    let ranges = match evaluate(head, validators, now) {
        Outcome::Answer { ranges } => ranges && !head.is_head(),
        // RFC 9110 section 15.4.5: the fields that say what is kept of it, and no others.
        Outcome::NotModified => {
            return FileResponse {
                status: 304,
                fields,
                body: Body::Shared(Bytes::new()),
            };
        }
        Outcome::Failed => return FileResponse::plain(412, "Precondition Failed"),
    };
    fields.push(("accept-ranges", Bytes::from_static(b"bytes")));
    if let Some(coding) = coding {
        fields.push(("content-encoding", Bytes::from_static(coding.name().as_bytes())));
    }
    let ranges = match ranges {
        true => Ranges::of(head, stored.size()),
        false => Ranges::None,
    };
    let media_type = resource.media_type;
    match ranges {
        Ranges::None => {
            fields.push(("content-type", Bytes::from_static(media_type.as_bytes())));
            FileResponse {
                status: 200,
                fields,
                body: stored.body(0, stored.size()),
            }
        }
        Ranges::Unsatisfiable => unsatisfiable(stored),
        Ranges::Parts(parts) => partial(stored, media_type, &parts, fields),
    }
}

/// RFC 9110 section 15.5.17.
fn unsatisfiable(stored: &Stored) -> FileResponse {
    let mut response = FileResponse::plain(416, "Range Not Satisfiable");
    let size = stored.size();
    response
        .fields
        .push(("content-range", format!("bytes */{size}").into()));
    response
}

/// RFC 9110 section 15.3.7.
fn partial(
    stored: &Stored,
    media_type: &'static str,
    parts: &[(u64, u64)],
    mut fields: Vec<(&'static str, Bytes)>,
) -> FileResponse {
    let together = match parts {
        [_] => None,
        parts => multipart(stored, media_type, parts),
    };
    if let Some((body, content_type)) = together {
        fields.push(("content-type", content_type));
        return FileResponse {
            status: 206,
            fields,
            body: Body::Owned(body),
        };
    }
    let (first, length) = parts.first().copied().unwrap_or((0, stored.size()));
    let (last, size) = (first + length.max(1) - 1, stored.size());
    fields.push(("content-type", Bytes::from_static(media_type.as_bytes())));
    fields.push(("content-range", format!("bytes {first}-{last}/{size}").into()));
    FileResponse {
        status: 206,
        fields,
        body: stored.body(first, length),
    }
}
