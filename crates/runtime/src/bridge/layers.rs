//! What is around routes: `Howth.headers`, `Howth.cors`, `Howth.rateLimit`.
//!
//! Owns how they cross from JavaScript and become layers of a route. Called by: `routes`, which makes that.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use deno_core::serde_v8::ByteString;
use deno_error::JsErrorBox;
use howth_engine::{AddedFields, Adding};
use howth_rate_limit::{KEYS_DEFAULT, KEYS_MAX, KEYS_MIN, Rate, Table};
use howth_routes::cors::{Cors, Settings};
use howth_routes::{Answer, FixedFields, Layer, Layers};
use serde::Deserialize;

use super::rate_limit::{Key, RateLimit};
use crate::rate_limits::{RateLimits, Scope};

/// One of these is said.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SaidLayer {
    /// Names and values; none: the field is left out.
    headers: Option<Vec<(String, Option<ByteString>)>>,
    cors: Option<SaidCors>,
    rate_limit: Option<SaidRateLimit>,
    /// What it stands under; empty: it is around all methods of its route that have targets within.
    method: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SaidCors {
    origins: Vec<String>,
    methods: Option<Vec<String>>,
    allowed_headers: Option<Vec<String>>,
    exposed_headers: Vec<String>,
    credentials: bool,
    max_age: Option<u32>,
}

#[derive(Deserialize)]
struct SaidRateLimit {
    rate: String,
    burst: Option<u32>,
    key: SaidKey,
    name: Option<String>,
    keys: Option<u32>,
}

#[derive(Deserialize)]
struct SaidKey {
    kind: String,
    /// Of a header or a cookie.
    name: String,
}

/// Makes layers of the routes of one server.
pub(super) struct LayerMaker {
    limits: Arc<RateLimits>,
    /// Where the server listens; `None`: it does not yet, and nothing is counted.
    place: Option<u32>,
    /// What was said under names.
    named: RefCell<HashMap<String, (Rate, usize)>>,
}

impl LayerMaker {
    pub(super) fn new(limits: Arc<RateLimits>, place: Option<u32>) -> Self {
        LayerMaker {
            limits,
            place,
            named: RefCell::default(),
        }
    }

    /// The layers that are said, and the answer within, of which a part may have become.
    pub(super) fn make(
        &self,
        path: &str,
        mut said: Vec<SaidLayer>,
        mut answer: Answer,
    ) -> Result<(Layers, Answer), JsErrorBox> {
        let wrong = |meant: &str, error: String| {
            JsErrorBox::type_error(format!("Howth.serve: the route \"{path}\": {meant}: {error}"))
        };
        // What is added to a response that is made beforehand is added beforehand.
        while let Answer::Ready(ready) = &answer
            && let Some(fields) = said.pop_if(|innermost| innermost.headers.is_some())
        {
            let fields = fixed(fields.headers).map_err(|error| wrong("Howth.headers", error))?;
            answer = Answer::Ready(Rc::new(fields.around(ready)));
        }
        let mut layers: Vec<Rc<dyn Layer>> = Vec::with_capacity(said.len());
        for (depth, layer) in said.into_iter().enumerate() {
            if let Some(said) = layer.cors {
                let cors =
                    Cors::read(&said.into()).map_err(|error| wrong("Howth.cors", error.to_string()))?;
                layers.push(Rc::new(cors));
            } else if let Some(said) = layer.rate_limit {
                let scope = |place| Scope::Route {
                    place,
                    path: path.to_owned(),
                    method: layer.method,
                    depth,
                };
                let limit = self.rate_limit(said, scope);
                layers.push(Rc::new(limit.map_err(|error| wrong("Howth.rateLimit", error))?));
            } else {
                let fields = fixed(layer.headers).map_err(|error| wrong("Howth.headers", error))?;
                layers.push(Rc::new(fields));
            }
        }
        Ok((layers.into(), answer))
    }

    /// `scope`: what is counted where no name is given, by the server's place.
    fn rate_limit(&self, said: SaidRateLimit, scope: impl FnOnce(u32) -> Scope) -> Result<RateLimit, String> {
        let rate: Rate = said.rate.parse().map_err(|error| format!("rate: {error}"))?;
        let rate = match said.burst {
            Some(burst) => rate
                .with_burst(burst.into())
                .map_err(|error| format!("burst: {error}"))?,
            None => rate,
        };
        let keys = said.keys.map_or(KEYS_DEFAULT, |keys| keys as usize);
        if !(KEYS_MIN..=KEYS_MAX).contains(&keys) {
            return Err(format!(
                "keys: give a number from {KEYS_MIN} to {KEYS_MAX}, not {keys}"
            ));
        }
        let name = || said.key.name.as_str().into();
        let key = match said.key.kind.as_str() {
            "route" => Key::Route,
            "header" => Key::Header(name()),
            "cookie" => Key::Cookie(name()),
            _ => Key::Address,
        };
        if let Some(name) = &said.name {
            let first = *self
                .named
                .borrow_mut()
                .entry(name.clone())
                .or_insert((rate, keys));
            if first != (rate, keys) {
                return Err(format!(
                    "name: routes that share \"{name}\" must have the same rate, burst and keys"
                ));
            }
        }
        let table = match self.place {
            // Nobody is counted before there is a server.
            None => Arc::new(Table::new(KEYS_MIN)),
            Some(place) => {
                let scope = said.name.map_or_else(|| scope(place), Scope::Named);
                self.limits.table(scope, keys)
            }
        };
        Ok(RateLimit::new(self.limits.clone(), table, rate, key))
    }
}

impl From<SaidCors> for Settings {
    fn from(said: SaidCors) -> Self {
        Settings {
            origins: said.origins,
            methods: said.methods,
            allowed_headers: said.allowed_headers,
            exposed_headers: said.exposed_headers,
            credentials: said.credentials,
            max_age: said.max_age,
        }
    }
}

/// The fields, or what is wrong with one.
fn fixed(said: Option<Vec<(String, Option<ByteString>)>>) -> Result<FixedFields, String> {
    let mut fields = AddedFields::default();
    for (name, value) in said.unwrap_or_default() {
        let (value, adding) = match &value {
            Some(value) => (&value[..], Adding::IfMissing),
            None => (&b""[..], Adding::LeftOut),
        };
        let pushed = fields.push(name.as_bytes(), value, adding);
        pushed.map_err(|error| format!("the field \"{}\": {error}", name.escape_debug()))?;
    }
    Ok(FixedFields(Arc::new(fields)))
}
