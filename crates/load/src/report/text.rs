//! Reports for people.

use std::fmt::Write;

use hdrhistogram::Histogram;

use super::Report;
use crate::options::Pace;

/// Lines of text.
pub(super) fn render(report: &Report) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = write_all(report, &mut text);
    text
}

fn write_all(report: &Report, text: &mut String) -> std::fmt::Result {
    writeln!(text, "{} {}", report.method, report.url)?;
    let pace = match report.pace {
        Pace::Closed => "closed loop".to_owned(),
        Pace::Rate(rate) => format!("open loop at {rate} requests/s"),
    };
    writeln!(
        text,
        "{} connections, {} threads, pipelining {}, {pace}, {:.2} s",
        report.connections, report.threads, report.pipelining, report.elapsed_seconds
    )?;
    writeln!(text)?;
    writeln!(
        text,
        "requests     {:>14}  {:>14.1}/s",
        report.requests, report.requests_per_second
    )?;
    writeln!(
        text,
        "received     {:>14}  {:>14}/s",
        bytes(report.received_bytes as f64),
        rate(report, report.received_bytes)
    )?;
    writeln!(
        text,
        "sent         {:>14}  {:>14}/s",
        bytes(report.sent_bytes as f64),
        rate(report, report.sent_bytes)
    )?;
    writeln!(
        text,
        "own CPU      {:>11.2} us  per request ({:.2} s user, {:.2} s kernel)",
        report.cpu.per_request_us, report.cpu.user_seconds, report.cpu.system_seconds
    )?;
    writeln!(text, "errors       {:>14}", report.errors.total())?;
    for (name, count) in report
        .errors
        .classes()
        .into_iter()
        .filter(|(_, count)| *count > 0)
    {
        writeln!(text, "  {name:<10} {count:>14}")?;
    }
    if report.pace != Pace::Closed {
        writeln!(text, "unsent       {:>14}", report.unsent)?;
    }
    if report.requests == 0 {
        return Ok(());
    }
    writeln!(text)?;
    let latency = &report.latency;
    let since = match report.pace {
        Pace::Closed => "since sending",
        Pace::Rate(_) => "since the request was due",
    };
    writeln!(text, "latency {since}")?;
    writeln!(text, "  min        {:>14}", duration(latency.min_us))?;
    writeln!(
        text,
        "  mean       {:>14}  deviation {}",
        duration(latency.mean_us),
        duration(latency.deviation_us)
    )?;
    for percentile in &latency.percentiles {
        let name = match percentile.percentile {
            100.0 => "max".to_owned(),
            other => format!("{other} %"),
        };
        writeln!(text, "  {name:<10} {:>14}", duration(percentile.latency_us))?;
    }
    Ok(())
}

/// HdrHistogram's percentile distribution, in milliseconds.
pub(super) fn percentiles(histogram: &Histogram<u64>) -> String {
    let mut text = format!(
        "{:>12} {:>14} {:>10} {:>14}\n\n",
        "Value", "Percentile", "TotalCount", "1/(1-Percentile)"
    );
    let mut count = 0;
    for step in histogram.iter_quantiles(5) {
        count += step.count_since_last_iteration();
        let quantile = step.quantile_iterated_to();
        let value = step.value_iterated_to() as f64 / 1e6;
        let _ = match quantile < 1.0 {
            true => writeln!(
                text,
                "{value:>12.3} {quantile:>14.12} {count:>10} {:>14.2}",
                1.0 / (1.0 - quantile)
            ),
            false => writeln!(text, "{value:>12.3} {quantile:>14.12} {count:>10}"),
        };
    }
    let _ = writeln!(
        text,
        "#[Mean    = {:>12.3}, StdDeviation   = {:>12.3}]\n#[Max     = {:>12.3}, Total count    = {:>12}]",
        histogram.mean() / 1e6,
        histogram.stdev() / 1e6,
        histogram.max() as f64 / 1e6,
        histogram.len()
    );
    text
}

fn rate(report: &Report, amount: u64) -> String {
    bytes(super::per(amount as f64, report.elapsed_seconds))
}

fn bytes(amount: f64) -> String {
    match amount {
        amount if amount >= 1e9 => format!("{:.2} GB", amount / 1e9),
        amount if amount >= 1e6 => format!("{:.2} MB", amount / 1e6),
        amount if amount >= 1e3 => format!("{:.2} kB", amount / 1e3),
        amount => format!("{amount:.0} B"),
    }
}

fn duration(microseconds: f64) -> String {
    match microseconds {
        us if us >= 1e6 => format!("{:.3} s", us / 1e6),
        us if us >= 1e3 => format!("{:.3} ms", us / 1e3),
        us => format!("{us:.1} us"),
    }
}
