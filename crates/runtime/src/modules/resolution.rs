//! From a specifier in an import to the URL of a module.

use std::path::{Path, PathBuf};

use deno_core::ModuleSpecifier;
use deno_error::JsErrorBox;
use deno_resolver::npm::ResolveReqWithSubPathErrorKind;
use deno_resolver::workspace::{ResolutionKind, sloppy_imports_resolve};
use deno_resolver::{DenoResolveError, DenoResolveErrorKind};
use node_resolver::{
    DenoIsBuiltInNodeModuleChecker, InNpmPackageChecker, IsBuiltInNodeModuleChecker, NodeResolutionKind,
    ResolutionMode,
};
use sys_traits::impls::RealSys;

use super::discovery::Shared;
use super::error::ModuleError;
use super::own;
use super::path::appended;

impl Shared {
    /// Resolves as Node does: relative paths and URLs against the referrer, built-in modules, packages in
    /// `node_modules` with their exports and imports. Outside of packages, where no such file exists, `./a.js`
    /// also means `./a.ts`, `./a` means `./a.ts` or `./a/index.ts`, and `paths` and `baseUrl` of `tsconfig.json` count.
    pub(super) fn resolve(&self, specifier: &str, referrer: &str) -> Result<ModuleSpecifier, JsErrorBox> {
        let referrer = self.referrer(referrer)?;
        if let Some(mapped) = self.mapped(specifier, &referrer) {
            return Ok(mapped);
        }
        if let Some(module) = own::module_named(specifier) {
            return Ok(module);
        }
        if let Some(module) = self.bun_module(specifier, referrer.as_str()) {
            return Ok(module);
        }
        let is_own = referrer.scheme() == "file" && !self.package_checker.in_npm_package(&referrer);
        // What CommonJS modules import dynamically is imported; `require` does not come here.
        let resolved = self
            .resolver
            .resolve(
                specifier,
                &referrer,
                ResolutionMode::Import,
                NodeResolutionKind::Execution,
            )
            .map(|resolution| resolution.url);
        let resolved = match resolved {
            Ok(resolved) => resolved,
            Err(error) => {
                // A folder, which Node does not import.
                let found = (is_own && is_path(specifier)).then(|| existing(&referrer.join(specifier).ok()?));
                return found
                    .flatten()
                    .ok_or_else(|| explain(error, specifier, referrer.clone()));
            }
        };
        let may_mean_another = is_own && resolved.scheme() == "file";
        Ok(match may_mean_another.then(|| existing(&resolved)).flatten() {
            Some(existing) => existing,
            None => resolved,
        })
    }

    /// What `require` means in a program's own file where Node would find nothing, or, with `is_first`, before it looks:
    /// by `paths` and `baseUrl`.
    pub(super) fn required(&self, specifier: &str, referrer: &Path, is_first: bool) -> Option<PathBuf> {
        let referrer = ModuleSpecifier::from_file_path(referrer).ok()?;
        if self.package_checker.in_npm_package(&referrer) {
            return None;
        }
        let found = match is_first {
            true => self.mapped(specifier, &referrer),
            false if is_path(specifier) => existing(&referrer.join(specifier).ok()?),
            false => None,
        };
        found?.to_file_path().ok()
    }

    /// The file that `paths` or `baseUrl` mean, if there is one.
    fn mapped(&self, specifier: &str, referrer: &ModuleSpecifier) -> Option<ModuleSpecifier> {
        if referrer.scheme() != "file" || self.package_checker.in_npm_package(referrer) {
            return None;
        }
        if let Some(options) = self.deno_options(referrer) {
            let (candidates, _pattern) = options.paths().resolve_candidates(specifier)?;
            return candidates.into_iter().find_map(|candidate| existing(&candidate));
        }
        if is_path(specifier) || specifier.contains(':') {
            return None;
        }
        // What is wrong with the file is said when TypeScript is made JavaScript; this may be JavaScript.
        let config = self.ts_configs.for_file(&referrer.to_file_path().ok()?).ok()??;
        let file = |path: PathBuf| existing(&ModuleSpecifier::from_file_path(path).ok()?);
        let by_path = config.mapped(specifier).into_iter().find_map(file);
        // A folder of the program must not hide a built-in module from the packages.
        by_path.or_else(
            || match DenoIsBuiltInNodeModuleChecker.is_builtin_node_module(specifier) {
                true => None,
                false => config.under_base(specifier).and_then(file),
            },
        )
    }

