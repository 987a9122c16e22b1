//! The routes of a server, as its program says them.
//!
//! Owns how they cross from JavaScript and become a table, and the table's place in a server. Matches nothing: the table
//! does. Called by: JavaScript, when it listens; the application, for every request.

use std::rc::Rc;
use std::sync::Arc;

use deno_core::serde_v8::ByteString;
use deno_core::{JsBuffer, OpState, op2};
use deno_error::JsErrorBox;
use howth_engine::{ExchangeId, ListenerId};
use howth_routes::{
    Answer, Fields, Handler, Layers, Lead, Otherwise, Pattern, Places, Ready, Redirect, Route, Table,
};
use serde::Deserialize;

use super::cache_ops::{SaidCache, cached_route};
use super::layers::{LayerMaker, SaidLayer};
use super::served_files::{SaidFolder, served_file, served_folder};
use super::state::Bridge;
use crate::rate_limits::RateLimits;

/// All routes of a server, as `js/server/routes.js` makes them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SaidRoutes {
    routes: Vec<SaidRoute>,
    /// The program answers what no route does.
    has_handler: bool,
    /// Answers what no route does, before the program could.
    otherwise: Option<SaidReady>,
}

#[derive(Deserialize)]
struct SaidRoute {
    path: String,
    /// By method, an empty one standing for all that have no other; and what is around each, the outermost first.
    answers: Vec<(String, Vec<SaidLayer>, SaidAnswer)>,
}

/// One of these is said.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SaidAnswer {
    handler: Option<SaidHandler>,
    ready: Option<SaidReady>,
    /// A ready response answers every method.
    is_error: Option<bool>,
    redirect: Option<SaidRedirect>,
    folder: Option<SaidFolder>,
    /// The path of a file.
    file: Option<String>,
    /// Responses of the handler are kept.
    cache: Option<SaidCache>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SaidHandler {
    /// Counted from the first of these routes.
    number: u32,
    takes_request: bool,
}

#[derive(Deserialize)]
struct SaidRedirect {
    to: String,
    status: u16,
    /// The query of a request is passed on.
    query: bool,
}

#[derive(Deserialize)]
struct SaidReady {
    status: u16,
    reason: String,
    /// Name, line feed, value, line feed, and so on.
    fields: ByteString,
    body: JsBuffer,
}

impl SaidReady {
    fn ready(self) -> Rc<Ready> {
        Rc::new(Ready {
            status: self.status,
            reason: Some(self.reason)
                .filter(|reason| !reason.is_empty())
                .map(Into::into),
            fields: Fields::of_lines(&self.fields),
            body: self.body.to_vec().into(),
        })
    }
}

/// The table that is meant. `first`: the number of its first handler.
fn table(said: SaidRoutes, first: u32, maker: &LayerMaker, state: &OpState) -> Result<Table, JsErrorBox> {
    let otherwise = match said.otherwise {
        Some(ready) => Otherwise::Ready(ready.ready()),
        None if said.has_handler => Otherwise::Application,
        None => Otherwise::Refused,
    };
    let mut table = Table::new(otherwise);
    for route in said.routes {
        table.add(self::route(route, first, maker, state)?);
    }
    Ok(table)
}

fn route(said: SaidRoute, first: u32, maker: &LayerMaker, state: &OpState) -> Result<Route, JsErrorBox> {
    let pattern = Pattern::read(&said.path).map_err(|error| wrong(&error))?;
    let mut answers = Vec::with_capacity(said.answers.len());
    for (method, layers, mut answer) in said.answers {
        let cache = answer.cache.take();
        let cache = cache.map(|said| cached_route(said, state)).transpose()?;
        let (layers, answer) = maker.make(&said.path, layers, self::answer(answer, first, &pattern)?)?;
        // Innermost: what it gives is as the handler gave it.
        let layers: Layers = layers.iter().cloned().chain(cache).collect();
        answers.push((method, layers, answer));
    }
    Route::new(pattern, answers).map_err(|error| wrong(&error))
}

fn answer(said: SaidAnswer, first: u32, pattern: &Pattern) -> Result<Answer, JsErrorBox> {
    if let Some(ready) = said.ready {
        return Ok(match said.is_error {
            Some(true) => Answer::Served(ready.ready()),
            _ => Answer::Ready(ready.ready()),
        });
    }
    if let Some(said) = said.redirect {
        let redirect = Redirect::read(&said.to, said.status, said.query, pattern).map_err(|error| {
            let path = pattern.path();
            JsErrorBox::type_error(format!(
                "Howth.serve: the route \"{path}\": Howth.redirect: {error}"
            ))
        })?;
        return Ok(Answer::Served(Rc::new(redirect)));
    }
    if let Some(folder) = said.folder {
        return Ok(Answer::Served(served_folder(folder)?));
    }
    if let Some(file) = said.file {
        return Ok(Answer::Served(served_file(&file)?));
    }
    let handler = said
        .handler
        .ok_or_else(|| JsErrorBox::type_error("Howth.serve: a route has no answer"))?;
    Ok(Answer::Handler(Handler {
        number: first.wrapping_add(handler.number),
        takes_request: handler.takes_request,
    }))
}

fn wrong(error: &dyn std::error::Error) -> JsErrorBox {
    JsErrorBox::type_error(format!("Howth.serve: {error}"))
}

/// Throws what is wrong with routes, before anybody listens.
#[op2]
pub(super) fn op_howth_check_routes(state: &OpState, #[serde] said: SaidRoutes) -> Result<(), JsErrorBox> {
    table(said, 0, &LayerMaker::new(limits(state), None), state).map(drop)
}

/// The registered reason phrase of a status; empty: it has none.
#[op2]
#[string]
pub(super) fn op_howth_reason(status: u16) -> &'static str {
    howth_http1::reason(status).unwrap_or_default()
}

fn limits(state: &OpState) -> Arc<RateLimits> {
    state.borrow::<Arc<RateLimits>>().clone()
}

/// Has a server answer by these routes from now on, whose first handler has this number.
#[op2]
pub(super) fn op_howth_set_routes(
    state: &OpState,
    listener: u32,
    first: u32,
    #[serde] said: SaidRoutes,
) -> Result<(), JsErrorBox> {
    let bridge = state.borrow::<Bridge>();
    let place = bridge.place(ListenerId(listener)).map(|place| place.0);
    let maker = LayerMaker::new(limits(state), place);
    let table = Rc::new(table(said, first, &maker, state)?);
    bridge.with_server(ListenerId(listener), |server| server.table = table);
    Ok(())
}

impl Bridge {
    /// Answers a request that needs no JavaScript; false: it does.
    pub(super) fn answers(&self, id: ExchangeId) -> bool {
        let listener = self.listener_of(id);
        let Some(table) = listener.and_then(|listener| self.table(listener)) else {
            return false;
        };
        table.may_answer() && self.with(|exchanges| table.answer(exchanges, id)) == Some(true)
    }

    /// Who answers a request of a listener, and where the parameters of its route stand. Nobody need answer one that is over.
    pub(super) fn lead(&self, id: ExchangeId, listener: ListenerId, places: &mut Places) -> Lead {
        let Some(table) = self.table(listener).filter(|table| table.leads()) else {
            return Lead::Application;
        };
        let lead = self.with(|exchanges| table.lead(exchanges, id, places));
        lead.flatten().unwrap_or(Lead::Answered)
    }

    fn table(&self, listener: ListenerId) -> Option<Rc<Table>> {
        self.with_server(listener, |server| server.table.clone())
    }
}
