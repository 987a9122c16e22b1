//! The Hyper service: hands over the response that is ready.
//!
//! Owns the type of Hyper's connection and its settings. Never waits and never looks at Hyper's request,
//! which is a stand-in (see `transport`). Called by: `connection`.

use std::convert::Infallible;
use std::future::Ready;
use std::rc::Rc;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::Service;

use crate::link::Link;
use crate::response_body::ResponseBody;
use crate::shared::Shared;
use crate::table::Outgoing;
use crate::transport::Transport;

/// Hyper's state machine for one connection.
pub(crate) type HyperConnection = http1::Connection<Transport, ResponseService>;

pub(crate) struct ResponseService {
    shared: Rc<Shared>,
    link: Rc<Link>,
}

/// Puts Hyper on top of `link`.
pub(crate) fn connect(shared: &Rc<Shared>, link: &Rc<Link>) -> HyperConnection {
    let transport = Transport::new(Rc::clone(shared), Rc::clone(link));
    let service = ResponseService {
        shared: Rc::clone(shared),
        link: Rc::clone(link),
    };
    http1::Builder::new()
        // Heads are read, and timed, before Hyper sees anything.
        .header_read_timeout(None)
        // The end of the client's stream is the engine's business; Hyper never sees it.
        .half_close(true)
        .writev(true)
        .serve_connection(transport, service)
}

impl Service<Request<Incoming>> for ResponseService {
    type Response = Response<ResponseBody>;
    type Error = Infallible;
    type Future = Ready<Result<Response<ResponseBody>, Infallible>>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        self.shared.give_map(std::mem::take(request.headers_mut()));
        let response = self
            .link
            .feeding
            .take()
            .and_then(|id| self.shared.table.borrow_mut().get_mut(id)?.outgoing.take());
        std::future::ready(Ok(match response {
            Some(Outgoing::Framed(response)) => *response,
            // Only if Hyper found a request where none was fed.
            _ => self.missing(),
        }))
    }
}

impl ResponseService {
    fn missing(&self) -> Response<ResponseBody> {
        let nobody = howth_engine::ExchangeId {
            index: u32::MAX,
            generation: u32::MAX,
        };
        let body = ResponseBody::whole(Rc::clone(&self.shared), nobody, Bytes::new());
        let mut response = Response::new(body);
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        response
    }
}
