//! Sets up the resolvers of a process from the configuration around the entry file, and says what holds for each file.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use deno_config::deno_json::NodeModulesDirMode;
use deno_core::ModuleSpecifier;
use deno_core::anyhow;
use deno_core::futures::FutureExt;
use deno_error::JsErrorBox;
use deno_resolver::DefaultRawDenoResolverRc;
use deno_resolver::cjs::{CjsTrackerRc, IsCjsResolutionMode};
use deno_resolver::deno_json::{CompilerOptionsData, CompilerOptionsResolverRc, CompilerOptionsSourceKind};
use deno_resolver::factory::{
    ConfigDiscoveryOption, ResolverFactory, ResolverFactoryOptions, WorkspaceFactory, WorkspaceFactoryOptions,
};
use node_resolver::analyze::{CjsModuleExportAnalyzer, NodeCodeTranslator, NodeCodeTranslatorMode};
use node_resolver::cache::NodeResolutionThreadLocalCache;
use node_resolver::{
    DenoIsBuiltInNodeModuleChecker, InNpmPackageChecker, NodeConditionOptions, NodeResolverOptions,
    NodeResolverRc, PackageJsonResolverRc, PackageJsonThreadLocalCache,
};
use sys_traits::impls::RealSys;

use super::bun;
use super::cache::Cache;
use super::compiler_options::{Settings, of_config, settings};
use super::entry;
use super::error::ModulesError;
use super::export_analysis::ExportAnalyzer;
use super::program_text;
use super::tsconfig::TsConfigs;
use super::{PackageChecker, PackageResolver};
use crate::options::Start;

/// Writes CommonJS modules as ES modules.
pub(super) type Translator = NodeCodeTranslator<
    ExportAnalyzer,
    PackageChecker,
    DenoIsBuiltInNodeModuleChecker,
    PackageResolver,
    RealSys,
>;

/// What all isolates of a process have in common.
pub(super) struct Shared {
    pub entry: ModuleSpecifier,
    /// The entry's code, where that is no file.
    pub entry_text: Option<String>,
    /// A module that runs before the entry, and its code.
    pub before: Option<(ModuleSpecifier, String)>,
    pub working_directory: PathBuf,
    pub package_checker: PackageChecker,
    pub resolver: DefaultRawDenoResolverRc<RealSys>,
    pub node_resolver:
        NodeResolverRc<PackageChecker, DenoIsBuiltInNodeModuleChecker, PackageResolver, RealSys>,
    pub package_json_resolver: PackageJsonResolverRc<RealSys>,
    /// Tells CommonJS from ES modules, and remembers.
    pub module_kinds: CjsTrackerRc<PackageChecker, RealSys>,
    /// Of `deno.json`.
    pub compiler_options: CompilerOptionsResolverRc,
    pub ts_configs: TsConfigs,
    pub translator: Translator,
    pub bun: bun::Seen,
    /// A debugger may come.
    pub is_debugged: bool,
    pub cache: Option<Cache>,
}

pub(super) fn discover(
    entry: &Path,
    working_directory: &Path,
    cache: Option<Cache>,
    start: &Start,
) -> Result<Shared, ModulesError> {
    // What this thread found before may have changed since: a restart discovers anew.
    PackageJsonThreadLocalCache::clear();
    NodeResolutionThreadLocalCache::clear();

    let path = match &start.text {
        Some(text) => working_directory.join(text.name),
        None => entry::find(&working_directory.join(entry))?,
    };
    let specifier =
        ModuleSpecifier::from_file_path(&path).map_err(|()| ModulesError::NotAbsolute(path.clone()))?;
    let text = start.text.as_ref();
    let entry_text = text.map(|text| text.module(&specifier)).transpose()?;
    let before = program_text::before(working_directory, &start.require, &start.import);
    let entry = Entry {
        specifier,
        entry_text,
        before,
        bun: bun::Seen::new(start.compatibility, text.map(|text| text.code.as_str())),
    };
    set_up(entry, &path, working_directory, cache, start).map_err(|reason| ModulesError::Configuration {
        entry: path.clone(),
        reason,
    })
}

/// What is run.
struct Entry {
    specifier: ModuleSpecifier,
    entry_text: Option<String>,
    before: Option<(ModuleSpecifier, String)>,
    bun: bun::Seen,
}

