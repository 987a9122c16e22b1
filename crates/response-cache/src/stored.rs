//! A response that is kept.
//!
//! Owns what is kept of it, until when it is what, and how many bytes it needs. Never changes. Called by: the store, and whoever
//! gives it.

use bytes::Bytes;
use howth_conditions::{EntityTag, Validators, seconds_of_date};
use howth_engine::Body;
use howth_http1::{ResponseHead, is_forwarded};
use howth_routes::Fields;

use crate::purges::{Mark, Moment};
use crate::storable::Terms;

/// What a field needs besides its bytes: its place, and what is lost in two allocations.
const FIELD_BYTES: usize = 64;

/// A response that is kept.
#[derive(Debug)]
pub(crate) struct Stored {
    pub(crate) status: u16,
    pub(crate) reason: Option<Box<str>>,
    /// Without those of the connection, and those that are about its being kept.
    pub(crate) fields: Fields,
    pub(crate) content: Bytes,
    /// When it came.
    made_us: u64,
    /// How old it was then, by its own word.
    age_s: u64,
    fresh_until_us: u64,
    stale_until_us: u64,
    spare_until_us: u64,
    /// When its making began.
    began: Moment,
    marks: Box<[Mark]>,
}

/// What a response is at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Freshness {
    /// It is given.
    Fresh,
    /// It is given while one is made anew.
    Stale,
    /// It is given in the place of an error.
    Spare,
    /// It is not given.
    Over,
}

impl Stored {
    /// Keeps a response on its terms.
    pub(crate) fn new(
        head: &ResponseHead<'_>,
        content: Bytes,
        terms: &Terms,
        began: Moment,
        marks: Box<[Mark]>,
        now_us: u64,
    ) -> Self {
        let mut fields = Fields::default();
        for (name, value) in head.fields {
            if is_kept(name) {
                fields.push(name, value);
            }
        }
        let fresh_until_us = now_us.saturating_add(terms.fresh_us);
        Stored {
            status: head.status,
            reason: head.reason.map(Into::into),
            fields,
            content,
            made_us: now_us,
            age_s: terms.age_s,
            fresh_until_us,
            stale_until_us: fresh_until_us.saturating_add(terms.stale_us),
            spare_until_us: fresh_until_us.saturating_add(terms.spare_us),
            began,
            marks,
        }
    }

    pub(crate) fn freshness(&self, now_us: u64) -> Freshness {
        match now_us {
            _ if now_us < self.fresh_until_us => Freshness::Fresh,
            _ if now_us < self.stale_until_us => Freshness::Stale,
            _ if now_us < self.spare_until_us => Freshness::Spare,
            _ => Freshness::Over,
        }
    }

    /// RFC 9111 section 5.1.
    pub(crate) fn age_s(&self, now_us: u64) -> u64 {
        self.age_s + now_us.saturating_sub(self.made_us) / 1_000_000
    }

    /// For how many seconds it has not been fresh.
    pub(crate) fn stale_s(&self, now_us: u64) -> u64 {
        now_us.saturating_sub(self.fresh_until_us) / 1_000_000
    }

    pub(crate) fn began(&self) -> Moment {
        self.began
    }

    pub(crate) fn marks(&self) -> &[Mark] {
        &self.marks
    }

    /// What conditions are compared with.
    pub(crate) fn validators(&self) -> Validators<'_> {
        let field = |wanted: &[u8]| {
            let mut fields = self.fields.iter();
            let found = fields.find(|(name, _)| name.eq_ignore_ascii_case(wanted));
            found.map(|(_, value)| value.trim_ascii())
        };
        Validators {
            tag: field(b"etag").and_then(|value| EntityTag::first(value).map(|(tag, _)| tag)),
            modified_s: field(b"last-modified").and_then(seconds_of_date),
        }
    }

    /// Bytes it needs, but for what every entry does.
    pub(crate) fn bytes(&self) -> usize {
        let fields = self.fields.iter();
        let fields = fields.map(|(name, value)| FIELD_BYTES + name.len() + value.len());
        let reason = self.reason.as_deref().map_or(0, str::len);
        let marks = size_of_val(&*self.marks);
        size_of::<Self>() + self.content.len() + reason + marks + fields.sum::<usize>()
    }
}

/// Whether a field is given again. `Age` and `Date` are told anew; tags are the server's own, and what one request took is no other's.
fn is_kept(name: &[u8]) -> bool {
    is_forwarded(name)
        && !name.eq_ignore_ascii_case(b"age")
        && !name.eq_ignore_ascii_case(b"cache-tag")
        && !name.eq_ignore_ascii_case(b"date")
        && !name.eq_ignore_ascii_case(b"server-timing")
}

/// The bytes of a body in memory of their own size; `None`: they are in a file.
pub(crate) fn content_of(body: Body<'_>) -> Result<Bytes, Body<'_>> {
    match body {
        Body::Borrowed(bytes) => Ok(Bytes::copy_from_slice(bytes)),
        // A vector may have set aside more than it holds.
        Body::Owned(bytes) => Ok(Bytes::from(bytes.into_boxed_slice())),
        // And these may be part of something larger.
        Body::Shared(bytes) => Ok(Bytes::copy_from_slice(&bytes)),
        Body::File(file) => Err(Body::File(file)),
    }
}
