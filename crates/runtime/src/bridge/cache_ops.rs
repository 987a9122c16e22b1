//! Ops of `Howth.cache`, and how its routes are read.
//!
//! Owns how settings cross from JavaScript; `js/server/cache.js` has checked their kinds. Never decides what is kept:
//! `howth_response_cache` does. Called by: JavaScript; `routes`, which makes routes.

use std::rc::Rc;
use std::sync::Arc;

use deno_core::{OpState, op2};
use deno_error::JsErrorBox;
use howth_response_cache::{CachedRoute, Lifetime, Purge, Query, ResponseCache, Settings};
use howth_routes::Layer;
use howth_scheduling::{Count, Counters};
use serde::{Deserialize, Serialize};

use super::state::Bridge;
use crate::response_cache::KeptResponses;

/// What `js/server/cache.js` says of a route. Times are seconds.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SaidCache {
    /// `None`: as responses say.
    ttl: Option<f64>,
    stale_while_revalidate: f64,
    stale_if_error: f64,
    vary: Vec<String>,
    /// `None`: all of it counts.
    query: Option<Vec<String>>,
    max_bytes: Option<u64>,
    tags: Vec<String>,
    max_wait: f64,
}

/// The cache before a handler.
pub(super) fn cached_route(said: SaidCache, state: &OpState) -> Result<Rc<dyn Layer>, JsErrorBox> {
    let settings = Settings {
        lifetime: said
            .ttl
            .map_or(Lifetime::OfResponse, |ttl| Lifetime::Fixed(us(ttl).max(1))),
        stale_while_revalidate_us: us(said.stale_while_revalidate),
        stale_if_error_us: us(said.stale_if_error),
        vary: said.vary,
        query: said.query.map_or(Query::Whole, Query::Only),
        bytes_max: said
            .max_bytes
            .map(|bytes| usize::try_from(bytes).unwrap_or(usize::MAX)),
        tags: said.tags,
        wait_us: us(said.max_wait),
    };
    let core = state
        .try_borrow::<KeptResponses>()
        .ok_or_else(|| JsErrorBox::type_error("Howth.cache: a Worker serves nothing"))?;
    let route = CachedRoute::new(core.core().clone(), settings);
    let route = route.map_err(|error| JsErrorBox::type_error(format!("Howth.cache: {error}")))?;
    Ok(Rc::new(route))
}

/// What takes longer than a clock counts takes for ever.
fn us(seconds: f64) -> u64 {
    (seconds * 1_000_000.0) as u64
}

#[op2(fast)]
pub(super) fn op_howth_cache_purge_url(state: &OpState, #[string] url: &str) {
    cache(state).purge(Purge::Url(url.as_bytes()));
}

#[op2(fast)]
pub(super) fn op_howth_cache_purge_path(state: &OpState, #[string] path: &str) {
    cache(state).purge(Purge::Path(path.as_bytes()));
}

#[op2(fast)]
pub(super) fn op_howth_cache_purge_tag(state: &OpState, #[string] tag: &str) {
    cache(state).purge(Purge::Tag(tag.as_bytes()));
}

#[op2(fast)]
pub(super) fn op_howth_cache_clear(state: &OpState) {
    cache(state).clear();
}

/// What `Howth.cache.stats()` gives.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Stats {
    entries: f64,
    bytes: f64,
    max_bytes: f64,
    hits: f64,
    misses: f64,
    waited: f64,
}

#[op2]
#[serde]
pub(super) fn op_howth_cache_stats(state: &OpState) -> Stats {
    let cache = cache(state);
    let counters = &state.borrow::<Bridge>().numbers().counters;
    let sum = |of: fn(&Counters) -> &Count| -> f64 { counters.iter().map(|own| of(own).get() as f64).sum() };
    Stats {
        entries: cache.len() as f64,
        bytes: cache.bytes() as f64,
        max_bytes: cache.bytes_max() as f64,
        hits: sum(|own| &own.cache_hits),
        misses: sum(|own| &own.cache_misses),
        waited: sum(|own| &own.cache_waited),
    }
}

fn cache(state: &OpState) -> &Arc<ResponseCache> {
    state.borrow::<Arc<ResponseCache>>()
}
