//! On which processors threads run: how many there are to use, the choice of those that cores are pinned to, and pinning.
//!
//! Owns the affinity mask that the process was started with, which everything but a pinned core keeps: workers, the
//! blocking pool, child processes. A new thread or process has the mask of the thread that makes it, so whoever makes
//! one holds an [`Unpinned`] meanwhile; the binary sees to that for all of them (`src/offspring.rs`). Never makes a
//! thread. Called by: the supervisor, for the layout; cores, which pin themselves; whoever makes threads.

mod mask;

use std::cell::Cell;
use std::num::NonZeroUsize;
use std::sync::OnceLock;

use mask::Mask;

/// Which cores are pinned, each to one processor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Pinning {
    /// All, where the process has processors of its own, one for each core.
    #[default]
    Auto,
    /// None.
    Off,
    /// All, to these in their order, from the beginning again where there are more cores.
    To(Vec<usize>),
}

/// `--pin` names what the process may not use.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("processor {processor} is not among those this process may use ({allowed})")]
pub struct NotAllowed {
    processor: usize,
    allowed: String,
}

/// What the process was started with.
struct Original {
    mask: Option<Mask>,
    parallelism: NonZeroUsize,
}

/// Before the first thread is pinned each has the mask that the process was started with.
fn original() -> &'static Original {
    static ORIGINAL: OnceLock<Original> = OnceLock::new();
    ORIGINAL.get_or_init(|| Original {
        mask: Mask::of_this_thread(),
        parallelism: std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
    })
}

/// How many cores this process may use: the affinity mask it was started with and its cgroup's CPU quota decide.
pub fn usable_cores() -> NonZeroUsize {
    original().parallelism
}

/// The processors for the cores, the first core's first; none: the cores are not pinned.
///
/// # Errors
/// A processor that was asked for is not in the mask.
pub fn choose(pinning: &Pinning, cores: NonZeroUsize) -> Result<Vec<usize>, NotAllowed> {
    let allowed = original().mask.as_ref().map(Mask::processors);
    let online = || {
        let list = std::fs::read_to_string("/sys/devices/system/cpu/online").ok()?;
        parse_processors(list.trim())
    };
    chosen(pinning, cores, &allowed.unwrap_or_default(), online)
}

fn chosen(
    pinning: &Pinning,
    cores: NonZeroUsize,
    allowed: &[usize],
    online: impl FnOnce() -> Option<Vec<usize>>,
) -> Result<Vec<usize>, NotAllowed> {
    match pinning {
        // A mask of all processors is everybody's, also in a container whose share is a quota: each that pinned would take
        // the first ones. One core needs no place of its own: the kernel knows better where there is room.
        Pinning::Auto
            if cores.get() > 1
                && allowed.len() == cores.get()
                && online().is_some_and(|online| allowed != online) =>
        {
            Ok(allowed.to_vec())
        }
        Pinning::Auto | Pinning::Off => Ok(Vec::new()),
        Pinning::To(processors) => match processors.iter().find(|wanted| !allowed.contains(wanted)) {
            None => Ok(processors.clone()),
            Some(&processor) => Err(NotAllowed {
                processor,
                allowed: listed(allowed),
            }),
        },
    }
}

/// Processors as Linux lists them: numbers and ranges with commas between them, `0-3,6`. Each once.
pub fn parse_processors(list: &str) -> Option<Vec<usize>> {
    let mut processors = Vec::new();
    for part in list.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = (parse_processor(first)?, parse_processor(last)?);
        if first > last {
            return None;
        }
        processors.extend(first..=last);
    }
    let is_twice = |(index, processor)| processors[..index].contains(processor);
    match processors.iter().enumerate().any(is_twice) {
        true => None,
        false => Some(processors),
    }
}

/// Bounded, so that a range cannot take all memory.
fn parse_processor(text: &str) -> Option<usize> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|_| is_number)?;
    (number < mask::PROCESSORS_MAX).then_some(number)
}

/// The way back.
fn listed(processors: &[usize]) -> String {
    let ranges = processors.chunk_by(|one, next| one + 1 == *next);
    let texts = ranges.map(|range| match range {
        [first, .., last] => format!("{first}-{last}"),
        range => range.iter().map(usize::to_string).collect(),
    });
    texts.collect::<Vec<_>>().join(",")
}

