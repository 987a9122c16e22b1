//! Connections that go from one engine to another.
//!
//! Owns where they are brought. Called by: the run, after each step.

use std::os::fd::AsRawFd;

use howth_engine::Handed;

use super::Run;
use crate::memory;

impl Run<'_> {
    /// Brings what was given up to the successor, or back.
    pub(super) fn place_released(&mut self) {
        let last = self.cores.len() - 1;
        let released: Vec<Handed> = self
            .cores
            .iter_mut()
            .flat_map(|core| core.engine.take_released())
            .collect();
        for handed in released {
            let descriptor = handed.socket().as_raw_fd();
            let core = &mut self.cores[last];
            if core.is_finished || memory::engine(|| core.engine.adopt(handed)).is_err() {
                // There is no room: it is closed.
                let mut network = self.network.borrow_mut();
                if let Some(link) = network.take_handed(descriptor) {
                    network.links[link].is_broken_by_fault = true;
                    network.server_closed(link);
                }
            }
        }
    }
}
