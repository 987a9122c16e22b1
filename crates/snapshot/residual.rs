//! Writes down the sources that did not go into the snapshot, and their code, for `build.rs`.
//!
//! Owns the form in which they are stored: as deno_core hands them to V8, without a copy, where programs commonly need them
//! when they start ([`NEEDED_AT_STARTS`]); compressed where they do not. A module is never compressed, its code is: deno_core wants
//! the text at once. Never does: change a text. Called by: `build.rs`.

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::code_cache::{self, Kind};
use crate::making::Lazy;
use crate::texts::Texts;

/// What programs commonly load when they start; the names are sorted.
const NEEDED_AT_STARTS: &str = include_str!("needed_at_starts.txt");

/// The best that there is: it is made once, and taken apart as fast as at any other.
const COMPRESSION: i32 = 22;

/// V8 takes code without a copy where it stands at a multiple of that.
const ALIGNMENT: usize = 8;

/// One source, its code is in the file of the same name.
struct Source<'a> {
    lazy: &'a Lazy,
    name: String,
    text: String,
    is_needed: bool,
}

impl Source<'_> {
    fn is_packed(&self) -> bool {
        self.lazy.kind == Kind::Script && !self.is_needed
    }
}

/// Writes tables of the sources that isolates load only when a program asks for them, and of the code that V8 made of them:
/// `residual.rs`, and `packed.rs` of what is compressed. `residual`: what did not go into the snapshot.
///
/// # Errors
/// A file cannot be written, or a source that is said to be needed is not among them.
pub fn write(out_dir: &Path, residual: &[&Lazy], texts: &Texts) -> Result<(), Box<dyn Error>> {
    let needed: Vec<&str> = NEEDED_AT_STARTS.lines().collect();
    let is_residual = |name: &&&str| residual.iter().any(|lazy| lazy.specifier == **name);
    if let Some(unknown) = needed.iter().find(|name| !is_residual(name)) {
        return Err(
            format!("needed_at_starts.txt: {unknown} is not outside the snapshot; take it out").into(),
        );
    }
    let mut sources = Vec::new();
    for (index, lazy) in residual.iter().copied().enumerate() {
        let text = texts.finished(lazy.specifier).ok_or("a source without a text")?;
        let name = format!("residual_{index}");
        let text = as_loaded(text, lazy.kind);
        fs::write(out_dir.join(&name).with_extension("js"), &text)?;
        let is_needed = needed.binary_search(&lazy.specifier).is_ok();
        sources.push(Source {
            lazy,
            name,
            text,
            is_needed,
        });
    }
    let named = sources
        .iter()
        .map(|source| (source.lazy.kind, source.name.clone()));
    code_cache::make(out_dir, &named.collect::<Vec<_>>())?;
    let plain = [sources_table(out_dir, &sources)?, code_table(out_dir, &sources)?];
    fs::write(out_dir.join("residual.rs"), plain.concat())?;
    Ok(fs::write(
        out_dir.join("packed.rs"),
        packed_tables(out_dir, &sources)?,
    )?)
}

/// The text as the loader hands it to V8: a script with what the loader would put around it.
fn as_loaded(text: String, kind: Kind) -> String {
    match kind {
        Kind::Script => deno_core::wrap_lazy_ext_script(&text),
        Kind::Module => text,
    }
}

fn sources_table(out_dir: &Path, sources: &[Source<'_>]) -> Result<String, Box<dyn Error>> {
    let (mut scripts, mut modules) = (String::new(), String::new());
    for source in sources {
        let Source { lazy, name, .. } = source;
        let table = match lazy.kind {
            Kind::Script => &mut scripts,
            Kind::Module => &mut modules,
        };
        match source.is_packed() {
            // Has the script that was packed compiled, and calls it as it was called itself.
            true => {
                let stub = format!(
                    "__bootstrap.internals.howthUnpacked({:?})(__bootstrap)",
                    lazy.specifier
                );
                let stub = deno_core::wrap_lazy_ext_script(&stub);
                writeln!(table, "    ({:?}, {stub:?}),", lazy.specifier)?;
            }
            false => {
                let stored = out_dir.join(name).with_extension("js");
                writeln!(table, "    ({:?}, include_str!({stored:?})),", lazy.specifier)?;
            }
        }
    }
    Ok(format!(
        "/// Scripts outside the snapshot: specifier and JavaScript.\n\
         pub static RESIDUAL_JS: &[(&str, &str)] = &[\n{scripts}];\n\
         /// Modules outside the snapshot: specifier and JavaScript.\n\
         pub static RESIDUAL_ESM: &[(&str, &str)] = &[\n{modules}];\n"
    ))
}

/// Puts the code of what is needed at starts into one file.
fn code_table(out_dir: &Path, sources: &[Source<'_>]) -> Result<String, Box<dyn Error>> {
    let (mut all, mut table) = (Vec::new(), String::new());
    for source in sources.iter().filter(|source| source.is_needed) {
        let Some(code) = code(out_dir, source) else {
            continue;
        };
        all.resize(all.len().next_multiple_of(ALIGNMENT), 0);
        let specifier = source.lazy.specifier;
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

/// Puts the texts of what is packed and the code of what is not needed at starts into one file, each compressed by itself.
fn packed_tables(out_dir: &Path, sources: &[Source<'_>]) -> Result<String, Box<dyn Error>> {
    let (mut all, mut texts, mut codes) = (Vec::new(), String::new(), String::new());
    let mut piece = |bytes: &[u8]| -> Result<String, Box<dyn Error>> {
        let from = all.len();
        all.extend(zstd::bulk::compress(bytes, COMPRESSION)?);
        let (to, length) = (all.len(), bytes.len());
        Ok(format!("Piece {{ place: {from}..{to}, length: {length} }}"))
    };
    for source in sources.iter().filter(|source| !source.is_needed) {
        let specifier = source.lazy.specifier;
        if source.is_packed() {
            let text = piece(source.text.as_bytes())?;
            writeln!(texts, "    Text::new({specifier:?}, {text}),")?;
        }
        if let Some(code) = code(out_dir, source) {
            writeln!(codes, "    ({specifier:?}, {}),", piece(&code)?)?;
        }
    }
    let file = out_dir.join("residual.packed");
    fs::write(&file, &all)?;
    Ok(format!(
        "static BYTES: &[u8] = include_bytes!({file:?});\n\
         static TEXTS: [Text; {}] = [\n{texts}];\n\
         static CODES: &[(&str, Piece)] = &[\n{codes}];\n",
        texts.lines().count()
    ))
}

/// `None`: V8 does not compile it.
fn code(out_dir: &Path, source: &Source<'_>) -> Option<Vec<u8>> {
    fs::read(out_dir.join(&source.name).with_extension("code")).ok()
}
