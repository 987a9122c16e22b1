//! Takes the place of Deno's cron: registers the extension with no ops, and a script whose exports throw.
//!
//! Never does: schedule anything. Called by: `deno_runtime`.

use std::rc::Rc;

use deno_core::{ExtensionFileSource, ascii_str_include};

/// What schedules: nothing does.
pub trait CronHandler {
    /// The handler that should take this one's place.
    fn maybe_reload(&self) -> Option<Box<dyn CronHandler>> {
        None
    }
}

/// The handler that the environment asks for.
#[derive(Debug)]
pub struct CronHandlerImpl;

impl CronHandlerImpl {
    /// Makes it.
    pub fn create_from_env() -> Self {
        Self
    }
}

impl CronHandler for CronHandlerImpl {}

/// Schedules of this process.
pub mod local {
    use crate::CronHandler;

    /// Schedules nothing.
    #[derive(Debug, Default)]
    pub struct LocalCronHandler;

    impl LocalCronHandler {
        /// Makes it.
        pub fn new() -> Self {
            Self
        }
    }

    impl CronHandler for LocalCronHandler {}
}

deno_core::extension!(
    deno_cron,
    options = { cron_handler: Box<dyn CronHandler> },
    state = |state, options| state.put::<Rc<dyn CronHandler>>(Rc::from(options.cron_handler)),
    customizer = |extension: &mut deno_core::Extension| {
        extension.lazy_loaded_js_files.to_mut().push(
            ExtensionFileSource::loaded_from_memory_during_snapshot(
                "ext:deno_cron/01_cron.ts",
                ascii_str_include!("01_cron.js"),
            ),
        );
    },
);
