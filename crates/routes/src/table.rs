//! All routes of a listener.
//!
//! Owns which of them answers a request: an exact path wins over one with parameters, and that over one that ends in a
//! wildcard; among equals the longer, then the one that was given first. Sends what needs no application, after the layers of
//! the route. Never calls that. Called by: the runtime's bridge, when a request comes ([`answer`](Table::answer)) and when it is given to the
//! application ([`lead`](Table::lead)).

use std::rc::Rc;

use howth_engine::{ExchangeId, Exchanges};
use howth_http1::RequestHead;
use rustc_hash::FxHashMap;

use crate::answer::{Answer, Asked, Handler, Ready, Serving};
use crate::cors::preflighted_method;
use crate::layer::Meeting;
use crate::methods::Methods;
use crate::places::Places;
use crate::route::{Route, Target};
use crate::tree::Tree;

/// What becomes of a request that no route answers.
#[derive(Clone, Debug, Default)]
pub enum Otherwise {
    /// The application answers it.
    #[default]
    Application,
    /// 404, and 405 where a route answers other methods.
    Refused,
    /// This answers it.
    Ready(Rc<Ready>),
}

/// Who answers a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lead {
    /// It was answered.
    Answered,
    /// A handler of the application.
    Handler(Handler),
    /// The application, by what answers requests that no route does.
    Application,
}

/// The routes.
#[derive(Debug)]
pub struct Table {
    exact: FxHashMap<Box<[u8]>, u32>,
    tree: Tree,
    routes: Vec<Route>,
    otherwise: Otherwise,
    not_found: Ready,
    /// Anything is answered without the application.
    may_answer: bool,
    /// Any route is the application's to answer.
    has_handlers: bool,
    /// Any handler looks at its request.
    takes_requests: bool,
}

/// What a request has met.
#[derive(Clone, Copy)]
enum Found<'t> {
    Target(&'t Route, &'t Target),
    NotAllowed(&'t Route),
    Missing,
}

impl<'t> Found<'t> {
    /// Whose layers the request meets: those of its target; of a preflight that has none, those of the target it asks about.
    fn met(self, head: &RequestHead) -> Option<(&'t Route, &'t Target)> {
        match self {
            Found::Target(route, target) => Some((route, target)),
            Found::NotAllowed(route) => {
                let method = preflighted_method(head)?;
                Some((route, route.preflighted(Methods::of_request(method))?))
            }
            Found::Missing => None,
        }
    }
}

impl Default for Table {
    fn default() -> Self {
        Table {
            exact: FxHashMap::default(),
            tree: Tree::default(),
            routes: Vec::new(),
            otherwise: Otherwise::default(),
            not_found: Ready::text(404, "Not Found", &[]),
            may_answer: false,
            has_handlers: false,
            takes_requests: false,
        }
    }
}

impl Table {
    /// A table without routes.
    pub fn new(otherwise: Otherwise) -> Self {
        Table {
            may_answer: !matches!(otherwise, Otherwise::Application),
            otherwise,
            ..Table::default()
        }
    }

    /// Adds a route; one that was added before for the same paths stays.
    pub fn add(&mut self, route: Route) {
        let handler = |target: &Target| match &target.answer {
            Answer::Handler(handler) => Some(*handler),
            Answer::Ready(_) | Answer::Served(_) => None,
        };
        self.may_answer |= route.has_target(|target| handler(target).is_none() || !target.layers.is_empty());
        self.has_handlers |= route.has_target(|target| handler(target).is_some());
        self.takes_requests |=
            route.has_target(|target| handler(target).is_some_and(|handler| handler.takes_request));
        let number = self.routes.len() as u32;
        let pattern = &route.pattern;
        match pattern.is_exact() {
            true => {
                let path = pattern.path().as_bytes();
                self.exact.entry(path.into()).or_insert(number);
            }
            false => self.tree.add(pattern, number),
        }
        self.routes.push(route);
    }

    /// Whether any request is answered without the application.
    pub fn may_answer(&self) -> bool {
        self.may_answer
    }

