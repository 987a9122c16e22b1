//! The cases of all engines that need no sockets, in memory and with a clock of the test's own.

mod memory;

howth_engine_conformance::engine_cases!(memory: crate::memory::start);
