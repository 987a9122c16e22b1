//! What the kernel says about a process and its descendants: CPU time and resident memory, from /proc.

use std::collections::HashMap;
use std::fs;
use std::ops::{AddAssign, Sub};
use std::time::Duration;

/// Nanoseconds of a clock tick in /proc: USER_HZ, which is 100 wherever howth runs.
const TICK_NS: u64 = 10_000_000;

/// CPU time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct CpuTime {
    pub(crate) user: Duration,
    pub(crate) system: Duration,
}

impl CpuTime {
    pub(crate) fn sum(self) -> Duration {
        self.user + self.system
    }
}

impl AddAssign for CpuTime {
    fn add_assign(&mut self, other: CpuTime) {
        self.user += other.user;
        self.system += other.system;
    }
}

impl Sub for CpuTime {
    type Output = CpuTime;

    fn sub(self, other: CpuTime) -> CpuTime {
        CpuTime {
            user: self.user.saturating_sub(other.user),
            system: self.system.saturating_sub(other.system),
        }
    }
}

/// CPU time that the process and its descendants have used; those that ended count where they were waited for.
pub(crate) fn cpu_time(root: u32) -> CpuTime {
    let mut sum = CpuTime::default();
    for stat in tree(root) {
        sum += stat.cpu;
    }
    sum
}

/// CPU time that the whole machine has used, and what a hypervisor gave to others, over all its processors.
pub(crate) fn machine_time() -> Duration {
    busy(&fs::read_to_string("/proc/stat").unwrap_or_default()).unwrap_or_default()
}

/// The first line: user, nice, system, idle, iowait, irq, softirq, steal, and guests, who count as users already
/// (proc_stat(5)).
fn busy(stat: &str) -> Option<Duration> {
    let line = stat.lines().next()?.strip_prefix("cpu ")?;
    let ticks: Vec<u64> = line
        .split_whitespace()
        .map_while(|field| field.parse().ok())
        .collect();
    let [user, nice, system, _idle, _iowait, irq, softirq, steal, ..] = *ticks.as_slice() else {
        return None;
    };
    Some(Duration::from_nanos(
        (user + nice + system + irq + softirq + steal) * TICK_NS,
    ))
}

/// Resident memory of the process and its descendants.
pub(crate) fn resident_bytes(root: u32) -> u64 {
    tree(root).iter().map(|stat| resident(stat.pid)).sum()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stat {
    pid: u32,
    parent: u32,
    cpu: CpuTime,
}

/// The process and everything that descends from it. What ends meanwhile is left out.
fn tree(root: u32) -> Vec<Stat> {
    let mut children: HashMap<u32, Vec<Stat>> = HashMap::new();
    let mut found = Vec::new();
    for stat in all() {
        if stat.pid == root {
            found.push(stat);
        } else {
            children.entry(stat.parent).or_default().push(stat);
        }
    }
    let mut next = 0;
    while let Some(stat) = found.get(next) {
        found.extend(children.remove(&stat.pid).unwrap_or_default());
        next += 1;
    }
    found
}

fn all() -> impl Iterator<Item = Stat> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| {
        let pid: u32 = entry.file_name().to_str()?.parse().ok()?;
        parse(pid, &fs::read_to_string(entry.path().join("stat")).ok()?)
    })
}

/// The fields behind the name, which may have blanks and parentheses: state, parent, and so on (proc_pid_stat(5)).
fn parse(pid: u32, stat: &str) -> Option<Stat> {
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |own: usize, waited_for: usize| {
        let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
        Some(Duration::from_nanos(
            (number(own)? + number(waited_for)?) * TICK_NS,
        ))
    };
    Some(Stat {
        pid,
        parent: fields.get(1)?.parse().ok()?,
        cpu: CpuTime {
            user: ticks(11, 13)?,
            system: ticks(12, 14)?,
        },
    })
}

fn resident(pid: u32) -> u64 {
    let kibibytes = fs::read_to_string(format!("/proc/{pid}/status"))
        .ok()
        .and_then(|status| {
            let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
            line.trim().trim_end_matches(" kB").parse::<u64>().ok()
        });
    kibibytes.unwrap_or(0) * 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_is_no_field() {
        let stat = "7 (a) b (c)) S 3 0 0 0 -1 0 0 0 0 0 25 75 5 0 20 0 1 0";
        let parsed = parse(7, stat).expect("a stat line");
        assert_eq!((parsed.pid, parsed.parent), (7, 3));
        assert_eq!(parsed.cpu.user, Duration::from_millis(300));
        assert_eq!(parsed.cpu.sum(), Duration::from_millis(1050));
        assert_eq!(parse(7, "7 (a) S 3"), None);
    }

    #[test]
    fn a_machine_is_busy_where_it_is_not_idle() {
        let stat = "cpu  10 1 20 999 999 3 4 2 5 5\ncpu0 1 1 1 1 1 1 1 1 1 1\n";
        assert_eq!(busy(stat), Some(Duration::from_millis(400)));
        assert_eq!(busy("cpu  10 1"), None);
        assert!(machine_time() > Duration::ZERO);
    }

    #[test]
    fn this_process_has_memory_and_parents_count_their_children() {
        let mut child = std::process::Command::new("sleep")
            .arg("60")
            .spawn()
            .expect("sleep");
        let own = std::process::id();
        let pids: Vec<u32> = tree(own).iter().map(|stat| stat.pid).collect();
        assert!(pids.contains(&own) && pids.contains(&child.id()), "{pids:?}");
        assert!(resident_bytes(own) > 0);
        child.kill().and_then(|()| child.wait()).expect("an end");
    }
}
