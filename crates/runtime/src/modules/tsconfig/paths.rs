//! `paths` and `baseUrl` of `tsconfig.json`: which files an import may mean that is no path.
//!
//! Owns the choice of the pattern, which is TypeScript's: the exact one, else the one with the longest text before its
//! star. Never looks at the disk: resolution does. Called by: `tsconfig`.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::TsConfigError;
use super::document::{Document, in_project};
use crate::modules::path::normal;

#[derive(Debug, Default)]
pub(super) struct Paths {
    base: Option<PathBuf>,
    patterns: Vec<Pattern>,
}

#[derive(Debug)]
struct Pattern {
    /// What stands before the star, and behind it, if there is one.
    start: String,
    end: Option<String>,
    /// With their stars.
    targets: Vec<PathBuf>,
}

impl Paths {
    /// Of a project in this folder.
    pub(super) fn new(document: &Document, project: &Path) -> Result<Self, TsConfigError> {
        let base = document
            .base_url
            .as_ref()
            .map(|base| normal(&base.folder.join(in_project(&base.value, project))));
        let Some(paths) = &document.paths else {
            return Ok(Paths {
                base,
                patterns: Vec::new(),
            });
        };
        // Without a base they are relative to the file that they stand in.
        let from = base.as_ref().unwrap_or(&paths.folder);
        let mut patterns = Vec::new();
        for (key, targets) in &paths.value {
            let (start, end) = match key.split_once('*') {
                Some((start, end)) => (start, Some(end.to_owned())),
                None => (key.as_str(), None),
            };
            let Some(targets) = texts(targets) else {
                return Err(TsConfigError(format!(
                    "\"paths\" of {}: \"{key}\" must be an array of strings",
                    project.display()
                )));
            };
            let targets = targets
                .into_iter()
                .map(|target| from.join(in_project(target, project)));
            patterns.push(Pattern {
                start: start.to_owned(),
                end,
                targets: targets.collect(),
            });
        }
        Ok(Paths { base, patterns })
    }

    pub(super) fn mapped(&self, specifier: &str) -> Vec<PathBuf> {
        let matching = self
            .patterns
            .iter()
            .filter_map(|pattern| Some((pattern, pattern.matched(specifier)?)));
        let best = matching.max_by_key(|(pattern, _)| (pattern.end.is_none(), pattern.start.len()));
        let Some((pattern, star)) = best else {
            return Vec::new();
        };
        pattern
            .targets
            .iter()
            .map(|target| normal(Path::new(&target.to_string_lossy().replacen('*', star, 1))))
            .collect()
    }

    pub(super) fn under_base(&self, specifier: &str) -> Option<PathBuf> {
        Some(normal(&self.base.as_ref()?.join(specifier)))
    }
}

impl Pattern {
    /// What the star stands for.
    fn matched<'a>(&self, specifier: &'a str) -> Option<&'a str> {
        let rest = specifier.strip_prefix(self.start.as_str())?;
        match &self.end {
            Some(end) => rest.strip_suffix(end.as_str()),
            None => rest.is_empty().then_some(""),
        }
    }
}

fn texts(value: &Value) -> Option<Vec<&str>> {
    value.as_array()?.iter().map(Value::as_str).collect()
}
