//! The cache before a handler.
//!
//! Owns what becomes of a request that meets it: it is answered from what is kept, waits for the response to another, or goes on to
//! the application. Called by: the table of routes, once for each request, on the core whose client has sent it.

use std::rc::Rc;
use std::sync::Arc;

use howth_engine::{ExchangeId, Exchanges};
use howth_routes::{Asked, Layer, Meeting};

use crate::core::{CoreCache, Noted};
use crate::flights::Joined;
use crate::give::give;
use crate::key::{self, Origin, Target};
use crate::lookup::Manner;
use crate::settings::{Settings, SettingsError};
use crate::statuses::{Forwarded, HIT};
use crate::store::{Found, KEY_BYTES_MAX};
use crate::stored::Stored;

/// A route whose responses are kept.
#[derive(Debug)]
pub struct CachedRoute {
    core: Rc<CoreCache>,
    settings: Rc<Settings>,
}

/// A request that asks for what is kept.
struct Question {
    is_conditional: bool,
    leads: bool,
    target: Target,
    /// How long its key is without what a response varies by beside.
    common: usize,
}

impl CachedRoute {
    /// A route of a core.
    ///
    /// # Errors
    /// What is said of it is beyond a bound.
    pub fn new(core: Rc<CoreCache>, settings: Settings) -> Result<Self, SettingsError> {
        settings.check(core.shared.entry_bytes_max())?;
        core.shared.note_query(&settings.query);
        Ok(CachedRoute {
            core,
            settings: Rc::new(settings),
        })
    }

    /// The request's key, and what is kept under it; in the place of that why it goes on.
    #[inline]
    fn look_up(
        &self,
        key: &mut Vec<u8>,
        exchanges: &dyn Exchanges,
        id: ExchangeId,
        now_us: u64,
    ) -> Option<Result<(Question, Found), Forwarded>> {
        let origin = Origin {
            generation: self.core.generation,
            place: exchanges.place(id)?,
            is_secure: exchanges.is_secure(id),
        };
        let head = exchanges.head(id)?;
        let (is_conditional, leads) = match Manner::of(&head, &self.settings) {
            Manner::OtherMethod => return Some(Err(Forwarded::Method)),
            Manner::Past => return Some(Err(Forwarded::Bypass)),
            Manner::Asks {
                is_conditional,
                leads,
            } => (is_conditional, leads),
        };
        let target = key::write(key, origin, &self.settings, &head);
        let common = key.len();
        let found = self.core.shared.find(key, &head, now_us);
        if key.len() > KEY_BYTES_MAX {
            return Some(Err(Forwarded::Bypass));
        }
        let question = Question {
            is_conditional,
            leads,
            target,
            common,
        };
        Some(Ok((question, found)))
    }

    fn goes_on(&self, exchanges: &dyn Exchanges, id: ExchangeId, forwarded: Forwarded) -> Meeting {
        let _ = exchanges.add_fields(id, self.core.statuses.forwarded(forwarded));
        Meeting::GoesOn
    }

    /// Has a request lead, or wait for the one that does.
    fn join(
        &self,
        exchanges: &dyn Exchanges,
        id: ExchangeId,
        key: &[u8],
        question: &Question,
        before: Option<Arc<Stored>>,
        now_us: u64,
    ) -> Meeting {
        let forwarded = match before {
            Some(_) => Forwarded::Stale,
            None => Forwarded::Miss,
        };
        if !question.leads {
            self.core.note(Noted::Miss);
            return self.goes_on(exchanges, id, forwarded);
        }
        let lead = || {
            let key = (key, question.common);
            self.core.lead(&self.settings, key, question.target, before)
        };
        let until_us = now_us.saturating_add(self.settings.wait_us);
        let joined = self.core.flights.borrow_mut().join(key, id, until_us, lead);
        match joined {
            Joined::Leads => {
                self.core.note(Noted::Miss);
                Meeting::GoesOn
            }
            Joined::Waits => {
                self.core.note(Noted::Waited);
                Meeting::Answered
            }
            Joined::Full => {
                self.core.note(Noted::Miss);
                self.goes_on(exchanges, id, forwarded)
            }
        }
    }
}

impl Layer for CachedRoute {
    fn meet(&self, exchanges: &dyn Exchanges, id: ExchangeId, _: &Asked<'_>) -> Meeting {
        let now_us = self.core.now_us();
        let mut key = self.core.key.borrow_mut();
        let (question, found) = match self.look_up(&mut key, exchanges, id, now_us) {
            Some(Ok(asked)) => asked,
            Some(Err(forwarded)) => return self.goes_on(exchanges, id, forwarded),
            // It is over.
            None => return Meeting::GoesOn,
        };
        let is_conditional = question.is_conditional;
        match found {
            Found::Fresh(stored) => {
                self.core.note(Noted::Hit);
                give(exchanges, id, &stored, HIT, is_conditional, now_us);
                Meeting::Answered
            }
            // One request waits for the new response, which is the application's to make for somebody.
            Found::Stale(stored) if self.core.flights.borrow().has(&key) || !question.leads => {
                self.core.note(Noted::Hit);
                let status = format!("howth; hit; ttl=-{}", stored.stale_s(now_us));
                give(exchanges, id, &stored, status.as_bytes(), is_conditional, now_us);
                Meeting::Answered
            }
            Found::Stale(stored) | Found::Spare(stored) => {
                self.join(exchanges, id, &key, &question, Some(stored), now_us)
            }
            Found::Passed => {
                self.core.note(Noted::Miss);
                self.goes_on(exchanges, id, Forwarded::Miss)
            }
            Found::Missing => self.join(exchanges, id, &key, &question, None, now_us),
        }
    }
}
