//! Where an import leads, as it would when the program runs.
//!
//! Owns `require`, which JavaScript resolves there; imports are resolved by the module system itself. Called by: the walk.

use std::path::Path;

use deno_ast::MediaType;
use deno_core::ModuleSpecifier;
use node_resolver::{
    DenoIsBuiltInNodeModuleChecker, IsBuiltInNodeModuleChecker, NodeResolutionKind, ResolutionMode,
};

use super::super::discovery::Shared;
use super::super::resolution::{existing, is_path, package_name};
use super::super::{bun, entry, error, own};
use super::remedy;
use super::syntax::{Import, Way};

/// Where it leads.
pub(super) enum Target {
    /// A file, which is there.
    File(ModuleSpecifier),
    /// A built-in module of Node, by its name without `node:`.
    BuiltIn(String),
    /// One of Bun, or what comes with its address.
    Other,
    /// Nowhere.
    Missing { what: String, remedy: String },
}

/// Where an import of the file `referrer` leads.
pub(super) fn find(shared: &Shared, referrer: &ModuleSpecifier, import: &Import) -> Target {
    let specifier = import.specifier.as_str();
    let found = match import.way {
        Way::Import => shared
            .resolve(specifier, referrer.as_str())
            .map_err(|error| error.to_string()),
        Way::Require => required(shared, specifier, referrer),
    };
    match found {
        Ok(url) => judge(referrer, import, url),
        Err(cause) => missing(referrer, import, &cause),
    }
}

fn judge(referrer: &ModuleSpecifier, import: &Import, url: ModuleSpecifier) -> Target {
    match url.scheme() {
        "file" => {
            let Ok(path) = url.to_file_path() else {
                return Target::Other;
            };
            if !path.is_file() {
                return missing(referrer, import, "");
            }
            match is_known(&path) || import.reads_as().is_some() {
                true => Target::File(url),
                false => Target::Missing {
                    what: format!("\"{}\" is neither JavaScript nor JSON", import.specifier),
                    remedy: "read it with node:fs, or import it `with { type: \"text\" }`".to_owned(),
                },
            }
        }
        "node" if DenoIsBuiltInNodeModuleChecker.is_builtin_node_module(url.path()) => {
            Target::BuiltIn(url.path().to_owned())
        }
        "node" => no_built_in(&import.specifier),
        "bun" => match bun::module(&url) {
            Ok(_) => Target::Other,
            Err(advice) => Target::Missing {
                what: format!("\"{}\" is not there under howth", import.specifier),
                remedy: advice.to_owned(),
            },
        },
        own::SCHEME if own::code(&url).is_some() => Target::Other,
        own::SCHEME => no_built_in(&import.specifier),
        "data" | "blob" => Target::Other,
        scheme => of_address(&import.specifier, scheme),
    }
}

fn no_built_in(specifier: &str) -> Target {
    Target::Missing {
        what: format!("there is no built-in module \"{specifier}\""),
        remedy: "correct the name".to_owned(),
    }
}

fn no_file(specifier: &str, remedy: &str) -> Target {
    Target::Missing {
        what: format!("there is no file \"{specifier}\""),
        remedy: remedy.to_owned(),
    }
}

fn of_address(specifier: &str, scheme: &str) -> Target {
    let url = ModuleSpecifier::parse(specifier).ok();
    let remedy = url
        .map(|url| error::remedy(&url))
        .filter(|remedy| !remedy.is_empty());
    let remedy = remedy.unwrap_or_else(|| "keep a copy of the file".to_owned());
    Target::Missing {
        what: format!("\"{specifier}\": modules are not loaded from {scheme}: addresses"),
        remedy: remedy.trim_start_matches("; ").to_owned(),
    }
}

/// What Deno's programs import as `npm:a@1`. The error names the command.
fn of_npm(specifier: &str, cause: &str) -> Target {
    let remedy = cause
        .rsplit_once("; ")
        .map_or("install the package", |(_, remedy)| remedy);
    Target::Missing {
        what: format!("the package of \"{specifier}\" is not installed"),
        remedy: remedy.to_owned(),
    }
}

