//! From a specifier in an import to the URL of a module.

use deno_ast::MediaType;
use deno_core::ModuleSpecifier;
use deno_error::JsErrorBox;
use deno_resolver::{DenoResolveError, DenoResolveErrorKind};
use node_resolver::{NodeResolutionKind, ResolutionMode};

use super::discovery::Shared;
use super::error::ModuleError;

impl Shared {
    /// Resolves as Node does: relative paths and URLs against the referrer, built-in modules, packages in
    /// `node_modules` with their exports and imports. Outside of packages, where no such file exists, `./a.js`
    /// also means `./a.ts`, `./a` means `./a.ts` or `./a/index.ts`, and `paths` of `tsconfig.json` count.
    pub(super) fn resolve(&self, specifier: &str, referrer: &str) -> Result<ModuleSpecifier, JsErrorBox> {
        let referrer = self.referrer(referrer)?;
        let mode = self.resolution_mode(&referrer)?;
        self.resolver
            .resolve(specifier, &referrer, mode, NodeResolutionKind::Execution)
            .map(|resolution| resolution.url)
            .map_err(|error| explain(error, specifier, referrer))
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

    fn resolution_mode(&self, referrer: &ModuleSpecifier) -> Result<ResolutionMode, JsErrorBox> {
        let is_commonjs = referrer.scheme() == "file"
            && self.module_kinds.get_referrer_kind(referrer) == ResolutionMode::Require
            || MediaType::from_specifier(referrer) == MediaType::Cjs;
        Ok(if is_commonjs {
            ResolutionMode::Require
        } else {
            ResolutionMode::Import
        })
    }
}

/// The library's errors speak of Deno's commands and import maps where a package is just not there.
fn explain(error: DenoResolveError, specifier: &str, referrer: ModuleSpecifier) -> JsErrorBox {
    let is_missing_package = matches!(
        error.as_kind(),
        DenoResolveErrorKind::MappedResolution(error) if error.is_unmapped_bare_specifier()
    ) || matches!(
        error.as_kind(),
        DenoResolveErrorKind::ResolvePkgFolderFromDenoReq(_)
    );
    if is_missing_package {
        return ModuleError::PackageNotFound {
            name: specifier.to_owned(),
            referrer,
        }
        .into();
    }
    JsErrorBox::from_err(error)
}
