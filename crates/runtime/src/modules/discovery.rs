//! Sets up the resolvers of a process from the configuration around the entry file.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use deno_config::deno_json::NodeModulesDirMode;
use deno_core::ModuleSpecifier;
use deno_core::anyhow;
use deno_core::futures::FutureExt;
use deno_resolver::DefaultRawDenoResolverRc;
use deno_resolver::cjs::{CjsTrackerRc, IsCjsResolutionMode};
use deno_resolver::deno_json::CompilerOptionsResolverRc;
use deno_resolver::factory::{
    ConfigDiscoveryOption, ResolverFactory, ResolverFactoryOptions, WorkspaceFactory, WorkspaceFactoryOptions,
};
use deno_resolver::workspace::{ResolutionKind, sloppy_imports_resolve};
use node_resolver::analyze::{CjsModuleExportAnalyzer, NodeCodeTranslator, NodeCodeTranslatorMode};
use node_resolver::cache::NodeResolutionThreadLocalCache;
use node_resolver::{
    DenoIsBuiltInNodeModuleChecker, NodeConditionOptions, NodeResolverOptions, NodeResolverRc,
    PackageJsonResolverRc, PackageJsonThreadLocalCache,
};
use sys_traits::impls::RealSys;

use super::cache::Cache;
use super::error::ModulesError;
use super::export_analysis::ExportAnalyzer;
use super::{PackageChecker, PackageResolver};

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
    pub working_directory: PathBuf,
    pub package_checker: PackageChecker,
    pub resolver: DefaultRawDenoResolverRc<RealSys>,
    pub node_resolver:
        NodeResolverRc<PackageChecker, DenoIsBuiltInNodeModuleChecker, PackageResolver, RealSys>,
    pub package_json_resolver: PackageJsonResolverRc<RealSys>,
    /// Tells CommonJS from ES modules, and remembers.
    pub module_kinds: CjsTrackerRc<PackageChecker, RealSys>,
    pub compiler_options: CompilerOptionsResolverRc,
    pub translator: Translator,
    pub cache: Option<Cache>,
}

pub(super) fn discover(
    entry: &Path,
    working_directory: &Path,
    cache: Option<Cache>,
) -> Result<Shared, ModulesError> {
    // What this thread found before may have changed since: a restart discovers anew.
    PackageJsonThreadLocalCache::clear();
    NodeResolutionThreadLocalCache::clear();

    let entry_path = working_directory.join(entry);
    let specifier = find_entry(&entry_path)?;
    set_up(specifier, &entry_path, working_directory, cache).map_err(|reason| ModulesError::Configuration {
        entry: entry_path,
        reason,
    })
}

/// The entry file itself, or what its name without the extension means.
fn find_entry(path: &Path) -> Result<ModuleSpecifier, ModulesError> {
    let specifier =
        ModuleSpecifier::from_file_path(path).map_err(|()| ModulesError::NotAbsolute(path.to_owned()))?;
    if path.is_file() {
        return Ok(specifier);
    }
    sloppy_imports_resolve(&specifier, ResolutionKind::Execution, RealSys)
        .map(|(specifier, _reason)| specifier)
        .ok_or_else(|| ModulesError::EntryNotFound(path.to_owned()))
}

fn set_up(
    entry: ModuleSpecifier,
    entry_path: &Path,
    working_directory: &Path,
    cache: Option<Cache>,
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
    let factory = ResolverFactory::new(Arc::new(workspace), resolver_options());
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
        entry,
        working_directory: working_directory.to_owned(),
        package_checker,
        resolver,
        node_resolver,
        package_json_resolver,
        module_kinds,
        compiler_options: factory.compiler_options_resolver()?.clone(),
        translator: NodeCodeTranslator::new(Arc::new(export_analyzer), NodeCodeTranslatorMode::ModuleLoader),
        cache,
    })
}

fn resolver_options() -> ResolverFactoryOptions {
    let conditions = |names: &[&'static str]| Some(names.iter().map(|name| Cow::Borrowed(*name)).collect());
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
