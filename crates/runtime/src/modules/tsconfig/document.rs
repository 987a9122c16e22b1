//! One `tsconfig.json` as it stands on the disk, over those that it extends.
//!
//! Owns how they are found and laid over each other. Called by: `tsconfig`.

use std::path::{Path, PathBuf};

use deno_config::glob::PathOrPatternSet;
use serde_json::{Map, Value};

use super::TsConfigError;
use crate::modules::path::{appended, normal};

/// A value, and the folder of the file that it stands in.
#[derive(Clone, Debug)]
pub(super) struct Located<T> {
    pub(super) folder: PathBuf,
    pub(super) value: T,
}

/// What a file says with those that it extends; what is said relative to a file is kept with its folder.
#[derive(Clone, Debug, Default)]
pub(super) struct Document {
    pub(super) options: Map<String, Value>,
    pub(super) base_url: Option<Located<String>>,
    pub(super) paths: Option<Located<Map<String, Value>>>,
    files: Option<Located<Vec<String>>>,
    include: Option<Located<Vec<String>>>,
    exclude: Option<Located<Vec<String>>>,
    pub(super) references: Vec<String>,
}

impl Document {
    /// `readers`: the files that extend this one, and those that extend them.
    pub(super) fn read(path: &Path, readers: &mut Vec<PathBuf>) -> Result<Self, TsConfigError> {
        if readers.iter().any(|reader| reader == path) {
            let first = readers[0].display();
            return Err(TsConfigError(format!(
                "{first} extends itself, by way of {}; take one \"extends\" away",
                readers[readers.len() - 1].display()
            )));
        }
        let object = object(path)?;
        readers.push(path.to_owned());
        let mut document = Document::default();
        for named in strings(object.get("extends")) {
            let Some(base) = find_base(&named, path) else {
                return Err(TsConfigError(format!(
                    "{} extends '{named}', which is not there; install it, or take the \"extends\" away",
                    path.display()
                )));
            };
            document.lay_over(Document::read(&base, readers)?);
        }
        readers.pop();
        document.lay_over(Document::of(object, path.parent().unwrap_or(Path::new("/"))));
        Ok(document)
    }

    fn of(mut object: Map<String, Value>, folder: &Path) -> Self {
        let located = |name: &str| {
            let value = object.get(name)?.is_array().then(|| strings(object.get(name)))?;
            let folder = folder.to_owned();
            Some(Located { folder, value })
        };
        let (files, include, exclude) = (located("files"), located("include"), located("exclude"));
        let references = object.get("references").and_then(Value::as_array);
        let references = references
            .into_iter()
            .flatten()
            .filter_map(|reference| Some(reference.get("path")?.as_str()?.to_owned()))
            .collect();
        let mut options = match object.remove("compilerOptions") {
            Some(Value::Object(options)) => options,
            _ => Map::new(),
        };
        let base_url = match options.remove("baseUrl") {
            Some(Value::String(value)) => Some(value),
            _ => None,
        };
        let paths = match options.remove("paths") {
            Some(Value::Object(value)) => Some(value),
            _ => None,
        };
        let folder = folder.to_owned();
        Document {
            options,
            base_url: base_url.map(|value| Located {
                folder: folder.clone(),
                value,
            }),
            paths: paths.map(|value| Located { folder, value }),
            files,
            include,
            exclude,
            references,
        }
    }

    /// Each option wins over the one of what it lies over, whole; `references` are not handed down.
    fn lay_over(&mut self, above: Document) {
        self.options.extend(above.options);
        self.base_url = above.base_url.or(self.base_url.take());
        self.paths = above.paths.or(self.paths.take());
        self.files = above.files.or(self.files.take());
        self.include = above.include.or(self.include.take());
        self.exclude = above.exclude.or(self.exclude.take());
        self.references = above.references;
    }

    /// Which files are meant, for a project in this folder.
    pub(super) fn includes(&self, project: &Path) -> Includes {
        let patterns = |located: &Option<Located<Vec<String>>>| {
            let located = located.as_ref()?;
            let absolute = |pattern: &String| {
                let pattern = in_project(pattern, project);
                located.folder.join(pattern).to_string_lossy().into_owned()
            };
            let absolute: Vec<String> = located.value.iter().map(absolute).collect();
            PathOrPatternSet::from_absolute_paths(&absolute).ok()
        };
        let files = self.files.iter();
        Includes {
            files: files
                .flat_map(|files| files.value.iter().map(|file| files.folder.join(file)))
                .collect(),
            include: patterns(&self.include).or_else(|| self.files.is_some().then(PathOrPatternSet::default)),
            exclude: patterns(&self.exclude),
            folder: project.to_owned(),
        }
    }
}

