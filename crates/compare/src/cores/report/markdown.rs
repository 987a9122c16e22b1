//! Results as Markdown: conditions, then each experiment with its table and its picture.

use super::{Measured, Report};
use crate::cores::latencies::Latencies;
use crate::cores::{mixed, overload, reload, skew};
use crate::figure::Figure;
use crate::statistics::Spread;

pub(super) const MIXED_PICTURE: &str = "cores-mixed.svg";
pub(super) const OVERLOAD_PICTURE: &str = "cores-overload.svg";
pub(super) const RELOAD_PICTURE: &str = "cores-reload.svg";

/// The whole document.
pub(super) fn render(report: &Report) -> String {
    let mut blocks = vec![
        "# howth on several cores beside other runtimes".to_owned(),
        conditions(report),
    ];
    let sections = [mixed(report), skew(report), overload(report), reload(report)];
    blocks.extend(sections.into_iter().flatten());
    let remarks = [report.notes.clone(), report.failures()].concat();
    if !remarks.is_empty() {
        blocks.push("## Remarks".to_owned());
        let lines: Vec<String> = remarks.iter().map(|remark| format!("- {remark}")).collect();
        blocks.push(lines.join("\n"));
    }
    blocks.join("\n\n") + "\n"
}

fn conditions(report: &Report) -> String {
    let sharing = match report.machine.cores > report.cores {
        true => "The load generator has processors besides these",
        false => "The load generator shares the processors with the servers",
    };
    format!(
        "Made by `howth bench cores` {}. Every server serves on {} cores: howth with `--cores`, Bun in as many \
         processes with `reusePort`, Deno with `deno serve --parallel`, Node with its cluster. Nothing is pinned. \
         {sharing}. {} s of load for each figure; where there are several rounds, medians with the least and the most \
         in parentheses. Compare within one run: absolute figures differ between machines and hours.",
        report.machine.written(),
        report.cores,
        report.seconds,
    )
}

fn mixed(report: &Report) -> Option<String> {
    let rows = with_rounds(&report.mixed);
    let first = *rows.first()?;
    let row = |measured: &&Measured<mixed::Outcome>| {
        let latency = |of: fn(&Latencies) -> f64| {
            spread(measured.spread(|outcome| of(&outcome.others)), |value| {
                Figure::P99Us.written(value)
            })
        };
        vec![
            measured.contestant.clone(),
            latency(|others| others.p50_us),
            latency(|others| others.p99_us),
            latency(|others| others.p999_us),
            latency(|others| others.max_us),
            spread(first.ratio(measured, |outcome| outcome.others.p99_us), two_digits),
            spread(
                measured.spread(|outcome| outcome.burning.map_or(f64::NAN, |burning| burning.p50_us)),
                |value| Figure::P50Us.written(value),
            ),
            spread(measured.spread(|outcome| outcome.server_share), two_digits),
            spread(measured.spread(|outcome| outcome.generator_share), two_digits),
        ]
    };
    let ratio = format!("p99 of {} is of it", first.contestant);
    let titles = [
        "",
        "p50",
        "p99",
        "p99.9",
        "most",
        &ratio,
        "p50 of those that compute",
        "CPUs used by the server",
        "by the generator",
    ];
    Some(section(
        "mixed",
        "one request in a hundred computes for 50 ms; latency of the others",
        &mixed::condition(),
        &table(&titles, rows.iter().map(row)),
        Some(("Latency of the others over time", MIXED_PICTURE)),
    ))
}

fn skew(report: &Report) -> Option<String> {
    let rows = with_rounds(&report.skew);
    rows.first()?;
    let row = |measured: &&Measured<skew::Outcome>| {
        let rate = |of: fn(&skew::Outcome) -> f64| spread(measured.spread(of), |value| format!("{value:.0}"));
        vec![
            measured.contestant.clone(),
            rate(|outcome| outcome.one_core),
            rate(|outcome| outcome.even),
            rate(|outcome| outcome.skewed),
            spread(measured.spread(skew::Outcome::even_ratio), two_digits),
            spread(measured.spread(skew::Outcome::skewed_ratio), two_digits),
        ]
    };
    let titles = [
        "requests/s",
        "one core",
        "all, dealt evenly",
        "all, dealt to one",
        "evenly × one core",
        "to one × one core",
    ];
    Some(section(
        "skew",
        "all connections dealt to one core",
        &skew::condition(),
        &table(&titles, rows.iter().map(row)),
        None,
    ))
}

