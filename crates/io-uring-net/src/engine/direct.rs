//! Large response bytes that go to the kernel from where the application has them.
//!
//! A queued send owns its bytes until it completes, so what the application lends has to be copied first, and a copy of
//! a large body costs more than a system call. Where nothing of the connection is under way, one sendmsg(2) that does not
//! wait takes the bytes from the application's memory; what it leaves over is copied and queued as ever.

use crate::connection::Phase;
use crate::engine::State;
use crate::kernel::Kernel;

/// From this length on bytes are offered to the kernel in place. Measured on loopback: at 16 KiB the copy and the memory it
/// touches cost as much as the call.
const DIRECT_BYTES_MIN: usize = 16 * 1024;

/// Appends `parts` to what the exchange has written; what the kernel takes at once is never copied.
#[inline]
pub(super) fn push<K: Kernel>(kernel: &mut K, state: &mut State, exchange: u32, parts: &[&[u8]]) {
    if parts.iter().map(|part| part.len()).sum::<usize>() < DIRECT_BYTES_MIN {
        return copy(state, exchange, parts);
    }
    offer(kernel, state, exchange, parts);
}

#[inline]
fn copy(state: &mut State, exchange: u32, parts: &[&[u8]]) {
    let output = state.output(exchange);
    parts.iter().for_each(|part| output.extend_from_slice(part));
}

fn offer<K: Kernel>(kernel: &mut K, state: &mut State, exchange: u32, parts: &[&[u8]]) {
    let index = state.exchanges[exchange].connection;
    let connection = &state.connections[index];
    let is_next =
        connection.writer == Some(exchange) && !connection.sending && connection.output.is_only_tail();
    let is_free = is_next && connection.phase == Phase::Open;
    let Some(socket) = connection.socket.filter(|_| is_free) else {
        return copy(state, exchange, parts);
    };
    let sent = {
        let tail = connection.output.tail.as_slice();
        let slices: Vec<&[u8]> = std::iter::once(tail).chain(parts.iter().copied()).collect();
        kernel.send_now(socket, &slices)
    };
    let connection = &mut state.connections[index];
    connection.output.advance(sent, parts);
    if sent > 0 {
        connection.moments.write_ms = state.now_ms;
    }
    state.sent_directly += sent as u64;
    if state.connections[index].output.tail.is_empty() {
        let tail = std::mem::take(&mut state.connections[index].output.tail);
        state.spare(tail);
    }
    state.counters.sends += 1;
}
