//! The module loader of one isolate: answers V8's imports.

use std::borrow::Cow;
use std::collections::HashMap;
use std::future::{Future, ready};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

use deno_ast::MediaType;
use deno_core::futures::FutureExt;
use deno_core::{
    ModuleLoadOptions, ModuleLoadReferrer, ModuleLoadResponse, ModuleLoader, ModuleResolveResponse,
    ModuleSource, ModuleSourceCode, ModuleSpecifier, ModuleType, RequestedModuleType, ResolutionKind,
    SourceCodeCacheInfo, v8,
};
use deno_error::JsErrorBox;
use deno_runtime::code_cache::{CodeCache, CodeCacheType};
use deno_runtime::deno_node::ops::module_hooks::LoaderHookRegistry;
use deno_runtime::deno_node::{NodeExtInitServices, create_host_defined_options};
use deno_runtime::deno_web::BlobStoreTrait;
use node_resolver::InNpmPackageChecker;
use sys_traits::impls::RealSys;

use super::Services;
use super::built_in::{self, BuiltIn};
use super::bun::{self, Installer};
use super::discovery::Shared;
use super::error::ModuleError;
use super::hooks;
use super::own;
use super::require::RequireLoader;

pub(super) fn services(shared: Arc<Shared>, blobs: Arc<dyn BlobStoreTrait>) -> Services {
    let hooks = LoaderHookRegistry::default();
    let resolving = shared.clone();
    hooks.set_default_resolve(Rc::new(move |specifier, referrer| {
        resolving.resolve(specifier, referrer).map(|url| url.to_string())
    }));
    let node = NodeExtInitServices {
        node_require_loader: Rc::new(RequireLoader(shared.clone())),
        node_resolver: shared.node_resolver.clone(),
        pkg_json_resolver: shared.package_json_resolver.clone(),
        sys: RealSys,
    };
    let bun = Rc::new(Installer::default());
    let loader = Rc::new(Loader(Rc::new(Core {
        shared,
        blobs,
        hooks: hooks.clone(),
        bun: bun.clone(),
        built_in: BuiltIn::default(),
    })));
    Services {
        loader,
        node,
        hooks,
        bun,
    }
}

struct Loader(Rc<Core>);

/// Apart from [`Loader`] because an answer that comes later must own what it needs.
pub(super) struct Core {
    pub shared: Arc<Shared>,
    pub hooks: LoaderHookRegistry,
    pub bun: Rc<Installer>,
    built_in: BuiltIn,
    blobs: Arc<dyn BlobStoreTrait>,
}

impl ModuleLoader for Loader {
    fn resolve(&self, specifier: &str, referrer: &str, _kind: ResolutionKind) -> ModuleResolveResponse {
        self.0.shared.resolve(specifier, referrer)
    }

    fn resolve_with_scope(
        &self,
        scope: &mut v8::PinScope<'_, '_>,
        specifier: &str,
        referrer: &str,
        _kind: ResolutionKind,
        attributes: &HashMap<String, String>,
    ) -> ModuleResolveResponse {
        let resolved = hooks::resolve(&self.0, scope, specifier, referrer, attributes);
        // What only built-ins may import is not found here, and deno_core takes it by its name.
        let name = resolved.as_ref().map_or(specifier, |url| url.as_str());
        self.0.built_in.prepare(scope, name);
        resolved
    }

    fn pump_event_loop_during_load(&self) -> bool {
        self.0.hooks.load_active.get()
    }

    fn load(
        &self,
        specifier: &ModuleSpecifier,
        referrer: Option<&ModuleLoadReferrer>,
        options: ModuleLoadOptions,
    ) -> ModuleLoadResponse {
        let referrer = referrer.map(|referrer| referrer.specifier.clone());
        if self.0.hooks.load_active.get() && !options.is_synchronous {
            return hooks::load(
                self.0.clone(),
                specifier.clone(),
                referrer,
                options.requested_module_type,
            );
        }
        self.0
            .load(specifier, referrer.as_ref(), &options.requested_module_type)
    }

    fn get_code_cache(&self, specifier: &ModuleSpecifier, _source: &str) -> Option<SourceCodeCacheInfo> {
        self.0.built_in.code(specifier)
    }

    fn code_cache_ready(
        &self,
        specifier: ModuleSpecifier,
        text_hash: u64,
        code: &[u8],
    ) -> Pin<Box<dyn Future<Output = ()>>> {
        if built_in::is_built_in(&specifier) {
            built_in::refused();
        } else if let Some(cache) = &self.0.shared.cache {
            cache.set_sync(specifier, CodeCacheType::EsModule, text_hash, code);
        }
        ready(()).boxed_local()
    }

