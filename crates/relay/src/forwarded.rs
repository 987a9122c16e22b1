//! The origin's book: which of its requests are answered elsewhere.
//!
//! Owns where each is, and what of its response the engine has taken while it was full. Never answers. Called by:
//! `relay`.

use std::collections::HashMap;

use howth_engine::ExchangeId;

/// A request that another core answers.
#[derive(Debug)]
pub(crate) struct Away {
    /// Which core.
    pub(crate) core: usize,
    /// Bytes of the response that the engine has taken while it was full; the other core is not told of them yet.
    pub(crate) owed_bytes: usize,
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Forwarded {
    by_id: HashMap<ExchangeId, Away>,
    /// How many are at each core.
    counts: Vec<usize>,
}

impl Forwarded {
    pub(crate) fn len(&self) -> usize {
        self.by_id.len()
    }

    pub(crate) fn contains(&self, id: ExchangeId) -> bool {
        self.by_id.contains_key(&id)
    }

    pub(crate) fn at(&self, core: usize) -> usize {
        self.counts.get(core).copied().unwrap_or(0)
    }

    pub(crate) fn add(&mut self, id: ExchangeId, core: usize) {
        let away = Away { core, owed_bytes: 0 };
        let before = self.by_id.insert(id, away);
        assert!(before.is_none(), "an exchange is handed over twice");
        if self.counts.len() <= core {
            self.counts.resize(core + 1, 0);
        }
        self.counts[core] += 1;
    }

    /// It is answered on another core from now on.
    pub(crate) fn renew(&mut self, id: ExchangeId, core: usize) -> bool {
        let Some(_) = self.remove(id) else { return false };
        self.add(id, core);
        true
    }

    pub(crate) fn get_mut(&mut self, id: ExchangeId) -> Option<&mut Away> {
        self.by_id.get_mut(&id)
    }

    pub(crate) fn remove(&mut self, id: ExchangeId) -> Option<Away> {
        let away = self.by_id.remove(&id)?;
        self.counts[away.core] -= 1;
        Some(away)
    }

    /// Takes out all that a core should have answered.
    pub(crate) fn remove_of(&mut self, core: usize) -> Vec<ExchangeId> {
        if let Some(count) = self.counts.get_mut(core) {
            *count = 0;
        }
        let of_core = self.by_id.extract_if(|_, away| away.core == core);
        of_core.map(|(id, _)| id).collect()
    }
}
