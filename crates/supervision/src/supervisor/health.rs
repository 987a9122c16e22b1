//! `--reload-check`: asks a new core whether it is well before it takes another's place.
//!
//! Owns the question, a GET on a connection within the process that the core adopts like any other, and what counts as
//! a good answer. Never decides what follows from it. Called by: a reload.

use std::io;
use std::os::unix::net::UnixStream as StandardStream;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use howth_engine::{Handed, Place};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::time::timeout;

/// How long the answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is read of the answer: its status line begins with `HTTP/1.1 200`.
const STATUS_END: usize = 12;

/// Why a core is not well.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unhealthy {
    #[error("GET {path} answered {status}; the new code is not well")]
    Status { path: String, status: String },
    #[error("GET {path} was not answered within {} s; the new code is not well", PATIENCE.as_secs())]
    Silent { path: String },
    #[error("GET {path} was not answered ({cause}); the new code is not well")]
    Failed { path: String, cause: io::Error },
}

/// A question that was asked.
pub(super) struct HealthCheck(Pin<Box<dyn Future<Output = Result<(), Unhealthy>>>>);

impl HealthCheck {
    /// Begins to ask; the core is to adopt the connection. Must be called inside a tokio runtime.
    pub(super) fn begin(path: &str) -> io::Result<(Self, Handed)> {
        let (own, other) = StandardStream::pair()?;
        own.set_nonblocking(true)?;
        other.set_nonblocking(true)?;
        let own = UnixStream::from_std(own)?;
        let answered = ask(own, path.to_owned());
        Ok((
            HealthCheck(Box::pin(answered)),
            Handed::new(other.into(), Place::ANYWHERE, false),
        ))
    }

    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Unhealthy>> {
        self.0.as_mut().poll(context)
    }
}

async fn ask(mut stream: UnixStream, path: String) -> Result<(), Unhealthy> {
    let asked = async {
        let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut start = [0; STATUS_END];
        stream.read_exact(&mut start).await?;
        // The rest is read, or the core would see its client leave.
        tokio::io::copy(&mut stream, &mut tokio::io::sink()).await?;
        Ok(start)
    };
    match timeout(PATIENCE, asked).await {
        Err(_) => Err(Unhealthy::Silent { path }),
        Ok(Err(cause)) => Err(Unhealthy::Failed { path, cause }),
        Ok(Ok(start)) if start.starts_with(b"HTTP/1.1 2") => Ok(()),
        Ok(Ok(start)) => Err(Unhealthy::Status {
            path,
            status: String::from_utf8_lossy(&start[STATUS_END - 3..]).into_owned(),
        }),
    }
}