fn is_known(path: &Path) -> bool {
    // As with Node, a file without an extension is JavaScript, and so is one of a package whatever it is called.
    let is_of_package = path.components().any(|part| part.as_os_str() == "node_modules");
    let Some(extension) = path.extension() else {
        return true;
    };
    let media_type = MediaType::from_path(path);
    is_of_package
        || extension == "node"
        || media_type.is_emittable()
        || matches!(
            media_type,
            MediaType::JavaScript | MediaType::Mjs | MediaType::Cjs | MediaType::Json | MediaType::Wasm
        )
}

fn missing(referrer: &ModuleSpecifier, import: &Import, cause: &str) -> Target {
    let specifier = import.specifier.as_str();
    if let Some((scheme, _)) = specifier
        .split_once(':')
        .filter(|_| ModuleSpecifier::parse(specifier).is_ok())
    {
        return match scheme {
            "node" => no_built_in(specifier),
            "file" => no_file(specifier, "correct the path, or make the file"),
            "npm" => of_npm(specifier, cause),
            scheme => of_address(specifier, scheme),
        };
    }
    if is_path(specifier) {
        return no_file(specifier, "correct the path, or make the file");
    }
    if specifier.starts_with('#') {
        return no_file(specifier, "correct `imports` in package.json");
    }
    if ["@/", "~/"].iter().any(|start| specifier.starts_with(start)) {
        return no_file(specifier, "correct the path, or `paths` in tsconfig.json");
    }
    let name = package_name(specifier);
    let folder = referrer.to_file_path().unwrap_or_default();
    let package = folder
        .ancestors()
        .map(|folder| folder.join("node_modules").join(name))
        .find(|package| package.is_dir());
    match package {
        None => Target::Missing {
            what: format!("the package \"{name}\" is not installed"),
            remedy: remedy::to_install(name, &folder),
        },
        Some(_) => Target::Missing {
            what: match cause {
                "" => format!("the package \"{name}\" has no file for \"{specifier}\""),
                cause => format!(
                    "the package \"{name}\" has no \"{specifier}\" ({})",
                    cause.lines().next().unwrap_or_default()
                ),
            },
            remedy: "correct the path, or install the package anew".to_owned(),
        },
    }
}

/// What `require` finds: as js/node/require.js and `node:module` have it.
fn required(shared: &Shared, specifier: &str, referrer: &ModuleSpecifier) -> Result<ModuleSpecifier, String> {
    if DenoIsBuiltInNodeModuleChecker.is_builtin_node_module(specifier) {
        return ModuleSpecifier::parse(&format!("node:{specifier}")).map_err(|error| error.to_string());
    }
    let of_path = |path: &Path| {
        let url = ModuleSpecifier::from_file_path(path).ok()?;
        // A folder by its package.json or its index file.
        let file = existing(&url).or_else(|| ModuleSpecifier::from_file_path(entry::find(path).ok()?).ok());
        file.filter(|file| file.to_file_path().is_ok_and(|path| path.is_file()))
    };
    if is_path(specifier) {
        let path = referrer.to_file_path().map_err(|()| String::new())?;
        let folder = path.parent().unwrap_or(Path::new("/"));
        return of_path(&folder.join(specifier)).ok_or_else(String::new);
    }
    let path = referrer.to_file_path().map_err(|()| String::new())?;
    if let Some(mapped) = shared.required(specifier, &path, true) {
        return ModuleSpecifier::from_file_path(mapped).map_err(|()| String::new());
    }
    let resolved = shared.node_resolver.resolve(
        specifier,
        referrer,
        ResolutionMode::Require,
        NodeResolutionKind::Execution,
    );
    let cause = match resolved.map(|resolution| resolution.into_url()) {
        Ok(Ok(url)) if url.scheme() != "file" || url.to_file_path().is_ok_and(|path| path.is_file()) => {
            return Ok(url);
        }
        Ok(_) => String::new(),
        Err(error) => error.to_string(),
    };
    // A package without exports may be asked for any of its files, without the extension too.
    let name = package_name(specifier);
    for folder in path.ancestors() {
        let modules = folder.join("node_modules");
        if modules.join(name).is_dir() {
            return of_path(&modules.join(specifier)).ok_or(cause);
        }
    }
    Err(cause)
}
