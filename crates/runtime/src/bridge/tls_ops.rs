//! Ops about TLS: what was agreed upon with a client, and what the command line says.
//!
//! Whoever handles a request may want to know it when the request is over. So it is asked for by each that could, at once, and
//! costs as good as nothing: requests of which the same is known have the same object. Owns the objects of a core. Called
//! by: JavaScript.

use std::collections::HashMap;
use std::sync::Arc;

use deno_core::{OpState, ToJsBuffer, op2, serde_v8, v8};
use howth_engine::{ConnectionId, TlsFacts};
use serde::Serialize;

use super::id;
use super::state::Bridge;
use crate::isolate::ProcessOptions;

/// So many objects are kept, at most.
const OBJECTS_MAX: usize = 256;

/// Facts as JavaScript has them.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Agreed<'a> {
    version: &'static str,
    cipher: &'static str,
    cipher_standard: &'static str,
    alpn_protocol: Option<String>,
    server_name: Option<&'a str>,
    authorized: bool,
    authorization_error: Option<&'a str>,
    resumed: bool,
    peer_certificates: Vec<ToJsBuffer>,
}

/// Objects that were made of facts; each by the place of its facts in memory, which is theirs as long as they are here.
#[derive(Default)]
pub(super) struct Objects(HashMap<*const TlsFacts, (Arc<TlsFacts>, v8::Global<v8::Value>)>);

impl Objects {
    fn of<'s>(&mut self, scope: &mut v8::PinScope<'s, '_>, facts: Arc<TlsFacts>) -> v8::Local<'s, v8::Value> {
        if let Some((_, object)) = self.0.get(&Arc::as_ptr(&facts)) {
            return v8::Local::new(scope, object);
        }
        let object = object(scope, &facts);
        if self.0.len() >= OBJECTS_MAX {
            // Those that are still wanted are made again.
            self.0.clear();
        }
        let kept = v8::Global::new(scope, object);
        self.0.insert(Arc::as_ptr(&facts), (facts, kept));
        object
    }
}

/// An object that nobody can change, since many have it.
fn object<'s>(scope: &mut v8::PinScope<'s, '_>, facts: &TlsFacts) -> v8::Local<'s, v8::Value> {
    let protocol = facts.protocol.as_deref().map(String::from_utf8_lossy);
    let certificates = facts.peer_certificates.iter().cloned();
    let agreed = Agreed {
        version: facts.version,
        cipher: facts.cipher,
        cipher_standard: facts.cipher_standard,
        alpn_protocol: protocol.map(String::from),
        server_name: facts.server_name.as_deref(),
        authorized: facts.is_authorized,
        authorization_error: facts.unauthorized.as_deref(),
        resumed: facts.is_resumed,
        peer_certificates: certificates.map(ToJsBuffer::from).collect(),
    };
    let Ok(value) = serde_v8::to_v8(scope, agreed) else {
        return v8::null(scope).into();
    };
    let list = v8::String::new_external_onebyte_static(scope, b"peerCertificates");
    if let (Ok(object), Some(list)) = (v8::Local::<v8::Object>::try_from(value), list) {
        let certificates = object.get(scope, list.into());
        freeze(scope, certificates);
        freeze(scope, Some(value));
    }
    value
}

fn freeze(scope: &mut v8::PinScope<'_, '_>, value: Option<v8::Local<'_, v8::Value>>) {
    let object = value.and_then(|value| v8::Local::<v8::Object>::try_from(value).ok());
    if let Some(object) = object {
        object.set_integrity_level(scope, v8::IntegrityLevel::Frozen);
    }
}

/// What was agreed upon with the client of a request; null: it came in clear, or is over.
#[op2]
pub(super) fn op_howth_tls<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: &mut OpState,
    index: u32,
    generation: u32,
) -> v8::Local<'s, v8::Value> {
    let bridge = state.borrow::<Bridge>();
    let facts = bridge.with(|exchanges| exchanges.tls_facts(id(index, generation)));
    match facts.flatten() {
        Some(facts) => state.borrow_mut::<Objects>().of(scope, facts),
        None => v8::null(scope).into(),
    }
}

/// The same of a connection; null: it speaks in clear, or has ended.
#[op2]
pub(super) fn op_howth_connection_tls<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: &mut OpState,
    index: u32,
    generation: u32,
) -> v8::Local<'s, v8::Value> {
    let id = ConnectionId { index, generation };
    let bridge = state.borrow::<Bridge>();
    let facts = bridge.with(|exchanges| exchanges.connection_tls_facts(id));
    match facts.flatten() {
        Some(facts) => state.borrow_mut::<Objects>().of(scope, facts),
        None => v8::null(scope).into(),
    }
}

/// What the command line says about TLS, as a worker of `node:cluster` is told it; empty: nothing.
#[op2]
#[serde]
pub(super) fn op_howth_tls_arguments(state: &OpState) -> Vec<String> {
    state.borrow::<Arc<ProcessOptions>>().tls_arguments.clone()
}
