//! `tsconfig.json`: which one holds for a file, and what it says.
//!
//! Owns what was read of the disk, which is read once: a restart or a reload makes a new one. The nearest file on the way
//! up holds, as Bun has it; where that only refers to others, as editors' templates do, the first of them that includes
//! the file. Never makes options of it: `compiler_options` does. Called by: resolution, and whoever transpiles.

mod document;
mod paths;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Map, Value};

use document::Document;
use paths::Paths;

/// In a folder the first of them counts.
const NAMES: [&str; 2] = ["tsconfig.json", "jsconfig.json"];

/// What is wrong with a file, in one line that names it.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq, deno_error::JsError)]
#[class(type)]
#[error("{0}")]
pub(super) struct TsConfigError(String);

/// One file with all that it extends.
#[derive(Debug)]
pub(super) struct TsConfig {
    /// Where it is.
    pub(super) path: PathBuf,
    /// `compilerOptions`.
    pub(super) options: Map<String, Value>,
    paths: Paths,
    includes: document::Includes,
    /// What `references` name.
    references: Vec<Arc<TsConfig>>,
}

type Found = Result<Option<Arc<TsConfig>>, TsConfigError>;

/// Those of a process, by folder.
#[derive(Debug, Default)]
pub(super) struct TsConfigs(Mutex<HashMap<PathBuf, Found>>);

impl TsConfigs {
    /// The one that holds for a file; `None`: there is none.
    pub(super) fn for_file(&self, file: &Path) -> Found {
        let Some(nearest) = file.parent().map(|folder| self.for_folder(folder)) else {
            return Ok(None);
        };
        let Some(nearest) = nearest? else {
            return Ok(None);
        };
        if nearest.references.is_empty() || nearest.includes.file(file) {
            return Ok(Some(nearest));
        }
        let referred = nearest.references.iter().find(|other| other.includes.file(file));
        Ok(Some(referred.cloned().unwrap_or(nearest)))
    }

    fn for_folder(&self, folder: &Path) -> Found {
        if let Some(found) = self.known().get(folder) {
            return found.clone();
        }
        let named = NAMES.map(|name| folder.join(name));
        let found = match (named.iter().find(|file| file.is_file()), folder.parent()) {
            (Some(file), _) => TsConfig::read(file).map(|config| Some(Arc::new(config))),
            (None, Some(parent)) => self.for_folder(parent),
            (None, None) => Ok(None),
        };
        self.known().insert(folder.to_owned(), found.clone());
        found
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<PathBuf, Found>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TsConfig {
    fn read(path: &Path) -> Result<Self, TsConfigError> {
        Self::read_with_references(path, true)
    }

    fn read_with_references(path: &Path, refers: bool) -> Result<Self, TsConfigError> {
        let document = Document::read(path, &mut Vec::new())?;
        let folder = path.parent().unwrap_or(Path::new("/"));
        let named: &[String] = if refers { &document.references } else { &[] };
        let references = named
            .iter()
            .map(|named| folder.join(named))
            .map(|named| match named.is_dir() {
                true => named.join(NAMES[0]),
                false => named,
            })
            // Who builds a project has all its parts; who runs one of them need not.
            .filter(|named| named.is_file())
            .map(|named| Self::read_with_references(&named, false).map(Arc::new))
            .collect::<Result<_, _>>()?;
        Ok(TsConfig {
            path: path.to_owned(),
            paths: Paths::new(&document, folder)?,
            includes: document.includes(folder),
            options: document.options,
            references,
        })
    }

    /// The files, without their extensions perhaps, that the specifier of an import may mean by `paths`.
    pub(super) fn mapped(&self, specifier: &str) -> Vec<PathBuf> {
        self.paths.mapped(specifier)
    }

    /// The one that it may mean by `baseUrl`.
    pub(super) fn under_base(&self, specifier: &str) -> Option<PathBuf> {
        self.paths.under_base(specifier)
    }
}

#[cfg(test)]
mod tests;
