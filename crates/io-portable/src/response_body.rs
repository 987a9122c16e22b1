//! A response body as Hyper takes it.
//!
//! Owns [`ResponseBody`]. Never frames bytes: Hyper does, by the size hint. Called by: Hyper.

use std::convert::Infallible;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use bytes::Bytes;
use howth_engine::ExchangeId;
use http_body::{Body, Frame, SizeHint};

use crate::shared::Shared;
use crate::table::{Answer, ResponseStream};

/// The body of one exchange's response. Dropped by Hyper when it has taken everything.
pub(crate) struct ResponseBody {
    shared: Rc<Shared>,
    id: ExchangeId,
    content: Content,
}

enum Content {
    /// All of it, at once.
    Whole(Bytes),
    /// Taken from the exchange's stream, with the length that was announced.
    Stream(Option<u64>),
}

impl ResponseBody {
    pub(crate) fn whole(shared: Rc<Shared>, id: ExchangeId, bytes: Bytes) -> Self {
        ResponseBody {
            shared,
            id,
            content: Content::Whole(bytes),
        }
    }

    pub(crate) fn stream(shared: Rc<Shared>, id: ExchangeId, length: Option<u64>) -> Self {
        ResponseBody {
            shared,
            id,
            content: Content::Stream(length),
        }
    }

    fn poll_stream(&self) -> Poll<Option<Frame<Bytes>>> {
        let mut table = self.shared.table.borrow_mut();
        let Some(exchange) = table.get_mut(self.id) else {
            return Poll::Ready(None);
        };
        let Some(stream) = &mut exchange.stream else {
            return Poll::Ready(None);
        };
        if let Some(chunk) = stream.chunks.pop_front() {
            exchange.give_to_hyper(chunk.len());
            return Poll::Ready(Some(Frame::data(chunk)));
        }
        match exchange.answer {
            Answer::Complete => Poll::Ready(stream.trailers.take().map(Frame::trailers)),
            // The connection is polled again for every write, and closed for a stream that broke off.
            _ => Poll::Pending,
        }
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let bytes = match &mut self.content {
            Content::Whole(bytes) if bytes.is_empty() => return Poll::Ready(None),
            Content::Whole(bytes) => std::mem::take(bytes),
            Content::Stream(_) => return self.poll_stream().map(|frame| frame.map(Ok)),
        };
        if let Some(exchange) = self.shared.table.borrow_mut().get_mut(self.id) {
            exchange.give_to_hyper(bytes.len());
        }
        Poll::Ready(Some(Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        match &self.content {
            Content::Whole(bytes) => bytes.is_empty(),
            Content::Stream(_) => self.shared.table.borrow().get(self.id).is_none_or(|exchange| {
                let is_empty =
                    |stream: &ResponseStream| stream.chunks.is_empty() && stream.trailers.is_none();
                exchange.answer == Answer::Complete && exchange.stream.as_deref().is_none_or(is_empty)
            }),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.content {
            Content::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Content::Stream(Some(length)) => SizeHint::with_exact(*length),
            Content::Stream(None) => SizeHint::default(),
        }
    }
}

impl Drop for ResponseBody {
    fn drop(&mut self) {
        // The table is borrowed only while it drops the exchange itself, with its response in it.
        if let Ok(mut table) = self.shared.table.try_borrow_mut()
            && let Some(exchange) = table.get_mut(self.id)
        {
            exchange.is_taken = true;
        }
    }
}
