//! The entry file: what the path on the command line means.
//!
//! Owns Node's rules for it: a file, its name without the extension, a folder with `package.json` or an index file, a
//! link to any of these. Reads nothing of the program but whether it begins with `#!`. Called by: the binary, before anything starts, and
//! `discovery`, at each start, since a link may have come to point elsewhere.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::path::appended;

/// Extensions that are run, in the order in which they are tried where there is none.
const EXTENSIONS: [&str; 8] = ["js", "ts", "mjs", "mts", "cjs", "cts", "tsx", "jsx"];

/// Why the entry cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum EntryError {
    /// There is nothing of that name.
    #[error("cannot find {} ({cause}); give the path of the application's entry file", path.display())]
    NotFound {
        /// As it was given.
        path: PathBuf,
        /// What the system says.
        cause: String,
    },
    /// A link to nothing.
    #[error("cannot find {} (a link to {}, which is not there); correct the link", path.display(), target.display())]
    Dangling {
        /// As it was given.
        path: PathBuf,
        /// Where it points.
        target: PathBuf,
    },
    /// A folder without an entry.
    #[error(
        "cannot run {} (it is a folder without index.js or index.ts, and without a package.json whose \"main\" is a \
         file); give the path of the application's entry file", path.display()
    )]
    Folder {
        /// As it was given.
        path: PathBuf,
    },
    /// A folder whose `package.json` cannot be read.
    #[error("cannot run {} (its package.json: {cause}); correct it, or give the path of the entry file", path.display())]
    PackageFile {
        /// As it was given.
        path: PathBuf,
        /// What is wrong with it.
        cause: String,
    },
    /// Neither JavaScript nor TypeScript.
    #[error(
        "cannot run {} (unknown extension .{extension}); give a file that ends in .{}, or one without an extension",
        path.display(), EXTENSIONS.join(", .")
    )]
    Extension {
        /// As it was given.
        path: PathBuf,
        /// Of the file that it means.
        extension: String,
    },
}

/// The file that `path` means, with all links resolved. Relative paths start at the working directory of the process.
///
/// # Errors
/// When it means no file that can be run.
pub fn find(path: &Path) -> Result<PathBuf, EntryError> {
    let found = match path.metadata() {
        Ok(metadata) if metadata.is_dir() => match ends_as_folder(path) {
            false => with_extension(path),
            true => None,
        }
        .map_or_else(|| of_folder(path), Ok)?,
        Ok(_) => path.to_owned(),
        Err(error) => with_extension(path).ok_or_else(|| not_found(path, &error))?,
    };
    let file = found.canonicalize().map_err(|error| not_found(path, &error))?;
    match file.extension() {
        // A file that says itself who runs it may be called as it likes.
        Some(extension) if !is_known(extension) && !begins_as_script(&file) => Err(EntryError::Extension {
            path: path.to_owned(),
            extension: extension.to_string_lossy().into_owned(),
        }),
        _ => Ok(file),
    }
}

fn is_known(extension: &std::ffi::OsStr) -> bool {
    EXTENSIONS.iter().any(|known| extension == *known)
}

/// `app/` is the folder and not `app.js`.
fn ends_as_folder(path: &Path) -> bool {
    let text = path.as_os_str().as_encoded_bytes();
    text.ends_with(b"/") || text.ends_with(b"/.") || text.ends_with(b"..") || text == b"."
}

/// The first file that is called as `path`, and an extension behind it. `app.js` may also be `app.ts`, as in imports.
fn with_extension(path: &Path) -> Option<PathBuf> {
    path.file_name()?;
    let replaced = match path.extension().and_then(|extension| extension.to_str()) {
        Some("js") => ["ts", "tsx"].as_slice(),
        Some("mjs") => &["mts"],
        Some("cjs") => &["cts"],
        _ => &[],
    };
    EXTENSIONS
        .iter()
        .map(|extension| appended(path, extension))
        .chain(replaced.iter().map(|extension| path.with_extension(extension)))
        .find(|candidate| candidate.is_file())
}

/// What a folder's `package.json` names, or its index file.
fn of_folder(folder: &Path) -> Result<PathBuf, EntryError> {
    let main = main_of(folder)?.map(|main| folder.join(main));
    let of_main = main.and_then(|main| match main.is_file() {
        true => Some(main),
        false => with_extension(&main).or_else(|| with_extension(&main.join("index"))),
    });
    of_main
        .or_else(|| with_extension(&folder.join("index")))
        .ok_or_else(|| EntryError::Folder {
            path: folder.to_owned(),
        })
}

