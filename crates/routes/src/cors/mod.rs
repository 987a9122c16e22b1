//! Cross-origin resource sharing (Fetch standard, section 3.3): which pages may read responses.
//!
//! Owns what is said to whom: fields of responses, and whole answers to preflights. Never keeps anybody from asking: browsers
//! do. `read` makes it of what programs say. Called by: the table, as a layer.

mod known;
mod origins;
mod preflight;
mod read;

use std::sync::Arc;

use howth_engine::{AddedFields, Adding, ExchangeId, Exchanges};

pub(crate) use preflight::preflighted_method;

use crate::answer::Asked;
use crate::layer::{Layer, Meeting};
use known::Known;
use origins::{Granted, Origins};
use preflight::Preflight;
pub use read::{CorsError, Settings};

/// The fields of every response: as what they are said to be.
const ALLOW_ORIGIN: &[u8] = b"access-control-allow-origin";
const ALLOW_CREDENTIALS: &[u8] = b"access-control-allow-credentials";
const VARY: &[u8] = b"vary";

/// What is around a target whose responses pages of other origins may read.
#[derive(Debug)]
pub struct Cors {
    origins: Origins,
    /// What a response has whose origin is granted; the origin is not in it where that depends on who asks.
    granted: Arc<AddedFields>,
    /// What a response has whose origin is not.
    refused: Arc<AddedFields>,
    known: Known,
    preflight: Preflight,
}

impl Cors {
    /// Whether pages of this origin may read responses.
    pub fn allows(&self, origin: &[u8]) -> bool {
        match self.origins.grant(Some(origin)) {
            Granted::Always(granted) => granted == b"*" || granted == origin,
            Granted::Same(_) => true,
            Granted::No => false,
        }
    }

    /// What is granted to a page of this origin.
    fn grant<'a>(&'a self, origin: Option<&'a [u8]>) -> Option<&'a [u8]> {
        match self.origins.grant(origin) {
            Granted::Always(origin) | Granted::Same(origin) => Some(origin),
            Granted::No => None,
        }
    }

    /// What is added to a response for a page of this origin.
    fn fields(&self, origin: Option<&[u8]>) -> Arc<AddedFields> {
        if let Some(origin) = origin.filter(|_| self.origins.depend())
            && let Some(known) = self.known.find(origin)
        {
            return known;
        }
        match self.origins.grant(origin) {
            Granted::Always(_) => self.granted.clone(),
            Granted::Same(origin) => {
                let mut fields = AddedFields::clone(&self.granted);
                if fields.push(ALLOW_ORIGIN, origin, Adding::IfMissing).is_err() {
                    // What no field can hold is no origin.
                    return self.refused.clone();
                }
                let fields = Arc::new(fields);
                self.known.keep(origin, &fields);
                fields
            }
            Granted::No => self.refused.clone(),
        }
    }
}

impl Layer for Cors {
    fn meet(&self, exchanges: &dyn Exchanges, id: ExchangeId, _: &Asked<'_>) -> Meeting {
        let fields = {
            let Some(head) = exchanges.head(id) else {
                return Meeting::Answered;
            };
            let origin = head.field("origin");
            if preflighted_method(&head).is_some() {
                let response = self
                    .preflight
                    .response(&head, self.grant(origin), self.origins.depend());
                drop(head);
                response.send(exchanges, id);
                return Meeting::Answered;
            }
            self.fields(origin)
        };
        if !fields.is_empty() {
            // Nobody need add to what is over.
            let _ = exchanges.add_fields(id, &fields);
        }
        Meeting::GoesOn
    }

    fn answers_preflights(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests;
