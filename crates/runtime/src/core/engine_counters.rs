//! What an engine has counted, for all to read.
//!
//! Owns which of it is shown with the core's own numbers, and that files which fail are told. Never counts. Called by: the
//! core's loop, after a turn in which something happened.

use howth_scheduling::Counters;
use howth_supervision::tell;

/// Failures of files are told so often at most.
const TOLD_EACH_US: u64 = 10_000_000;

/// What one core shows of its engine.
#[derive(Debug, Default)]
pub(super) struct EngineCounters {
    files_failed_told: u64,
    told_us: Option<u64>,
}

impl EngineCounters {
    /// Shows what the engine has counted until now.
    pub(super) fn show(
        &mut self,
        counted: &howth_engine::Counters,
        shown: &Counters,
        now_us: impl Fn() -> u64,
    ) {
        shown.accepted.set(counted.accepted);
        shown.connections.set(counted.connections);
        shown.rejected.set(counted.refused);
        shown.headers_refused.set(counted.headers_refused);
        shown.counted_out.set(counted.counted_out);
        shown.files_failed.set(counted.files_failed);
        if counted.files_failed > self.files_failed_told
            && let Some(line) = self.line(counted.files_failed, now_us())
        {
            tell(format_args!("{line}"));
        }
    }

    /// What is to be told of files that have failed; `None`: not yet.
    fn line(&mut self, failed: u64, now_us: u64) -> Option<String> {
        if self
            .told_us
            .is_some_and(|told_us| now_us < told_us + TOLD_EACH_US)
        {
            return None;
        }
        let count = failed - self.files_failed_told;
        self.files_failed_told = failed;
        self.told_us = Some(now_us);
        Some(format!(
            "howth: {count} {} broke off, since a file became shorter while it was sent, or could not be read; replace files by \
             renaming others in their places",
            if count == 1 { "response" } else { "responses" }
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_told_with_pauses_and_none_is_lost() {
        let mut counters = EngineCounters::default();
        let mut told = |failed, now_us| {
            let line = counters.line(failed, now_us)?;
            Some(line.split(" broke").next().unwrap_or_default().to_owned())
        };
        assert_eq!(told(1, 5).as_deref(), Some("howth: 1 response"));
        assert_eq!(told(2, 6), None);
        assert_eq!(told(4, 4 + TOLD_EACH_US), None);
        assert_eq!(told(4, 5 + TOLD_EACH_US).as_deref(), Some("howth: 3 responses"));
    }
}
