//! The application both engines of howth serve without V8.

use std::rc::Rc;

use howth_engine::{Event, Exchanges, Handler};
use howth_http1::{Field, ResponseHead};

use super::{BODY, CONTENT_TYPE};

/// Answers every request at once.
pub struct Hello(pub Rc<dyn Exchanges>);

impl Handler for Hello {
    fn on_batch(&mut self, events: &[Event]) {
        let fields: &[Field<'_>] = &[(b"content-type", CONTENT_TYPE.as_bytes())];
        let head = ResponseHead {
            status: 200,
            reason: None,
            fields,
        };
        for event in events {
            if let Event::Request(id) = event {
                // A client that is gone wants no answer.
                let _ = self.0.respond(*id, &head, BODY.as_bytes());
            }
        }
    }
}
