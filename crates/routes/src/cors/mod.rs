//! Cross-origin resource sharing (Fetch standard, section 3.3): which pages may read responses.
//!
//! Owns what is said to whom: fields of responses, and whole answers to preflights. Never keeps anybody from asking: browsers
//! do. `read` makes it of what programs say. Called by: the table, as a layer.

mod origins;
mod preflight;
mod read;

use std::sync::Arc;

use howth_engine::{AddedFields, Adding, ExchangeId, Exchanges};

pub(crate) use preflight::preflighted_method;

use crate::answer::Asked;
use crate::layer::{Layer, Meeting};
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
    /// Beside the origin, what every response to one that is granted has.
    granted: Arc<AddedFields>,
    /// What every response has, whoever asks.
    always: Arc<AddedFields>,
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

    /// The field that grants an origin, which the request names.
    fn named(origin: &[u8]) -> Option<Arc<AddedFields>> {
        let mut fields = AddedFields::default();
        // What no field can hold is no origin.
        fields.push(ALLOW_ORIGIN, origin, Adding::IfMissing).ok()?;
        Some(Arc::new(fields))
    }
}

impl Layer for Cors {
    fn meet(&self, exchanges: &dyn Exchanges, id: ExchangeId, _: &Asked<'_>) -> Meeting {
        let named = {
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
            match self.origins.grant(origin) {
                // The origin is among what is granted.
                Granted::Always(_) => Some(None),
                Granted::Same(origin) => Cors::named(origin).map(Some),
                Granted::No => None,
            }
        };
        // Nobody need add to what is over.
        if let Some(named) = named {
            let _ = exchanges.add_fields(id, &self.granted);
            if let Some(named) = named {
                let _ = exchanges.add_fields(id, &named);
            }
        }
        if !self.always.is_empty() {
            let _ = exchanges.add_fields(id, &self.always);
        }
        Meeting::GoesOn
    }

    fn answers_preflights(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests;
