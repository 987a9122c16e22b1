//! The other runtimes and the packages of applications, from npm, in a folder that later runs use again.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::CompareError;
use crate::lineup::Runtime;

/// A package that applications import.
pub(crate) const HONO: &str = "hono";

/// npm's names for this processor, in the packages of Bun, Deno and Node.
#[cfg(target_arch = "aarch64")]
const ARCHITECTURE: [&str; 3] = ["aarch64", "arm64", "arm64"];
#[cfg(not(target_arch = "aarch64"))]
const ARCHITECTURE: [&str; 3] = ["x64", "x64", "x64"];

/// The package that holds a runtime's binary itself, and where. What is named `bun` and `deno` only installs these,
/// by scripts of its own.
fn package(runtime: Runtime) -> Option<(String, &'static str)> {
    let [bun, deno, node] = ARCHITECTURE;
    match runtime {
        Runtime::Howth | Runtime::HowthPortable => None,
        Runtime::Bun => Some((format!("@oven/bun-linux-{bun}"), "bin/bun")),
        Runtime::Deno => Some((format!("@deno/linux-{deno}-glibc"), "deno")),
        Runtime::Node => Some((format!("node-linux-{node}"), "bin/node")),
    }
}

/// Where packages are.
pub(crate) fn modules(cache: &Path) -> PathBuf {
    cache.join("node_modules")
}

/// Whether a package is there.
pub(crate) fn has(cache: &Path, package: &str) -> bool {
    modules(cache).join(package).exists()
}

/// A runtime's binary, if it is there.
pub(crate) fn binary(cache: &Path, runtime: Runtime) -> Option<PathBuf> {
    let (package, file) = package(runtime)?;
    Some(modules(cache).join(package).join(file)).filter(|binary| binary.exists())
}

/// Installs what is missing of the runtimes and of the applications' packages.
pub(crate) fn install(cache: &Path, runtimes: &[Runtime]) -> Result<(), CompareError> {
    let missing = runtimes
        .iter()
        .filter(|runtime| binary(cache, **runtime).is_none());
    let mut packages: Vec<String> = missing
        .filter_map(|runtime| package(*runtime))
        .map(|(package, _)| package)
        .collect();
    if !has(cache, HONO) {
        packages.push(HONO.to_owned());
    }
    if packages.is_empty() {
        return Ok(());
    }
    prepare(cache).map_err(CompareError::system(format!(
        "make the folder {}",
        cache.display()
    )))?;
    let status = Command::new("npm")
        .args([
            "install",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--loglevel=error",
        ])
        .args(packages)
        .current_dir(cache)
        .stdin(Stdio::null())
        // What npm prints is no result.
        .stdout(Stdio::null())
        .status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(CompareError::Npm {
            reason: status.to_string(),
        }),
        Err(error) => Err(CompareError::Npm {
            reason: error.to_string(),
        }),
    }
}

/// A project of its own, or npm would install to one in a folder above.
fn prepare(cache: &Path) -> std::io::Result<()> {
    fs::create_dir_all(cache)?;
    let project = cache.join("package.json");
    match project.exists() {
        true => Ok(()),
        false => fs::write(project, "{ \"private\": true }\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_binary_is_found_where_npm_puts_it() {
        let cache = tempfile::tempdir().expect("a folder");
        assert_eq!(binary(cache.path(), Runtime::Bun), None);
        for runtime in [Runtime::Bun, Runtime::Deno, Runtime::Node] {
            let (package, file) = package(runtime).expect("a package");
            let path = modules(cache.path()).join(package).join(file);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(&path, "").expect("a file");
            assert_eq!(binary(cache.path(), runtime), Some(path));
        }
        assert_eq!(binary(cache.path(), Runtime::Howth), None);
    }
}
