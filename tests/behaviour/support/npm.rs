//! Packages from npm.

use std::path::Path;
use std::process::Command;

/// Runs `npm COMMAND` in a folder, which the registry has to be reached for.
pub fn npm(folder: &Path, command: &[&str]) {
    let status = Command::new("npm")
        .args(command)
        .args(["--no-audit", "--no-fund", "--loglevel=error"])
        .current_dir(folder)
        .status()
        .expect("npm, which installs packages");
    assert!(status.success(), "npm {command:?} failed");
}
