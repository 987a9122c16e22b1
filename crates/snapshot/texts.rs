//! The texts of built-in scripts and modules as howth has them, for `build.rs`.
//!
//! Owns what becomes of each text on its way into the binary: TypeScript is made JavaScript, what howth adds to a module of Node's
//! or replaces in it is in its place, nobody's comments are left, and it is ASCII, as deno_core takes it to be. Never does:
//! decide where a text goes. Called by: `build.rs`, which has V8 evaluate some and writes down the others.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::error::Error;

use crate::shortened;

/// Modules of Node's that howth adds something to, and what: calls of `js/node/require.js`, `js/node_http/server.js` and their like,
/// with what only the module itself can name, and what of Node's Deno does another way.
const EXTENDED: [(&str, &str); 18] = [
    ("ext:deno_node/_tls_wrap.js", include_str!("extended/tls_wrap.js")),
    ("ext:deno_node/https.ts", include_str!("extended/https.js")),
    (
        "ext:deno_node/internal/crypto/hash.ts",
        include_str!("extended/hash.js"),
    ),
    ("ext:deno_node/dgram.ts", include_str!("extended/dgram.js")),
    ("ext:deno_node/http2.ts", include_str!("extended/http2.js")),
    (
        "ext:deno_node/internal/child_process.ts",
        include_str!("extended/child_process.js"),
    ),
    (
        "ext:deno_node/internal/cluster/primary.ts",
        include_str!("extended/cluster_primary.js"),
    ),
    ("ext:deno_node/http.ts", include_str!("extended/http.js")),
    (
        "ext:deno_node/internal_binding/http_parser.ts",
        include_str!("extended/http_parser.js"),
    ),
    ("ext:deno_node/net.ts", include_str!("extended/net.js")),
    ("ext:deno_node/testing.ts", include_str!("extended/testing.js")),
    (
        "ext:deno_node/worker_threads.ts",
        include_str!("extended/worker_threads.js"),
    ),
    ("ext:deno_node/zlib.js", include_str!("extended/zlib.js")),
    ("node:process", include_str!("extended/process.js")),
    ("node:module", include_str!("extended/module.js")),
    ("node:_http_incoming", include_str!("extended/http_incoming.js")),
    ("node:_http_server", include_str!("extended/http_server.js")),
    (
        "ext:deno_node/_tls_wrap.js",
        include_str!("extended/tls_callbacks.js"),
    ),
];

/// Code of these modules that stands within functions, what is put in its place, and how often it stands there: what they are
/// extended by decides there.
const REPLACED: [(&str, &str, &str, usize); 8] = [
    (
        "ext:deno_node/internal/child_process.ts",
        "isInterruptedError(err) || isChannelClosedError(err)",
        "howthChannelEnded(target, err)",
        1,
    ),
    (
        "ext:deno_node/internal/child_process.ts",
        "child.emit(\"close\", ",
        "howthEmit(child, \"close\", ",
        1,
    ),
    (
        "ext:deno_node/internal/child_process.ts",
        "this.emit(\"spawn\")",
        "howthEmit(this, \"spawn\")",
        1,
    ),
    (
        "ext:deno_node/internal/child_process.ts",
        "this.emit(\"exit\", this.exitCode",
        "howthEmit(this, \"exit\", this.exitCode",
        1,
    ),
    (
        "ext:deno_node/worker_threads.ts",
        "this.emit(",
        "howthEmit(this, ",
        8,
    ),
    // What a listener of `session` throws.
    (
        "ext:deno_node/http2.ts",
        "console.error(e);",
        "globalThis.reportError(e);",
        1,
    ),
    (
        "node:process",
        "lazyStreamsMod().createWritableStdioStream(ioStream, name)",
        "howthOutput(lazyStreamsMod().createWritableStdioStream(ioStream, name), name)",
        1,
    ),
    // As in Node, a warning is no write to `process.stderr`, which would tell of an error where nobody reads it.
    (
        "ext:deno_node/internal/process/warning.ts",
        "process.stderr.write(msg + \"\\n\");",
        "core.print(msg + \"\\n\", true);",
        1,
    ),
];

/// All texts that went through.
pub struct Texts {
    /// Which are bodies of functions; others are modules.
    scripts: HashSet<&'static str>,
    finished: RefCell<HashMap<String, String>>,
    changes: Cell<usize>,
}

impl Texts {
    pub fn new(scripts: HashSet<&'static str>) -> Texts {
        Texts {
            scripts,
            finished: RefCell::default(),
            changes: Cell::default(),
        }
    }

    /// What becomes of a source, which is JavaScript or TypeScript.
    ///
    /// # Errors
    /// It is neither, or does not have what is to be replaced in it, or does not end as what howth adds supposes.
    pub fn finish(&self, specifier: &str, source: String) -> Result<String, Box<dyn Error>> {
        let (javascript, _source_map) =
            deno_runtime::transpile::maybe_transpile_source(specifier.to_owned().into(), source.into())?;
        let changed = self.changed(specifier, javascript.as_str().to_owned())?;
        let finished = ascii(&shortened::shortened(&changed)?);
        let mut all = self.finished.borrow_mut();
        all.insert(specifier.to_owned(), finished.clone());
        Ok(finished)
    }

    fn changed(&self, specifier: &str, mut text: String) -> Result<String, Box<dyn Error>> {
        for (_, from, to, times) in REPLACED.iter().filter(|(of, ..)| *of == specifier) {
            let found = text.matches(from).count();
            if found != *times {
                return Err(
                    format!("{specifier} has {found} times what is replaced {times} times: {from}").into(),
                );
            }
            text = text.replace(from, to);
            self.changes.set(self.changes.get() + 1);
        }
        for (_, addition) in EXTENDED.iter().filter(|(of, _)| *of == specifier) {
            // A script ends with what it returns, a module with its last statement.
            let at = match self.scripts.contains(specifier) {
                true => last_return(&text).ok_or("a script returns nothing")?,
                false => text.len(),
            };
            text.insert_str(at, &format!("\n{addition}"));
            self.changes.set(self.changes.get() + 1);
        }
        Ok(text)
    }

    /// What became of a source.
    pub fn finished(&self, specifier: &str) -> Option<String> {
        self.finished.borrow().get(specifier).cloned()
    }

    /// # Errors
    /// A module that howth changes was not among the sources.
    pub fn check(&self) -> Result<(), Box<dyn Error>> {
        match self.changes.get() == EXTENDED.len() + REPLACED.len() {
            true => Ok(()),
            false => Err("a module that howth changes is not among the sources".into()),
        }
    }
}

/// Where the last statement of a script's function begins, which is `return`: it stands as far to the right as its last line.
fn last_return(text: &str) -> Option<usize> {
    let body = text.trim_end().strip_suffix("})();")?.trim_end();
    let last = body.rsplit('\n').next()?;
    let indentation = &last[..last.len() - last.trim_start().len()];
    body.rfind(&format!("\n{indentation}return "))
}

/// The same to V8: in strings, templates and names.
fn ascii(text: &str) -> String {
    let mut ascii = String::with_capacity(text.len());
    for character in text.chars() {
        match character.is_ascii() {
            true => ascii.push(character),
            false => character
                .encode_utf16(&mut [0; 2])
                .iter()
                .for_each(|unit| ascii.push_str(&format!("\\u{unit:04x}"))),
        }
    }
    ascii
}
