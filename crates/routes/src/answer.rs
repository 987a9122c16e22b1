//! What answers a request that has a route.
//!
//! Owns the kinds of answers and how those are sent that need no application. Never finds the route: `table` does. Called
//! by: the table.

use std::fmt;
use std::rc::Rc;

use bytes::Bytes;
use howth_engine::{Body, ExchangeId, Exchanges};
use howth_http1::{Field, ResponseHead};
use smallvec::SmallVec;

use crate::fields::Fields;
use crate::places::Places;

/// A response with this many fields needs no allocation for them.
const FIELDS_ON_STACK: usize = 24;

/// What answers.
#[derive(Clone, Debug)]
pub enum Answer {
    /// A response that was made beforehand.
    Ready(Rc<Ready>),
    /// A part of the server outside this crate: what needs no JavaScript, but more than is said here.
    Served(Rc<dyn Served>),
    /// The application.
    Handler(Handler),
}

/// A handler of the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handler {
    /// What the application calls it.
    pub number: u32,
    /// It looks at the request.
    pub takes_request: bool,
}

/// A part of the server that answers requests by itself, at once or later.
pub trait Served: fmt::Debug {
    /// Answers a request.
    fn serve(&self, exchanges: &dyn Exchanges, id: ExchangeId, asked: &Asked<'_>) -> Serving;
}

/// What became of a request that was given to a [`Served`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Serving {
    /// It is answered, or will be.
    Answered,
    /// It is to be answered as if there were no route.
    Passed,
}

/// What is known of a request that has a route.
#[derive(Debug)]
pub struct Asked<'a> {
    /// Where parameters and wildcard stand in its path.
    pub places: &'a Places,
}

/// As a [`Served`], a response that was made beforehand answers every method.
impl Served for Ready {
    fn serve(&self, exchanges: &dyn Exchanges, id: ExchangeId, _: &Asked<'_>) -> Serving {
        self.send(exchanges, id);
        Serving::Answered
    }
}

/// A response that was made beforehand.
#[derive(Clone, Debug)]
pub struct Ready {
    /// 200 to 599.
    pub status: u16,
    /// `None`: the registered one.
    pub reason: Option<Box<str>>,
    /// As they are sent.
    pub fields: Fields,
    /// The whole content.
    pub body: Bytes,
}

impl Ready {
    /// A short text.
    pub(crate) fn text(status: u16, text: &'static str, fields: &[Field<'_>]) -> Self {
        let mut all = Fields::default();
        all.push(b"content-type", b"text/plain;charset=UTF-8");
        fields.iter().for_each(|(name, value)| all.push(name, value));
        Ready {
            status,
            reason: None,
            fields: all,
            body: Bytes::from_static(text.as_bytes()),
        }
    }

    /// Answers; a client that is gone is no error.
    #[inline]
    pub(crate) fn send(&self, exchanges: &dyn Exchanges, id: ExchangeId) {
        let fields: SmallVec<[Field<'_>; FIELDS_ON_STACK]> = self.fields.iter().collect();
        let head = ResponseHead {
            status: self.status,
            reason: self.reason.as_deref(),
            fields: &fields,
        };
        let _ = exchanges.respond_with(id, &head, Body::Shared(self.body.clone()));
    }
}
