//! A program that comes by standard input.
//!
//! Owns the reading of it. Called by: `command_line`, to see whether there is one, and `options`, to have it.

use std::fs::File;
use std::io::Read;
use std::os::fd::AsFd;
use std::os::unix::fs::FileTypeExt;

use super::failure::Failure;

/// Whether something may come that is a program: nobody types one, and /dev/null has none.
pub fn is_program() -> bool {
    let own = std::io::stdin().as_fd().try_clone_to_owned().map(File::from);
    own.and_then(|file| file.metadata()).is_ok_and(|metadata| {
        let kind = metadata.file_type();
        kind.is_fifo() || kind.is_socket() || kind.is_file()
    })
}

/// The whole of it.
///
/// # Errors
/// It cannot be read.
pub fn read() -> Result<String, Failure> {
    let mut bytes = Vec::new();
    std::io::stdin().lock().read_to_end(&mut bytes).map_err(|error| {
        Failure::runtime(format!(
            "cannot read the program from standard input ({error}); give a FILE"
        ))
    })?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
