//! What to do about a package that is not installed, or a name that is not exported.
//!
//! Reads `package.json` and looks which package manager's file lies beside it. Called by: the walk.

use std::collections::BTreeSet;
use std::path::Path;

/// How many names are listed.
const NAMES_MAX: usize = 6;

/// The command that installs a package for the file.
pub(super) fn to_install(name: &str, file: &Path) -> String {
    let folder = file
        .ancestors()
        .skip(1)
        .find(|folder| folder.join("package.json").is_file());
    let has = |lock: &str| {
        folder.is_some_and(|folder| folder.ancestors().any(|folder| folder.join(lock).is_file()))
    };
    let (manager, add) = match () {
        () if has("pnpm-lock.yaml") => ("pnpm", "add"),
        () if has("yarn.lock") => ("yarn", "add"),
        () if has("bun.lock") || has("bun.lockb") => ("bun", "add"),
        () => ("npm", "install"),
    };
    match folder.is_some_and(|folder| is_listed(name, folder)) {
        true => format!("run: {manager} install"),
        false => format!("run: {manager} {add} {name}"),
    }
}

fn is_listed(name: &str, folder: &Path) -> bool {
    let text = std::fs::read(folder.join("package.json")).unwrap_or_default();
    let package: serde_json::Value = serde_json::from_slice(&text).unwrap_or_default();
    ["dependencies", "devDependencies", "optionalDependencies"]
        .iter()
        .any(|kind| package[kind].get(name).is_some())
}

/// What can be imported instead.
pub(super) fn for_name(names: &BTreeSet<String>) -> String {
    let mut listed: Vec<&str> = names.iter().take(NAMES_MAX).map(String::as_str).collect();
    if listed.is_empty() {
        return "export it there; the module exports nothing".to_owned();
    }
    if names.len() > NAMES_MAX {
        listed.push("…");
    }
    format!(
        "correct the name, or export it there; there are {}",
        listed.join(", ")
    )
}

/// What can be imported of a built-in module instead: names that begin alike.
pub(super) fn for_built_in(name: &str, names: &BTreeSet<String>) -> String {
    const ALIKE: usize = 4;
    let start = name.get(..ALIKE.min(name.len())).unwrap_or(name);
    let is_alike = |other: &&String| {
        other
            .get(..start.len())
            .is_some_and(|other| other.eq_ignore_ascii_case(start))
    };
    let alike: Vec<&str> = names
        .iter()
        .filter(is_alike)
        .take(NAMES_MAX)
        .map(String::as_str)
        .collect();
    match alike.is_empty() {
        true => "do without it: howth's module has none of that name".to_owned(),
        false => format!("correct the name; there are {}", alike.join(", ")),
    }
}
