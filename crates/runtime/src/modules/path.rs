//! Paths as text: what is done with them without a look at the file system.
//!
//! Called by: whoever looks for a file, and `isolate::description`.

use std::path::{Component, Path, PathBuf};

/// Without `.` and `..`, so that one file has one name; links are not looked at.
pub(crate) fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                normal.pop();
            }
            other => normal.push(other),
        }
    }
    normal
}

/// With an extension behind the name, whatever that ends in.
pub(super) fn appended(path: &Path, extension: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(extension);
    name.into()
}
