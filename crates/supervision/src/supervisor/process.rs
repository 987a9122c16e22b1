//! The main thread of the process: one program after the other is supervised, until it is to end.
//!
//! Owns what outlives a program: sockets, options, what is heard from outside. Never starts or ends a core. Called by:
//! the runtime.

use std::future::poll_fn;
use std::process::ExitCode;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;

use super::layout::Layout;
use super::outside::Outside;
use super::{Outcome, Supervisor};
use crate::error::Error;
use crate::listen::{Inherited, Listeners};
use crate::mode::Mode;
use crate::open_files;
use crate::options::Options;
use crate::printing::tell;
use crate::runtime::Runtime;
use crate::signals::Heard;

/// Serves programs of `runtime` until the process is told to end. To be called on the main thread, and with the sockets that
/// the process has inherited.
///
/// # Errors
/// The program cannot be started, or ended badly.
pub fn supervise<R: Runtime>(
    mode: Mode,
    options: Options,
    inherited: Inherited,
    runtime: R,
) -> Result<ExitCode, R::Failure> {
    open_files::raise_limit();
    let layout = Layout::new(mode, &options)?;
    let tokio = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Error::Core)?;
    let Inherited { listeners, old_core } = inherited;
    let listeners =
        Listeners::new(options.listen.clone(), listeners, old_core.is_none()).map_err(Error::Inherited)?;
    let common = Common {
        mode,
        options,
        runtime,
        listeners,
        layout,
    };
    let common = Rc::new(common);
    let ended = tokio.block_on(async {
        let mut outside = Outside::new(mode, &common.options, old_core)?;
        supervise_until_the_end(&common, &mut outside).await
    });
    common.listeners.close();
    ended
}

/// What one program after the other is supervised with.
pub(super) struct Common<R> {
    pub(super) mode: Mode,
    pub(super) options: Options,
    pub(super) runtime: R,
    pub(super) listeners: Arc<Listeners>,
    /// How many cores the options ask for.
    pub(super) layout: Layout,
}

impl<R: Runtime> Common<R> {
    /// Finds the program anew.
    pub(super) fn find(&self, before: Option<&R::Program>) -> Result<R::Program, R::Failure> {
        self.runtime.find(&self.listeners, self.layout.cores(), before)
    }
}

async fn supervise_until_the_end<R: Runtime>(
    common: &Rc<Common<R>>,
    outside: &mut Outside,
) -> Result<ExitCode, R::Failure> {
    loop {
        let ended = match common.find(None) {
            Ok(program) => Supervisor::new(common.clone(), program).run(outside).await,
            Err(error) => Err(error),
        };
        common.listeners.program_ended();
        match ended {
            Ok(Outcome::Exit(code)) => return Ok(code),
            Ok(Outcome::Restart) => {}
            Err(error) if common.options.watch => {
                tell(format_args!("howth: {error}\nhowth: waiting for a change"));
                if let Some(code) = wait_for_change(outside).await {
                    return Ok(code);
                }
            }
            Err(error) => return Err(error),
        }
    }
}

async fn wait_for_change(outside: &mut Outside) -> Option<ExitCode> {
    poll_fn(|context| match outside.signals.poll(context) {
        Poll::Ready(Heard::End(_)) => Poll::Ready(Some(ExitCode::SUCCESS)),
        Poll::Ready(Heard::Reload | Heard::Upgrade) => Poll::Ready(None),
        Poll::Pending => outside.watch.poll_changed(context).map(|()| None),
    })
    .await
}
