//! `howth limits`: what a configuration may need of memory at worst.
//!
//! Owns the table's look. The runtime has the numbers.

use std::io::Write;
use std::process::ExitCode;

use clap::Args;
use howth_engine::EngineOptions;
use howth_rate_limit::KEYS_DEFAULT;
use howth_runtime::worst_case::{self, Configuration, Share};

use super::clients::ClientArguments;
use super::compression::CompressionArguments;
use super::deadlines::DeadlineArguments;
use super::engine::EngineArguments;
use super::failure::Failure;
use super::limits::LimitArguments;
use super::options;
use super::routes::RouteArguments;

#[derive(Debug, Args)]
pub struct WorstCaseArguments {
    #[command(flatten)]
    engine: EngineArguments,

    #[command(flatten)]
    limits: LimitArguments,

    #[command(flatten)]
    deadlines: DeadlineArguments,

    #[command(flatten)]
    clients: ClientArguments,

    #[command(flatten)]
    routes: RouteArguments,

    #[command(flatten)]
    compression: CompressionArguments,
}

/// Prints the table.
pub fn carry_out(arguments: &WorstCaseArguments) -> Result<ExitCode, Failure> {
    let (cores, shares) = worst_case::worst_case(&Configuration {
        cores: arguments.engine.cores.0,
        engine_options: EngineOptions {
            clients: arguments.clients.options(),
            body_decoding: arguments.compression.body_decoding(),
            ..options::engine_options(&arguments.limits, &arguments.deadlines)
        },
        heap_bytes_max: arguments.engine.max_heap.map(options::memory_bytes),
        kv_bytes_max: options::memory_bytes(arguments.limits.kv_bytes),
        limited_clients: arguments.routes.rate_limit.map_or(0, |_| KEYS_DEFAULT),
        cache_bytes_max: options::memory_bytes(arguments.limits.cache_bytes),
        compresses: arguments.compression.policy().is_some(),
    });
    let table = table(cores.get(), &shares, worst_case::memory_bytes());
    // A reader that has seen enough is no error.
    let _ = std::io::stdout().write_all(table.as_bytes());
    Ok(ExitCode::SUCCESS)
}

fn table(cores: usize, shares: &[Share], memory: u64) -> String {
    let mut table = format!("Memory at worst, on {cores} cores, each at its bound at the same moment:\n\n");
    for share in shares {
        table += &format!(
            "{:<38}{:>12} × {:<9}{:>12}\n",
            share.name,
            readable(share.bytes),
            share.count,
            readable(share.total())
        );
    }
    let total = shares.iter().map(Share::total).fold(0, u64::saturating_add);
    table += &format!("{:<62}{:>12}\n", "all together", readable(total));
    table += &format!("{:<62}{:>12}\n", "what this process may use", readable(memory));
    table += "\nNot counted, because nothing bounds it:\n";
    for unbounded in worst_case::UNBOUNDED {
        table += &format!("  {unbounded}\n");
    }
    if total > memory {
        table += "\nFewer connections (--max-connections), shorter heads (--max-head), less pipelining (--max-pipeline)\n\
                  or smaller heaps (--max-heap) would bring it down. An idle connection\n\
                  takes half a KiB, on the portable engine one; over TLS 6 more, with HTTP/2 3.\n";
    }
    table
}

fn readable(bytes: u64) -> String {
    const UNITS: [(&str, u64); 4] = [
        ("TiB", 1 << 40),
        ("GiB", 1 << 30),
        ("MiB", 1 << 20),
        ("KiB", 1 << 10),
    ];
    match UNITS.iter().find(|(_, unit)| bytes >= *unit) {
        Some((name, unit)) => format!("{:.1} {name}", bytes as f64 / *unit as f64),
        None => format!("{bytes} B"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_stands_beside_what_there_is() {
        let share = Share {
            name: "connections",
            bytes: 3 << 30,
            count: 2,
        };
        let table = table(1, &[share], 4 << 30);
        assert!(table.contains("3.0 GiB × 2"), "{table}");
        assert!(
            table.contains("6.0 GiB\n") && table.contains("4.0 GiB\n"),
            "{table}"
        );
        assert!(table.contains("--max-connections"), "{table}");
        assert!(table.contains("\n  whole responses: "), "{table}");
    }

    #[test]
    fn sizes_are_rounded() {
        assert_eq!(readable(512), "512 B");
        assert_eq!(readable(1536), "1.5 KiB");
        assert_eq!(readable(u64::MAX), "16777216.0 TiB");
    }
}
