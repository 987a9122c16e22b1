//! Reads a module's file and makes it what V8 compiles.

use std::borrow::Cow;
use std::future::Future;
use std::io::ErrorKind;
use std::path::Path;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use deno_ast::{EmittedSourceText, MediaType, ModuleKind, SourceMapOption};
use deno_core::{
    ModuleSource, ModuleSourceCode, ModuleSpecifier, ModuleType, RequestedModuleType, SourceCodeCacheInfo,
};
use deno_error::JsErrorBox;
use deno_runtime::code_cache::{CodeCache, CodeCacheType};
use node_resolver::analyze::CjsAnalysisSourceProvider;
use node_resolver::{InNpmPackageChecker, ResolutionMode};

use super::bun;
use super::cache::{Key, Kind, text_hash};
use super::discovery::Shared;
use super::error::ModuleError;
use super::json;
use super::typescript::commonjs::{NAMES, is_script};
use super::typescript::{parse, to_javascript};

impl Shared {
    /// Reads a file as a module of the type the import asks for.
    pub(super) fn load_file(
        &self,
        specifier: &ModuleSpecifier,
        referrer: Option<&ModuleSpecifier>,
        requested: &RequestedModuleType,
    ) -> Result<ModuleSource, JsErrorBox> {
        if let Some(text) = self.entry_text.as_ref().filter(|_| *specifier == self.entry) {
            let code = ModuleSourceCode::String(text.clone().into());
            return Ok(ModuleSource::new(ModuleType::JavaScript, code, specifier, None));
        }
        let content = self.read(specifier, referrer)?;
        let media_type = MediaType::from_specifier(specifier);
        self.module(specifier, media_type, content, requested)
    }

    /// Makes a module of content that was read or came with a URL.
    pub(super) fn module(
        &self,
        specifier: &ModuleSpecifier,
        media_type: MediaType,
        content: Vec<u8>,
        requested: &RequestedModuleType,
    ) -> Result<ModuleSource, JsErrorBox> {
        let bytes = |content: Vec<u8>| ModuleSourceCode::Bytes(content.into_boxed_slice().into());
        let mut compiled = None;
        let (module_type, code) = match (requested, media_type) {
            (RequestedModuleType::Text, _) => {
                (ModuleType::Text, ModuleSourceCode::String(text(content).into()))
            }
            (RequestedModuleType::Bytes, _) => (ModuleType::Bytes, bytes(content)),
            // What is wrong in it is told when that module imports it in its turn.
            (RequestedModuleType::None, MediaType::Json) => {
                let code = json::module(specifier, &text(content));
                (ModuleType::JavaScript, ModuleSourceCode::String(code.into()))
            }
            (_, MediaType::Json) => {
                let text = text(content);
                json::check(specifier, &text)?;
                (ModuleType::Json, ModuleSourceCode::String(text.into()))
            }
            (_, MediaType::Wasm) => (ModuleType::Wasm, bytes(content)),
            _ => {
                let code = self.es_module(specifier, media_type, text(content))?;
                compiled = self.compiled(specifier, &code);
                (ModuleType::JavaScript, ModuleSourceCode::String(code.into()))
            }
        };
        Ok(ModuleSource::new(module_type, code, specifier, compiled))
    }

    /// Reads a file for `require`, which compiles it as CommonJS.
    pub(super) fn commonjs_text(&self, path: &Path) -> Result<String, JsErrorBox> {
        // Stack traces ask for the map; a debugger reads it in the text.
        let source_map = match self.is_debugged {
            true => SourceMapOption::Inline,
            false => SourceMapOption::None,
        };
        match MediaType::from_path(path).is_emittable() {
            true => Ok(self.transpiled_file(path, None, source_map)?.text),
            false => Ok(text(std::fs::read(path).map_err(JsErrorBox::from_err)?)),
        }
    }

