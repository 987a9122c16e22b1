//! Modules: from a specifier in a program to JavaScript that V8 can compile.
//!
//! Owns: resolution (Node's, with TypeScript's habits on top), reading, TypeScript and JSX to JavaScript,
//! CommonJS seen from ES modules. Never does: fetch anything over the network, install packages, run code.
//! Called by: the isolate module, which hands [`Services`] to every isolate; the binary, for the entry file.
//!
//! Most of it is Deno's libraries (`deno_resolver`, `node_resolver`, `deno_ast`). What is here wires them up
//! for one use: programs and their `node_modules` folder on the local disk.

mod built_in;
mod bun;
mod cache;
mod check;
mod compiler_options;
mod discovery;
mod entry;
mod error;
mod export_analysis;
mod hooks;
mod json;
mod loader;
mod own;
mod path;
mod program_text;
mod require;
mod resolution;
mod source;
mod tsconfig;
mod typescript;

use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use deno_core::{ModuleLoader, ModuleSpecifier};
use deno_resolver::npm::{DenoInNpmPackageChecker, NpmResolver};
use deno_runtime::code_cache::CodeCache;
use deno_runtime::deno_node::NodeExtInitServices;
use deno_runtime::deno_node::ops::module_hooks::LoaderHookRegistry;
use deno_runtime::deno_web::BlobStoreTrait;
use sys_traits::impls::RealSys;

use crate::options::Start;

pub use crate::options::{ProgramText, TextKind};
pub(crate) use built_in::compile_packed;
#[doc(hidden)]
pub use built_in::is_code_taken;
pub(crate) use bun::Installer;
pub use cache::Cache;
pub use check::{Checked, Problem, Purpose};
pub use entry::{EntryError, cause_of, find as find_entry};
pub use error::{ModuleError, ModulesError};
pub(crate) use path::normal;

/// Tells whether a file belongs to an npm package.
pub type PackageChecker = DenoInNpmPackageChecker;
/// Finds a package's folder.
pub type PackageResolver = NpmResolver<RealSys>;
/// What `node:` built-in modules need of the module system.
pub type NodeServices = NodeExtInitServices<PackageChecker, PackageResolver, RealSys>;

/// The module system of a process: configuration found on disk and the resolvers made from it. Shared by all
/// cores; a clone is cheap.
#[derive(Clone)]
pub struct Modules {
    shared: Arc<discovery::Shared>,
}

/// The module system of one isolate.
pub struct Services {
    /// Loads ES modules.
    pub loader: Rc<dyn ModuleLoader>,
    /// Resolves and loads for `require` and the other `node:` built-in modules.
    pub node: NodeServices,
    /// Where `module.registerHooks()` leaves its hooks. Belongs into the isolate's op state.
    pub hooks: LoaderHookRegistry,
    /// Defines the global `Bun` once the program turns out to be for it. Is to be connected.
    pub(crate) bun: Rc<Installer>,
}

impl Modules {
    /// Finds the entry file and the configuration (`package.json`, `tsconfig.json`, `deno.json`) that governs
    /// it. `entry` is relative to `working_directory`, which is absolute; it is found as Node finds it. What is made of
    /// modules is kept in `cache`.
    ///
    /// # Errors
    /// If there is no such file, or a configuration file cannot be read.
    pub fn discover(
        entry: &Path,
        working_directory: &Path,
        cache: Option<Cache>,
    ) -> Result<Self, ModulesError> {
        Self::start(entry, working_directory, cache, &Start::default())
    }

    /// The same, as the command line says: the program may be a text, and modules may come before it.
    ///
    /// # Errors
    /// As [`discover`](Self::discover).
    pub(crate) fn start(
        entry: &Path,
        working_directory: &Path,
        cache: Option<Cache>,
        start: &Start,
    ) -> Result<Self, ModulesError> {
        Ok(Self {
            shared: Arc::new(discovery::discover(entry, working_directory, cache, start)?),
        })
    }

    /// The module that runs before the entry, if there is one, and its code.
    pub(crate) fn before(&self) -> Option<(ModuleSpecifier, String)> {
        self.shared.before.clone()
    }

    /// Where compiled code of `require` is kept.
    pub(crate) fn script_cache(&self) -> Option<Arc<dyn CodeCache>> {
        let cache = self.shared.cache.clone()?;
        Some(Arc::new(cache))
    }

    /// The entry file.
    pub fn entry(&self) -> &ModuleSpecifier {
        &self.shared.entry
    }

    /// Whether the program is for Bun, as far as it is known.
    pub(crate) fn is_for_bun(&self) -> bool {
        self.shared.bun.is_seen()
    }

    /// What `require` means in a program's own file where Node finds nothing, or, with `is_first`, before it looks.
    pub(crate) fn required(&self, specifier: &str, referrer: &Path, is_first: bool) -> Option<String> {
        let found = self.shared.required(specifier, referrer, is_first)?;
        // As Node names the files that it loads.
        let real = found.canonicalize().unwrap_or(found);
        real.into_os_string().into_string().ok()
    }

    /// Makes the module system of one isolate. `blobs` are where `blob:` modules are looked up.
    pub fn services(&self, blobs: Arc<dyn BlobStoreTrait>) -> Services {
        loader::services(self.shared.clone(), blobs)
    }
}
