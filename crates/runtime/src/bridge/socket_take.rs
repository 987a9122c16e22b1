//! What has come on a WebSocket, on its way into JavaScript.
//!
//! Owns the form in which it crosses. Mostly one message has come: that crosses by itself. Small ones are copied into memory that
//! JavaScript has for many of them, since a buffer of its own costs more than all else. Never reads anything: `howth_sockets` does.

use std::cell::Cell;

use deno_core::{OpState, ToV8, op2, v8};
use howth_javascript::sockets::{pool, told};
use howth_sockets::{Payload, Told};
use howth_websocket::Kind;

use super::id;
use super::socket_ops::now_ms;
use super::state::Bridge;
use super::values::give_buffer;

/// What one call gives of what has come on a socket.
const PART_BYTES: usize = 256 * 1024;

/// A part of what has come.
pub(super) enum Piece {
    /// So many bytes in the pool, behind those of the piece before.
    Pooled(u32),
    /// What had no room there.
    Apart(Told),
}

/// What has come.
pub(super) enum Came {
    /// Nothing: `undefined`.
    Nothing,
    /// One text: a string.
    Text(Payload),
    /// Whatever it is, and whether there may be more: an array. A number of `told` and what belongs to it, an even number of
    /// elements each time; behind the last stands one element more if there may be more. Bytes are how many they are, where they
    /// stand in the pool; else a buffer, and where they begin in it stands in the upper bits of the number before.
    Several(Vec<(u32, Piece)>, bool),
}

impl<'s> ToV8<'s> for Came {
    type Error = std::convert::Infallible;

    fn to_v8<'i>(self, scope: &mut v8::PinScope<'s, 'i>) -> Result<v8::Local<'s, v8::Value>, Self::Error> {
        Ok(match self {
            Came::Nothing => v8::undefined(scope).into(),
            Came::Text(payload) => text(scope, &payload),
            Came::Several(pieces, has_more) => {
                let mut elements: Vec<v8::Local<'s, v8::Value>> = Vec::with_capacity(pieces.len() * 2 + 3);
                for (kind, piece) in pieces {
                    push(scope, kind, piece, &mut elements);
                }
                if has_more {
                    elements.push(v8::null(scope).into());
                }
                v8::Array::new_with_elements(scope, &elements).into()
            }
        })
    }
}

fn push<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    kind: u32,
    piece: Piece,
    elements: &mut Vec<v8::Local<'s, v8::Value>>,
) {
    let (kind, value) = match piece {
        Piece::Pooled(length) => (kind, v8::Integer::new_from_unsigned(scope, length).into()),
        Piece::Apart(Told::Message(Kind::Text, payload)) => (kind, text(scope, &payload)),
        Piece::Apart(Told::Message(Kind::Binary, payload) | Told::Ping(payload) | Told::Pong(payload)) => {
            let (memory, from) = payload.into_memory();
            let kind = kind | (from as u32) << told::KIND_BITS;
            (kind, give_buffer(scope, memory).into())
        }
        Piece::Apart(Told::Close {
            code,
            reason,
            is_clean,
        }) => {
            let clean: v8::Local<'s, v8::Value> = v8::Boolean::new(scope, is_clean).into();
            let reason = text(scope, reason.as_bytes());
            let code = v8::Integer::new(scope, i32::from(code)).into();
            let kind = v8::Integer::new_from_unsigned(scope, kind).into();
            return elements.extend([kind, code, reason, clean]);
        }
    };
    elements.extend([v8::Integer::new_from_unsigned(scope, kind).into(), value]);
}

/// The text of bytes that are UTF-8.
fn text<'s>(scope: &mut v8::PinScope<'s, '_>, bytes: &[u8]) -> v8::Local<'s, v8::Value> {
    let text = match bytes.is_ascii() {
        true => v8::String::new_from_one_byte(scope, bytes, v8::NewStringType::Normal),
        false => v8::String::new_from_utf8(scope, bytes, v8::NewStringType::Normal),
    };
    // Only where V8 has thrown for lack of memory.
    text.unwrap_or_else(|| v8::String::empty(scope)).into()
}

fn kind(told: &Told) -> u32 {
    match told {
        Told::Message(Kind::Text, _) => told::TEXT,
        Told::Message(Kind::Binary, _) => told::BINARY,
        Told::Ping(_) => told::PING,
        Told::Pong(_) => told::PONG,
        Told::Close { .. } => told::CLOSE,
    }
}