    /// Whether [`lead`](Self::lead) says more than that the application answers.
    pub fn leads(&self) -> bool {
        self.may_answer || self.has_handlers
    }

    /// Whether any handler looks at its request.
    pub fn takes_requests(&self) -> bool {
        self.takes_requests
    }

    /// Has a request meet the layers of its route, and answers one that needs no application; false: it is the application's. To
    /// be called once for a request, on the core whose client has sent it.
    pub fn answer(&self, exchanges: &dyn Exchanges, id: ExchangeId) -> bool {
        let found = exchanges.head(id).map(|head| {
            let found = self.find(&head);
            (found, found.met(&head))
        });
        let Some((found, met)) = found else {
            return false;
        };
        if let Some((route, target)) = met
            && !target.layers.is_empty()
            && meet_all(route, target, exchanges, id) == Meeting::Answered
        {
            return true;
        }
        self.send(found, exchanges, id)
    }

    /// Says who answers a request, and where the parameters of its route stand; `None`: it is over.
    pub fn lead(&self, exchanges: &dyn Exchanges, id: ExchangeId, places: &mut Places) -> Option<Lead> {
        let found = {
            let head = exchanges.head(id)?;
            let found = self.find(&head);
            if let Found::Target(route, target) = found
                && matches!(target.answer, Answer::Handler(_))
            {
                route.pattern.find_places(path_of(&head), places);
            }
            found
        };
        if let Found::Target(_, target) = found
            && let Answer::Handler(handler) = target.answer
        {
            return Some(Lead::Handler(handler));
        }
        Some(match self.send(found, exchanges, id) {
            true => Lead::Answered,
            false => Lead::Application,
        })
    }

    #[inline]
    fn find(&self, head: &RequestHead) -> Found<'_> {
        let path = path_of(head);
        let number = self.exact.get(path).copied().or_else(|| self.tree.find(path));
        let Some(route) = number.and_then(|number| self.routes.get(number as usize)) else {
            return Found::Missing;
        };
        match route.target(Methods::of_request(head.request_bytes().0)) {
            Some(target) => Found::Target(route, target),
            None => Found::NotAllowed(route),
        }
    }

    /// Sends what needs no application; false: there is nothing.
    fn send(&self, found: Found<'_>, exchanges: &dyn Exchanges, id: ExchangeId) -> bool {
        let otherwise = match found {
            Found::Target(route, target) => match &target.answer {
                Answer::Ready(ready) => {
                    ready.send(exchanges, id);
                    return true;
                }
                Answer::Served(served) => {
                    let asked = Asked {
                        places: &places(route, exchanges, id),
                    };
                    if served.serve(exchanges, id, &asked) == Serving::Answered {
                        return true;
                    }
                    &self.not_found
                }
                Answer::Handler(_) => return false,
            },
            Found::NotAllowed(route) => &route.not_allowed,
            Found::Missing => &self.not_found,
        };
        match &self.otherwise {
            Otherwise::Application => return false,
            Otherwise::Refused => otherwise.send(exchanges, id),
            Otherwise::Ready(ready) => ready.send(exchanges, id),
        }
        true
    }
}

/// Has a request meet the layers of its target, up to the one that answers it.
fn meet_all(route: &Route, target: &Target, exchanges: &dyn Exchanges, id: ExchangeId) -> Meeting {
    let asked = Asked {
        places: &places(route, exchanges, id),
    };
    let mut layers = target.layers.iter();
    match layers.any(|layer| layer.meet(exchanges, id, &asked) == Meeting::Answered) {
        true => Meeting::Answered,
        false => Meeting::GoesOn,
    }
}

/// Where parameters and wildcard stand in a request's path.
fn places(route: &Route, exchanges: &dyn Exchanges, id: ExchangeId) -> Places {
    let mut places = Places::default();
    if let Some(head) = exchanges.head(id) {
        route.pattern.find_places(path_of(&head), &mut places);
    }
    places
}

/// The path of a request, without its query.
#[inline]
fn path_of(head: &RequestHead) -> &[u8] {
    let (_, _, path) = head.request_bytes();
    &path[..memchr::memchr(b'?', path).unwrap_or(path.len())]
}
