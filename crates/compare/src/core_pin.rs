//! Work on one core.
//!
//! Owns the choice of a core for a thread; what the thread starts, threads or processes, inherits it.

use core_affinity::CoreId;

use crate::error::CompareError;

/// Does `work` on a thread that runs on this core only.
pub(crate) fn on_core<T: Send>(core: usize, work: impl FnOnce() -> T + Send) -> Result<T, CompareError> {
    let core = CoreId { id: core };
    let refused = CompareError::Core { core: core.id };
    let allowed = core_affinity::get_core_ids().unwrap_or_default();
    if !allowed.contains(&core) {
        return Err(refused);
    }
    std::thread::scope(|scope| {
        let thread = scope.spawn(move || core_affinity::set_for_current(core).then(work));
        match thread.join() {
            Ok(result) => result.ok_or(refused),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_started_inherits_the_core() {
        let core = core_affinity::get_core_ids().expect("cores")[0].id;
        let seen = on_core(core, || {
            let child = std::thread::spawn(core_affinity::get_core_ids);
            child.join().expect("no panic").expect("cores")
        });
        let seen: Vec<_> = seen
            .expect("an allowed core")
            .iter()
            .map(|core| core.id)
            .collect();
        assert_eq!(seen, [core]);
    }

    #[test]
    fn a_core_that_is_not_there_is_named() {
        assert!(matches!(
            on_core(100_000, || ()),
            Err(CompareError::Core { core: 100_000 })
        ));
    }
}
