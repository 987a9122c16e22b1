//! What Hyper takes for its socket.
//!
//! Owns the stand-in requests Hyper reads. A request was decoded and judged by `howth_http1` before, and the
//! application reads that head; Hyper is told only what decides how the response goes out: whether it has a
//! body, how that may be framed, whether trailers are allowed. Hyper gets a stand-in no sooner than the
//! response to it has begun, so its service never waits. Never reads the real socket; writes go through
//! `link`. Called by: Hyper.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use howth_http1::Framing;
use http::header::TRAILER;
use hyper::rt::{Read, ReadBufCursor, Write};

use crate::link::Link;
use crate::shared::Shared;
use crate::table::{Exchange, Outgoing};

/// Up to here a write is copied, so that it shares a system call with those beside it.
pub(crate) const GATHER_BYTES_MAX: usize = 16 * 1024;

pub(crate) struct Transport {
    shared: Rc<Shared>,
    link: Rc<Link>,
    /// The next bytes are the head of a response that Hyper believes to be HTTP/1.0.
    is_version_due: bool,
}

impl Transport {
    pub(crate) fn new(shared: Rc<Shared>, link: Rc<Link>) -> Self {
        Transport {
            shared,
            link,
            is_version_due: false,
        }
    }

    fn gather(&mut self, slices: &[IoSlice<'_>]) {
        let is_version_due = std::mem::take(&mut self.is_version_due);
        self.link.append(&self.shared, |output| {
            let start = output.len();
            for slice in slices {
                output.extend_from_slice(slice);
            }
            // A status line carries the server's own version (RFC 9110 section 6.2), not the client's.
            if is_version_due && let Some(minor) = output.get_mut(start + "HTTP/1.".len()) {
                *minor = b'1';
            }
        });
    }
}

/// The request that makes Hyper frame the response as planned.
fn stand_in(exchange: &Exchange) -> &'static [u8] {
    match exchange.framing {
        // No body goes out after the answer to HEAD, whatever its fields say.
        Framing::None => b"HEAD / HTTP/1.1\r\n\r\n",
        // Only a client that does not know chunked gets a body that ends with the connection.
        Framing::UntilClose => b"GET / HTTP/1.0\r\n\r\n",
        Framing::Chunked if has_trailer_field(exchange) => b"GET / HTTP/1.1\r\nte: trailers\r\n\r\n",
        Framing::Length(_) | Framing::Chunked => b"GET / HTTP/1.1\r\n\r\n",
    }
}

fn has_trailer_field(exchange: &Exchange) -> bool {
    matches!(&exchange.outgoing, Some(Outgoing::Framed(response)) if response.headers().contains_key(TRAILER))
}

impl Read for Transport {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        // Pending without a waker: the engine polls Hyper whenever a response begins.
        let Some(id) = this.link.next_for_hyper(&this.shared) else {
            return Poll::Pending;
        };
        let table = this.shared.table.borrow();
        let Some(exchange) = table.get(id) else {
            return Poll::Pending;
        };
        let request = stand_in(exchange);
        if buffer.remaining() < request.len() {
            return Poll::Pending;
        }
        buffer.put_slice(request);
        this.is_version_due = exchange.framing == Framing::UntilClose;
        this.link.feeding.set(Some(id));
        this.link.feed_hyper();
        Poll::Ready(Ok(()))
    }
}

impl Write for Transport {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(context, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let total: usize = slices.iter().map(|slice| slice.len()).sum();
        if this.is_version_due
            && let Some(head) = slices.first()
        {
            this.gather(std::slice::from_ref(head));
            return Poll::Ready(Ok(head.len()));
        }
        if total <= GATHER_BYTES_MAX && this.link.output_len() <= GATHER_BYTES_MAX {
            this.gather(slices);
            return Poll::Ready(Ok(total));
        }
        ready!(this.link.poll_flush(&this.shared, context))?;
        if total <= GATHER_BYTES_MAX {
            this.gather(slices);
            return Poll::Ready(Ok(total));
        }
        let mut poll = this.link.socket.borrow_mut().poll_write_vectored(context, slices);
        if poll.is_pending() && this.shared.is_unassisted.get() {
            poll = this.link.socket.borrow().write_now(slices);
        }
        this.link.note_written(&this.shared, poll)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    /// Hyper calls this when it holds no bytes itself.
    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let (link, shared) = (&this.link, &this.shared);
        // The next response goes out in the same write if it is there already.
        if link.output_len() <= GATHER_BYTES_MAX && link.next_for_hyper(shared).is_some() {
            return Poll::Ready(Ok(()));
        }
        ready!(link.poll_flush(shared, context))?;
        link.set_flushed();
        link.complete_exchanges(shared);
        Poll::Ready(Ok(()))
    }

    /// The engine ends the connection itself.
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