/// The payload of what may stand in the pool.
fn pooled(told: &Told) -> Option<&Payload> {
    match told {
        Told::Message(Kind::Binary, payload) | Told::Ping(payload) | Told::Pong(payload) => {
            Some(payload).filter(|payload| payload.len() <= pool::MESSAGE_BYTES_MAX as usize)
        }
        Told::Message(Kind::Text, _) | Told::Close { .. } => None,
    }
}

impl Bridge {
    /// Copies bytes into the pool, from `at` on. False: they have no room there.
    fn fill(&self, at: usize, bytes: &[u8]) -> bool {
        let pool = self.pool();
        let Some(pool) = &*pool else { return false };
        let cells: &[Cell<u8>] = pool;
        let room = cells.get(at..).and_then(|room| room.get(..bytes.len()));
        let Some(room) = room else { return false };
        room.iter().zip(bytes).for_each(|(cell, byte)| cell.set(*byte));
        true
    }

    /// The piece that crosses, where the pool is filled up to `at`.
    fn piece(&self, told: Told, at: &mut usize) -> Piece {
        match pooled(&told).filter(|payload| self.fill(*at, payload)) {
            Some(payload) => {
                *at += payload.len();
                Piece::Pooled(payload.len() as u32)
            }
            None => Piece::Apart(told),
        }
    }
}

/// Has small messages in bytes cross in `memory` from now on.
#[op2(nofast)]
pub(super) fn op_howth_socket_pool(state: &OpState, memory: v8::Local<'_, v8::ArrayBuffer>) {
    *state.borrow::<Bridge>().pool() = Some(memory.get_backing_store());
}

/// Takes what has come on a socket, if it is one small message in bytes, which is written into the pool at `at`: its length. A number
/// below zero: it is something else, or nothing.
#[op2(fast)]
pub(super) fn op_howth_socket_take_small(state: &OpState, index: u32, generation: u32, at: u32) -> i32 {
    let bridge = state.borrow::<Bridge>();
    let taken = bridge.with_sockets(|sockets, _| {
        sockets.take_alone(id(index, generation), |told| {
            let payload = pooled(told).filter(|_| matches!(told, Told::Message(..)))?;
            bridge.fill(at as usize, payload).then_some(payload.len() as i32)
        })
    });
    taken.flatten().unwrap_or(-1)
}

/// What has come on a socket and was not taken yet. Small messages in bytes are written into the pool from `at` on, one behind the
/// other.
#[op2]
pub(super) fn op_howth_socket_take(state: &OpState, index: u32, generation: u32, at: u32) -> Came {
    let bridge = state.borrow::<Bridge>();
    let id = id(index, generation);
    let now_ms = now_ms();
    let take = || {
        bridge
            .with_sockets(|sockets, exchanges| sockets.take(exchanges, id, now_ms))
            .flatten()
    };
    let Some((first, mut has_more)) = take() else {
        return Came::Nothing;
    };
    let first = match first {
        Told::Message(Kind::Text, payload) if !has_more => return Came::Text(payload),
        first => first,
    };
    let (mut at, mut bytes) = (at as usize, 0);
    let mut pieces = vec![(kind(&first), bridge.piece(first, &mut at))];
    // What ends the socket is dealt with once JavaScript has answered what came before it.
    let waits = || bridge.with_sockets(|sockets, _| sockets.waits(id)) == Some(true);
    while has_more && bytes < PART_BYTES && waits() {
        let Some((next, more)) = take() else {
            has_more = false;
            break;
        };
        has_more = more;
        let kind = kind(&next);
        let next = bridge.piece(next, &mut at);
        bytes += apart_bytes(&next) + size_of::<Piece>();
        pieces.push((kind, next));
    }
    let given = pieces.iter().map(|(_, piece)| apart_bytes(piece)).sum();
    bridge.note_given(given);
    Came::Several(pieces, has_more)
}

/// Bytes that have a buffer or a string of their own.
fn apart_bytes(piece: &Piece) -> usize {
    match piece {
        Piece::Apart(Told::Message(_, payload) | Told::Ping(payload) | Told::Pong(payload)) => payload.len(),
        Piece::Apart(Told::Close { .. }) | Piece::Pooled(_) => 0,
    }
}
