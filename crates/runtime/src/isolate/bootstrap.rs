//! Starts an isolate from the snapshot.

use std::rc::Rc;
use std::sync::Arc;

use deno_core::v8;
use deno_runtime::deno_fs::RealFs;
use deno_runtime::deno_process::EmptyNpmProcessStateProvider;
use deno_runtime::deno_web::InMemoryBroadcastChannel;
use deno_runtime::worker::{MainWorker, WorkerOptions, WorkerServiceOptions};
use deno_runtime::{BootstrapOptions, WorkerExecutionMode, colors};
use howth_supervision::usable_cores;
use sys_traits::impls::RealSys;

use super::printed_error::printed;
use super::process::Process;
use super::{Isolate, IsolateOptions, bridge, heap, web_worker};
use crate::modules::{PackageChecker, PackageResolver};
use crate::topics::Mail;

/// The version of Deno whose libraries these are; `Deno.version.deno` reports it.
const DENO_VERSION: &str = "2.9.6";

/// Deno's number for `--unstable-unsafe-proto`: leaves `Object.prototype.__proto__` in place, as Node does,
/// since packages use it.
const UNSAFE_PROTO: i32 = 23;

pub(super) fn start(process: &Process, options: IsolateOptions, mail: Option<Rc<Mail>>) -> Isolate {
    let modules = process.modules.services(process.blobs.clone());
    let services = WorkerServiceOptions::<PackageChecker, PackageResolver, RealSys> {
        blob_store: process.blobs.clone(),
        // Not used: the ops of `BroadcastChannel` are howth's (`bridge/broadcast_ops.rs`).
        broadcast_channel: InMemoryBroadcastChannel::default(),
        deno_rt_native_addon_loader: None,
        feature_checker: process.features.clone(),
        fs: Arc::new(RealFs),
        module_loader: modules.loader,
        node_services: Some(modules.node),
        npm_process_state_provider: Some(Arc::new(EmptyNpmProcessStateProvider)),
        permissions: process.permissions.clone(),
        root_cert_store_provider: None,
        fetch_dns_resolver: Default::default(),
        shared_array_buffer_store: Some(process.shared_array_buffers.clone()),
        compiled_wasm_module_store: Some(process.compiled_wasm_modules.clone()),
        v8_code_cache: process.modules.script_cache(),
        bundle_provider: None,
    };
    let parent = process.parent_channel.take();
    let worker_options = WorkerOptions {
        bootstrap: BootstrapOptions {
            // Of a worker of `node:cluster`.
            node_cluster_unique_id: parent.as_ref().and(std::env::var("NODE_UNIQUE_ID").ok()),
            node_cluster_sched_policy: parent
                .as_ref()
                .and(std::env::var("NODE_CLUSTER_SCHED_POLICY").ok()),
            node_ipc_init: parent,
            // Not `Run`: that makes Deno's own server of an entry module that exports `fetch`, and loads it for that.
            ..bootstrap_options(process, WorkerExecutionMode::None)
        },
        extensions: howth_snapshot::extensions(options.ops),
        startup_snapshot: Some(howth_snapshot::SNAPSHOT),
        // The snapshot has all of them. Their fast calls follow, see `js/boot/main.js`.
        skip_op_registration: true,
        residual_lazy_js_sources: howth_snapshot::RESIDUAL_JS,
        residual_lazy_esm_sources: howth_snapshot::RESIDUAL_ESM,
        create_params: Some(heap::bounded(options.heap_bytes_max)),
        create_web_worker_cb: web_worker::factory(process.clone()),
        format_js_error_fn: Some(Arc::new(printed)),
        enable_raw_imports: true,
        ..Default::default()
    };

    let mut worker = MainWorker::bootstrap_from_options(process.modules.entry(), services, worker_options);
    let state = worker.js_runtime.op_state();
    state.borrow_mut().put(modules.hooks);
    process.share(&mut state.borrow_mut(), mail);
    heap::end_at_limit(&mut worker.js_runtime, options.on_heap_limit);
    process
        .inspector_sessions
        .set(worker.js_runtime.inspector().get_session_sender());
    let bridge = bridge::take(&mut worker.js_runtime);
    if let Some(description) = &process.options.description {
        bridge::describe_process(&mut worker.js_runtime, &bridge, description);
    }
    modules.bun.connect(&bridge);
    if process.modules.is_for_bun() {
        deno_core::scope!(scope, &mut worker.js_runtime);
        modules.bun.install(scope);
    }
    Isolate { worker, bridge }
}

/// What an isolate is told about the process.
pub(super) fn bootstrap_options(process: &Process, mode: WorkerExecutionMode) -> BootstrapOptions {
    BootstrapOptions {
        deno_version: DENO_VERSION.to_owned(),
        args: process.options.arguments.clone(),
        cpu_count: usable_cores().get(),
        locale: v8::icu::get_language_tag(),
        color_level: colors::get_color_level(),
        unstable_features: vec![UNSAFE_PROTO],
        user_agent: format!("howth/{}", process.options.version),
        inspect: process.options.inspect,
        has_node_modules_dir: true,
        argv0: std::env::args().next(),
        node_debug: std::env::var("NODE_DEBUG").ok(),
        mode,
        ..Default::default()
    }
}
