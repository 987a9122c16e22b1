//! howth's JavaScript: its files in the order of evaluation, and what it has in common with Rust.
//!
//! A folder for each subject: `web` is the platform's classes, `server` is `Howth.serve`, `shared` is what cores share, `node`
//! is Node's built-ins, `node_http` serves what listens by `node:http`, `deno` what listens by `Deno.serve`, `sockets` is
//! WebSockets, `node_test` is `node:test`, `bun` is the global of that
//! name, `http` is what `howth:http` exports, `boot` is what runs first and last. Beside the files of a folder, its `bridge.rs` names the ops they call and the
//! numbers that cross: JavaScript imports them from `numbers.js` of the same folder, a module that [`Folder::numbers`] writes. Never does: implement an op, evaluate anything. Called by: `howth-snapshot`, which evaluates
//! the files and makes functions of the ops' names; `howth-runtime`, which gives those their code.
#![forbid(unsafe_code)]

#[path = "http/members.rs"]
mod http_members;
#[path = "boot/left_out.rs"]
mod left_out;
mod listed;
#[path = "bun/members.rs"]
mod members;
#[path = "bun/missing.rs"]
mod missing;
mod numbers;
mod ops;
#[cfg(test)]
mod tests;

pub use http_members::http_members;
pub use left_out::left_out;
pub use members::BUN_MEMBERS;
pub use missing::bun_lacks;
pub use node::node_exports;
pub use numbers::Table;

/// What `server/numbers.js` exports.
pub mod server {
    pub(crate) mod bridge;

    pub use bridge::numbers::*;
}

/// What `shared/numbers.js` exports.
pub mod shared {
    pub(crate) mod bridge;

    pub use bridge::numbers::*;
}

/// What `node_http/numbers.js` exports.
pub mod node_http {
    pub(crate) mod bridge;

    pub use bridge::numbers::*;
}

/// What `sockets/numbers.js` exports.
pub mod sockets {
    pub(crate) mod bridge;

    pub use bridge::numbers::*;
}

/// What `http/numbers.js` exports.
pub mod http {
    pub(crate) mod bridge;

    pub use bridge::numbers::*;
}

mod node {
    mod bridge;
    mod exports;

    pub use exports::node_exports;
}

mod deno {
    mod bridge;
}

mod bun {
    mod bridge;
}

/// A folder whose JavaScript has numbers in common with Rust.
#[derive(Clone, Copy, Debug)]
pub struct Folder {
    /// Where its numbers stand, below `js/`.
    pub path: &'static str,
    tables: &'static [Table],
}

impl Folder {
    /// The JavaScript of its numbers: an object for each table.
    pub fn numbers(&self) -> String {
        self.tables.iter().map(Table::javascript).collect()
    }
}

/// The modules that are written from Rust. They import nothing, and are evaluated before all others.
pub const FOLDERS: [Folder; 5] = [
    Folder {
        path: "server/numbers.js",
        tables: server::bridge::numbers::TABLES,
    },
    Folder {
        path: "shared/numbers.js",
        tables: shared::bridge::numbers::TABLES,
    },
    Folder {
        path: "node_http/numbers.js",
        tables: node_http::bridge::numbers::TABLES,
    },
    Folder {
        path: "sockets/numbers.js",
        tables: sockets::bridge::numbers::TABLES,
    },
    Folder {
        path: "http/numbers.js",
        tables: http::bridge::numbers::TABLES,
    },
];

/// The files below `js/`, in the order in which they are evaluated: each stands behind those it imports.
pub const FILES: [&str; 114] = [
    "web/printed.js",
    "web/interface.js",
    "web/fields.js",
    "web/headers.js",
    "web/chunk.js",
    "web/message.js",
    "web/url.js",
    "web/form_data.js",
    "web/response.js",
    "web/request.js",
    "node/built_ins.js",
    "node/async_resource.js",
    "node/compiled.js",
    "node/encoding.js",
    "node/hash.js",
    "node/streams.js",
    "node/options.js",
    "node/output.js",
    "node/process.js",
    "node/require.js",
    "shared/kv.js",
    "shared/topics.js",
    "sockets/options.js",
    "sockets/link.js",
    "sockets/topics.js",
    "sockets/server_socket.js",
    "sockets/web_socket.js",
    "sockets/upgrade.js",
    "server/head_text.js",
    "server/body.js",
    "server/exchanges.js",
    "server/inner_request.js",
    "server/trailers.js",
    "server/send.js",
    "server/foreign.js",
    "server/whole.js",
    "server/excerpt.js",
    "server/error_page.js",
    "server/arguments.js",
    "server/cache.js",
    "server/error_answer.js",
    "server/folder.js",
    "server/layers.js",
    "server/redirect.js",
    "server/routes.js",
    "server/options.js",
    "server/query.js",
    "server/hints.js",
    "server/facade.js",
    "server/tls.js",
    "server/secured.js",
    "server/batch.js",
    "server/context.js",
    "server/server.js",
    "server/serve.js",
    "server/exported.js",
    "node_http/parts.js",
    "node_http/answer.js",
    "node_http/socket_handle.js",
    "node_http/secure_socket.js",
    "node_http/connection.js",
    "node_http/exchange.js",
    "node_http/fields.js",
    "node_http/incoming.js",
    "node_http/outgoing_state.js",
    "node_http/outgoing.js",
    "node_http/refusals.js",
    "node_http/server.js",
    "node_http/worker.js",
    "node_http/secure_server.js",
    "node_http/wanted.js",
    "node_http/listen.js",
    "deno/request.js",
    "deno/web_socket.js",
    "deno/server.js",
    "deno/serve.js",
    "node_test/settings.js",
    "node_test/report.js",
    "node_test/mocks.js",
    "node_test/context.js",
    "node_test/arguments.js",
    "node_test/order.js",
    "node_test/selection.js",
    "node_test/test.js",
    "node_test/run.js",
    "node_test/module.js",
    "bun/parts.js",
    "bun/types.js",
    "bun/streams.js",
    "bun/sink.js",
    "bun/range.js",
    "bun/file.js",
    "bun/missing.js",
    "bun/compression.js",
    "bun/crypto.js",
    "bun/hash.js",
    "bun/password.js",
    "bun/spawn.js",
    "bun/serve.js",
    "bun/text.js",
    "bun/equality.js",
    "bun/semver.js",
    "bun/namespace.js",
    "http/event_text.js",
    "http/sender.js",
    "http/readers.js",
    "http/event_response.js",
    "http/event_stream.js",
    "http/history.js",
    "http/event_channel.js",
    "http/members.js",
    "boot/left_out.js",
    "boot/warm_up.js",
    "boot/main.js",
];

/// The module that imports all others in their order: the entry.
pub const ENTRY: &str = "boot/order.js";

/// The JavaScript of the [`ENTRY`].
pub fn entry() -> String {
    let generated = FOLDERS.iter().map(|folder| folder.path);
    let files = generated.chain(FILES);
    files
        .map(|file| format!("import \"ext:howth/{file}\";\n"))
        .collect()
}
