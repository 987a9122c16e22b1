//! `module.registerHooks()` of Node: a program's own functions between an import and the loader.

use std::collections::HashMap;
use std::rc::Rc;

use deno_ast::MediaType;
use deno_core::futures::FutureExt;
use deno_core::{
    ModuleLoadResponse, ModuleResolveResponse, ModuleSource, ModuleSourceCode, ModuleSpecifier, ModuleType,
    RequestedModuleType, v8,
};
use deno_error::JsErrorBox;
use node_resolver::ResolutionMode;

use super::loader::Core;

/// Asks the resolve hooks first.
pub(super) fn resolve(
    core: &Core,
    scope: &mut v8::PinScope<'_, '_>,
    specifier: &str,
    referrer: &str,
    attributes: &HashMap<String, String>,
) -> ModuleResolveResponse {
    if core.shared.wants_bun(specifier, referrer) {
        core.bun.install(scope);
    }
    if !core.hooks.hooks_active.get() || is_own_import(core, specifier, referrer) {
        return core.shared.resolve(specifier, referrer);
    }
    let resolved = match core.hooks.resolve(scope, specifier, referrer, attributes)? {
        Some(url) => ModuleSpecifier::parse(&url).map_err(JsErrorBox::from_err)?,
        None => core.shared.resolve(specifier, referrer)?,
    };
    core.hooks
        .record_resolved_attributes(resolved.as_str(), attributes);
    Ok(resolved)
}

/// Asks the load hooks first. They run on the event loop, so the answer comes later.
pub(super) fn load(
    core: Rc<Core>,
    specifier: ModuleSpecifier,
    referrer: Option<ModuleSpecifier>,
    requested: RequestedModuleType,
) -> ModuleLoadResponse {
    let mut attributes = core.hooks.take_resolved_attributes(specifier.as_str());
    if let Some(kind) = requested.as_str() {
        attributes
            .entry("type".to_owned())
            .or_insert_with(|| kind.to_owned());
    }
    let answer = core.hooks.push_load(specifier.to_string(), attributes);
    ModuleLoadResponse::Async(
        async move {
            let answer = answer
                .await
                .map_err(|_| JsErrorBox::generic("The load hook was cancelled"))?;
            match answer.map_err(JsErrorBox::generic)? {
                (Some(source), format, _url) if is_as_its_file(&specifier, format.as_deref()) => {
                    let media_type = MediaType::from_specifier(&specifier);
                    let source = source.into_bytes();
                    core.shared.module(&specifier, media_type, source, &requested)
                }
                (Some(source), format, _url) => {
                    let module_type = module_type(format.as_deref(), &requested);
                    Ok(ModuleSource::new(
                        module_type,
                        ModuleSourceCode::String(source.into()),
                        &specifier,
                        None,
                    ))
                }
                (None, _format, url) => load_next(&core, specifier, url, referrer, &requested).await,
            }
        }
        .boxed_local(),
    )
}

/// Loads by default what no hook supplied, from the address the last hook passed on.
async fn load_next(
    core: &Core,
    specifier: ModuleSpecifier,
    url: Option<String>,
    referrer: Option<ModuleSpecifier>,
    requested: &RequestedModuleType,
) -> Result<ModuleSource, JsErrorBox> {
    let address = url
        .and_then(|url| ModuleSpecifier::parse(&url).ok())
        .unwrap_or_else(|| specifier.clone());
    let source = match core.load(&address, referrer.as_ref(), requested) {
        ModuleLoadResponse::Sync(source) => source?,
        ModuleLoadResponse::Async(source) => source.await?,
    };
    Ok(ModuleSource::new(
        source.module_type,
        source.code,
        &specifier,
        source.code_cache,
    ))
}

/// The module written for a CommonJS file imports `node:module`; programs did not ask for that.
fn is_own_import(core: &Core, specifier: &str, referrer: &str) -> bool {
    specifier == "node:module"
        && ModuleSpecifier::parse(referrer).is_ok_and(|referrer| {
            core.shared.module_kinds.get_referrer_kind(&referrer) == ResolutionMode::Require
        })
}

/// Whether the text is of the kind that its file is, CommonJS and TypeScript among them: hooks hand on what the next one gave
/// them, which has no format, and may have changed the text.
fn is_as_its_file(specifier: &ModuleSpecifier, format: Option<&str>) -> bool {
    let formats = ["commonjs", "commonjs-typescript", "module-typescript"];
    specifier.scheme() == "file" && format.is_none_or(|format| formats.contains(&format))
}

fn module_type(format: Option<&str>, requested: &RequestedModuleType) -> ModuleType {
    match (format, requested) {
        (Some("json"), _) | (None, RequestedModuleType::Json) => ModuleType::Json,
        (Some("text"), _) | (None, RequestedModuleType::Text) => ModuleType::Text,
        (Some("bytes"), _) | (None, RequestedModuleType::Bytes) => ModuleType::Bytes,
        (Some("wasm"), _) => ModuleType::Wasm,
        _ => ModuleType::JavaScript,
    }
}
