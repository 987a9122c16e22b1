//! Another howth in place of this one: SIGUSR2.
//!
//! The binary that now lies where this one was started from is started with the same arguments and with the listening
//! sockets. It says when it serves; then this process drains, and ends. Until it has ended the new one knows that
//! clients may be waiting of whom only the old one was told. Owns both ends of what the two say to each other. Never
//! lets go of a socket before the other process serves. Called by: the supervisor.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as StandardStream;
use std::path::PathBuf;
use std::pin::{Pin, pin};
use std::process::Command;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, ReadBuf};
use tokio::net::UnixStream;
use tokio::process::Child;
use tokio::time::{Sleep, sleep};

use super::outside::Outside;
use super::{Supervisor, descriptors};
use crate::printing::tell;
use crate::runtime::Runtime;

/// How long the kernel may take to end the operations of a process that has ended.
const GOING: Duration = Duration::from_secs(1);

/// What the new process says when it serves.
const SERVES: &[u8] = b"s";

/// How this process was started, as far as the program it runs cannot change it.
#[derive(Debug)]
pub(super) struct Origin {
    binary: PathBuf,
    folder: PathBuf,
}

impl Origin {
    pub(super) fn of_this_process() -> io::Result<Self> {
        Ok(Origin {
            binary: std::env::current_exe()?,
            folder: std::env::current_dir()?,
        })
    }
}

/// Why no other process serves.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotUpgraded {
    #[error("cannot start it ({0})")]
    Unstarted(#[from] io::Error),
    #[error("it ended before it served")]
    Ended,
}

/// A process that is to serve in place of this one, or does.
pub(super) struct Upgrade {
    child: Child,
    /// Open until this process has ended.
    link: UnixStream,
    stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Starting,
    /// It has said so; this process drains.
    Serving,
    /// It does not serve, and is waited for: what it has to say comes first.
    Ending,
}

impl Upgrade {
    /// Starts it with these listening sockets. Must be called inside a tokio runtime.
    pub(super) fn begin(origin: &Origin, listeners: Vec<OwnedFd>) -> io::Result<Self> {
        let (own, other) = StandardStream::pair()?;
        own.set_nonblocking(true)?;
        let mut command = Command::new(&origin.binary);
        command
            .args(std::env::args_os().skip(1))
            .current_dir(&origin.folder);
        let passed: Vec<OwnedFd> = listeners.into_iter().chain([other.into()]).collect();
        descriptors::pass(&mut command, &passed)?;
        Ok(Upgrade {
            child: tokio::process::Command::from(command).spawn()?,
            link: UnixStream::from_std(own)?,
            stage: Stage::Starting,
        })
    }

    /// Ready once the process serves, or has ended before it did.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<(), NotUpgraded>> {
        if self.stage == Stage::Starting {
            if ready!(poll_word(&mut self.link, context)) {
                self.stage = Stage::Serving;
                return Poll::Ready(Ok(()));
            }
            self.stage = Stage::Ending;
        }
        if self.stage == Stage::Serving {
            return Poll::Pending;
        }
        // Its code says no more than it has said itself.
        let _ = ready!(pin!(self.child.wait()).poll(context));
        Poll::Ready(Err(NotUpgraded::Ended))
    }
}

impl<R: Runtime> Supervisor<R> {
    /// Begins to put another process in the place of this one, unless that has begun.
    pub(super) fn upgrade(&mut self, outside: &Outside) {
        if self.is_ending || self.upgrade.is_some() || !self.may_reload() {
            return;
        }
        let begun = self
            .common
            .listeners
            .duplicates()
            .and_then(|listeners| Upgrade::begin(outside.origin(), listeners));
        match begun {
            Ok(upgrade) => self.upgrade = Some(upgrade),
            Err(error) => not_upgraded(&error.into()),
        }
    }

    pub(super) fn poll_upgrade(&mut self, context: &mut Context<'_>) {
        let Some(upgrade) = &mut self.upgrade else { return };
        match upgrade.poll(context) {
            Poll::Pending => {}
            Poll::Ready(Ok(())) => {
                self.common.listeners.leave();
                self.end(false);
                // The drain has orders for the cores, and deadlines to be looked at.
                context.waker().wake_by_ref();
            }
            Poll::Ready(Err(failure)) => {
                not_upgraded(&failure);
                self.upgrade = None;
            }
        }
    }

    /// This process ends for another reason: one that does not serve yet is not to serve either.
    pub(super) fn give_upgrade_up(&mut self) {
        let unfinished = self.upgrade.take_if(|upgrade| upgrade.stage != Stage::Serving);
        if let Some(mut upgrade) = unfinished {
            // It may have ended already.
            let _ = upgrade.child.start_kill();
        }
    }
}

fn not_upgraded(failure: &NotUpgraded) {
    tell(format_args!(
        "howth: not upgraded, this process serves on: {failure}"
    ));
}

/// The process this one was started by, to serve in its place.
pub(super) struct Forerunner {
    link: UnixStream,
    /// Runs once it has ended.
    going: Option<Pin<Box<Sleep>>>,
}

impl Forerunner {
    /// Must be called inside a tokio runtime.
    pub(super) fn new(link: StandardStream) -> io::Result<Self> {
        link.set_nonblocking(true)?;
        Ok(Forerunner {
            link: UnixStream::from_std(link)?,
            going: None,
        })
    }

    /// Tells it that this process serves.
    pub(super) fn relieve(&self) {
        // One that has ended meanwhile need not know.
        let _ = self.link.try_write(SERVES);
    }

    /// Ready once it has ended, and the kernel has let go of what it had.
    pub(super) fn poll_gone(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.going.is_none() {
            let _ = ready!(poll_word(&mut self.link, context));
        }
        let going = self.going.get_or_insert_with(|| Box::pin(sleep(GOING)));
        going.as_mut().poll(context)
    }
}

/// True: the other process said something; false: it has ended.
fn poll_word(link: &mut UnixStream, context: &mut Context<'_>) -> Poll<bool> {
    let mut word = [0];
    let mut buffer = ReadBuf::new(&mut word);
    let read = ready!(Pin::new(link).poll_read(context, &mut buffer));
    Poll::Ready(read.is_ok() && !buffer.filled().is_empty())
}
