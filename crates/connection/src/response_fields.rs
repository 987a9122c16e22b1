//! The fields of responses, with those that are added to the application's.
//!
//! Owns which are added: those that were asked for with the exchange, those of all responses, the name of the request. Never
//! encodes them. Called by: `respond` and `stream_respond`, when a head is encoded.

use std::borrow::Cow;
use std::sync::Arc;

use howth_clients::REQUEST_ID;
use howth_engine::AddedFields;
use howth_http1::{Field, ResponseHead};

use crate::connections::Connections;

/// What is added to a response, taken out of where it was kept.
#[derive(Debug, Default)]
pub(crate) struct Added {
    of_exchange: Vec<Arc<AddedFields>>,
    of_all: Option<Arc<AddedFields>>,
    /// Empty: the request has no name.
    request_id: Vec<u8>,
}

impl Added {
    /// The fields of a response with what is added. What was asked for last is nearest to the application: a request meets what is
    /// around its route from without.
    pub(crate) fn fields<'a>(&'a self, head: &ResponseHead<'a>) -> Cow<'a, [Field<'a>]> {
        if self.of_exchange.is_empty() && self.of_all.is_none() && self.request_id.is_empty() {
            return Cow::Borrowed(head.fields);
        }
        let mut fields = head.fields.to_vec();
        for added in self.of_exchange.iter().rev().chain(&self.of_all) {
            added.apply(&mut fields);
        }
        let is_id = |(name, _): &Field<'_>| name.eq_ignore_ascii_case(REQUEST_ID.as_bytes());
        if !self.request_id.is_empty() && !fields.iter().any(is_id) {
            fields.push((REQUEST_ID.as_bytes(), &self.request_id));
        }
        Cow::Owned(fields)
    }
}

impl<L> Connections<L> {
    /// Takes what is added to the response of an exchange.
    #[inline]
    pub(crate) fn take_added(&mut self, exchange: u32) -> Added {
        let state = &mut self.exchanges[exchange];
        Added {
            of_exchange: std::mem::take(&mut state.added),
            of_all: self.options.response_fields.clone(),
            request_id: match self.request_ids.is_some() {
                true => state.head.field(REQUEST_ID).unwrap_or_default().to_vec(),
                false => Vec::new(),
            },
        }
    }
}
