//! A connection in memory: two streams of bytes with room for so many, and their ends.
//!
//! Behaves as a socket of TCP does: bytes that were sent arrive before an end, a reset takes the place of what was not read.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use howth_engine_conformance::{Memory, Stream, wait_in};

/// Bytes that one side may send before the other reads.
const ROOM: usize = 512 * 1024;
const READ_BYTES_MAX: usize = 64 * 1024;

#[derive(Debug, Default)]
struct State {
    to_server: VecDeque<u8>,
    to_client: VecDeque<u8>,
    client_has_ended: bool,
    server_has_ended: bool,
    /// The server has closed its end; what the client sends then is answered with a reset.
    is_closed: bool,
    client_is_reset: bool,
    server_is_reset: bool,
}

/// Both ends.
#[derive(Clone, Debug)]
pub struct Pipe(Arc<Mutex<State>>);

impl Pipe {
    pub fn new() -> Self {
        Pipe(Arc::default())
    }

    pub fn server_end(&self) -> ServerEnd {
        ServerEnd(self.clone())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no test panics while it holds this")
    }
}

/// The end that the engine has.
#[derive(Debug)]
pub struct ServerEnd(Pipe);

impl ServerEnd {
    /// What has come, if anything; empty: the client has ended its side.
    pub fn read(&self) -> Option<Vec<u8>> {
        let mut state = self.0.state();
        if state.to_server.is_empty() {
            return state.client_has_ended.then(Vec::new);
        }
        let length = state.to_server.len().min(READ_BYTES_MAX);
        Some(state.to_server.drain(..length).collect())
    }

    /// Takes as many bytes as there is room for; `None`: the client is gone.
    pub fn write(&self, slices: &[IoSlice<'_>]) -> Option<usize> {
        let mut state = self.0.state();
        if state.server_is_reset {
            return None;
        }
        let mut room = ROOM.saturating_sub(state.to_client.len());
        let mut taken = 0;
        for slice in slices {
            let part = &slice[..slice.len().min(room)];
            state.to_client.extend(part);
            room -= part.len();
            taken += part.len();
        }
        Some(taken)
    }

    pub fn is_reset(&self) -> bool {
        self.0.state().server_is_reset
    }

    /// Ends the sending side.
    pub fn end(&self) {
        self.0.state().server_has_ended = true;
    }

    /// Closes both sides.
    pub fn close(self, resets: bool) {
        let mut state = self.0.state();
        // What was not read makes it a reset in any case.
        state.client_is_reset = resets || !state.to_server.is_empty();
        state.server_has_ended = true;
        state.is_closed = true;
        if resets {
            state.to_client.clear();
        }
    }
}

/// The end that the test has.
pub struct ClientEnd {
    pipe: Pipe,
    memory: Arc<dyn Memory>,
    resets: Arc<Mutex<bool>>,
    is_second: bool,
}

impl ClientEnd {
    pub fn new(pipe: Pipe, memory: Arc<dyn Memory>) -> Self {
        ClientEnd {
            pipe,
            memory,
            resets: Arc::default(),
            is_second: false,
        }
    }
}

impl Stream for ClientEnd {
    fn read(&mut self, chunk: &mut [u8], patience: Duration) -> io::Result<usize> {
        let attempt = || {
            let mut state = self.pipe.state();
            let length = state.to_client.len().min(chunk.len());
            if length > 0 {
                for (place, byte) in chunk.iter_mut().zip(state.to_client.drain(..length)) {
                    *place = byte;
                }
                return Some(Ok(length));
            }
            match (state.client_is_reset, state.server_has_ended) {
                (true, _) => Some(Err(ErrorKind::ConnectionReset.into())),
                (false, true) => Some(Ok(0)),
                (false, false) => None,
            }
        };
        wait_in(&self.memory, patience, attempt).unwrap_or_else(|| Err(ErrorKind::WouldBlock.into()))
    }

    fn write(&mut self, bytes: &[u8], patience: Duration) -> io::Result<usize> {
        let attempt = || {
            let mut state = self.pipe.state();
            if state.is_closed {
                state.client_is_reset = true;
                return Some(Err(ErrorKind::BrokenPipe.into()));
            }
            let length = bytes.len().min(ROOM.saturating_sub(state.to_server.len()));
            state.to_server.extend(&bytes[..length]);
            (length > 0).then_some(Ok(length))
        };
        wait_in(&self.memory, patience, attempt).unwrap_or_else(|| Err(ErrorKind::WouldBlock.into()))
    }

    fn second(&self) -> Box<dyn Stream> {
        Box::new(ClientEnd {
            pipe: self.pipe.clone(),
            memory: Arc::clone(&self.memory),
            resets: Arc::clone(&self.resets),
            is_second: true,
        })
    }

    fn end(&self) -> io::Result<()> {
        self.pipe.state().client_has_ended = true;
        Ok(())
    }

    fn reset_on_close(&self) {
        *self.resets.lock().expect("no test panics while it holds this") = true;
    }

    fn hold_unread(&self, _: usize) {}
}

impl Drop for ClientEnd {
    fn drop(&mut self) {
        if self.is_second {
            return;
        }
        let resets = self.resets.lock().is_ok_and(|resets| *resets);
        let mut state = self.pipe.state();
        state.client_has_ended = true;
        // As TCP does where bytes are left unread.
        state.server_is_reset |= resets || !state.to_client.is_empty();
    }
}