/// `files`, `include` and `exclude`.
#[derive(Debug)]
pub(super) struct Includes {
    files: Vec<PathBuf>,
    /// `None`: everything in the folder.
    include: Option<PathOrPatternSet>,
    exclude: Option<PathOrPatternSet>,
    folder: PathBuf,
}

impl Includes {
    pub(super) fn file(&self, file: &Path) -> bool {
        if self.files.iter().any(|named| named == file) {
            return true;
        }
        let is_excluded = self
            .exclude
            .as_ref()
            .is_some_and(|patterns| patterns.matches_path(file));
        let is_included = match &self.include {
            Some(patterns) => patterns.matches_path(file),
            None => file.starts_with(&self.folder),
        };
        is_included && !is_excluded
    }
}

/// A path that may begin with the folder of the project that extends it.
pub(super) fn in_project(path: &str, project: &Path) -> PathBuf {
    match path.strip_prefix("${configDir}") {
        Some(rest) => project.join(rest.trim_start_matches('/')),
        None => PathBuf::from(path),
    }
}

/// JSON with comments and trailing commas.
fn object(path: &Path) -> Result<Map<String, Value>, TsConfigError> {
    let failed = |reason: String| TsConfigError(format!("cannot read {} ({reason})", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(&text);
    let value: Option<Value> =
        jsonc_parser::parse_to_serde_value(text, &jsonc_parser::ParseOptions::default())
            .map_err(|error| failed(error.to_string()))?;
    match value {
        Some(Value::Object(object)) => Ok(object),
        None | Some(Value::Null) => Ok(Map::new()),
        Some(_) => Err(failed("it is no object".to_owned())),
    }
}

fn strings(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(text)) => vec![text.clone()],
        Some(Value::Array(values)) => values
            .iter()
            .filter_map(|value| Some(value.as_str()?.to_owned()))
            .collect(),
        _ => Vec::new(),
    }
}

/// The file that `extends` names: a path, or one in a package, as TypeScript looks for it.
fn find_base(named: &str, reader: &Path) -> Option<PathBuf> {
    let folder = reader.parent()?;
    if named.starts_with("./") || named.starts_with("../") || named == ".." || named.starts_with('/') {
        return file_or_folder(&normal(&folder.join(named)));
    }
    folder
        .ancestors()
        .map(|folder| folder.join("node_modules"))
        .find_map(|modules| in_package(&modules, named))
}

fn in_package(modules: &Path, named: &str) -> Option<PathBuf> {
    let segments = if named.starts_with('@') { 2 } else { 1 };
    let cut = named.match_indices('/').nth(segments - 1);
    let (package, rest) = match cut {
        Some((at, _)) => (&named[..at], Some(&named[at + 1..])),
        None => (named, None),
    };
    let package = modules.join(package);
    let manifest = object(&package.join("package.json")).unwrap_or_default();
    if let Some(exported) = exported(&manifest, rest) {
        return file_or_folder(&normal(&package.join(exported)));
    }
    match (rest, manifest.get("tsconfig").and_then(Value::as_str)) {
        (Some(rest), _) => file_or_folder(&package.join(rest)),
        (None, Some(named)) => file_or_folder(&normal(&package.join(named))),
        (None, None) => file_or_folder(&package),
    }
}

/// What a package exports under a path that stands in `exports` as it is.
fn exported(manifest: &Map<String, Value>, rest: Option<&str>) -> Option<String> {
    let exports = manifest.get("exports")?;
    let key = rest.map_or(".".to_owned(), |rest| format!("./{rest}"));
    let with_extension = format!("{key}.json");
    let target = match exports.get(&key).or_else(|| exports.get(&with_extension)) {
        Some(target) => target,
        None if rest.is_none() => exports,
        None => return None,
    };
    let chosen = match target {
        Value::Object(conditions) => ["node", "require", "default"]
            .iter()
            .find_map(|condition| conditions.get(*condition)),
        target => Some(target),
    };
    let text = chosen?.as_str()?;
    text.ends_with(".json").then(|| text.to_owned())
}

fn file_or_folder(path: &Path) -> Option<PathBuf> {
    if path.is_file() {
        return Some(path.to_owned());
    }
    [appended(path, "json"), path.join("tsconfig.json")]
        .into_iter()
        .find(|file| file.is_file())
}
