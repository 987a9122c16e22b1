//! howth's JavaScript: its files in the order of evaluation, and what it has in common with Rust.
//!
//! A folder for each subject: `web` is the platform's classes, `server` is `Howth.serve`, `shared` is what cores share, `node`
//! is Node's built-ins, `boot` is what runs first and last. Beside the files of a folder, its `bridge.rs` names the ops they
//! call and the numbers that cross: JavaScript imports them from `numbers.js` of the same folder, a module that
//! [`Folder::numbers`] writes. Never does: implement an op, evaluate anything. Called by: `howth-snapshot`, which evaluates
//! the files and makes functions of the ops' names; `howth-runtime`, which gives those their code.
#![forbid(unsafe_code)]

mod numbers;
mod ops;
#[cfg(test)]
mod tests;

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

mod node {
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
pub const FOLDERS: [Folder; 2] = [
    Folder {
        path: "server/numbers.js",
        tables: server::bridge::numbers::TABLES,
    },
    Folder {
        path: "shared/numbers.js",
        tables: shared::bridge::numbers::TABLES,
    },
];

/// The files below `js/`, in the order in which they are evaluated: each stands behind those it imports.
pub const FILES: [&str; 30] = [
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
    "node/streams.js",
    "node/process.js",
    "node/require.js",
    "shared/kv.js",
    "shared/topics.js",
    "server/head_text.js",
    "server/body.js",
    "server/inner_request.js",
    "server/send.js",
    "server/foreign.js",
    "server/whole.js",
    "server/error_page.js",
    "server/routes.js",
    "server/options.js",
    "server/facade.js",
    "server/batch.js",
    "server/server.js",
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