    /// The source map of a file that was made JavaScript, made when a stack trace asks: V8 does not report the map inside
    /// of what `require` compiles, nor of a module that it cannot compile.
    pub(super) fn source_map(&self, specifier: &ModuleSpecifier) -> Option<Vec<u8>> {
        if !MediaType::from_specifier(specifier).is_emittable() {
            return None;
        }
        let path = specifier.to_file_path().ok()?;
        let kind = match self.module_kinds.get_referrer_kind(specifier) {
            ResolutionMode::Import => Some(ModuleKind::Esm),
            ResolutionMode::Require => None,
        };
        let emitted = self
            .transpiled_file(&path, kind, SourceMapOption::Separate)
            .ok()?;
        emitted.source_map.map(String::into_bytes)
    }

    /// `kind`: what is known of it; else its syntax tells.
    fn transpiled_file(
        &self,
        path: &Path,
        kind: Option<ModuleKind>,
        source_map: SourceMapOption,
    ) -> Result<EmittedSourceText, JsErrorBox> {
        let specifier = ModuleSpecifier::from_file_path(path)
            .map_err(|()| JsErrorBox::type_error(format!("'{}' is not an absolute path", path.display())))?;
        let content = std::fs::read(path).map_err(JsErrorBox::from_err)?;
        let parsed = parse(&specifier, MediaType::from_path(path), text(content).into())?;
        let kind = kind.unwrap_or_else(|| ModuleKind::from_is_cjs(is_script(&parsed)));
        to_javascript(parsed, kind, self.settings(&specifier)?, source_map)
    }

    fn read(
        &self,
        specifier: &ModuleSpecifier,
        referrer: Option<&ModuleSpecifier>,
    ) -> Result<Vec<u8>, JsErrorBox> {
        let (specifier, referrer) = (specifier.clone(), referrer.cloned());
        let Ok(path) = specifier.to_file_path() else {
            return Err(ModuleError::UnsupportedScheme { specifier, referrer }.into());
        };
        std::fs::read(path).map_err(|reason| {
            let error = match reason.kind() {
                ErrorKind::NotFound | ErrorKind::NotADirectory => {
                    ModuleError::FileNotFound { specifier, referrer }
                }
                ErrorKind::IsADirectory => ModuleError::Folder { specifier, referrer },
                _ => ModuleError::Unreadable {
                    specifier,
                    referrer,
                    reason,
                },
            };
            error.into()
        })
    }

    /// JavaScript of an ES module: the text itself, TypeScript without its types, or a module that requires the
    /// CommonJS file and exports its names.
    fn es_module(
        &self,
        specifier: &ModuleSpecifier,
        media_type: MediaType,
        text: String,
    ) -> Result<String, JsErrorBox> {
        let is_maybe_commonjs = self.is_maybe_commonjs(specifier, media_type, &text)?;
        let (text, is_maybe_commonjs) = match media_type.is_emittable() {
            true => self.transpiled(specifier, media_type, text, is_maybe_commonjs)?,
            false => (text, is_maybe_commonjs),
        };
        let import = match self.names_bun(specifier, &text) {
            true => bun::IMPORT,
            false => "",
        };
        if !is_maybe_commonjs {
            let text = match self.is_own(specifier) {
                true => bun::with_meta(text),
                false => text,
            };
            return Ok(text + import);
        }
        let translation = self.translator.translate_cjs_to_esm_with_source_provider(
            specifier,
            Some(Cow::Owned(text)),
            Some(self),
        );
        Ok(ready(translation).map_err(JsErrorBox::from_err)?.into_owned() + import)
    }

    /// What V8 compiled of a file's module in an earlier start.
    fn compiled(&self, specifier: &ModuleSpecifier, code: &str) -> Option<SourceCodeCacheInfo> {
        let cache = self.cache.as_ref().filter(|_| specifier.scheme() == "file")?;
        let hash = text_hash(code);
        let data = cache.get_sync(specifier, CodeCacheType::EsModule, hash);
        Some(SourceCodeCacheInfo {
            hash,
            data: data.map(Cow::Owned),
        })
    }

