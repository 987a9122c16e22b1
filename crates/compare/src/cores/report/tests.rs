//! Forms of results that were made up.

use std::time::Duration;

use howth_load::{ErrorClass, Errors, Record};
use serde_json::Value;

use super::*;
use crate::cores::latencies::Latencies;
use crate::cores::series::series;

fn records(latency_ms: u64) -> Vec<Record> {
    let record = |due_ms: u64| Record {
        due_ns: due_ms * 1_000_000,
        latency_ns: latency_ms * 1_000_000,
        error: (due_ms == 500).then_some(ErrorClass::Read),
        is_occasional: false,
    };
    (0..1000).step_by(50).map(record).collect()
}

fn mixed(latency_ms: u64) -> mixed::Outcome {
    let records = records(latency_ms);
    mixed::Outcome {
        others: Latencies::of(records.iter()).expect("there are some"),
        burning: None,
        server_share: 0.3,
        generator_share: 0.01,
        resident_bytes: 1 << 20,
        unsent: 0,
        series: series(&records, Duration::from_secs(1)),
        complaint: (latency_ms == 9).then(|| "it was nine".to_owned()),
    }
}

fn overload() -> overload::Outcome {
    let level = |factor: f64| overload::Level {
        factor,
        peak: 800.0,
        offered: 800.0 * factor,
        goodput: 600.0,
        late: 0.0,
        refused: 200.0,
        failed: 0.0,
        unsent: 0.0,
        good: Latencies::of(records(7).iter()),
        refusals: None,
        resident_bytes: 50 << 20,
    };
    overload::Outcome {
        levels: overload::FACTORS.map(level).to_vec(),
    }
}

fn reload() -> reload::Outcome {
    let records = records(3);
    reload::Outcome {
        requests: 20,
        lost: 1,
        errors: Errors::default(),
        latencies: Latencies::of(records.iter()),
        told_at: vec![0.25],
        reloads: 1,
        series: series(&records, Duration::from_secs(1)),
        complaint: None,
    }
}

fn measured<T>(contestant: &str, rounds: Vec<T>) -> Measured<T> {
    Measured {
        contestant: contestant.to_owned(),
        rounds,
    }
}

fn report() -> Report {
    let options = Options::new("howth".into(), "cache".into());
    let versions = vec![
        ("howth".to_owned(), "0.1.0".to_owned()),
        ("bun".to_owned(), "1".to_owned()),
    ];
    let mut report = Report::new(&options, versions, vec!["a note".to_owned()]);
    report.mixed = vec![
        measured("howth", vec![mixed(2), mixed(4)]),
        measured("bun", vec![mixed(8), mixed(9)]),
        measured("node", Vec::new()),
    ];
    report.overload = vec![
        measured("howth", vec![overload()]),
        measured("bun", vec![overload()]),
    ];
    report.reload = vec![measured("howth", vec![reload()])];
    report.fail(Experiment::Mixed, "node", "it did not start");
    report.disturbed(Experiment::Mixed, "bun", 0.26);
    report.disturbed(Experiment::Mixed, "howth", 0.04);
    report
}

#[test]
fn tables_have_medians_ratios_and_remarks() {
    let markdown = report().to_markdown();
    for part in [
        "| howth | 3.00 ms (2.00 ms to 4.00 ms) |",
        "| 0.35 (0.25 to 0.44) |",
        "which is 30 % of one core.",
        "| howth | 3.0 | 2400 | 600 | 800 | 75 % | 7.00 ms | 7.00 ms | 200 |  | 0 | 0 | 50.0 MiB |",
        "20000 requests a second over 50 connections; 10 reloads, one every 5 s. howth is sent SIGHUP;",
        "| howth | 1 | 20 | 1 | 0 | 3.00 ms |",
        "- a note\n- mixed, bun: other processes used 0.3 processors meanwhile\n- mixed, node",
        "- mixed, node: it did not start",
        "- mixed, bun: it was nine",
    ] {
        assert!(markdown.contains(part), "no {part:?} in:\n{markdown}");
    }
    assert!(
        !markdown.contains("## `skew`"),
        "nothing was measured:\n{markdown}"
    );
}

#[test]
fn json_has_every_round_and_series() {
    let value: Value = serde_json::from_str(&report().to_json()).expect("JSON");
    assert_eq!(value["mixed"][0]["rounds"][1]["others"]["p99_us"], 4000.0);
    assert_eq!(value["mixed"][0]["rounds"][0]["series"][5]["failed"], 1);
    assert_eq!(value["overload"][1]["rounds"][0]["levels"][4]["factor"], 3.0);
    assert_eq!(value["failures"][1], "mixed, bun: it was nine");
}

#[test]
fn there_is_a_picture_of_each_experiment_that_was_made() {
    let mut report = report();
    let pictures = report.to_pictures().expect("pictures");
    let names: Vec<&str> = pictures.iter().map(|(name, _)| *name).collect();
    assert_eq!(
        names,
        ["cores-mixed.svg", "cores-overload.svg", "cores-reload.svg"]
    );
    for (name, svg) in &pictures {
        assert!(
            svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"),
            "{name}"
        );
        assert!(svg.contains("howth"), "{name}");
        assert!(!svg.contains("NaN"), "{name}");
    }
    report.overload.clear();
    assert_eq!(report.to_pictures().expect("pictures").len(), 2);
}

#[test]
fn the_interval_is_written_in_seconds() {
    let condition = reload::condition(100.0, Duration::from_millis(800));
    assert!(condition.contains("every 0.8 s."), "{condition}");
}