fn main_of(folder: &Path) -> Result<Option<String>, EntryError> {
    let wrong = |cause: String| EntryError::PackageFile {
        path: folder.to_owned(),
        cause,
    };
    let text = match std::fs::read(folder.join("package.json")) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(wrong(error.to_string())),
    };
    let package: serde_json::Value =
        serde_json::from_slice(&text).map_err(|error| wrong(error.to_string()))?;
    let main = package.get("main").and_then(serde_json::Value::as_str);
    Ok(main.filter(|main| !main.is_empty()).map(str::to_owned))
}

fn begins_as_script(file: &Path) -> bool {
    let mut start = [0; 2];
    File::open(file).is_ok_and(|mut file| file.read_exact(&mut start).is_ok()) && &start == b"#!"
}

fn not_found(path: &Path, error: &std::io::Error) -> EntryError {
    let path = path.to_owned();
    match path.read_link() {
        Ok(target) if error.kind() == ErrorKind::NotFound => EntryError::Dangling { path, target },
        _ => EntryError::NotFound {
            path,
            cause: cause_of(error),
        },
    }
}

/// The system's words without its number: "no such file", not "No such file or directory (os error 2)".
pub fn cause_of(error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "no such file".to_owned(),
        ErrorKind::PermissionDenied => "permission denied".to_owned(),
        ErrorKind::IsADirectory => "it is a folder".to_owned(),
        kind => kind.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, content) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(path, content).expect("a file");
        }
        folder
    }

    fn found(folder: &tempfile::TempDir, path: &str) -> String {
        let file = find(&folder.path().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        let root = folder.path().canonicalize().expect("it is there");
        let file = file.strip_prefix(root).expect("a file in the folder");
        file.display().to_string()
    }

    #[test]
    fn files_links_and_folders_are_found_as_node_finds_them() {
        let folder = folder(&[
            ("app.ts", ""),
            ("both.js", ""),
            ("both/index.js", ""),
            ("www", ""),
            ("tool.run", "#!/usr/bin/env node\n"),
            ("package/package.json", r#"{"main": "lib"}"#),
            ("package/lib/index.mjs", ""),
            ("named/package.json", r#"{"main": "./server"}"#),
            ("named/server.ts", ""),
            ("stale/package.json", r#"{"main": "gone.js"}"#),
            ("stale/index.js", ""),
            ("node_modules/next/dist/bin/next", ""),
            ("node_modules/tool/cli.mjs", ""),
        ]);
        let bin = folder.path().join("node_modules/.bin");
        std::fs::create_dir(&bin).expect("a folder");
        symlink("../next/dist/bin/next", bin.join("next")).expect("a link");
        symlink("../tool/cli.mjs", bin.join("tool")).expect("a link");
        symlink("package", folder.path().join("linked")).expect("a link");
        for (path, expected) in [
            ("app.ts", "app.ts"),
            ("app", "app.ts"),
            ("app.js", "app.ts"),
            ("both", "both.js"),
            ("both/", "both/index.js"),
            ("www", "www"),
            ("tool.run", "tool.run"),
            ("package", "package/lib/index.mjs"),
            ("linked", "package/lib/index.mjs"),
            ("named", "named/server.ts"),
            ("stale", "stale/index.js"),
            ("node_modules/.bin/next", "node_modules/next/dist/bin/next"),
            ("node_modules/.bin/tool", "node_modules/tool/cli.mjs"),
        ] {
            assert_eq!(found(&folder, path), expected, "{path}");
        }
    }

    #[test]
    fn what_cannot_be_run_is_named_with_its_cause() {
        let folder = folder(&[
            ("notes.txt", "words"),
            ("empty/readme.md", ""),
            ("broken/package.json", "{"),
            ("broken/index.js", ""),
        ]);
        symlink("nowhere.js", folder.path().join("dangling")).expect("a link");
        symlink("notes.txt", folder.path().join("link.js")).expect("a link");
        for (path, cause) in [
            ("missing.ts", "no such file"),
            ("notes.txt", "unknown extension .txt"),
            ("link.js", "unknown extension .txt"),
            ("empty", "it is a folder"),
            ("broken", "package.json"),
            ("dangling", "nowhere.js"),
        ] {
            let error = find(&folder.path().join(path)).expect_err(path).to_string();
            assert!(error.contains(cause) && error.contains(path), "{error}");
            assert!(!error.contains('\n'), "{error}");
        }
    }
}
