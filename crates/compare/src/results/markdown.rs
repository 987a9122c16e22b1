//! Results as Markdown: conditions, a table of ratios, a table for each workload.

use super::{Comparison, Measured, Row};
use crate::figure::Figure;

/// The whole document.
pub(super) fn render(comparison: &Comparison) -> String {
    let mut blocks = vec![
        "# howth beside other runtimes".to_owned(),
        conditions(comparison),
        "![The same as a picture](results.svg)".to_owned(),
    ];
    blocks.extend(ratios(comparison));
    for measured in comparison
        .workloads
        .iter()
        .filter(|measured| measured.has_samples())
    {
        blocks.push(heading(measured));
        blocks.push(table(measured));
    }
    let remarks = [comparison.notes.clone(), comparison.failures()].concat();
    if !remarks.is_empty() {
        blocks.push("## Remarks".to_owned());
        blocks.push(
            remarks
                .iter()
                .map(|remark| format!("- {remark}"))
                .collect::<Vec<_>>()
                .join("\n"),
        );
    }
    blocks.join("\n\n") + "\n"
}

fn conditions(comparison: &Comparison) -> String {
    let facts = &comparison.facts;
    let rounds = match facts.rounds {
        1 => format!("one round of {} s", facts.seconds),
        rounds => format!(
            "medians of {rounds} alternating rounds of {} s, in parentheses the least and the most",
            facts.seconds
        ),
    };
    format!(
        "Made by `howth bench compare` {}. The server on core {}, the load generator on core {}; {rounds}. Compare \
         within one run: absolute figures differ between machines and hours.",
        facts.machine.written(),
        facts.server_core,
        facts.load_core,
    )
}

/// The first contestant beside the others: what each workload is about.
fn ratios(comparison: &Comparison) -> Option<String> {
    let names: Vec<&String> = comparison
        .facts
        .machine
        .versions
        .iter()
        .map(|(name, _)| name)
        .collect();
    let (first, others) = names.split_first()?;
    if others.is_empty() {
        return None;
    }
    let titles: Vec<String> = others.iter().map(|other| format!("× {other}")).collect();
    let mut lines = vec![format!("| {first} is | of | {} |", titles.join(" | "))];
    lines.push(rule(2 + others.len()));
    for measured in comparison
        .workloads
        .iter()
        .filter(|measured| measured.has_samples())
    {
        let mut figures = vec![measured.primary];
        if measured.primary == Figure::CpuUs {
            figures.push(Figure::RequestsPerSecond);
        }
        for figure in figures {
            let cell = |other: &&String| {
                let ratio = measured.row(first)?.ratio(measured.row(other)?, figure)?;
                Some(ratio.written(|value| format!("{value:.2}")))
            };
            let cells: Vec<String> = others
                .iter()
                .map(|other| cell(other).unwrap_or_default())
                .collect();
            lines.push(format!(
                "| {} | {} | {} |",
                measured.title,
                figure.title(),
                cells.join(" | ")
            ));
        }
    }
    Some(lines.join("\n"))
}

fn heading(measured: &Measured) -> String {
    match &measured.condition {
        Some(condition) => format!("## `{}`: {} ({condition})", measured.name, measured.title),
        None => format!("## `{}`: {}", measured.name, measured.title),
    }
}

fn table(measured: &Measured) -> String {
    let titles: Vec<&str> = measured.figures.iter().map(|figure| figure.title()).collect();
    let mut lines = vec![format!("| | {} |", titles.join(" | ")), rule(1 + titles.len())];
    for row in measured.rows.iter().filter(|row| !row.samples.is_empty()) {
        let cells: Vec<String> = measured.figures.iter().map(|figure| cell(row, *figure)).collect();
        lines.push(format!("| {} | {} |", row.contestant, cells.join(" | ")));
    }
    lines.join("\n")
}

fn cell(row: &Row, figure: Figure) -> String {
    let spread = row.spread(figure);
    spread.map_or_else(String::new, |spread| {
        spread.written(|value| figure.written(value))
    })
}

fn rule(columns: usize) -> String {
    format!("|{}", "---|".repeat(columns))
}
