//! The answer on one stream, compared with what the reference says: every field, every byte, and its end.
//!
//! Owns how far it has come. Never decides whether a stream may be reset: `judge` does. Called by: `read`.

use crate::frames::hpack::Field;
use crate::plan::{Ends, Form, Plan};
use crate::streams::{Fate, Request};

/// How far an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Nothing but interim responses has come.
    Head,
    /// So many bytes of its body have.
    Body(usize),
    /// A refusal's text: so many bytes are to come.
    Refusal(usize),
    /// Its last frame has.
    Over,
}

/// An answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) place: Place,
    pub(super) plan: Plan,
    /// The next interim response that may come.
    informed: usize,
    /// 100 has come.
    pub(super) is_continued: bool,
}

/// What may be answered besides what was planned.
#[derive(Clone, Copy, Debug)]
pub(super) struct Leave {
    /// 408: the client was slow.
    pub(super) timeout: bool,
}

impl Answer {
    pub(super) fn new(plan: Plan) -> Self {
        Answer {
            place: Place::Head,
            plan,
            informed: 0,
            is_continued: false,
        }
    }

    /// Bytes of its body that have come.
    pub(super) fn bytes(&self) -> usize {
        match self.place {
            Place::Body(at) => at,
            _ => 0,
        }
    }

    /// Takes a header block.
    pub(super) fn fields(
        &mut self,
        fields: &[Field],
        end: bool,
        request: &Request,
        leave: Leave,
    ) -> Result<(), String> {
        match self.place {
            Place::Head => self.head(fields, end, request, leave),
            Place::Body(at) => self.trailers(at, fields, end, request),
            Place::Refusal(_) | Place::Over => Err("a second head, or one behind the end".to_owned()),
        }
    }

    fn head(&mut self, fields: &[Field], end: bool, request: &Request, leave: Leave) -> Result<(), String> {
        let shown = || -> Vec<(String, String)> {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            fields
                .iter()
                .map(|(name, value)| (text(name), text(value)))
                .collect()
        };
        let status = match fields.first() {
            Some((name, value)) if name == b":status" => std::str::from_utf8(value).ok(),
            _ => None,
        };
        let status: u16 = status
            .and_then(|status| status.parse().ok())
            .ok_or_else(|| format!("no status: {:?}", shown()))?;
        let fields = &fields[1..];
        if status < 200 {
            let is_right = !end && self.interim(status, fields, request);
            return is_right
                .then_some(())
                .ok_or_else(|| format!("an interim response that nobody planned: {:?}", shown()));
        }
        if fields.first().is_none_or(|(name, _)| name != b"x-tag") {
            return self.refusal(status, fields, end, request, leave);
        }
        let (plan, message) = (&self.plan, &request.message);
        let expected = self.expected(fields, request);
        if status != plan.status || fields != expected || plan.ends == Ends::FailsFirst {
            let text = String::from_utf8_lossy(&message.target);
            return Err(format!("{text}: {:?} instead of {expected:?}", shown()));
        }
        if matches!(request.fate, Fate::Malformed(_)) {
            return Err("a malformed request is answered".to_owned());
        }
        self.place = Place::Body(0);
        match (end, plan.has_content(message)) {
            (true, has_content) => self.finish(has_content, 0, request),
            (false, true) => Ok(()),
            (false, false) => Err("a body of an answer that has none".to_owned()),
        }
    }

    fn expected(&self, fields: &[Field], request: &Request) -> Vec<Field> {
        let (plan, message) = (&self.plan, &request.message);
        let length = match plan.form {
            Form::Whole | Form::Owned | Form::Counted => Some(plan.length),
            Form::Stream | Form::Echo => None,
        };
        let said = match plan.status {
            204 | 304 => None,
            _ if message.is_head() => length.filter(|length| *length > 0),
            _ => length,
        };
        let mut expected = vec![(b"x-tag".to_vec(), plan.tag().into_bytes())];
        // The time of day is not the reference's.
        expected.extend(fields.iter().filter(|(name, _)| name == b"date").take(1).cloned());
        expected.extend(said.map(|length| (b"content-length".to_vec(), length.to_string().into_bytes())));
        expected
    }

