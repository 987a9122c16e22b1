//! A folder of files, requests, and what is answered.
//!
//! Owns the folder for as long as a test runs. Called by: the tests beside.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::fs;
use std::time::{Duration, SystemTime};

use howth_engine::Body;
use howth_files::{FileResponse, Folder, Settings};
use howth_http1::{Decoder, Limits, RequestHead};
use tempfile::TempDir;

pub fn head_of(target: &str, fields: &str) -> RequestHead {
    request("GET", target, fields)
}

pub fn request(method: &str, target: &str, fields: &str) -> RequestHead {
    let mut head = RequestHead::new();
    let bytes = format!("{method} {target} HTTP/1.1\r\nhost: h\r\n{fields}\r\n");
    Decoder::new()
        .decode(bytes.as_bytes(), &Limits::default(), &mut head)
        .expect("a request");
    head
}

pub fn bytes_of(response: &FileResponse) -> Vec<u8> {
    match &response.body {
        Body::Borrowed(bytes) => bytes.to_vec(),
        Body::Owned(bytes) => bytes.clone(),
        Body::Shared(bytes) => bytes.to_vec(),
        Body::File(part) => howth_file_io::read(part).expect("the file"),
    }
}

pub fn text_of(response: &FileResponse) -> String {
    String::from_utf8(bytes_of(response)).expect("a text")
}

pub fn field<'a>(response: &'a FileResponse, name: &str) -> Option<&'a str> {
    response
        .field(name)
        .map(|value| std::str::from_utf8(value).expect("a text"))
}

/// A folder with files, and what answers from it.
pub struct Site {
    pub root: TempDir,
    pub folder: Folder,
    pub now: SystemTime,
}

impl Site {
    pub fn new(settings: Settings) -> Self {
        let root = tempfile::tempdir().expect("a folder");
        let write = |name: &str, contents: &[u8]| {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(path, contents).expect("room for it");
        };
        write("index.html", b"<p>home");
        write("docs/index.html", b"<p>docs");
        write("empty/nothing.txt", b"");
        write("app.js", b"let a = 1;");
        write("app.js.br", b"br");
        write("app.js.gz", b"gzipped");
        write("a b.txt", b"0123456789");
        write(".env", b"secret");
        write(".well-known/acme", b"token");
        write("large.bin", &vec![b'l'; 200_000]);
        Site {
            folder: Folder::open(root.path(), settings).expect("it is there"),
            root,
            now: SystemTime::now() + Duration::from_secs(60),
        }
    }

    pub fn get(&self, target: &str) -> FileResponse {
        self.get_with(target, "")
    }

    pub fn get_with(&self, target: &str, fields: &str) -> FileResponse {
        self.folder
            .answer(&head_of(target, fields), path_of(target), self.now)
    }

    pub fn path(&self, name: &str) -> std::path::PathBuf {
        self.root.path().join(name)
    }
}

fn path_of(target: &str) -> &[u8] {
    target.split('?').next().unwrap_or_default().as_bytes()
}

pub fn site() -> Site {
    Site::new(Settings::default())
}
