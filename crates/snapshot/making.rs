//! Makes the V8 startup snapshot, for `build.rs`.
//!
//! Owns what goes into it: Deno's extensions, in the order in which its workers have them, then those that are given. Deno has
//! a function of its own for that, which takes the sources as they are: the snapshot would keep comments and indentation.
//! Never does: change a text. Called by: `build.rs`.

use std::error::Error;
use std::path::PathBuf;
use std::rc::Rc;

use deno_core::snapshot::{CreateSnapshotOptions, CreateSnapshotOutput, create_snapshot};
use deno_core::{Extension, ExtensionFileSource, ExtensionFileSourceCode, JsRuntimeForSnapshot, v8};
use deno_error::JsErrorBox;
use deno_runtime::deno_node::{self, ContextInitMode, VM_CONTEXT_INDEX};
use deno_runtime::ops::bootstrap::{SnapshotOptions, deno_bootstrap};
use deno_runtime::snapshot_info::get_extensions_in_snapshot;

use crate::code_cache::Kind;
use crate::texts::Texts;

/// A source that is loaded only when it is asked for. If it was asked for while the snapshot was made, it is in there.
pub struct Lazy {
    pub specifier: &'static str,
    pub kind: Kind,
}

/// Deno's extensions and `more` of them. `options`: what its JavaScript knows of the build.
///
/// # Errors
/// Deno's are not those that are known here.
pub fn extensions(options: SnapshotOptions, more: Vec<Extension>) -> Result<Vec<Extension>, Box<dyn Error>> {
    let mut extensions = get_extensions_in_snapshot();
    let bootstrap = extensions
        .iter_mut()
        .find(|extension| extension.name == "deno_bootstrap")
        .ok_or("Deno has no extension deno_bootstrap")?;
    *bootstrap = deno_bootstrap::init(Some(options), false);
    extensions.extend(more);
    Ok(extensions)
}

/// What the extensions load only when it is asked for, by specifier.
pub fn lazy(extensions: &[Extension]) -> Vec<Lazy> {
    let mut lazy = Vec::new();
    for extension in extensions {
        let of = |files: &[ExtensionFileSource], kind| {
            let stored = files.iter().filter(|file| is_read_from_file(file));
            let lazy = stored.map(|file| Lazy {
                specifier: file.specifier,
                kind,
            });
            lazy.collect::<Vec<_>>()
        };
        lazy.extend(of(&extension.lazy_loaded_js_files, Kind::Script));
        lazy.extend(of(&extension.lazy_loaded_esm_files, Kind::Module));
    }
    lazy.sort_by_key(|lazy| lazy.specifier);
    lazy.dedup_by_key(|lazy| lazy.specifier);
    lazy
}

/// Others are in the binary by themselves.
fn is_read_from_file(file: &ExtensionFileSource) -> bool {
    matches!(file.code, ExtensionFileSourceCode::LoadedFromFsDuringSnapshot(_))
}

/// Evaluates the extensions' JavaScript and takes the snapshot. Every text goes through `texts`.
///
/// # Errors
/// JavaScript does not run, or a text is not what it should be.
pub fn make(extensions: Vec<Extension>, texts: Rc<Texts>) -> Result<CreateSnapshotOutput, Box<dyn Error>> {
    let options = CreateSnapshotOptions {
        cargo_manifest_dir: env!("CARGO_MANIFEST_DIR"),
        startup_snapshot: None,
        extensions,
        extension_transpiler: Some(Rc::new(move |specifier, source| {
            let finished = texts.finish(specifier.as_str(), source.as_str().to_owned());
            let finished =
                finished.map_err(|error| JsErrorBox::generic(format!("{}: {error}", specifier.as_str())))?;
            Ok((finished.into(), None))
        })),
        with_runtime_cb: Some(Box::new(add_context)),
        skip_op_registration: false,
    };
    let made = create_snapshot(options, None)?;
    let tell = |path: &PathBuf| println!("cargo:rerun-if-changed={}", path.display());
    made.files_loaded_during_snapshot.iter().for_each(tell);
    Ok(made)
}

/// The context of which `node:vm` makes its own. As in Node, it does not have what is no standard; Deno takes that from programs'
/// own context alone.
fn add_context(runtime: &mut JsRuntimeForSnapshot) {
    let isolate = runtime.v8_isolate();
    v8::scope!(scope, isolate);
    let template = deno_node::init_global_template(scope, ContextInitMode::ForSnapshot);
    let mode = ContextInitMode::ForSnapshot;
    let context = deno_node::create_v8_context(scope, template, mode, std::ptr::null_mut());
    {
        let scope = &mut v8::ContextScope::new(scope, context);
        let code = v8::String::new(scope, "delete Intl.v8BreakIterator;").expect("a short text");
        let script = v8::Script::compile(scope, code, None).expect("JavaScript");
        script.run(scope).expect("a context that has `Intl`");
    }
    assert_eq!(
        scope.add_context(context),
        VM_CONTEXT_INDEX,
        "the place of the context"
    );
}
