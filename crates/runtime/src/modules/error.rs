//! What can go wrong before and while modules are loaded.

use std::path::PathBuf;

use deno_core::ModuleSpecifier;
use deno_error::{JsError, JsErrorBox};

use super::entry::EntryError;

/// Why the module system of a process could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum ModulesError {
    /// The entry is no file that can be run.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// `--print` of an ES module, which has no value.
    #[error("--print cannot print an ES module, which has no value; use --eval, and console.log in it")]
    PrintsModule,
    /// The entry file's path cannot be written as a URL.
    #[error("{} is not an absolute path", .0.display())]
    NotAbsolute(PathBuf),
    /// A configuration file is unreadable.
    #[error("cannot read the configuration of {}: {reason:#}", entry.display())]
    Configuration {
        /// The entry file it was looked up for.
        entry: PathBuf,
        /// The library's account.
        reason: deno_core::anyhow::Error,
    },
}

/// Why a module was not found or not loaded, as the program sees it.
#[derive(Debug, thiserror::Error, JsError)]
pub enum ModuleError {
    /// There is no such file.
    #[class(type)]
    #[property("code" = "ERR_MODULE_NOT_FOUND")]
    #[error("Cannot find module '{}'{}", display(.specifier), imported_from(.referrer))]
    FileNotFound {
        /// The file.
        specifier: ModuleSpecifier,
        /// The module that imports it.
        referrer: Option<ModuleSpecifier>,
    },
    /// The path is a folder.
    #[class(type)]
    #[property("code" = "ERR_UNSUPPORTED_DIR_IMPORT")]
    #[error("Cannot import the folder '{}'{}", display(.specifier), imported_from(.referrer))]
    Folder {
        /// The folder.
        specifier: ModuleSpecifier,
        /// The module that imports it.
        referrer: Option<ModuleSpecifier>,
    },
    /// The file exists and cannot be read.
    #[class(generic)]
    #[error("Cannot read module '{}'{}: {reason}", display(.specifier), imported_from(.referrer))]
    Unreadable {
        /// The file.
        specifier: ModuleSpecifier,
        /// The module that imports it.
        referrer: Option<ModuleSpecifier>,
        /// The system's account.
        reason: std::io::Error,
    },
    /// No `node_modules` folder on the way up has the package.
    #[class(type)]
    #[property("code" = "ERR_MODULE_NOT_FOUND")]
    #[error("Cannot find package '{name}' imported from '{}'", display(.referrer))]
    PackageNotFound {
        /// What was imported.
        name: String,
        /// The module that imports it.
        referrer: ModuleSpecifier,
    },
    /// The same, of an import in Deno's manner: `npm:a@1`.
    #[class(type)]
    #[property("code" = "ERR_MODULE_NOT_FOUND")]
    #[error("Cannot find package '{reference}' imported from '{}'; install it by: npm install {request}", display(.referrer))]
    NpmPackageNotFound {
        /// What was imported, or what the import map has for that.
        reference: String,
        /// Name and version.
        request: String,
        /// The module that imports it.
        referrer: ModuleSpecifier,
    },
    /// Modules come from the local disk only.
    #[class(type)]
    #[property("code" = "ERR_UNSUPPORTED_ESM_URL_SCHEME")]
    #[error("Cannot load '{specifier}'{}: modules are not loaded from '{}:' addresses{}", imported_from(.referrer), .specifier.scheme(), remedy(.specifier))]
    UnsupportedScheme {
        /// The address.
        specifier: ModuleSpecifier,
        /// The module that imports it.
        referrer: Option<ModuleSpecifier>,
    },
    /// It is built into Bun and not into howth.
    #[class(type)]
    #[property("code" = "ERR_MODULE_NOT_FOUND")]
    #[error("Cannot find '{specifier}'{}, which only Bun has; {advice}", imported_from(.referrer))]
    OfBun {
        /// The module.
        specifier: ModuleSpecifier,
        /// The module that imports it.
        referrer: Option<ModuleSpecifier>,
        /// What there is instead.
        advice: &'static str,
    },

    /// A module that howth would have built in.
    #[class(type)]
    #[property("code" = "ERR_MODULE_NOT_FOUND")]
    #[error("Cannot find '{specifier}'{}; the module that howth has is howth:http", imported_from(.referrer))]
    OfHowth {
        /// The module.
        specifier: ModuleSpecifier,
        /// The module that imports it.
        referrer: Option<ModuleSpecifier>,
    },
}

impl From<ModuleError> for JsErrorBox {
    fn from(error: ModuleError) -> Self {
        Self::from_err(error)
    }
}

/// A file's path, or the URL of what is no file.
fn display(specifier: &ModuleSpecifier) -> String {
    match specifier.to_file_path() {
        Ok(path) => path.display().to_string(),
        Err(()) => specifier.to_string(),
    }
}

/// What to do about a module that is somewhere else, behind a semicolon; empty: nobody knows.
pub(super) fn remedy(specifier: &ModuleSpecifier) -> String {
    match specifier.scheme() {
        "jsr" => {
            let name = jsr_name(specifier.path());
            format!("; install it by: npx jsr add {name}, and import '{name}'")
        }
        "http" | "https" => "; download it, or install its package from npm, and import that".to_owned(),
        _ => String::new(),
    }
}

/// `@a/b` of `@a/b@1/c`.
fn jsr_name(path: &str) -> &str {
    let path = path.trim_start_matches('/');
    let is_end = |(at, letter): &(usize, char)| match letter {
        '@' => *at > 0,
        '/' => path[..*at].contains('/'),
        _ => false,
    };
    let end = path.char_indices().find(is_end);
    end.map_or(path, |(at, _)| &path[..at])
}

fn imported_from(referrer: &Option<ModuleSpecifier>) -> String {
    match referrer {
        Some(referrer) => format!(" imported from '{}'", display(referrer)),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_jsr_end_at_the_version() {
        for (path, name) in [
            ("@std/path@1/posix", "@std/path"),
            ("/@std/path@^1.0.0", "@std/path"),
            ("@std/path/posix", "@std/path"),
            ("@std/path", "@std/path"),
            ("", ""),
        ] {
            assert_eq!(jsr_name(path), name);
        }
    }
}