    fn get_source_map(&self, file_name: &str) -> Option<Cow<'_, [u8]>> {
        let specifier = ModuleSpecifier::parse(file_name).ok()?;
        self.0.shared.source_map(&specifier).map(Cow::Owned)
    }

    fn get_source_mapped_source_line(&self, file_name: &str, line_number: usize) -> Option<String> {
        let path = ModuleSpecifier::parse(file_name).ok()?.to_file_path().ok()?;
        let source = std::fs::read_to_string(path).ok()?;
        source.split('\n').nth(line_number).map(str::to_owned)
    }

    /// Marks npm packages' code, for which `node:vm` and timers behave as in Node.
    fn get_host_defined_options<'s>(
        &self,
        scope: &mut v8::PinScope<'s, '_>,
        name: &str,
    ) -> Option<v8::Local<'s, v8::Data>> {
        let name = ModuleSpecifier::parse(name).ok()?;
        self.0
            .shared
            .package_checker
            .in_npm_package(&name)
            .then(|| create_host_defined_options(scope))
    }

    fn load_external_source_map(&self, source_map_url: &str) -> Option<Cow<'_, [u8]>> {
        let path = ModuleSpecifier::parse(source_map_url).ok()?.to_file_path().ok()?;
        std::fs::read(path).ok().map(Cow::Owned)
    }

    fn source_map_source_exists(&self, source_url: &str) -> Option<bool> {
        Some(
            ModuleSpecifier::parse(source_url)
                .ok()?
                .to_file_path()
                .ok()?
                .is_file(),
        )
    }
}

impl Core {
    /// Loads without asking hooks.
    pub(super) fn load(
        &self,
        specifier: &ModuleSpecifier,
        referrer: Option<&ModuleSpecifier>,
        requested: &RequestedModuleType,
    ) -> ModuleLoadResponse {
        match specifier.scheme() {
            "file" => ModuleLoadResponse::Sync(self.shared.load_file(specifier, referrer, requested)),
            "data" => ModuleLoadResponse::Sync(self.load_data_url(specifier, requested)),
            "bun" => ModuleLoadResponse::Sync(load_bun_module(specifier, referrer)),
            own::SCHEME => ModuleLoadResponse::Sync(load_own_module(specifier, referrer)),
            "blob" => self.load_blob(specifier, requested.clone()),
            _ => ModuleLoadResponse::Sync(Err(ModuleError::UnsupportedScheme {
                specifier: specifier.clone(),
                referrer: referrer.cloned(),
            }
            .into())),
        }
    }

    fn load_data_url(
        &self,
        specifier: &ModuleSpecifier,
        requested: &RequestedModuleType,
    ) -> Result<ModuleSource, JsErrorBox> {
        let invalid = |reason: String| JsErrorBox::type_error(format!("Cannot load a data: URL: {reason}"));
        let data =
            data_url::DataUrl::process(specifier.as_str()).map_err(|error| invalid(error.to_string()))?;
        let (content, _fragment) = data.decode_to_vec().map_err(|error| invalid(error.to_string()))?;
        self.shared.module(
            specifier,
            MediaType::from_specifier(specifier),
            content,
            requested,
        )
    }

    /// The blob is taken at once: the program may revoke its URL while it is read.
    fn load_blob(&self, specifier: &ModuleSpecifier, requested: RequestedModuleType) -> ModuleLoadResponse {
        let Some(blob) = self.blobs.get_object_url(specifier.clone()) else {
            let error =
                JsErrorBox::type_error(format!("Cannot find '{specifier}': it is no blob, or revoked"));
            return ModuleLoadResponse::Sync(Err(error));
        };
        let (shared, specifier) = (self.shared.clone(), specifier.clone());
        ModuleLoadResponse::Async(
            async move {
                let content = blob.read_all().await;
                let media_type = MediaType::from_content_type(&specifier, &blob.media_type);
                shared.module(&specifier, media_type, content, &requested)
            }
            .boxed_local(),
        )
    }
}

/// A module of howth's own.
fn load_own_module(
    specifier: &ModuleSpecifier,
    referrer: Option<&ModuleSpecifier>,
) -> Result<ModuleSource, JsErrorBox> {
    let code = own::code(specifier).ok_or_else(|| ModuleError::OfHowth {
        specifier: specifier.clone(),
        referrer: referrer.cloned(),
    })?;
    let code = ModuleSourceCode::String(code.into());
    Ok(ModuleSource::new(ModuleType::JavaScript, code, specifier, None))
}

/// `bun`, or why another module of Bun's is not there.
fn load_bun_module(
    specifier: &ModuleSpecifier,
    referrer: Option<&ModuleSpecifier>,
) -> Result<ModuleSource, JsErrorBox> {
    match bun::module(specifier) {
        Ok(code) => {
            let code = ModuleSourceCode::String(code.into());
            Ok(ModuleSource::new(ModuleType::JavaScript, code, specifier, None))
        }
        Err(advice) => Err(ModuleError::OfBun {
            specifier: specifier.clone(),
            referrer: referrer.cloned(),
            advice,
        }
        .into()),
    }
}
