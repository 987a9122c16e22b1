//! What is read off a measurement, and how it is written.

use serde::Serialize;

/// One figure. In JSON its name says the unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Figure {
    /// CPU time of the server a request, user and system together.
    CpuUs,
    UserUs,
    SystemUs,
    RequestsPerSecond,
    P50Us,
    P99Us,
    #[serde(rename = "p99_9_us")]
    P999Us,
    /// Bytes of bodies for each second of the server's CPU time.
    BytesPerCpuSecond,
    BytesPerSecond,
    /// Resident memory: the most that was seen.
    ResidentBytes,
    /// From the start of the process to its first answer.
    StartMs,
    /// What one more idle connection adds to the resident memory.
    IdleBytes,
}

impl Figure {
    /// The head of a table's column.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Figure::CpuUs => "CPU µs a request",
            Figure::UserUs => "user",
            Figure::SystemUs => "system",
            Figure::RequestsPerSecond => "requests/s",
            Figure::P50Us => "p50",
            Figure::P99Us => "p99",
            Figure::P999Us => "p99.9",
            Figure::BytesPerCpuSecond => "bytes a CPU second",
            Figure::BytesPerSecond => "bytes/s",
            Figure::ResidentBytes => "memory",
            Figure::StartMs => "start to first answer",
            Figure::IdleBytes => "an idle connection",
        }
    }

    /// A value with its unit, as short as it can be compared.
    pub(crate) fn written(self, value: f64) -> String {
        match self {
            Figure::CpuUs | Figure::UserUs | Figure::SystemUs => significant(value),
            Figure::RequestsPerSecond => scaled(value, 1000.0, &["", " k", " M"]),
            Figure::P50Us | Figure::P99Us | Figure::P999Us => scaled(value, 1000.0, &[" µs", " ms", " s"]),
            Figure::BytesPerCpuSecond
            | Figure::BytesPerSecond
            | Figure::ResidentBytes
            | Figure::IdleBytes => scaled(value, 1024.0, &[" B", " KiB", " MiB", " GiB"]),
            Figure::StartMs => format!("{} ms", significant(value)),
        }
    }
}

/// Three digits that count.
fn significant(value: f64) -> String {
    match value.abs() {
        100.0.. => format!("{value:.0}"),
        10.0.. => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

fn scaled(value: f64, step: f64, units: &[&str]) -> String {
    let mut value = value;
    let mut unit = 0;
    while value.abs() >= step && unit + 1 < units.len() {
        value /= step;
        unit += 1;
    }
    match unit {
        0 => format!("{value:.0}{}", units[unit]),
        _ => format!("{}{}", significant(value), units[unit]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_three_digits_and_a_unit() {
        for (figure, value, written) in [
            (Figure::CpuUs, 9.414, "9.41"),
            (Figure::RequestsPerSecond, 123_456.0, "123 k"),
            (Figure::P99Us, 950.4, "950 µs"),
            (Figure::P99Us, 13_200.0, "13.2 ms"),
            (Figure::ResidentBytes, 39.5 * 1024.0 * 1024.0, "39.5 MiB"),
            (Figure::BytesPerCpuSecond, 3e9, "2.79 GiB"),
            (Figure::StartMs, 108.7, "109 ms"),
            (Figure::IdleBytes, -512.0, "-512 B"),
        ] {
            assert_eq!(figure.written(value), written);
        }
    }
}
