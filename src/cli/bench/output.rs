//! Where results go: a file, or standard output for `-`.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use crate::cli::failure::Failure;
use howth_runtime::modules::cause_of;

/// Writes a text to the file, or to standard output.
pub fn write(destination: &Path, text: &str) -> Result<(), Failure> {
    if destination.as_os_str() == "-" {
        print(text);
        return Ok(());
    }
    std::fs::write(destination, text).map_err(|error| {
        Failure::runtime(format!(
            "cannot write {} ({}); give a path that can be written",
            destination.display(),
            cause_of(&error)
        ))
    })
}

/// Makes the folder for several files.
pub fn make_folder(folder: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(folder).map_err(|error| {
        Failure::runtime(format!(
            "cannot make the folder {} ({}); give --output another",
            folder.display(),
            cause_of(&error)
        ))
    })
}

/// How a comparison ends whose results are in `file`: with the first of its failures, if there are any.
pub fn outcome(failures: &[String], file: &Path) -> Result<ExitCode, Failure> {
    match failures {
        [] => Ok(ExitCode::SUCCESS),
        [first, ..] => Err(Failure::runtime(format!(
            "not every measurement succeeded ({first}); see the remarks in {}",
            file.display()
        ))),
    }
}

/// Prints on standard output. A reader that has seen enough (`… | head`) is no error.
pub fn print(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}