    /// JavaScript made of TypeScript or JSX, and whether it is CommonJS.
    fn transpiled(
        &self,
        specifier: &ModuleSpecifier,
        media_type: MediaType,
        text: String,
        is_maybe_commonjs: bool,
    ) -> Result<(String, bool), JsErrorBox> {
        let settings = self.settings(specifier)?;
        let is_commonjs = |is_script| match is_maybe_commonjs {
            // The name says that it is CommonJS, but TypeScript takes imports for a way to write that.
            true if media_type == MediaType::Cts => Ok(is_script),
            true => self
                .module_kinds
                .is_cjs_with_known_is_script(specifier, media_type, is_script)
                .map_err(JsErrorBox::from_err),
            false => Ok(false),
        };
        let kept = self.cache.as_ref().map(|cache| {
            let facts = format!("{media_type:?} {settings:?}");
            let parts = [specifier.as_str(), &facts, &text].map(str::as_bytes);
            (cache, Key::new(Kind::JavaScript, &parts))
        });
        if let Some(made) = kept.and_then(|(cache, key)| Made::read(cache.get(key)?))
            && made.is_commonjs == is_commonjs(made.is_script)?
        {
            return Ok((made.text, made.is_commonjs));
        }

        let parsed = parse(specifier, media_type, text.into())?;
        let is_script = is_script(&parsed);
        let is_commonjs = is_commonjs(is_script)?;
        let kind = ModuleKind::from_is_cjs(is_commonjs);
        let text = to_javascript(parsed, kind, settings, SourceMapOption::Inline)?.text;
        let made = Made {
            text,
            is_script,
            is_commonjs,
        };
        if let Some((cache, key)) = kept {
            cache.put(key, made.written());
        }
        Ok((made.text, is_commonjs))
    }

    /// Whether the file must be parsed to tell. Node's rule, but for a program's own files that do not even
    /// mention what only CommonJS has: those are ES modules, which start faster and may await at the top.
    fn is_maybe_commonjs(
        &self,
        specifier: &ModuleSpecifier,
        media_type: MediaType,
        text: &str,
    ) -> Result<bool, JsErrorBox> {
        let is_maybe = self
            .module_kinds
            .is_maybe_cjs(specifier, media_type)
            .map_err(JsErrorBox::from_err)?;
        let is_said_by_name = matches!(media_type, MediaType::Cjs | MediaType::Cts);
        if !is_maybe || is_said_by_name || self.package_checker.in_npm_package(specifier) {
            return Ok(is_maybe);
        }
        let mentions = NAMES.iter().any(|name| text.contains(name));
        if !mentions {
            self.module_kinds.set_is_known_script(specifier, false);
        }
        Ok(mentions)
    }
}

/// JavaScript as it is kept in the cache.
struct Made {
    text: String,
    /// The source has neither imports nor exports.
    is_script: bool,
    /// It was written as CommonJS. That depends on `package.json` as well, which may have changed.
    is_commonjs: bool,
}

impl Made {
    fn read(content: Vec<u8>) -> Option<Self> {
        let mut text = String::from_utf8(content).ok()?;
        let is_commonjs = text.pop()? == '1';
        let is_script = text.pop()? == '1';
        Some(Made {
            text,
            is_script,
            is_commonjs,
        })
    }

    fn written(&self) -> Vec<u8> {
        let digit = |fact| if fact { b'1' } else { b'0' };
        let facts = [digit(self.is_script), digit(self.is_commonjs)];
        [self.text.as_bytes(), &facts].concat()
    }
}

/// Hands the export analysis the modules that a CommonJS module re-exports.
impl CjsAnalysisSourceProvider for Shared {
    fn load_source<'a>(&'a self, specifier: &ModuleSpecifier) -> Option<Cow<'a, str>> {
        self.commonjs_text(&specifier.to_file_path().ok()?)
            .ok()
            .map(Cow::Owned)
    }
}

fn text(content: Vec<u8>) -> String {
    let text = match String::from_utf8(content) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    };
    match text.strip_prefix('\u{FEFF}') {
        Some(rest) => rest.to_owned(),
        None => text,
    }
}

/// Runs a future that waits for nothing outside itself. The translation is one: all that it awaits is the
/// export analysis, which computes. So an import can be answered at once, also inside of `require`.
fn ready<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
    }
}
