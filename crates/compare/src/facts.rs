//! What a reader must know to judge the figures: the machine, the versions, the conditions.

use std::fs;
use std::time::SystemTime;

use serde::Serialize;

use crate::options::Options;

/// In the results' JSON.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Facts {
    pub(crate) date: String,
    pub(crate) processor: String,
    pub(crate) cores: usize,
    pub(crate) memory_gib: f64,
    pub(crate) kernel: String,
    pub(crate) load_average: f64,
    pub(crate) server_core: usize,
    pub(crate) load_core: usize,
    pub(crate) rounds: usize,
    pub(crate) seconds: f64,
    pub(crate) warm_up_seconds: f64,
    /// Contestants and their versions, in order.
    pub(crate) versions: Vec<(String, String)>,
}

impl Facts {
    pub(crate) fn gather(options: &Options, versions: Vec<(String, String)>) -> Self {
        let now = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
        Facts {
            date: now.chars().take("2026-01-31".len()).collect(),
            processor: processor(),
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            memory_gib: memory_gib(),
            kernel: line_of("/proc/sys/kernel/osrelease"),
            load_average: first_number(&line_of("/proc/loadavg")),
            server_core: options.server_core,
            load_core: options.load_core,
            rounds: options.rounds,
            seconds: options.seconds.as_secs_f64(),
            warm_up_seconds: options.warm_up.as_secs_f64(),
            versions,
        }
    }

    /// `howth 0.1.0, bun 1.4.5`
    pub(crate) fn versions(&self) -> String {
        let written = |(name, version): &(String, String)| format!("{name} {version}").trim_end().to_owned();
        self.versions.iter().map(written).collect::<Vec<_>>().join(", ")
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
        let options = Options::new("howth".into(), "cache".into());
        let versions = vec![("a".to_owned(), "1".to_owned()), ("b".to_owned(), String::new())];
        let facts = Facts::gather(&options, versions);
        assert_eq!(facts.versions(), "a 1, b");
        assert_eq!(facts.date.len(), 10);
        assert!(facts.memory_gib > 0.0 && !facts.kernel.is_empty() && !facts.processor.is_empty());
    }
}
