//! Fields around what a route answers.
//!
//! Owns nothing but them: how they are added is the seam's to say. Called by: the table, as a layer; whoever makes routes.

use std::sync::Arc;

use howth_engine::{AddedFields, ExchangeId, Exchanges};
use howth_http1::Field;

use crate::answer::{Asked, Ready};
use crate::fields::Fields;
use crate::layer::{Layer, Meeting};

/// Adds the same fields to every response.
#[derive(Clone, Debug)]
pub struct FixedFields(pub Arc<AddedFields>);

impl FixedFields {
    /// The response that comes of one that is made beforehand, so that nothing is left to be added to it.
    pub fn around(&self, ready: &Ready) -> Ready {
        let mut fields: Vec<Field<'_>> = ready.fields.iter().collect();
        self.0.apply(&mut fields);
        let mut all = Fields::default();
        fields.iter().for_each(|(name, value)| all.push(name, value));
        Ready {
            fields: all,
            ..ready.clone()
        }
    }
}

impl Layer for FixedFields {
    fn meet(&self, exchanges: &dyn Exchanges, id: ExchangeId, _: &Asked<'_>) -> Meeting {
        // Nobody need add to what is over.
        let _ = exchanges.add_fields(id, &self.0);
        Meeting::GoesOn
    }
}
