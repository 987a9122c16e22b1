//! Which files have tests.
//!
//! Owns the patterns, those of Node's runner among them. Reads no file. Called by: `testing`.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use crate::cli::failure::Failure;

const EXTENSIONS: &str = "{js,mjs,cjs,ts,mts,cts,tsx,jsx}";

/// What is a test without being named; extensions follow.
const USUAL: [&str; 6] = [
    "**/*.test",
    "**/*-test",
    "**/*_test",
    "**/test-*",
    "**/test",
    "**/test/**/*",
];

/// The files that these names mean, in the order of their names; without names, those that are usual.
///
/// # Errors
/// A name means none, or is no pattern.
pub(super) fn find(names: &[String]) -> Result<Vec<PathBuf>, Failure> {
    let usual = usual()?;
    if names.is_empty() {
        let files = below(Path::new("."), &usual);
        return match files.is_empty() {
            false => Ok(files),
            true => Err(Failure::runtime(
                "found no tests (files such as app.test.ts, or any in a folder named test); give FILES"
                    .to_owned(),
            )),
        };
    }
    let mut files = BTreeSet::new();
    for name in names {
        let path = Path::new(name);
        let found = match path {
            path if path.is_file() => vec![path.to_owned()],
            path if path.is_dir() => below(path, &usual),
            _ => {
                let pattern = set([name.trim_start_matches("./").to_owned()])?;
                below(&fixed_part(path), &pattern)
            }
        };
        if found.is_empty() {
            return Err(Failure::runtime(format!(
                "found no tests in {name} (no such file, and no file that it is a pattern of); correct it"
            )));
        }
        files.extend(found);
    }
    Ok(files.into_iter().collect())
}

fn usual() -> Result<GlobSet, Failure> {
    set(USUAL.map(|pattern| format!("{pattern}.{EXTENSIONS}")))
}

fn set<const N: usize>(patterns: [String; N]) -> Result<GlobSet, Failure> {
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        let glob = GlobBuilder::new(&pattern).literal_separator(true).build();
        set.add(glob.map_err(|error| {
            Failure::usage(format!(
                "{pattern} is no pattern of files ({}); correct it",
                error.kind()
            ))
        })?);
    }
    set.build()
        .map_err(|error| Failure::usage(format!("too many patterns of files ({error}); give fewer")))
}

/// The folder below which everything is that the pattern means.
fn fixed_part(pattern: &Path) -> PathBuf {
    let is_fixed = |part: &Component<'_>| {
        !part
            .as_os_str()
            .as_encoded_bytes()
            .iter()
            .any(|byte| b"*?[{".contains(byte))
    };
    let parts: Vec<_> = pattern.components().collect();
    let fixed: PathBuf = parts[..parts.len().saturating_sub(1)]
        .iter()
        .copied()
        .take_while(is_fixed)
        .collect();
    match fixed.as_os_str().is_empty() {
        true => PathBuf::from("."),
        false => fixed,
    }
}

/// Files in a folder, and in all below it, that a pattern means. Links to folders are not followed, which could go on for ever.
fn below(folder: &Path, patterns: &GlobSet) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        // What cannot be read has nothing to run.
        for entry in folder.read_dir().into_iter().flatten().flatten() {
            let path = normal(&entry.path());
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if name.starts_with('.') || name == "node_modules" {
                continue;
            }
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(path),
                Ok(_) if patterns.is_match(&path) && !is_declaration(&name) && path.is_file() => {
                    found.push(path);
                }
                _ => {}
            }
        }
    }
    found.sort();
    found
}

fn is_declaration(name: &str) -> bool {
    [".d.ts", ".d.mts", ".d.cts"]
        .iter()
        .any(|end| name.ends_with(end))
}

/// Without the dot that stands for the working directory.
fn normal(path: &Path) -> PathBuf {
    path.components()
        .filter(|part| *part != Component::CurDir)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for file in files {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(path, "").expect("a file");
        }
        folder
    }

    /// Names below the folder, which the pattern begins with.
    fn found(folder: &tempfile::TempDir, names: &[&str]) -> Result<Vec<String>, Failure> {
        let root = folder.path();
        let names: Vec<String> = names
            .iter()
            .map(|name| root.join(name).display().to_string())
            .collect();
        let files = find(&names)?;
        let below = |file: &PathBuf| {
            file.strip_prefix(root)
                .expect("a file in the folder")
                .display()
                .to_string()
        };
        Ok(files.iter().map(below).collect())
    }

    #[test]
    fn the_files_are_those_of_nodes_runner() {
        let folder = folder(&[
            "app.ts",
            "app.test.ts",
            "a/b/deep-test.mjs",
            "a/under_test.cjs",
            "a/test-it.js",
            "a/test.tsx",
            "a/testing.ts",
            "test/any.ts",
            "test/deep/any.js",
            "test/data.json",
            "test/types.d.ts",
            "node_modules/x/x.test.js",
            ".hidden/x.test.js",
        ]);
        let expected = [
            "a/b/deep-test.mjs",
            "a/test-it.js",
            "a/test.tsx",
            "a/under_test.cjs",
            "app.test.ts",
            "test/any.ts",
            "test/deep/any.js",
        ];
        assert_eq!(found(&folder, &[""]).expect("files"), expected);
    }

    #[test]
    fn names_are_files_folders_or_patterns() {
        let folder = folder(&["a/x.spec.ts", "a/b/y.spec.ts", "a/z.test.ts", "plain.ts"]);
        for (names, expected) in [
            (&["plain.ts"][..], &["plain.ts"][..]),
            (&["a"], &["a/z.test.ts"]),
            (&["a/**/*.spec.ts"], &["a/b/y.spec.ts", "a/x.spec.ts"]),
            (&["a/*.{spec,test}.ts"], &["a/x.spec.ts", "a/z.test.ts"]),
            (&["a/z.test.ts", "a"], &["a/z.test.ts"]),
        ] {
            assert_eq!(found(&folder, names).expect("files"), expected, "{names:?}");
        }
        for wrong in ["gone.test.ts", "a/*.gone.ts", "[a"] {
            let failure = found(&folder, &[wrong]).expect_err(wrong).to_string();
            assert!(failure.contains(wrong), "{failure}");
        }
    }
}
