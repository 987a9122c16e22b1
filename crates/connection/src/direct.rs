//! Large response bytes that go to the transport from where the application has them.
//!
//! What a driver sends it owns until that is done, so what the application lends has to be copied first, and a copy of
//! a large body costs more than a system call. Where nothing of the connection is under way, the transport is offered
//! the bytes in the application's memory; what it leaves over is copied and goes out as ever. Where bytes are sealed on
//! their way, that is the copy. Owns when that is. Never keeps the application's memory. Called by: `exchanges`.

use crate::Transport;
use crate::connection::Phase;
use crate::connections::Connections;
use crate::layer::Seal;

/// From this length on bytes are offered in place. Measured on loopback: at 16 KiB the copy and the memory it touches cost
/// as much as the call.
const DIRECT_BYTES_MIN: usize = 16 * 1024;

/// Appends `parts` to what the exchange has written; what the transport takes at once is never copied.
#[inline]
pub(crate) fn push<L>(
    transport: &mut impl Transport<L>,
    connections: &mut Connections<L>,
    exchange: u32,
    parts: &[&[u8]],
) {
    if parts.iter().map(|part| part.len()).sum::<usize>() < DIRECT_BYTES_MIN {
        return copy(connections, exchange, parts);
    }
    offer(transport, connections, exchange, parts);
}

#[inline]
fn copy<L>(connections: &mut Connections<L>, exchange: u32, parts: &[&[u8]]) {
    let output = connections.output_of(exchange);
    parts.iter().for_each(|part| output.extend_from_slice(part));
}

fn offer<L>(
    transport: &mut impl Transport<L>,
    connections: &mut Connections<L>,
    exchange: u32,
    parts: &[&[u8]],
) {
    let index = connections.exchanges[exchange].connection;
    let now_ms = connections.now_ms;
    let connection = &mut connections.connections[index];
    let is_next = connection.writer == Some(exchange) && connection.output.is_only_tail();
    if !is_next || connection.phase != Phase::Open {
        return copy(connections, exchange, parts);
    }
    let is_sealed = connection.seal != Seal::None;
    let taken = {
        let tail = connection.output.tail.as_slice();
        let slices: Vec<&[u8]> = std::iter::once(tail).chain(parts.iter().copied()).collect();
        match is_sealed {
            true => transport.seal_now(&mut connection.link, &slices, &mut connections.spare_sealed),
            false => transport.send_now(&mut connection.link, &slices),
        }
    };
    connection.output.take_directly(taken, parts);
    if taken > 0 {
        connection.moments.write_ms = now_ms;
        connection.unacknowledged = 0;
    }
    if connection.output.tail.is_empty() {
        let tail = std::mem::take(&mut connection.output.tail);
        connections.spare(tail);
    }
    if is_sealed {
        return connections.unsettle(index);
    }
    connections.connections[index].output.note_sent(taken);
    connections.sent_directly += taken as u64;
    connections.counters.sends += 1;
}
