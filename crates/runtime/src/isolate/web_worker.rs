//! `new Worker()` and `node:worker_threads`: isolates on threads of their own, started by programs.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use deno_core::v8;
use deno_runtime::WorkerExecutionMode;
use deno_runtime::deno_fs::RealFs;
use deno_runtime::deno_node::ops::worker_threads::{DEFAULT_STACK_SIZE_MB, ResolvedResourceLimits};
use deno_runtime::deno_process::EmptyNpmProcessStateProvider;
use deno_runtime::deno_web::InMemoryBroadcastChannel;
use deno_runtime::ops::worker_host::{CreateWebWorkerArgs, CreateWebWorkerCb, ResourceLimits};
use deno_runtime::web_worker::{
    SendableWebWorkerHandle, WebWorker, WebWorkerOptions, WebWorkerServiceOptions,
};
use sys_traits::impls::RealSys;

use super::bootstrap::bootstrap_options;
use super::bridge;
use super::printed_error::printed;
use super::process::Process;
use crate::modules::{PackageChecker, PackageResolver, Services};

type ServiceOptions = WebWorkerServiceOptions<PackageChecker, PackageResolver, RealSys>;

const MEBIBYTE: usize = 1 << 20;

/// What Deno's runtime calls on the new thread.
pub(super) fn factory(process: Process) -> Arc<CreateWebWorkerCb> {
    Arc::new(move |arguments| start(&process, arguments))
}

fn start(process: &Process, arguments: CreateWebWorkerArgs) -> (WebWorker, SendableWebWorkerHandle) {
    let Services {
        loader,
        node,
        hooks,
        bun,
    } = process.modules.services(process.blobs.clone());
    let services = ServiceOptions {
        deno_rt_native_addon_loader: None,
        root_cert_store_provider: None,
        module_loader: loader,
        fs: Arc::new(RealFs),
        node_services: Some(node),
        blob_store: process.blobs.clone(),
        broadcast_channel: InMemoryBroadcastChannel::default(),
        shared_array_buffer_store: Some(process.shared_array_buffers.clone()),
        compiled_wasm_module_store: Some(process.compiled_wasm_modules.clone()),
        main_inspector_session_tx: process.inspector_sessions.clone(),
        feature_checker: process.features.clone(),
        npm_process_state_provider: Some(Arc::new(EmptyNpmProcessStateProvider)),
        permissions: arguments.permissions.clone(),
        bundle_provider: None,
    };
    let limits = arguments.resource_limits.clone();
    let create_params = create_params(process, limits.as_ref());
    let resolved_limits = limits.map(|limits| resolved(&create_params, &limits));

    let (mut worker, handle, bootstrap) =
        WebWorker::from_options(services, options(process, arguments, create_params));
    // `node:worker_threads` reads them while it starts.
    if let Some(limits) = resolved_limits {
        worker.js_runtime.op_state().borrow_mut().put(limits);
    }
    worker.bootstrap(&bootstrap);
    let state = worker.js_runtime.op_state();
    state.borrow_mut().put(hooks);
    process.share(&mut state.borrow_mut(), None);
    let bridge = bridge::take(&mut worker.js_runtime);
    bridge::start_worker(&mut worker.js_runtime, &bridge, process.options.version);
    bun.connect(&bridge);
    if process.modules.is_for_bun() {
        deno_core::scope!(scope, &mut worker.js_runtime);
        bun.install(scope);
    }
    end_at_heap_limit(&mut worker);
    (worker, handle)
}

fn options(
    process: &Process,
    arguments: CreateWebWorkerArgs,
    create_params: v8::CreateParams,
) -> WebWorkerOptions {
    let mut bootstrap = bootstrap_options(process, WorkerExecutionMode::Worker);
    bootstrap.location = Some(arguments.main_module.clone());
    bootstrap.close_on_idle = arguments.close_on_idle;
    WebWorkerOptions {
        name: arguments.name,
        main_module: arguments.main_module,
        worker_id: arguments.worker_id,
        bootstrap,
        extensions: howth_snapshot::extensions((process.options.worker_ops)()),
        startup_snapshot: Some(howth_snapshot::SNAPSHOT),
        residual_lazy_js_sources: howth_snapshot::RESIDUAL_JS,
        residual_lazy_esm_sources: howth_snapshot::RESIDUAL_ESM,
        unsafely_ignore_certificate_errors: None,
        create_params: Some(create_params),
        seed: None,
        create_web_worker_cb: factory(process.clone()),
        format_js_error_fn: Some(Arc::new(printed)),
        worker_type: arguments.worker_type,
        cache_storage_dir: None,
        stdio: Default::default(),
        trace_ops: None,
        close_on_idle: arguments.close_on_idle,
        maybe_worker_metadata: arguments.maybe_worker_metadata,
        maybe_main_module_blob: arguments.maybe_main_module_blob,
        maybe_coverage_dir: None,
        maybe_cpu_prof_config: None,
        enable_raw_imports: true,
        enable_stack_trace_arg_in_ops: false,
        wait_for_debugger_on_start: arguments.wait_for_debugger_on_start,
        wait_for_page_wait_for_debugger: arguments.wait_for_page_wait_for_debugger,
    }
}

/// The process's bound of a worker's heap, and over it what the program sets (`resourceLimits`).
fn create_params(process: &Process, limits: Option<&ResourceLimits>) -> v8::CreateParams {
    let mut params = v8::CreateParams::default().heap_limits(0, process.options.worker_heap_bytes_max);
    let Some(limits) = limits else {
        return params;
    };
    let bytes = |mebibytes: Option<usize>| {
        mebibytes
            .filter(|set| *set > 0)
            .map(|set| set.saturating_mul(MEBIBYTE))
    };
    if let Some(bytes) = bytes(limits.max_old_generation_size_mb) {
        params = params.set_max_old_generation_size_in_bytes(bytes);
    }
    if let Some(bytes) = bytes(limits.max_young_generation_size_mb) {
        params = params.set_max_young_generation_size_in_bytes(bytes);
    }
    if let Some(bytes) = bytes(limits.code_range_size_mb) {
        params = params.set_code_range_size_in_bytes(bytes);
    }
    params
}

/// The limits in force, as `worker_threads.resourceLimits` shows them.
fn resolved(params: &v8::CreateParams, limits: &ResourceLimits) -> ResolvedResourceLimits {
    ResolvedResourceLimits {
        max_young_generation_size_mb: params.max_young_generation_size_in_bytes() / MEBIBYTE,
        max_old_generation_size_mb: params.max_old_generation_size_in_bytes() / MEBIBYTE,
        code_range_size_mb: params.code_range_size_in_bytes() / MEBIBYTE,
        stack_size_mb: limits.stack_size_mb.unwrap_or(DEFAULT_STACK_SIZE_MB),
    }
}

/// Makes a full heap end the worker, which then emits an error, and not the process.
fn end_at_heap_limit(worker: &mut WebWorker) {
    let reached = worker.oom_triggered.clone();
    super::heap::end_at_limit(
        &mut worker.js_runtime,
        Box::new(move || reached.store(true, Ordering::SeqCst)),
    );
}