    /// The importing module. Deno's runtime writes `.` where there is none: for the entry file.
    fn referrer(&self, referrer: &str) -> Result<ModuleSpecifier, JsErrorBox> {
        match ModuleSpecifier::parse(referrer) {
            Ok(referrer) => Ok(referrer),
            Err(_) => ModuleSpecifier::from_directory_path(&self.working_directory).map_err(|()| {
                JsErrorBox::type_error(format!("'{}' is not absolute", self.working_directory.display()))
            }),
        }
    }
}

pub(super) fn is_path(specifier: &str) -> bool {
    ["./", "../", "/"]
        .iter()
        .any(|start| specifier.starts_with(start))
        || matches!(specifier, "." | "..")
}

/// The file itself, or what stands for it: `./a.ts` for `./a.js`, `./a.ts` or `./a/index.ts` for `./a`. What the library
/// knows goes first.
pub(super) fn existing(file: &ModuleSpecifier) -> Option<ModuleSpecifier> {
    const EXTENSIONS: [&str; 4] = ["json", "cts", "cjs", "node"];
    let path = file.to_file_path().ok()?;
    if path.is_file() {
        return Some(file.clone());
    }
    if let Some((found, _reason)) = sloppy_imports_resolve(file, ResolutionKind::Execution, RealSys) {
        return Some(found);
    }
    let folder = path.join("index");
    let found = [&path, &folder]
        .into_iter()
        .flat_map(|path| EXTENSIONS.map(|extension| appended(path, extension)))
        .find(|path| path.is_file())?;
    ModuleSpecifier::from_file_path(found).ok()
}

/// The library's errors speak of Deno's commands and import maps where a package is just not there.
fn explain(error: DenoResolveError, specifier: &str, referrer: ModuleSpecifier) -> JsErrorBox {
    let name = match error.as_kind() {
        DenoResolveErrorKind::MappedResolution(error) if error.is_unmapped_bare_specifier() => {
            package_name(specifier)
        }
        DenoResolveErrorKind::ResolveNpmReqRef(reference) => match reference.err.as_kind() {
            ResolveReqWithSubPathErrorKind::ResolvePkgFolderFromDenoReq(_)
            | ResolveReqWithSubPathErrorKind::MissingPackageNodeModulesFolder(_) => {
                return ModuleError::NpmPackageNotFound {
                    reference: reference.npm_req_ref.to_string(),
                    request: reference.npm_req_ref.req().to_string(),
                    referrer,
                }
                .into();
            }
            _ => return JsErrorBox::from_err(error),
        },
        _ => return JsErrorBox::from_err(error),
    };
    ModuleError::PackageNotFound {
        name: name.to_owned(),
        referrer,
    }
    .into()
}

/// The name of the package, without the path in it: `a` of `a/b`, `@a/b` of `@a/b/c`.
pub(super) fn package_name(specifier: &str) -> &str {
    let segments = if specifier.starts_with('@') { 2 } else { 1 };
    match specifier.match_indices('/').nth(segments - 1) {
        Some((end, _)) => &specifier[..end],
        None => specifier,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn package_names_end_at_the_path() {
        for (specifier, name) in [
            ("a", "a"),
            ("a/b", "a"),
            ("@a/b", "@a/b"),
            ("@a/b/c/d", "@a/b"),
            ("@a", "@a"),
            ("", ""),
        ] {
            assert_eq!(package_name(specifier), name);
        }
    }
}
