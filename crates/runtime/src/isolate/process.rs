//! What the isolates of a process share.

use std::rc::Rc;
use std::sync::Arc;

use deno_core::{CompiledWasmModuleStore, Extension, OpState, SharedArrayBufferStore};
use deno_runtime::FeatureChecker;
use deno_runtime::deno_inspector_server::MainInspectorSessionChannel;
use deno_runtime::deno_permissions::{PermissionsContainer, RuntimePermissionDescriptorParser};
use deno_runtime::deno_web::{BlobStore, BlobStoreTrait};
use howth_kv::Store;
use sys_traits::impls::RealSys;

use super::parent_channel::ParentChannel;
use crate::modules::Modules;
use crate::rate_limits::RateLimits;
use crate::response_cache::SharedResponses;
use crate::topics::{Channels, Mail, Registry};

/// APIs that end the process when they are named without having been asked for on Deno's command line. howth
/// has no such flags, and a server does not end because of a name.
const FEATURES: [&str; 4] = ["cron", "kv", "net", "vsock"];

/// What a process says about itself to the programs in it.
#[derive(Clone, Debug)]
pub struct ProcessOptions {
    /// howth's version, as in `navigator.userAgent`.
    pub version: &'static str,
    /// `process.argv.slice(2)` and `Deno.args`.
    pub arguments: Vec<String>,
    /// Heap limit of `Worker`s in bytes, for those that set none.
    pub worker_heap_bytes_max: usize,
    /// Bound of what `Howth.kv` holds, in bytes.
    pub kv_bytes_max: usize,
    /// Bound of what `Howth.cache` keeps, in bytes.
    pub cache_bytes_max: usize,
    /// Makes the extension with the code of howth's ops for a `Worker`.
    pub worker_ops: fn() -> Extension,
    /// Whether a debugger may attach.
    pub inspect: bool,
    /// What js/node/process.js is told, if anything.
    pub description: Option<String>,
    /// What the command line says about TLS, as a worker of `node:cluster` is told it.
    pub tls_arguments: Vec<String>,
}

/// What the isolates of a process share: modules, blobs, channels, memory, `Howth.kv`, counts of clients, responses, topics. A clone is
/// cheap.
#[derive(Clone)]
pub struct Process {
    pub(super) options: Arc<ProcessOptions>,
    pub(super) modules: Modules,
    pub(super) permissions: PermissionsContainer,
    pub(super) features: Arc<FeatureChecker>,
    pub(super) blobs: Arc<dyn BlobStoreTrait>,
    kv: Arc<Store>,
    rate_limits: Arc<RateLimits>,
    responses: SharedResponses,
    topics: Arc<Registry>,
    broadcast_channels: Arc<Registry>,
    pub(super) shared_array_buffers: SharedArrayBufferStore,
    pub(super) compiled_wasm_modules: CompiledWasmModuleStore,
    pub(super) inspector_sessions: MainInspectorSessionChannel,
    pub(super) parent_channel: ParentChannel,
}

impl Process {
    /// Gathers the services. The way to a parent process is there if [`super::initialize`] found one.
    pub fn new(modules: Modules, options: ProcessOptions) -> Self {
        let mut features = FeatureChecker::default();
        for feature in FEATURES {
            features.enable_feature(feature);
        }
        Self {
            kv: Arc::new(Store::new(options.kv_bytes_max)),
            rate_limits: Arc::default(),
            responses: SharedResponses::new(options.cache_bytes_max),
            topics: Arc::default(),
            broadcast_channels: Arc::default(),
            options: Arc::new(options),
            modules,
            // There is no sandbox: a program may do what the process may.
            permissions: PermissionsContainer::allow_all(Arc::new(RuntimePermissionDescriptorParser::new(
                RealSys,
            ))),
            features: Arc::new(features),
            blobs: Arc::new(BlobStore::default()),
            shared_array_buffers: SharedArrayBufferStore::default(),
            compiled_wasm_modules: CompiledWasmModuleStore::default(),
            inspector_sessions: MainInspectorSessionChannel::new(),
            parent_channel: ParentChannel::of_this_process(),
        }
    }

    /// Gives an isolate what its ops share with those of other isolates; one that is a core's, with its mail.
    pub(super) fn share(&self, state: &mut OpState, mail: Option<Rc<Mail>>) {
        state.put(self.options.clone());
        state.put(self.kv.clone());
        state.put(self.rate_limits.clone());
        state.put(self.responses.cache());
        state.put(self.modules.clone());
        state.put(Rc::new(self.topics.post(mail.clone())));
        state.put(Channels {
            registry: self.broadcast_channels.clone(),
            mail,
        });
    }

    /// The same with other code: what programs share stays, so that old code and new see the same while both serve.
    pub(crate) fn renewed(&self, modules: Modules, options: ProcessOptions) -> Self {
        Process {
            kv: self.kv.clone(),
            rate_limits: self.rate_limits.clone(),
            responses: self.responses.renewed(),
            topics: self.topics.clone(),
            broadcast_channels: self.broadcast_channels.clone(),
            parent_channel: self.parent_channel.clone(),
            ..Process::new(modules, options)
        }
    }

    /// Who has asked how often.
    pub(crate) fn rate_limits(&self) -> &Arc<RateLimits> {
        &self.rate_limits
    }

    /// What the cores of a program share of responses that are kept.
    pub(crate) fn responses(&self) -> &SharedResponses {
        &self.responses
    }

    /// The module system the process was made with.
    pub fn modules(&self) -> &Modules {
        &self.modules
    }
}
