//! What requests meet before the program and its routes: `--rate-limit`, then `--redirect`, then `--dir`.
//!
//! Owns their order. Never calls JavaScript. Called by: the application, for every request, while there is any of them.

use std::rc::Rc;
use std::sync::Arc;

use howth_engine::{ExchangeId, Exchanges};
use howth_files::FolderError;
use howth_rate_limit::KEYS_DEFAULT;
use howth_routes::{Answer, Layers, Otherwise, Route, Table};

use super::folders::Folders;
use super::rate_limit::{Key, RateLimit};
use crate::options::Options;
use crate::rate_limits::{RateLimits, Scope};

/// What one core has before the program.
#[derive(Debug)]
pub(crate) struct Before {
    limit: Option<RateLimit>,
    redirects: Table,
    folders: Folders,
}

impl Before {
    /// Makes and opens all of it.
    ///
    /// # Errors
    /// A folder cannot be opened.
    pub(crate) fn open(options: &Options, limits: &Arc<RateLimits>) -> Result<Self, FolderError> {
        let mut redirects = Table::new(Otherwise::Application);
        for (pattern, redirect) in &options.redirects {
            let answer = Answer::Served(Rc::new(redirect.clone()));
            redirects.add(Route::of_all(pattern.clone(), Layers::default(), answer));
        }
        let limit = options.rate_limit.map(|rate| {
            let table = limits.table(Scope::All, KEYS_DEFAULT);
            RateLimit::new(limits.clone(), table, rate, Key::Address)
        });
        Ok(Before {
            limit,
            redirects,
            folders: Folders::open(&options.folders)?,
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.limit.is_none() && !self.redirects.may_answer() && self.folders.is_empty()
    }

    /// Answers a request that does not come to the program; false: it does.
    pub(super) fn answer(&self, exchanges: &dyn Exchanges, id: ExchangeId) -> bool {
        let refuses = |limit: &RateLimit| limit.refuses(exchanges, id);
        self.limit.as_ref().is_some_and(refuses)
            || (self.redirects.may_answer() && self.redirects.answer(exchanges, id))
            || (!self.folders.is_empty() && self.folders.answer(exchanges, id))
    }
}
