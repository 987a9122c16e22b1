//! The home's book: which of its requests are answered elsewhere.

use std::collections::HashMap;

use howth_engine::ExchangeId;

/// A request that another core answers.
#[derive(Debug)]
pub(crate) struct Away {
    /// Which core.
    pub(crate) core: usize,
    /// A part of the response was given to the engine.
    pub(crate) has_begun: bool,
    /// Bytes of the response that the engine has taken while it was full; the other core is not told of them yet.
    pub(crate) owed_bytes: usize,
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Abroad {
    by_id: HashMap<ExchangeId, Away>,
}

impl Abroad {
    pub(crate) fn len(&self) -> usize {
        self.by_id.len()
    }

    pub(crate) fn add(&mut self, id: ExchangeId, core: usize) {
        let away = Away {
            core,
            has_begun: false,
            owed_bytes: 0,
        };
        let before = self.by_id.insert(id, away);
        assert!(before.is_none(), "an exchange is handed over twice");
    }

    pub(crate) fn get_mut(&mut self, id: ExchangeId) -> Option<&mut Away> {
        self.by_id.get_mut(&id)
    }

    pub(crate) fn remove(&mut self, id: ExchangeId) -> Option<Away> {
        self.by_id.remove(&id)
    }

    /// Takes out all that a core should have answered.
    pub(crate) fn remove_of(&mut self, core: usize) -> Vec<(ExchangeId, Away)> {
        let (lost, left) = self.by_id.drain().partition(|(_, away)| away.core == core);
        self.by_id = left;
        let lost: HashMap<ExchangeId, Away> = lost;
        lost.into_iter().collect()
    }
}
