//! The machine and the versions: what a reader must know whatever was measured.

use std::fs;
use std::time::SystemTime;

use serde::Serialize;

/// In the results' JSON.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Machine {
    pub(crate) date: String,
    pub(crate) processor: String,
    pub(crate) cores: usize,
    pub(crate) memory_gib: f64,
    pub(crate) kernel: String,
    pub(crate) load_average: f64,
    /// Contestants and their versions, in order.
    pub(crate) versions: Vec<(String, String)>,
}

impl Machine {
    pub(crate) fn gather(versions: Vec<(String, String)>) -> Self {
        let now = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
        Machine {
            date: now.chars().take("2026-01-31".len()).collect(),
            processor: processor(),
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            memory_gib: memory_gib(),
            kernel: line_of("/proc/sys/kernel/osrelease"),
            load_average: first_number(&line_of("/proc/loadavg")),
            versions,
        }
    }

    /// `howth 0.1.0, bun 1.4.5`
    pub(crate) fn versions(&self) -> String {
        let written = |(name, version): &(String, String)| format!("{name} {version}").trim_end().to_owned();
        self.versions.iter().map(written).collect::<Vec<_>>().join(", ")
    }

    /// `howth 0.1.0, bun 1.4.5; AMD EPYC, Linux 6.18, 2026-01-31`, for the foot of a picture.
    pub(crate) fn caption(&self) -> String {
        format!(
            "{}; {}, Linux {}, {}",
            self.versions(),
            self.processor,
            self.kernel,
            self.date
        )
    }

    /// `on 2026-01-31: howth 0.1.0. AMD EPYC, 2 cores, 24 GiB, Linux 6.18, load average 0.3 at the start`
    pub(crate) fn written(&self) -> String {
        format!(
            "on {}: {}. {}, {} cores, {} GiB, Linux {}, load average {} at the start",
            self.date,
            self.versions(),
            self.processor,
            self.cores,
            self.memory_gib,
            self.kernel,
            self.load_average,
        )
    }
}

fn processor() -> String {
    let named = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = named.lines().find(|line| line.starts_with("model name"));
    match name.and_then(|line| line.split_once(':')) {
        Some((_, name)) => name.trim().to_owned(),
        None => std::env::consts::ARCH.to_owned(),
    }
}

fn memory_gib() -> f64 {
    let text = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let total = text.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let gib = first_number(total.unwrap_or_default()) / f64::from(1 << 20);
    (gib * 10.0).round() / 10.0
}

fn line_of(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default().trim().to_owned()
}

fn first_number(text: &str) -> f64 {
    let number = text.split_whitespace().next().and_then(|word| word.parse().ok());
    number.unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_is_described() {
        let versions = vec![("a".to_owned(), "1".to_owned()), ("b".to_owned(), String::new())];
        let machine = Machine::gather(versions);
        assert_eq!(machine.versions(), "a 1, b");
        assert_eq!(machine.date.len(), 10);
        assert!(machine.memory_gib > 0.0 && !machine.kernel.is_empty() && !machine.processor.is_empty());
    }
}
