//! Takes the place of Deno's key-value store: registers the extension with no ops, and a script whose exports throw.
//!
//! Never does: store anything; `Howth.kv` and `node:sqlite` do. Called by: `deno_runtime`, which passes settings that
//! nothing reads.

use deno_core::{ExtensionFileSource, ascii_str_include};

/// What opens a store: nothing does.
pub trait DynamicDbHandler {}

/// The bounds of a store.
#[derive(Clone, Copy, Debug)]
pub struct KvConfig;

impl KvConfig {
    /// Begins a configuration.
    pub fn builder() -> KvConfigBuilder {
        KvConfigBuilder
    }
}

/// A configuration that is begun.
#[derive(Debug)]
pub struct KvConfigBuilder;

impl KvConfigBuilder {
    /// Ends it.
    pub fn build(&self) -> KvConfig {
        KvConfig
    }
}

/// Stores told apart by their addresses.
pub mod dynamic {
    use std::path::PathBuf;

    use crate::DynamicDbHandler;
    use crate::remote::HttpOptions;

    /// Opens no store.
    #[derive(Debug)]
    pub struct MultiBackendDbHandler;

    impl MultiBackendDbHandler {
        /// Takes what a store would be opened with.
        pub fn remote_or_sqlite(_folder: Option<PathBuf>, _seed: Option<u64>, _options: HttpOptions) -> Self {
            Self
        }
    }

    impl DynamicDbHandler for MultiBackendDbHandler {}
}

/// Stores elsewhere.
pub mod remote {
    use std::sync::Arc;

    use deno_tls::{Proxy, RootCertStoreProvider, TlsKeys};

    /// How they would be asked.
    pub struct HttpOptions {
        /// `user-agent`.
        pub user_agent: String,
        /// Who is trusted.
        pub root_cert_store_provider: Option<Arc<dyn RootCertStoreProvider>>,
        /// By whom.
        pub proxy: Option<Proxy>,
        /// Where it does not matter.
        pub unsafely_ignore_certificate_errors: Option<Vec<String>>,
        /// Who asks.
        pub client_cert_chain_and_key: TlsKeys,
    }
}

/// Stores in files.
pub mod sqlite {
    use std::path::PathBuf;

    use crate::DynamicDbHandler;

    /// Opens no store.
    #[derive(Debug)]
    pub struct SqliteDbHandler;

    impl SqliteDbHandler {
        /// Takes what a store would be opened with.
        pub fn new(_folder: Option<PathBuf>, _seed: Option<u64>) -> Self {
            Self
        }
    }

    impl DynamicDbHandler for SqliteDbHandler {}
}

deno_core::extension!(
    deno_kv,
    deps = [deno_web],
    options = { handler: Box<dyn DynamicDbHandler>, config: KvConfig },
    state = |_state, options| drop((options.handler, options.config)),
    customizer = |extension: &mut deno_core::Extension| {
        extension.lazy_loaded_js_files.to_mut().push(
            ExtensionFileSource::loaded_from_memory_during_snapshot(
                "ext:deno_kv/01_db.ts",
                ascii_str_include!("01_db.js"),
            ),
        );
    },
);