    fn interim(&mut self, status: u16, fields: &[Field], request: &Request) -> bool {
        if status == 100 {
            let is_due = request.message.expects_continue && !self.is_continued && fields.is_empty();
            self.is_continued = true;
            return is_due;
        }
        let planned = self.plan.interims.iter().enumerate().skip(self.informed);
        let mut same = planned.filter(|(number, planned)| {
            let text = self.plan.interim(*number).into_bytes();
            **planned == status && fields == [(b"x-interim".to_vec(), text)]
        });
        let Some((number, _)) = same.next() else {
            return false;
        };
        self.informed = number + 1;
        true
    }

    fn refusal(
        &mut self,
        status: u16,
        fields: &[Field],
        end: bool,
        request: &Request,
        leave: Leave,
    ) -> Result<(), String> {
        let malformed = match request.fate {
            Fate::Malformed(malformed) => malformed.status(),
            _ => None,
        };
        let is_allowed = malformed == Some(status) || (status == 408 && leave.timeout);
        let value = |name: &[u8]| {
            let found = fields.iter().find(|(own, _)| own == name);
            found.map(|(_, value)| String::from_utf8_lossy(value).into_owned())
        };
        let length = value(b"content-length").and_then(|length| length.parse::<usize>().ok());
        if !is_allowed || value(b"content-type").as_deref() != Some("text/plain") || fields.len() != 3 {
            return Err(format!("a refusal that is not due: {status} {fields:?}"));
        }
        let left = match request.message.is_head() {
            true => 0,
            false => length.unwrap_or(0),
        };
        self.place = match (left, end) {
            (0, true) => Place::Over,
            (0, false) => return Err("the answer to HEAD has content".to_owned()),
            (left, false) => Place::Refusal(left),
            (_, true) => return Err("a refusal without its text".to_owned()),
        };
        Ok(())
    }

    /// Takes bytes of the body.
    pub(super) fn data(&mut self, bytes: &[u8], end: bool, request: &Request) -> Result<(), String> {
        let at = match self.place {
            Place::Body(at) => at,
            Place::Refusal(left) => {
                let left = left.checked_sub(bytes.len()).ok_or("a refusal is too long")?;
                self.place = match (left, end) {
                    (0, true) => Place::Over,
                    (left, false) => Place::Refusal(left),
                    _ => return Err("a refusal is too short".to_owned()),
                };
                return Ok(());
            }
            Place::Head | Place::Over => return Err("a body before its head, or behind its end".to_owned()),
        };
        for (offset, byte) in bytes.iter().enumerate() {
            let place = at + offset;
            let expected = match self.plan.form {
                Form::Echo => request.body().get(place).copied(),
                _ => (place < self.plan.length).then(|| self.plan.byte(place)),
            };
            if expected != Some(*byte) {
                return Err(format!("byte {place} of the answer is another one"));
            }
        }
        self.place = Place::Body(at + bytes.len());
        match end {
            true if self.plan.has_trailers(&request.message) => {
                Err("an answer without its trailers".to_owned())
            }
            true => self.finish(true, at + bytes.len(), request),
            false => Ok(()),
        }
    }

    fn trailers(&mut self, at: usize, fields: &[Field], end: bool, request: &Request) -> Result<(), String> {
        let expected = [(b"x-sum".to_vec(), self.plan.tag().into_bytes())];
        if !end || !self.plan.has_trailers(&request.message) || fields != expected {
            return Err(format!("trailers that nobody planned: {fields:?}"));
        }
        self.finish(true, at, request)
    }

    fn finish(&mut self, had_content: bool, at: usize, request: &Request) -> Result<(), String> {
        let whole = match self.plan.form {
            Form::Echo => request.body().len(),
            _ => self.plan.length,
        };
        if had_content && (self.plan.ends != Ends::Rightly || at != whole) {
            return Err(format!("an answer of {at} bytes, of {whole}, looks whole"));
        }
        self.place = Place::Over;
        Ok(())
    }
}
