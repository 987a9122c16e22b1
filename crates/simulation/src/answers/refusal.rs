//! Refusals: what an engine answers by itself.
//!
//! Owns when a client may be refused, and with what. Called by: the reader of answers.

use super::{Answers, Leave, Place};
use crate::plan::Ends;
use crate::reader::{BodyEnd, End, Reading};

impl Answers {
    pub(super) fn refusal(
        &mut self,
        status: u16,
        fields: &[(&str, &str)],
        reading: &Reading,
        leave: &Leave<'_>,
    ) -> Result<(), String> {
        let fields = match fields {
            [("allow", _), rest @ ..] if status == 405 => rest,
            other => other,
        };
        let [
            ("connection", "close"),
            ("content-type", "text/plain"),
            ("content-length", length),
            ("date", _),
        ] = fields
        else {
            return Err(format!("a refusal of another form: {status} {fields:?}"));
        };
        let (plan, message) = (self.plan(self.next), reading.messages.get(self.next));
        let of_body = message.is_some_and(|message| message.body.end == BodyEnd::Refused(status));
        let of_head = message.is_none()
            && matches!(reading.end, End::Refused(at, expected) if expected == status && leave.sent > at);
        let is_short = status == 500 && message.is_some() && plan.ends == Ends::TooShort;
        if !(of_body || of_head || is_short || (status == 408 && leave.timeout)) {
            return Err(format!(
                "refused with {status}, request {} of {:?}",
                self.next, reading.end
            ));
        }
        self.place = Place::Refusal(length.parse().map_err(|_| "no length")?);
        Ok(())
    }
}
