//! Makes the V8 startup snapshot, writes down the sources that did not go into it, with their code, and what is left of ICU's
//! data.

mod code_cache;
mod icu_data;
mod making;
mod residual;
mod shortened;
mod texts;

use std::collections::HashSet;
use std::error::Error;
use std::fs;
use std::hash::{DefaultHasher, Hasher};
use std::path::PathBuf;
use std::rc::Rc;

use deno_core::{Extension, ExtensionFileSource};
use deno_runtime::ops::bootstrap::SnapshotOptions;
use howth_javascript::{ENTRY, FILES, FOLDERS};

use code_cache::Kind;
use texts::Texts;

include!("src/extension.rs");
include!("src/flags.rs");

/// What `Deno.version.typescript` reports: the version Deno 2.9 names.
const TYPESCRIPT_VERSION: &str = "6.0.3";

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
    for own in [
        "code_cache.rs",
        "extended",
        "icu_data.rs",
        "making.rs",
        "needed_at_starts.txt",
        "residual.rs",
        "shortened.rs",
        "src/extension.rs",
        "src/flags.rs",
        "texts.rs",
    ] {
        println!("cargo:rerun-if-changed={own}");
    }
    // Relative, beside the absolute paths that are named below: a target folder may serve several checkouts.
    println!("cargo:rerun-if-changed=../../js");

    let out_dir = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?);
    let options = SnapshotOptions {
        ts_version: TYPESCRIPT_VERSION.to_owned(),
        v8_version: deno_core::v8::VERSION_STRING,
        target: std::env::var("TARGET")?,
    };
    let extensions = making::extensions(options, vec![howth()?, howth_ops::init()])?;
    let lazy = making::lazy(&extensions);
    let scripts = lazy.iter().filter(|lazy| lazy.kind == Kind::Script);
    let texts = Rc::new(Texts::new(scripts.map(|lazy| lazy.specifier).collect()));
    // Names every JavaScript file it reads to Cargo, as a reason to run again.
    let made = making::make(extensions, texts.clone())?;
    texts.check()?;
    let is_written_here = |file: &&PathBuf| file.starts_with(&out_dir);
    if let Some(file) = made.files_loaded_during_snapshot.iter().find(is_written_here) {
        return Err(format!(
            "{} is read and written: every build would make the snapshot anew",
            file.display()
        )
        .into());
    }
    fs::write(out_dir.join("snapshot.bin"), &made.output)?;
    fs::write(
        out_dir.join("checksum.rs"),
        format!(
            "/// By which this snapshot is told from those of other builds.\n\
             pub const SNAPSHOT_CHECKSUM: u64 = {:#x};\n",
            checksum(&made.output)
        ),
    )?;
    icu_data::write(&out_dir)?;
    let consumed: HashSet<&str> = made.consumed_lazy_specifiers.iter().map(String::as_str).collect();
    let residual = lazy.iter().filter(|lazy| !consumed.contains(lazy.specifier));
    residual::write(&out_dir, &residual.collect::<Vec<_>>(), &texts)
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

/// Another release of Rust may make another one: then it is another build.
fn checksum(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish()
}
