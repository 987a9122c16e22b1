//! The environment: `--env-file`, PORT, HOST, HOWTH_TRACE, HOWTH_CACHE_DIR,
//! HOWTH_TLS_PASSPHRASE.
//!
//! Owns the reading of these. HOWTH_URING is read where `--uring` is. Called before any thread starts.

use std::env::{self, VarError};
use std::path::{Path, PathBuf};

use super::failure::Failure;

/// What `howth --help` says about the environment.
pub const HELP: &str = "\
Environment:
  PORT, HOST        where to listen, unless an option or the module says so
  HOWTH_URING       as --uring: auto, require (or 1), off (or 0)
  HOWTH_TRACE=1     print where a request's time goes, per stage
  HOWTH_CACHE_DIR   where compiled modules are kept, see --no-cache
  HOWTH_TLS_PASSPHRASE  what the key of --tls-key is encrypted with

Exit codes: 0 done, 1 the application could not be started or failed, 2 wrong usage.
`howth COMMAND --help` tells all about a command.";

/// Sets the variables of `files` that are not set yet. A later file wins over an earlier one.
pub fn load_files(files: &[PathBuf]) -> Result<(), Failure> {
    // What is set first stays, so the last file goes first.
    for file in files.iter().rev() {
        check_file(file)?;
        dotenvy::from_path(file).map_err(|error| unusable(file, &error))?;
    }
    Ok(())
}

/// Reads the whole file once before a variable of it is set: all of it counts or nothing.
fn check_file(file: &Path) -> Result<(), Failure> {
    let variables = dotenvy::from_path_iter(file).map_err(|error| unusable(file, &error))?;
    for variable in variables {
        let (name, value) = variable.map_err(|error| unusable(file, &error))?;
        // The operating system's environment ends a value at the first NUL.
        if value.contains('\0') {
            return Err(Failure::usage(format!(
                "cannot use {}: the value of {name} contains a NUL byte; remove it",
                file.display()
            )));
        }
    }
    Ok(())
}

fn unusable(file: &Path, error: &dotenvy::Error) -> Failure {
    let file = file.display();
    match error {
        dotenvy::Error::Io(cause) => Failure::usage(format!(
            "cannot read {file} ({}); give --env-file the path of a file of NAME=value lines",
            howth_runtime::modules::cause_of(cause)
        )),
        dotenvy::Error::LineParse(line, _) => Failure::usage(format!(
            "cannot read {file} (the line {line:?} is not NAME=value); correct the line, or quote the value"
        )),
        other => Failure::usage(format!("cannot read {file} ({other}); correct the file")),
    }
}

/// PORT, if it is set to anything.
pub fn port() -> Result<Option<u16>, Failure> {
    let Some(text) = variable("PORT")? else {
        return Ok(None);
    };
    text.trim().parse().map(Some).map_err(|_| {
        Failure::usage(format!(
            "the environment variable PORT is no port ({text:?}); set it to a number from 0 to 65535, or unset it"
        ))
    })
}

/// HOST, if it is set to anything.
pub fn host() -> Result<Option<String>, Failure> {
    variable("HOST")
}

/// HOWTH_TRACE.
pub fn trace() -> Result<bool, Failure> {
    match variable("HOWTH_TRACE")?.as_deref() {
        None | Some("0") => Ok(false),
        Some("1") => Ok(true),
        Some(other) => Err(Failure::usage(format!(
            "the environment variable HOWTH_TRACE is {other:?}; set it to 1 or 0, or unset it"
        ))),
    }
}

/// NODE_ENV may say that this is no place for `--dev`.
pub fn forbid_development_in_production() -> Result<(), Failure> {
    match variable("NODE_ENV")?.as_deref() {
        Some("production") => Err(Failure::usage(
            "--dev shows stacks to clients, and the environment variable NODE_ENV is production; leave out one of both"
                .to_owned(),
        )),
        _ => Ok(()),
    }
}

/// What the key of `--tls-key` is encrypted with.
pub fn tls_passphrase() -> Result<Option<String>, Failure> {
    variable("HOWTH_TLS_PASSPHRASE")
}

/// Where compiled modules are kept: HOWTH_CACHE_DIR, else a folder in that of all caches, if there is one.
pub fn cache_folder() -> Option<PathBuf> {
    let folder = |name| {
        let path = env::var_os(name).map(PathBuf::from)?;
        path.is_absolute().then_some(path)
    };
    let own = env::var_os("HOWTH_CACHE_DIR").filter(|path| !path.is_empty());
    own.map(PathBuf::from)
        .or_else(|| Some(folder("XDG_CACHE_HOME")?.join("howth")))
        .or_else(|| Some(folder("HOME")?.join(".cache/howth")))
}

fn variable(name: &str) -> Result<Option<String>, Failure> {
    match env::var(name) {
        Ok(text) if text.is_empty() => Ok(None),
        Ok(text) => Ok(Some(text)),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => Err(Failure::usage(format!(
            "the environment variable {name} is not valid UTF-8; correct or unset it"
        ))),
    }
}
