//! Compiles the built-in scripts and modules that are not in the snapshot, for `build.rs`.
//!
//! Owns the second run of the build script: V8 takes compiled code only from a process with the same flags, and refers in
//! it to the snapshot, while the process that makes the snapshot has flags of its own. Never fails for a source that V8
//! does not compile: it is compiled when it is asked for, and fails there.

use std::error::Error;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::rc::Rc;
use std::sync::Arc;

use deno_core::v8::script_compiler::{
    CompileOptions, NoCacheReason, Source, compile_function, compile_module2,
};
use deno_core::{FsModuleLoader, JsRuntime, v8};
use deno_resolver::npm::{DenoInNpmPackageChecker, NpmResolver};
use deno_runtime::deno_permissions::{PermissionsContainer, RuntimePermissionDescriptorParser};
use deno_runtime::deno_web::{BlobStore, InMemoryBroadcastChannel};
use deno_runtime::worker::{MainWorker, WorkerOptions, WorkerServiceOptions};
use sys_traits::impls::RealSys;

/// Names the folder of the snapshot and the sources to the second run.
const FOLDER: &str = "HOWTH_COMPILE_IN";

/// One line for each source: its kind, and its file without `.js`.
const LIST: &str = "residual.list";

/// What a source is compiled as.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The body of a function of `__bootstrap`.
    Script,
    /// An ES module.
    Module,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Script => "script",
            Kind::Module => "module",
        }
    }
}

/// Has `folder/NAME.code` made of each `folder/NAME.js`, with `folder/snapshot.bin` for the isolate. One that V8 does not
/// compile has none.
pub fn make(folder: &Path, sources: &[(Kind, String)]) -> Result<(), Box<dyn Error>> {
    let lines = sources
        .iter()
        .map(|(kind, name)| format!("{} {name}\n", kind.name()));
    fs::write(folder.join(LIST), lines.collect::<String>())?;
    let status = Command::new(std::env::current_exe()?)
        .env(FOLDER, folder)
        .status()?;
    match status.success() {
        true => Ok(()),
        false => Err("the built-in scripts were not compiled".into()),
    }
}

/// Whether this is the second run; it is done then.
pub fn is_second_run(extensions: impl FnOnce() -> Vec<deno_core::Extension>) -> Result<bool, Box<dyn Error>> {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return Ok(false);
    };
    compile_all(&folder, extensions())?;
    Ok(true)
}

fn compile_all(folder: &OsStr, extensions: Vec<deno_core::Extension>) -> Result<(), Box<dyn Error>> {
    let folder = Path::new(folder);
    let flags = crate::V8_FLAGS.into_iter().chain([crate::COLLECTION_FLAG]);
    let unknown = deno_core::v8_set_flags(["howth"].into_iter().chain(flags).map(str::to_owned).collect());
    if let Some([_, ..]) = unknown.get(1..) {
        return Err(format!("V8 does not know {unknown:?}").into());
    }
    JsRuntime::init_platform(None);
    let snapshot: &'static [u8] = fs::read(folder.join("snapshot.bin"))?.leak();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let _entered = runtime.enter();
    let mut worker = worker(snapshot, extensions)?;
    for line in fs::read_to_string(folder.join(LIST))?.lines() {
        let (kind, name) = line.split_once(' ').ok_or("a line without a kind")?;
        let source = fs::read_to_string(folder.join(name).with_extension("js"))?;
        let kind = match kind == Kind::Script.name() {
            true => Kind::Script,
            false => Kind::Module,
        };
        if let Some(code) = compile(&mut worker.js_runtime, kind, name, &source) {
            fs::write(folder.join(name).with_extension("code"), code)?;
        }
    }
    Ok(())
}

/// An isolate as programs get it, which is asked to run nothing.
fn worker(
    snapshot: &'static [u8],
    extensions: Vec<deno_core::Extension>,
) -> Result<MainWorker, Box<dyn Error>> {
    let services = WorkerServiceOptions::<DenoInNpmPackageChecker, NpmResolver<RealSys>, RealSys> {
        blob_store: Arc::new(BlobStore::default()),
        broadcast_channel: InMemoryBroadcastChannel::default(),
        deno_rt_native_addon_loader: None,
        feature_checker: Arc::default(),
        fs: Arc::new(deno_runtime::deno_fs::RealFs),
        module_loader: Rc::new(FsModuleLoader),
        node_services: None,
        npm_process_state_provider: None,
        permissions: PermissionsContainer::allow_all(Arc::new(RuntimePermissionDescriptorParser::new(
            RealSys,
        ))),
        root_cert_store_provider: None,
        fetch_dns_resolver: Default::default(),
        shared_array_buffer_store: None,
        compiled_wasm_module_store: None,
        v8_code_cache: None,
        bundle_provider: None,
    };
    let options = WorkerOptions {
        extensions,
        startup_snapshot: Some(snapshot),
        skip_op_registration: true,
        ..Default::default()
    };
    let main = deno_core::resolve_url("file:///nothing.js")?;
    Ok(MainWorker::bootstrap_from_options(&main, services, options))
}

fn compile(runtime: &mut JsRuntime, kind: Kind, name: &str, source: &str) -> Option<Vec<u8>> {
    deno_core::scope!(scope, runtime);
    v8::tc_scope!(let scope, scope);
    let name = v8::String::new(scope, name)?;
    let is_module = kind == Kind::Module;
    let origin = v8::ScriptOrigin::new(
        scope,
        name.into(),
        0,
        0,
        false,
        -1,
        None,
        false,
        false,
        is_module,
        None,
    );
    let text = v8::String::new(scope, source)?;
    let mut source = Source::new(text, Some(&origin));
    let (options, reason) = (CompileOptions::NoCompileOptions, NoCacheReason::NoReason);
    let code = match kind {
        Kind::Script => {
            let parameter = v8::String::new(scope, "__bootstrap")?;
            compile_function(scope, &mut source, &[parameter], &[], options, reason)?.create_code_cache()
        }
        Kind::Module => compile_module2(scope, &mut source, options, reason)?
            .get_unbound_module_script(scope)
            .create_code_cache(),
    };
    code.map(|code| code.to_vec())
}
