//! From a specifier in an import to the URL of a module.

use deno_core::ModuleSpecifier;
use deno_error::JsErrorBox;
use deno_resolver::npm::ResolveReqWithSubPathErrorKind;
use deno_resolver::workspace::{ResolutionKind, sloppy_imports_resolve};
use deno_resolver::{DenoResolveError, DenoResolveErrorKind};
use node_resolver::{InNpmPackageChecker, NodeResolutionKind, ResolutionMode};
use sys_traits::impls::RealSys;

use super::discovery::Shared;
use super::error::ModuleError;

impl Shared {
    /// Resolves as Node does: relative paths and URLs against the referrer, built-in modules, packages in
    /// `node_modules` with their exports and imports. Outside of packages, where no such file exists, `./a.js`
    /// also means `./a.ts`, `./a` means `./a.ts` or `./a/index.ts`, and `paths` of `tsconfig.json` count.
    pub(super) fn resolve(&self, specifier: &str, referrer: &str) -> Result<ModuleSpecifier, JsErrorBox> {
        let referrer = self.referrer(referrer)?;
        if let Some(mapped) = self.mapped(specifier, &referrer) {
            return Ok(mapped);
        }
        // What CommonJS modules import dynamically is imported; `require` does not come here.
        self.resolver
            .resolve(
                specifier,
                &referrer,
                ResolutionMode::Import,
                NodeResolutionKind::Execution,
            )
            .map(|resolution| resolution.url)
            .map_err(|error| explain(error, specifier, referrer))
    }

    /// The file that `paths` of `tsconfig.json` mean, if there is one.
    fn mapped(&self, specifier: &str, referrer: &ModuleSpecifier) -> Option<ModuleSpecifier> {
        if self.package_checker.in_npm_package(referrer) {
            return None;
        }
        let options = self.compiler_options.for_specifier(referrer);
        let (candidates, _pattern) = options.paths().resolve_candidates(specifier)?;
        candidates
            .into_iter()
            .find_map(|candidate| match candidate.to_file_path().ok()?.is_file() {
                true => Some(candidate),
                false => sloppy_imports_resolve(&candidate, ResolutionKind::Execution, RealSys)
                    .map(|(candidate, _reason)| candidate),
            })
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

/// The library's errors speak of Deno's commands and import maps where a package is just not there.
fn explain(error: DenoResolveError, specifier: &str, referrer: ModuleSpecifier) -> JsErrorBox {
    let name = match error.as_kind() {
        DenoResolveErrorKind::MappedResolution(error) if error.is_unmapped_bare_specifier() => {
            package_name(specifier)
        }
        DenoResolveErrorKind::ResolveNpmReqRef(reference) => match reference.err.as_kind() {
            ResolveReqWithSubPathErrorKind::ResolvePkgFolderFromDenoReq(_)
            | ResolveReqWithSubPathErrorKind::MissingPackageNodeModulesFolder(_) => specifier,
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
fn package_name(specifier: &str) -> &str {
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
