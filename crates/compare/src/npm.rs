//! The other runtimes and the packages of applications, from npm, in a folder that later runs use again.
//!
//! Owns where they are. Runtimes are the newest; packages are those of the lock file that is in the binary.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::CompareError;
use crate::lineup::Runtime;

/// What applications import, with exact versions.
pub(crate) const MANIFEST: &str = include_str!("../applications/package.json");
/// What these import in turn.
const LOCK: &str = include_str!("../applications/package-lock.json");
/// No more than that, and nothing that a package wants to run.
const QUIETLY: [&str; 4] = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];

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
        Runtime::Howth | Runtime::HowthPortable | Runtime::Nginx => None,
        Runtime::Bun => Some((format!("@oven/bun-linux-{bun}"), "bin/bun")),
        Runtime::Deno => Some((format!("@deno/linux-{deno}-glibc"), "deno")),
        Runtime::Node => Some((format!("node-linux-{node}"), "bin/node")),
    }
}

/// A runtime's binary, if it is there.
pub(crate) fn binary(cache: &Path, runtime: Runtime) -> Option<PathBuf> {
    let (package, file) = package(runtime)?;
    Some(cache.join("node_modules").join(package).join(file)).filter(|binary| binary.exists())
}

/// Installs what is missing of the runtimes.
pub(crate) fn install_runtimes(cache: &Path, runtimes: &[Runtime]) -> Result<(), CompareError> {
    let missing = runtimes
        .iter()
        .filter(|runtime| binary(cache, **runtime).is_none());
    let packages: Vec<String> = missing
        .filter_map(|runtime| package(*runtime))
        .map(|(package, _)| package)
        .collect();
    if packages.is_empty() {
        return Ok(());
    }
    prepare_runtimes(cache).map_err(cannot_fill(cache))?;
    let mut npm = Command::new("npm");
    npm.arg("install").args(packages).current_dir(cache);
    run(&mut npm, "the other runtimes")
}

/// The folder of the applications' packages, which is a project of its own: they are installed as a whole.
fn project(cache: &Path) -> PathBuf {
    cache.join("applications")
}

/// Where the applications' packages are.
pub(crate) fn modules(cache: &Path) -> PathBuf {
    project(cache).join("node_modules")
}

/// Whether the applications' packages are there, in the versions of this binary.
pub(crate) fn has_packages(cache: &Path) -> bool {
    let lock = fs::read_to_string(project(cache).join("package-lock.json"));
    // npm writes that one when it is done.
    let is_complete = modules(cache).join(".package-lock.json").exists();
    is_complete && lock.is_ok_and(|lock| lock == LOCK)
}

/// Installs the applications' packages, unless they are there.
pub(crate) fn install_packages(cache: &Path) -> Result<(), CompareError> {
    if has_packages(cache) {
        return Ok(());
    }
    let project = project(cache);
    prepare_packages(&project).map_err(cannot_fill(&project))?;
    let mut npm = Command::new("npm");
    npm.arg("ci").current_dir(project);
    run(&mut npm, "the applications' packages")
}

fn run(npm: &mut Command, what: &'static str) -> Result<(), CompareError> {
    let failed = |reason| CompareError::Npm { what, reason };
    let status = npm
        .args(QUIETLY)
        .stdin(Stdio::null())
        // What npm prints is no result.
        .stdout(Stdio::null())
        .status()
        .map_err(|error| failed(error.to_string()))?;
    match status.success() {
        true => Ok(()),
        false => Err(failed(status.to_string())),
    }
}

/// A project of its own, or npm would install to one in a folder above.
fn prepare_runtimes(cache: &Path) -> std::io::Result<()> {
    fs::create_dir_all(cache)?;
    let project = cache.join("package.json");
    match project.exists() {
        true => Ok(()),
        false => fs::write(project, "{ \"private\": true }\n"),
    }
}

fn prepare_packages(project: &Path) -> std::io::Result<()> {
    fs::create_dir_all(project)?;
    // Packages of another version must not pass for those of the lock file if npm fails.
    let modules = project.join("node_modules");
    if modules.exists() {
        fs::remove_dir_all(modules)?;
    }
    fs::write(project.join("package.json"), MANIFEST)?;
    fs::write(project.join("package-lock.json"), LOCK)
}

fn cannot_fill(folder: &Path) -> impl FnOnce(std::io::Error) -> CompareError {
    CompareError::system(format!("make the folder {}", folder.display()))
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
            let path = cache.path().join("node_modules").join(package).join(file);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(&path, "").expect("a file");
            assert_eq!(binary(cache.path(), runtime), Some(path));
        }
        assert_eq!(binary(cache.path(), Runtime::Howth), None);
    }

    #[test]
    fn packages_count_when_npm_is_done_with_those_of_this_binary() {
        let cache = tempfile::tempdir().expect("a folder");
        let cache = cache.path();
        let npm_is_done = || {
            fs::create_dir_all(modules(cache)).expect("a folder");
            fs::write(modules(cache).join(".package-lock.json"), "{}").expect("a file");
        };
        assert!(!has_packages(cache));
        prepare_packages(&project(cache)).expect("a project");
        assert!(!has_packages(cache));
        npm_is_done();
        assert!(has_packages(cache));

        fs::write(project(cache).join("package-lock.json"), "{}").expect("a file");
        assert!(!has_packages(cache));
        prepare_packages(&project(cache)).expect("a project");
        assert!(!has_packages(cache));
    }

    #[test]
    fn versions_are_exact_and_those_of_the_lock_file() {
        let parsed = |text| serde_json::from_str::<serde_json::Value>(text).expect("JSON");
        let (manifest, lock) = (parsed(MANIFEST), parsed(LOCK));
        let packages = manifest["dependencies"].as_object().expect("packages");
        for (package, version) in packages {
            let locked = &lock["packages"][format!("node_modules/{package}")]["version"];
            assert_eq!(locked, version, "{package}");
        }
        assert_eq!(&lock["packages"][""]["dependencies"], &manifest["dependencies"]);
    }
}
