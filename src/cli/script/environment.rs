//! What a script finds in its environment, beside what is there already.
//!
//! Owns the variables that npm's users rely on, and the order of PATH. Called by: `script`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cli::package::Package;

/// The same for all steps of a script.
pub(super) struct Environment {
    variables: Vec<(String, OsString)>,
}

impl Environment {
    /// `started_in`: the folder in which howth was started.
    pub(super) fn of(package: &Package, started_in: &Path) -> Environment {
        let mut variables: Vec<(String, OsString)> = package
            .variables()
            .into_iter()
            .map(|(name, value)| (name, value.into()))
            .collect();
        let mut set = |name: &str, value: OsString| variables.push((name.to_owned(), value));
        set("npm_command", "run-script".into());
        // A script that starts another one knows still where the first was started.
        if std::env::var_os("INIT_CWD").is_none() {
            set("INIT_CWD", started_in.into());
        }
        let howth = std::env::current_exe().ok();
        if let Some(howth) = &howth {
            // By the first, packages run other scripts; by the others, programs of JavaScript.
            for name in ["npm_execpath", "npm_node_execpath", "NODE"] {
                set(name, howth.into());
            }
        }
        let before = std::env::var_os("PATH").unwrap_or_default();
        set("PATH", path(package.folder(), &before, howth.as_deref()));
        Environment { variables }
    }

    /// `step`: the script's name, `command` what stands in the file.
    pub(super) fn give(&self, shell: &mut Command, step: &str, command: &str) {
        shell.envs(self.variables.iter().map(|(name, value)| (name, value)));
        shell.env("npm_lifecycle_event", step);
        shell.env("npm_lifecycle_script", command);
    }
}

/// The programs of packages first, those of the nearest folder before others; howth itself last, if nothing else is called so.
fn path(folder: &Path, before: &OsString, howth: Option<&Path>) -> OsString {
    let packages = folder
        .ancestors()
        .filter(|folder| !folder.ends_with("node_modules"))
        .map(|folder| folder.join("node_modules/.bin"));
    let others = std::env::split_paths(before).filter(|path| !path.as_os_str().is_empty());
    let own = howth.and_then(Path::parent).map(Path::to_owned);
    let folders: Vec<PathBuf> = packages.chain(others).chain(own).collect();
    // A folder with a colon in its name cannot be in PATH.
    let possible = folders
        .into_iter()
        .filter(|folder| std::env::join_paths([folder]).is_ok());
    std::env::join_paths(possible).unwrap_or_else(|_| before.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_of_packages_go_first() {
        let path = path(
            Path::new("/srv/app"),
            &"/usr/bin::/bin".into(),
            Some(Path::new("/opt/howth/bin/howth")),
        );
        assert_eq!(
            path,
            "/srv/app/node_modules/.bin:/srv/node_modules/.bin:/node_modules/.bin:/usr/bin:/bin:/opt/howth/bin"
        );
    }
}