fn overload(report: &Report) -> Option<String> {
    let rows = with_rounds(&report.overload);
    rows.first()?;
    let of_level = |level: &overload::Level| {
        let latency = |latencies: Option<Latencies>, of: fn(&Latencies) -> f64| {
            latencies.map_or_else(String::new, |latencies| Figure::P99Us.written(of(&latencies)))
        };
        vec![
            format!("{:.1}", level.factor),
            format!("{:.0}", level.offered),
            format!("{:.0}", level.goodput),
            format!("{:.0}", level.peak),
            format!("{:.0} %", level.goodput / level.peak * 100.0),
            latency(level.good, |good| good.p50_us),
            latency(level.good, |good| good.p99_us),
            format!("{:.0}", level.refused),
            latency(level.refusals, |refusals| refusals.p99_us),
            format!("{:.0}", level.late),
            format!("{:.0}", level.failed + level.unsent),
            Figure::ResidentBytes.written(level.resident_bytes as f64),
        ]
    };
    let lines = rows.iter().flat_map(|measured| {
        let outcomes = measured.rounds.iter();
        outcomes.flat_map(move |outcome| {
            outcome.levels.iter().map(move |level| {
                let mut line = vec![measured.contestant.clone()];
                line.extend(of_level(level));
                line
            })
        })
    });
    let titles = [
        "",
        "offered × peak",
        "offered/s",
        "good/s",
        "peak/s",
        "good, of the peak",
        "p50 of these",
        "p99 of these",
        "503/s",
        "p99 of these",
        "late/s",
        "failed or unsent/s",
        "memory",
    ];
    Some(section(
        "overload",
        "more is asked than can be done",
        &overload::condition(),
        &table(&titles, lines),
        Some(("Goodput over offered load", OVERLOAD_PICTURE)),
    ))
}

fn reload(report: &Report) -> Option<String> {
    let rows = with_rounds(&report.reload);
    rows.first()?;
    let row = |measured: &&Measured<reload::Outcome>| {
        let latency = |of: fn(&Latencies) -> f64| {
            let figure = |outcome: &reload::Outcome| outcome.latencies.as_ref().map_or(f64::NAN, of);
            spread(measured.spread(figure), |value| Figure::P99Us.written(value))
        };
        let count = |of: fn(&reload::Outcome) -> u64| {
            spread(measured.spread(|outcome| of(outcome) as f64), |value| {
                format!("{value:.0}")
            })
        };
        vec![
            measured.contestant.clone(),
            count(|outcome| outcome.reloads as u64),
            count(|outcome| outcome.requests),
            count(|outcome| outcome.lost),
            count(|outcome| outcome.errors.connect),
            latency(|latencies| latencies.p50_us),
            latency(|latencies| latencies.p99_us),
            latency(|latencies| latencies.p999_us),
            latency(|latencies| latencies.max_us),
        ]
    };
    let titles = [
        "",
        "reloads",
        "requests",
        "lost",
        "connections that failed",
        "p50",
        "p99",
        "p99.9",
        "most",
    ];
    Some(section(
        "reload",
        "the application is loaded anew again and again",
        &report.reload_condition,
        &table(&titles, rows.iter().map(row)),
        Some((
            "Latency over time; lines where the server was told to reload",
            RELOAD_PICTURE,
        )),
    ))
}

fn with_rounds<T>(measured: &[Measured<T>]) -> Vec<&Measured<T>> {
    measured
        .iter()
        .filter(|measured| !measured.rounds.is_empty())
        .collect()
}

fn section(name: &str, title: &str, condition: &str, table: &str, picture: Option<(&str, &str)>) -> String {
    let mut blocks = vec![
        format!("## `{name}`: {title}"),
        format!("{}.", capitalised(condition)),
        table.to_owned(),
    ];
    blocks.extend(picture.map(|(caption, file)| format!("![{caption}]({file})")));
    blocks.join("\n\n")
}

fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(characters).collect()
    })
}

fn table(titles: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let head = format!("| {} |", titles.join(" | "));
    let rule = format!("|{}", "---|".repeat(titles.len()));
    let lines = rows.map(|cells| format!("| {} |", cells.join(" | ")));
    [head, rule]
        .into_iter()
        .chain(lines)
        .collect::<Vec<_>>()
        .join("\n")
}

/// `1.92 (1.90 to 1.95)`, the value alone where there is only one, or nothing.
fn spread(spread: Option<Spread>, written: impl Fn(f64) -> String) -> String {
    spread.map_or_else(String::new, |spread| spread.written(written))
}

fn two_digits(value: f64) -> String {
    format!("{value:.2}")
}
