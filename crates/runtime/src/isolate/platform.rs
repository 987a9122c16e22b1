//! V8 itself, once per process.

use std::io::IsTerminal;
use std::sync::atomic::{AtomicBool, Ordering};

use deno_core::JsRuntime;
use deno_runtime::colors;
use howth_snapshot::{COLLECTION_FLAG, V8_FLAGS};

use super::parent_channel::ParentChannel;

static MAY_COLLECT: AtomicBool = AtomicBool::new(false);

/// Whether V8 may be asked to collect garbage.
pub(crate) fn may_collect() -> bool {
    MAY_COLLECT.load(Ordering::Relaxed)
}

/// Flags V8 does not know.
#[derive(Debug, thiserror::Error)]
#[error("V8 does not know {}", .0.join(", "))]
pub struct UnknownFlags(pub Vec<String>);

/// Sets V8's flags and starts its platform. To be called once, on the main thread, before any other thread starts:
/// threads inherit from it the right to V8's protected memory, and variables are taken out of the environment. Errors
/// are coloured on a terminal only.
///
/// # Errors
/// If V8 does not know a flag. The platform is not started then.
pub fn initialize(v8_flags: &[String]) -> Result<(), UnknownFlags> {
    ParentChannel::read_environment();
    if !std::io::stderr().is_terminal() && !colors::force_color() {
        // Deno's libraries look at NO_COLOR alone when they format errors.
        colors::set_use_color(false);
    }
    // V8 takes the first for the name of the program.
    let collection = collection_flag(v8_flags);
    MAY_COLLECT.store(collection != Collection::Refused, Ordering::Relaxed);
    let own = ["howth"].into_iter().chain(V8_FLAGS);
    let own = own
        .chain((collection == Collection::Needed).then_some(COLLECTION_FLAG))
        .map(str::to_owned);
    let unknown = deno_core::v8_set_flags(own.chain(v8_flags.iter().cloned()).collect());
    match unknown.get(1..) {
        None | Some([]) => {
            JsRuntime::init_platform(None);
            Ok(())
        }
        Some(unknown) => Err(UnknownFlags(unknown.to_vec())),
    }
}

/// What the flags of the user say about collecting garbage on request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Collection {
    /// Nothing.
    Needed,
    /// It is allowed, under a name that programs are to see.
    Given,
    Refused,
}

fn collection_flag(v8_flags: &[String]) -> Collection {
    // V8 takes underscores for dashes, and one dash for two.
    let names = v8_flags.iter().map(|flag| {
        let name = flag.split('=').next().unwrap_or_default();
        name.trim_start_matches('-').replace('_', "-")
    });
    names.fold(Collection::Needed, |found, name| match name.as_str() {
        "expose-gc" | "expose-gc-as" => Collection::Given,
        "no-expose-gc" | "noexpose-gc" => Collection::Refused,
        _ => found,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn garbage_collection_is_asked_for_only_where_v8_allows_it() {
        for (flags, expected) in [
            (&[][..], Collection::Needed),
            (&["--expose-externalize-string"], Collection::Needed),
            (&["--trace-gc", "--expose_gc"], Collection::Given),
            (&["-expose-gc-as=collect"], Collection::Given),
            (&["--no-expose-gc"], Collection::Refused),
            (&["--noexpose_gc"], Collection::Refused),
        ] {
            let flags: Vec<String> = flags.iter().map(|flag| (*flag).to_owned()).collect();
            assert_eq!(collection_flag(&flags), expected, "{flags:?}");
        }
    }
}
