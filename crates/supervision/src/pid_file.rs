//! `--pid-file`: where the process says which one it is, for `howth reload` and for scripts.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::Error;

/// The file; removed when it is dropped.
#[derive(Debug)]
pub(crate) struct PidFile {
    path: PathBuf,
    content: String,
}

impl PidFile {
    /// Writes the process's id, over whatever is there.
    pub(crate) fn write(path: &Path) -> Result<Self, Error> {
        let content = format!("{}\n", std::process::id());
        fs::write(path, &content).map_err(|cause| Error::PidFile {
            path: path.to_owned(),
            cause,
        })?;
        // The program may change the working directory.
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        Ok(PidFile { path, content })
    }
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
}
