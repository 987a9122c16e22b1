//! Makes the V8 startup snapshot and writes down the sources that did not go into it, with their code.

mod code_cache;
mod shortened;

use std::collections::HashSet;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::hash::{DefaultHasher, Hasher};
use std::path::{Path, PathBuf};

use deno_core::{Extension, ExtensionFileSource};
use deno_runtime::ops::bootstrap::SnapshotOptions;
use deno_runtime::snapshot::{LazyExtensionFile, LazyExtensionFileKind, create_runtime_snapshot};

use howth_javascript::{ENTRY, FILES, FOLDERS};

use code_cache::Kind;

include!("src/extension.rs");
include!("src/flags.rs");

/// What `Deno.version.typescript` reports: the version Deno 2.9 names.
const TYPESCRIPT_VERSION: &str = "6.0.3";

/// Modules of Node's that howth adds something to, and what: calls of `js/node/require.js`, `js/node_http/server.js` and their like,
/// with what only the module itself can name, and what of Node's Deno does another way.
const EXTENDED: [(&str, &str); 17] = [
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

/// Code of these modules that stands within functions, and what is put in its place: what they are extended by decides there.
const REPLACED: [(&str, &str, &str); 3] = [
    (
        "ext:deno_node/internal/child_process.ts",
        "isInterruptedError(err) || isChannelClosedError(err)",
        "howthChannelEnded(target, err)",
    ),
    // What a listener of `session` throws.
    (
        "ext:deno_node/http2.ts",
        "console.error(e);",
        "globalThis.reportError(e);",
    ),
    // As in Node, a warning is no write to `process.stderr`, which would tell of an error where nobody reads it.
    (
        "ext:deno_node/internal/process/warning.ts",
        "process.stderr.write(msg + \"\\n\");",
        "core.print(msg + \"\\n\", true);",
    ),
];

fn main() -> Result<(), Box<dyn Error>> {
    if code_cache::is_second_run(|| {
        vec![
            Extension {
                name: "howth",
                ..Extension::default()
            },
            howth_ops::init(),
        ]
    })? {
        return Ok(());
    }
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=code_cache.rs");
    println!("cargo:rerun-if-changed=shortened.rs");
    println!("cargo:rerun-if-changed=extended");
    println!("cargo:rerun-if-changed=src/extension.rs");
    println!("cargo:rerun-if-changed=src/flags.rs");
    // Relative, beside the absolute paths that are named below: a target folder may serve several checkouts.
    println!("cargo:rerun-if-changed=../../js");

    let out_dir = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?);
    let options = SnapshotOptions {
        ts_version: TYPESCRIPT_VERSION.to_owned(),
        v8_version: deno_core::v8::VERSION_STRING,
        target: std::env::var("TARGET")?,
    };
    // Names every JavaScript file it reads to Cargo, as a reason to run again.
    let extensions = vec![howth()?, howth_ops::init()];
    let snapshot = create_runtime_snapshot(out_dir.join("snapshot.bin"), options, extensions);
    let is_written_here = |file: &&PathBuf| file.starts_with(&out_dir);
    if let Some(file) = snapshot.files_loaded_during_snapshot.iter().find(is_written_here) {
        return Err(format!(
            "{} is read and written: every build would make the snapshot anew",
            file.display()
        )
        .into());
    }

    let consumed: HashSet<&str> = snapshot
        .consumed_lazy_specifiers
        .iter()
        .map(String::as_str)
        .collect();
    let residual = snapshot
        .lazy_extension_files
        .iter()
        .filter(|file| !consumed.contains(file.specifier.as_str()));
    write_residual(&out_dir, residual)
}

/// The extension with howth's JavaScript: the files of the checkout that is built, and the modules that are made from Rust,
/// which are in no file: Cargo would take one that this writes for a reason to run this again. V8 evaluates the extension by
/// its entry, which imports all in their order.
fn howth() -> Result<Extension, Box<dyn Error>> {
    let here = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").ok_or("CARGO_MANIFEST_DIR is not set")?);
    let folder = here.join("../../js");
    let specifier = |file: &str| -> &'static str { format!("ext:howth/{file}").leak() };
    let mut files = Vec::new();
    for file in FILES {
        let path = folder.join(file).into_os_string().into_string();
        let path = path.map_err(|_| "the path of the checkout is not UTF-8")?;
        files.push(ExtensionFileSource::loaded_during_snapshot(
            specifier(file),
            path.leak(),
        ));
    }
    let numbers = FOLDERS.iter().map(|folder| (folder.path, folder.numbers()));
    for (file, text) in numbers.chain([(ENTRY, howth_javascript::entry())]) {
        files.push(ExtensionFileSource::new_computed(specifier(file), text.into()));
    }
    Ok(Extension {
        name: "howth",
        esm_files: files.into(),
        esm_entry_point: Some(specifier(ENTRY)),
        ..Extension::default()
    })
}

