//! What `require` asks of the module system.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

use deno_ast::MediaType;
use deno_core::{FastString, ModuleSpecifier};
use deno_error::JsErrorBox;
use deno_runtime::deno_node::NodeRequireLoader;
use deno_runtime::deno_permissions::PermissionsContainer;
use node_resolver::errors::PackageJsonLoadError;

use super::discovery::Shared;

pub(super) struct RequireLoader(pub Arc<Shared>);

impl NodeRequireLoader for RequireLoader {
    fn ensure_read_permission<'a>(
        &self,
        _permissions: &mut PermissionsContainer,
        path: Cow<'a, Path>,
    ) -> Result<Cow<'a, Path>, JsErrorBox> {
        Ok(path)
    }

    fn load_text_file_lossy(&self, path: &Path) -> Result<FastString, JsErrorBox> {
        Ok(self.0.commonjs_text(path)?.into())
    }

    fn is_maybe_cjs(&self, specifier: &ModuleSpecifier) -> Result<bool, PackageJsonLoadError> {
        self.0
            .module_kinds
            .is_maybe_cjs(specifier, MediaType::from_specifier(specifier))
    }

    fn is_maybe_cjs_from_require(&self, specifier: &ModuleSpecifier) -> Result<bool, PackageJsonLoadError> {
        self.0
            .module_kinds
            .is_maybe_cjs_from_require(specifier, MediaType::from_specifier(specifier))
    }
}
