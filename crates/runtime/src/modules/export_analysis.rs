//! Which names a CommonJS module exports, found without running it, so that ES modules can import them.

use std::borrow::Cow;

use deno_ast::{MediaType, ParseParams};
use deno_core::ModuleSpecifier;
use deno_error::JsErrorBox;
use deno_resolver::cjs::CjsTrackerRc;
use node_resolver::analyze::{CjsAnalysis, CjsAnalysisExports, CjsCodeAnalyzer, EsmAnalysisMode};
use sys_traits::impls::RealSys;

use super::PackageChecker;
use super::typescript::syntax_error;

/// Analyses sources as the translator comes across them. Always ready at once: a synchronous load polls it
/// outside an executor.
pub(super) struct ExportAnalyzer {
    module_kinds: CjsTrackerRc<PackageChecker, RealSys>,
}

impl ExportAnalyzer {
    pub(super) fn new(module_kinds: CjsTrackerRc<PackageChecker, RealSys>) -> Self {
        Self { module_kinds }
    }

    fn analyze<'a>(
        &self,
        specifier: &ModuleSpecifier,
        source: Cow<'a, str>,
    ) -> Result<CjsAnalysis<'a>, JsErrorBox> {
        let media_type = MediaType::from_specifier(specifier);
        if media_type == MediaType::Json {
            return Ok(CjsAnalysis::Cjs(no_exports()));
        }
        if !self
            .module_kinds
            .is_maybe_cjs(specifier, media_type)
            .map_err(JsErrorBox::from_err)?
        {
            return Ok(CjsAnalysis::Esm(source, None));
        }
        let parsed = deno_ast::parse_program(ParseParams {
            specifier: specifier.clone(),
            text: source.as_ref().into(),
            // TypeScript arrives as the JavaScript it was made into.
            media_type: if media_type.is_typed() {
                MediaType::JavaScript
            } else {
                media_type
            },
            capture_tokens: false,
            scope_analysis: false,
            maybe_syntax: None,
        })
        .map_err(|diagnostic| syntax_error(&diagnostic))?;
        let is_commonjs = self
            .module_kinds
            .is_cjs_with_known_is_script(specifier, media_type, parsed.compute_is_script())
            .map_err(JsErrorBox::from_err)?;
        if !is_commonjs {
            return Ok(CjsAnalysis::Esm(source, None));
        }
        let analysis = parsed.analyze_cjs();
        Ok(CjsAnalysis::Cjs(CjsAnalysisExports {
            exports: analysis.exports,
            reexports: analysis.reexports,
            member_reexports: Vec::new(),
        }))
    }
}

#[async_trait::async_trait(?Send)]
impl CjsCodeAnalyzer for ExportAnalyzer {
    async fn analyze_cjs<'a>(
        &self,
        specifier: &ModuleSpecifier,
        source: Option<Cow<'a, str>>,
        _mode: EsmAnalysisMode,
    ) -> Result<CjsAnalysis<'a>, JsErrorBox> {
        match source {
            Some(source) => self.analyze(specifier, source),
            None => Ok(CjsAnalysis::Cjs(no_exports())),
        }
    }

    /// Not narrowed to a member: the caller then takes all names of the module re-exported.
    async fn analyze_cjs_member_props<'a>(
        &self,
        _specifier: &ModuleSpecifier,
        _source: Option<Cow<'a, str>>,
        _member: &str,
    ) -> Result<Option<Vec<String>>, JsErrorBox> {
        Ok(None)
    }
}

fn no_exports() -> CjsAnalysisExports {
    CjsAnalysisExports {
        exports: Vec::new(),
        reexports: Vec::new(),
        member_reexports: Vec::new(),
    }
}