thread_local! {
    /// The processor that this thread is pinned to.
    static PINNED: Cell<Option<usize>> = const { Cell::new(None) };
}

/// Keeps the calling thread on one processor. Where that is not possible it stays as it is: pinning saves
/// cache misses, nothing depends on it.
pub fn pin(processor: usize) {
    // Read before it changes.
    original();
    if Mask::only(processor).apply() {
        PINNED.set(Some(processor));
    }
}

/// While it lives, the calling thread has the mask of the process, and so has whatever the thread makes.
#[derive(Debug)]
pub struct Unpinned(Option<usize>);

impl Unpinned {
    /// Costs nothing where the thread is not pinned.
    pub fn begin() -> Self {
        let pinned = PINNED.get();
        if pinned.is_some()
            && let Some(mask) = &original().mask
        {
            mask.apply();
        }
        Unpinned(pinned)
    }
}

impl Drop for Unpinned {
    fn drop(&mut self) {
        if let Some(processor) = self.0 {
            Mask::only(processor).apply();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cores(count: usize) -> NonZeroUsize {
        NonZeroUsize::new(count).expect("not zero")
    }

    fn machine() -> Option<Vec<usize>> {
        Some(vec![0, 1, 2, 3])
    }

    fn auto(count: usize, allowed: &[usize]) -> Vec<usize> {
        chosen(&Pinning::Auto, cores(count), allowed, machine).expect("auto asks for nothing")
    }

    #[test]
    fn auto_pins_where_each_core_has_a_processor_of_its_own() {
        assert_eq!(auto(2, &[2, 3]), vec![2, 3]);
        // A container with a quota, or one of two servers on a machine.
        assert!(auto(2, &[0, 1, 2, 3]).is_empty());
        // As many cores as the machine has processors: others may run there too.
        assert!(auto(4, &[0, 1, 2, 3]).is_empty());
        // The mask is larger or smaller than what serves.
        assert!(auto(2, &[1, 2, 3]).is_empty());
        assert!(auto(4, &[1, 2]).is_empty());
        assert!(auto(1, &[3]).is_empty());
        assert!(auto(1, &[]).is_empty());
    }

    #[test]
    fn nothing_is_pinned_where_it_is_unknown_what_the_machine_has() {
        assert_eq!(chosen(&Pinning::Auto, cores(2), &[2, 3], || None), Ok(Vec::new()));
    }

    #[test]
    fn a_list_is_taken_as_it_is_or_not_at_all() {
        let to = |list: &[usize]| chosen(&Pinning::To(list.to_vec()), cores(2), &[0, 1, 2, 5], machine);
        assert_eq!(to(&[5, 0]), Ok(vec![5, 0]));
        let refused = to(&[0, 3]).expect_err("3 is not there");
        assert_eq!(
            refused.to_string(),
            "processor 3 is not among those this process may use (0-2,5)"
        );
        assert_eq!(chosen(&Pinning::Off, cores(2), &[2, 3], machine), Ok(Vec::new()));
    }

    #[test]
    fn lists_are_numbers_and_ranges() {
        assert_eq!(parse_processors("0"), Some(vec![0]));
        assert_eq!(parse_processors("6,0-3"), Some(vec![6, 0, 1, 2, 3]));
        for wrong in [
            "", ",", "0,", "-1", "1-", "3-1", "0-1-2", "+1", "a", "0 1", "0,0", "1,0-2", "99999999",
        ] {
            assert_eq!(parse_processors(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn a_pinned_thread_has_its_processor_only_and_what_it_makes_has_all() {
        let mask = || Mask::of_this_thread().map(|mask| mask.processors());
        let Some(all) = mask() else { return };
        let last = *all.last().expect("one at least");
        let pinned = std::thread::spawn(move || {
            pin(last);
            let before = (mask(), usable_cores());
            let unpinned = Unpinned::begin();
            let child = std::thread::spawn(mask).join().expect("it ends");
            drop(unpinned);
            (before, child, mask())
        });
        let ((before, usable), child, after) = pinned.join().expect("it ends");
        assert_eq!(before, Some(vec![last]));
        assert_eq!(Some(usable), std::thread::available_parallelism().ok());
        assert_eq!(child, Some(all));
        assert_eq!(after, Some(vec![last]));
    }
}