/// Writes `residual.rs`: tables of the sources that isolates load only when a program asks for them, and of the code that V8
/// made of them.
///
/// They are stored as JavaScript. Deno's own build stores them as they are, TypeScript included, and
/// transpiles at run time, which an embedder without the transpiler's extension hook cannot do.
fn write_residual<'a>(
    out_dir: &Path,
    files: impl Iterator<Item = &'a LazyExtensionFile>,
) -> Result<(), Box<dyn Error>> {
    let (mut scripts, mut modules, mut named) = (String::new(), String::new(), Vec::new());
    let mut extended = 0;
    for (index, file) in files.enumerate() {
        let name = format!("residual_{index}");
        let stored = out_dir.join(&name).with_extension("js");
        let mut code = javascript(file)?;
        for (_, from, to) in REPLACED.iter().filter(|(of, ..)| *of == file.specifier) {
            if code.matches(from).count() != 1 {
                return Err(format!("{} does not have once what is replaced: {from}", file.specifier).into());
            }
            code = code.replace(from, to);
            extended += 1;
        }
        for (_, addition) in EXTENDED
            .iter()
            .filter(|(specifier, _)| *specifier == file.specifier)
        {
            // A script ends with what it returns, a module with its last statement.
            let at = match file.kind {
                LazyExtensionFileKind::Js => code.rfind("return {").ok_or("a script returns nothing")?,
                LazyExtensionFileKind::Esm => code.len(),
            };
            code.insert_str(at, &format!("\n{addition}"));
            extended += 1;
        }
        let (kind, table) = match file.kind {
            LazyExtensionFileKind::Js => (Kind::Script, &mut scripts),
            LazyExtensionFileKind::Esm => (Kind::Module, &mut modules),
        };
        fs::write(&stored, as_loaded(&shortened::shortened(&code)?, kind))?;
        writeln!(table, "    ({:?}, include_str!({:?})),", file.specifier, stored)?;
        named.push((kind, name, file.specifier.as_str()));
    }
    if extended != EXTENDED.len() + REPLACED.len() {
        return Err("a module that howth adds something to is not among the sources".into());
    }
    let sources: Vec<_> = named
        .iter()
        .map(|(kind, name, _)| (*kind, name.clone()))
        .collect();
    code_cache::make(out_dir, &sources)?;
    let code = write_code(out_dir, &named)?;
    let checksum = checksum(&fs::read(out_dir.join("snapshot.bin"))?);
    let tables = format!(
        "/// By which this snapshot is told from those of other builds.\n\
         pub const SNAPSHOT_CHECKSUM: u64 = {checksum:#x};\n\
         /// Scripts outside the snapshot: specifier and JavaScript.\n\
         pub static RESIDUAL_JS: &[(&str, &str)] = &[\n{scripts}];\n\
         /// Modules outside the snapshot: specifier and JavaScript.\n\
         pub static RESIDUAL_ESM: &[(&str, &str)] = &[\n{modules}];\n\
         {code}"
    );
    Ok(fs::write(out_dir.join("residual.rs"), tables)?)
}

/// Another release of Rust may make another one: then it is another build.
fn checksum(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish()
}

/// The text as the loader hands it to V8 without a copy: ASCII, and a script with what the loader would put around it.
fn as_loaded(source: &str, kind: Kind) -> String {
    let source = match kind {
        Kind::Script => deno_core::wrap_lazy_ext_script(source),
        Kind::Module => source.to_owned(),
    };
    let mut ascii = String::with_capacity(source.len());
    for character in source.chars() {
        match character.is_ascii() {
            true => ascii.push(character),
            // In strings, templates, names and comments this is the same.
            false => character
                .encode_utf16(&mut [0; 2])
                .iter()
                .for_each(|unit| ascii.push_str(&format!("\\u{unit:04x}"))),
        }
    }
    ascii
}

/// Puts all code into one file, each at a multiple of eight, as V8 wants it; the tables' text.
fn write_code(out_dir: &Path, named: &[(Kind, String, &str)]) -> Result<String, Box<dyn Error>> {
    const ALIGNMENT: usize = 8;
    let (mut all, mut table) = (Vec::new(), String::new());
    for (_, name, specifier) in named {
        // One that V8 does not compile.
        let Ok(code) = fs::read(out_dir.join(name).with_extension("code")) else {
            continue;
        };
        all.resize(all.len().next_multiple_of(ALIGNMENT), 0);
        writeln!(
            table,
            "    ({specifier:?}, {}..{}),",
            all.len(),
            all.len() + code.len()
        )?;
        all.extend(code);
    }
    let file = out_dir.join("residual.code");
    fs::write(&file, &all)?;
    Ok(format!(
        "static CODE: Aligned<[u8; {}]> = Aligned(*include_bytes!({file:?}));\n\
         static CODE_PLACES: &[(&str, std::ops::Range<usize>)] = &[\n{table}];\n",
        all.len()
    ))
}

/// The file's text as JavaScript. The specifier does not always carry the file's extension, by which the
/// transpiler tells TypeScript.
fn javascript(file: &LazyExtensionFile) -> Result<String, Box<dyn Error>> {
    let is_typescript = file.path.extension().is_some_and(|extension| extension == "ts");
    let name = match is_typescript && !file.specifier.ends_with(".ts") {
        true => format!("{}.ts", file.specifier),
        false => file.specifier.clone(),
    };
    let source = fs::read_to_string(&file.path)?;
    let (code, _source_map) = deno_runtime::transpile::maybe_transpile_source(name.into(), source.into())?;
    Ok(code.as_str().to_owned())
}