fn set_up(
    entry: Entry,
    entry_path: &Path,
    working_directory: &Path,
    cache: Option<Cache>,
    start: &Start,
) -> anyhow::Result<Shared> {
    let entry_folder = entry_path.parent().unwrap_or(working_directory).to_owned();
    let workspace = WorkspaceFactory::new(
        RealSys,
        working_directory.to_owned(),
        WorkspaceFactoryOptions {
            config_discovery: ConfigDiscoveryOption::Discover {
                start_paths: vec![entry_folder],
            },
            node_modules_dir: Some(NodeModulesDirMode::Manual),
            no_lock: true,
            ..Default::default()
        },
    );
    let factory = ResolverFactory::new(Arc::new(workspace), resolver_options(&start.conditions));
    // The library's interface is asynchronous for embedders that fetch import maps; nothing is fetched here.
    let resolver = factory
        .raw_deno_resolver()
        .now_or_never()
        .ok_or_else(|| anyhow::anyhow!("the configuration refers to a remote file"))??
        .clone();

    let module_kinds = factory.cjs_tracker()?.clone();
    let package_checker = factory.in_npm_package_checker()?.clone();
    let node_resolver = factory.node_resolver()?.clone();
    let package_json_resolver = factory.pkg_json_resolver().clone();
    let export_analyzer = CjsModuleExportAnalyzer::new(
        ExportAnalyzer::new(module_kinds.clone()),
        package_checker.clone(),
        node_resolver.clone(),
        factory.npm_resolver()?.clone(),
        package_json_resolver.clone(),
        RealSys,
    );
    Ok(Shared {
        entry: entry.specifier,
        entry_text: entry.entry_text,
        before: entry.before,
        bun: entry.bun,
        is_debugged: start.is_debugged,
        working_directory: working_directory.to_owned(),
        package_checker,
        resolver,
        node_resolver,
        package_json_resolver,
        module_kinds,
        compiler_options: factory.compiler_options_resolver()?.clone(),
        ts_configs: TsConfigs::default(),
        translator: NodeCodeTranslator::new(Arc::new(export_analyzer), NodeCodeTranslatorMode::ModuleLoader),
        cache,
    })
}

/// `wanted`: conditions of packages' exports beside Node's.
fn resolver_options(wanted: &[String]) -> ResolverFactoryOptions {
    let conditions = |names: &[&'static str]| {
        let wanted = wanted.iter().map(|name| Cow::<'static, str>::Owned(name.clone()));
        Some(
            wanted
                .chain(names.iter().map(|name| Cow::Borrowed(*name)))
                .collect(),
        )
    };
    ResolverFactoryOptions {
        // Node's rule: without `"type"` in package.json, a file is CommonJS unless it has imports or exports.
        is_cjs_resolution_mode: IsCjsResolutionMode::ImplicitTypeCommonJs,
        node_resolver_options: NodeResolverOptions {
            // Packages' "deno" condition is not asked for: it tends to mean remote modules.
            conditions: NodeConditionOptions {
                conditions: Vec::new(),
                import_conditions_override: conditions(&["node", "import", "module-sync"]),
                require_conditions_override: conditions(&["node", "require", "module-sync"]),
            },
            ..Default::default()
        },
        node_resolution_cache: Some(Arc::new(NodeResolutionThreadLocalCache)),
        package_json_cache: Some(Arc::new(PackageJsonThreadLocalCache)),
        unstable_sloppy_imports: true,
        ..Default::default()
    }
}

impl Shared {
    /// The options of `deno.json`, where that has any: they win over `tsconfig.json`.
    pub(super) fn deno_options(&self, specifier: &ModuleSpecifier) -> Option<&CompilerOptionsData> {
        let data = self.compiler_options.for_specifier(specifier);
        let is_deno = data.source_kind == CompilerOptionsSourceKind::DenoJson;
        (is_deno && data.has_compiler_options()).then_some(data)
    }

    /// The settings of one file: those of `deno.json`, where that has any, else those of `tsconfig.json`.
    pub(super) fn settings(&self, specifier: &ModuleSpecifier) -> Result<Settings, JsErrorBox> {
        if let Some(data) = self.deno_options(specifier) {
            let options = data.compiler_options_for_emit().map_err(JsErrorBox::from_err)?;
            return settings(options.0.clone(), specifier.as_ref());
        }
        let path = specifier
            .to_file_path()
            .ok()
            .filter(|_| !self.package_checker.in_npm_package(specifier));
        let config = match path {
            Some(path) => self.ts_configs.for_file(&path).map_err(JsErrorBox::from_err)?,
            None => None,
        };
        of_config(config.as_deref())
    }
}
