//! `--pid-file`: where the process says which one it is, for `howth reload` and for scripts.
//!
//! Owns the file while the process lives. Never removes another's. Called by: `supervisor/outside.rs`.

use std::fs::{self, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::error::Error;

/// The file; removed when it is dropped.
#[derive(Debug)]
pub(crate) struct PidFile {
    path: PathBuf,
    content: String,
}

impl PidFile {
    /// Writes the process's id, over whatever is there. Who finds the file finds the whole id in it.
    pub(crate) fn write(path: &Path) -> Result<Self, Error> {
        let content = format!("{}\n", std::process::id());
        write_whole(path, &content).map_err(|cause| Error::PidFile {
            path: path.to_owned(),
            cause,
        })?;
        // The program may change the working directory.
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        Ok(PidFile { path, content })
    }
}

/// Puts a finished file in the place of `path`: one that is opened and then written is empty in between.
///
/// Writes to `path` itself where that cannot be: in a folder that takes no new file, over a file that cannot be replaced
/// (somebody else's, or a mount), and to what is no regular file, a device or a link.
fn write_whole(path: &Path, content: &str) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(found) if !found.is_file() => return fs::write(path, content),
        _ => {}
    }
    if let Ok(mut file) = beside(path) {
        file.write_all(content.as_bytes())?;
        if file.persist(path).is_ok() {
            return Ok(());
        }
    }
    fs::write(path, content)
}

/// A new file in the folder of `path`, with the permissions that a file there gets which is simply created.
fn beside(path: &Path) -> io::Result<NamedTempFile> {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    tempfile::Builder::new()
        .prefix(".howth-pid-")
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(folder)
}

impl Drop for PidFile {
    fn drop(&mut self) {
        // Another process may have written its own over it.
        if fs::read_to_string(&self.path).is_ok_and(|content| content == self.content) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_goes_unless_it_is_of_another_process() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("howth.pid");
        let file = PidFile::write(&path).expect("a file");
        assert_eq!(
            fs::read_to_string(&path).expect("a file").trim(),
            std::process::id().to_string()
        );
        drop(file);
        assert!(!path.exists());
        let file = PidFile::write(&path).expect("a file");
        fs::write(&path, "1\n").expect("a file");
        drop(file);
        assert!(path.exists());
    }

    /// One that is truncated and then written again is empty now and then.
    #[test]
    fn who_reads_the_file_finds_the_whole_id() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("howth.pid");
        let _file = PidFile::write(&path).expect("a file");
        let whole = format!("{}\n", std::process::id());
        std::thread::scope(|scope| {
            let writer = scope.spawn(|| {
                for _ in 0..2000 {
                    write_whole(&path, &whole).expect("a file");
                }
            });
            while !writer.is_finished() {
                assert_eq!(fs::read_to_string(&path).expect("a file"), whole);
            }
        });
    }

    #[test]
    fn a_link_and_the_permissions_stay() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (target, link) = (folder.path().join("target"), folder.path().join("link"));
        fs::write(&target, "").expect("a file");
        std::os::unix::fs::symlink(&target, &link).expect("a link");
        let _file = PidFile::write(&link).expect("a file");
        assert!(fs::symlink_metadata(&link).expect("a link").is_symlink());
        assert_ne!(fs::read_to_string(&target).expect("a file"), "");

        let (simple, whole) = (folder.path().join("simple"), folder.path().join("whole"));
        fs::write(&simple, "").expect("a file");
        write_whole(&whole, "").expect("a file");
        let mode = |path| fs::metadata(path).expect("a file").permissions().mode();
        assert_eq!(mode(simple), mode(whole));
    }
}
