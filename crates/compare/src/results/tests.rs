//! Forms of results that were made up.

use std::collections::BTreeMap;

use super::*;
use crate::options::{Options, Sizes};
use crate::workloads;

fn comparison() -> Comparison {
    let versions = [("howth", "0.1.0"), ("bun", "1.4.5"), ("<rust>", "")];
    let versions = versions.map(|(name, version)| (name.to_owned(), version.to_owned()));
    let options = Options::new("howth".into(), "cache".into());
    let facts = Facts::gather(&options, versions.to_vec());
    let names = ["hello", "start"].map(str::to_owned);
    let chosen = workloads::chosen(&names, &Sizes::default()).expect("known workloads");
    let mut comparison = Comparison::new(facts, vec!["a note".to_owned()], &chosen);
    for (contestant, cpu, rate) in [
        ("howth", 9.0, 100e3),
        ("howth", 11.0, 90e3),
        ("bun", 12.0, 80e3),
        ("bun", 11.0, 90e3),
    ] {
        let figures = BTreeMap::from([(Figure::CpuUs, cpu), (Figure::RequestsPerSecond, rate)]);
        comparison.add("hello", contestant, Sample::new(figures, None));
    }
    comparison.fail("hello", "<rust>", "it did not start".to_owned());
    comparison
}

#[test]
fn tables_have_medians_spreads_and_ratios() {
    let markdown = comparison().to_markdown();
    for part in [
        "| howth is | of | × bun | × <rust> |",
        "| hello, 50 connections | CPU µs a request | 0.88 (0.75 to 1.00) |  |",
        "| howth | 10.0 (9.00 to 11.0) |",
        "- a note",
        "- hello, <rust>: it did not start",
    ] {
        assert!(markdown.contains(part), "no {part:?} in:\n{markdown}");
    }
    assert!(
        !markdown.contains("## `start`"),
        "nothing was measured:\n{markdown}"
    );
}

#[test]
fn json_has_every_sample() {
    let value: Value = serde_json::from_str(&comparison().to_json()).expect("JSON");
    let howth = &value["workloads"][0]["contestants"][0];
    assert_eq!(howth["name"], "howth");
    assert_eq!(howth["samples"][1]["cpu_us"], 11.0);
    assert_eq!(howth["spread"]["cpu_us"]["median"], 10.0);
    assert_eq!(value["failures"][0], "hello, <rust>: it did not start");
}

#[test]
fn the_picture_has_a_bar_for_whoever_was_measured() {
    let svg = comparison().to_svg().expect("a picture");
    assert!(
        svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"),
        "{svg}"
    );
    assert!(svg.contains("howth") && svg.contains("bun"), "{svg}");
    // The background and two bars; the names of the third are in the caption only, where they are escaped.
    assert_eq!(svg.matches("<rect").count(), 3, "{svg}");
    assert!(svg.contains("&lt;rust&gt;"), "{svg}");
}

#[test]
fn failures_name_workload_and_contestant() {
    assert_eq!(comparison().failures(), ["hello, <rust>: it did not start"]);
}
