//! The entry file, as far as it can be judged before anything is started.
//!
//! Owns: does it exist, is it a file, is its extension known. Never reads it: the runtime's loader does.

use std::io;
use std::path::Path;

use super::failure::Failure;

const EXTENSIONS: [&str; 8] = ["ts", "mts", "cts", "tsx", "jsx", "js", "mjs", "cjs"];

/// Says in one line what is wrong with the entry file.
pub fn check(file: &Path) -> Result<(), Failure> {
    let shown = file.display();
    match file.metadata() {
        Err(error) => Err(Failure::runtime(format!(
            "cannot find {shown} ({}); give the path of the application's entry file",
            cause_of(&error)
        ))),
        Ok(metadata) if metadata.is_dir() => Err(Failure::runtime(format!(
            "cannot run {shown} (it is a folder); give the path of the application's entry file"
        ))),
        Ok(_) => check_extension(file),
    }
}

fn check_extension(file: &Path) -> Result<(), Failure> {
    let extension = file.extension().map(|extension| extension.to_string_lossy());
    let cause = match &extension {
        Some(extension) if EXTENSIONS.contains(&extension.as_ref()) => return Ok(()),
        Some(extension) => format!("unknown extension .{extension}"),
        None => "it has no extension".to_owned(),
    };
    Err(Failure::runtime(format!(
        "cannot run {} ({cause}); give a file that ends in .{}",
        file.display(),
        EXTENSIONS.join(", .")
    )))
}

/// The operating system's words without its number: "no such file", not "No such file or directory (os error 2)".
pub fn cause_of(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        kind => kind.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_extension_of_the_platform_is_taken() {
        for extension in EXTENSIONS {
            assert!(
                check_extension(Path::new(&format!("app.{extension}"))).is_ok(),
                "{extension}"
            );
        }
    }

    #[test]
    fn other_files_are_refused_by_name() {
        for (file, cause) in [
            ("notes.txt", "unknown extension .txt"),
            ("app", "it has no extension"),
        ] {
            let failure = check_extension(Path::new(file)).unwrap_err();
            assert!(failure.to_string().contains(cause), "{failure}");
            assert!(failure.to_string().contains(file), "{failure}");
        }
    }
}
