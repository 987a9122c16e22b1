//! What was measured, and its forms: Markdown, JSON, a picture.
//!
//! Owns the samples and what is computed of them. Never measures.

mod markdown;
mod picture;

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use crate::error::CompareError;
use crate::facts::Facts;
use crate::figure::Figure;
use crate::statistics::Spread;
use crate::workload::Workload;

/// All results of a comparison.
#[derive(Clone, Debug)]
pub struct Comparison {
    facts: Facts,
    notes: Vec<String>,
    workloads: Vec<Measured>,
}

/// The results of one workload.
#[derive(Clone, Debug)]
struct Measured {
    name: &'static str,
    title: String,
    /// What was found out only while measuring.
    condition: Option<String>,
    primary: Figure,
    figures: &'static [Figure],
    /// In the contestants' order; one that was not measured has no samples.
    rows: Vec<Row>,
}

/// The samples of one contestant, one a round.
#[derive(Clone, Debug)]
struct Row {
    contestant: String,
    samples: Vec<Sample>,
    failures: Vec<String>,
}

/// One measurement.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Sample {
    #[serde(flatten)]
    figures: BTreeMap<Figure, f64>,
    /// What was answered wrong.
    #[serde(skip)]
    complaint: Option<String>,
}

impl Sample {
    pub(crate) fn new(figures: BTreeMap<Figure, f64>, complaint: Option<String>) -> Self {
        Sample { figures, complaint }
    }

    pub(crate) fn get(&self, figure: Figure) -> Option<f64> {
        self.figures.get(&figure).copied()
    }
}

impl Row {
    fn spread(&self, figure: Figure) -> Option<Spread> {
        Spread::of(self.samples.iter().filter_map(|sample| sample.get(figure)))
    }

    /// This one's figure over the other's, round by round, which noise disturbs least.
    fn ratio(&self, other: &Row, figure: Figure) -> Option<Spread> {
        let pairs = self.samples.iter().zip(&other.samples);
        Spread::of(pairs.filter_map(|(mine, theirs)| Some(mine.get(figure)? / theirs.get(figure)?)))
    }
}

impl Measured {
    fn row(&self, contestant: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.contestant == contestant)
    }

    fn has_samples(&self) -> bool {
        self.rows.iter().any(|row| !row.samples.is_empty())
    }
}

impl Comparison {
    pub(crate) fn new(facts: Facts, notes: Vec<String>, workloads: &[Workload]) -> Self {
        let rows: Vec<Row> = facts
            .machine
            .versions
            .iter()
            .map(|(name, _)| Row {
                contestant: name.clone(),
                samples: Vec::new(),
                failures: Vec::new(),
            })
            .collect();
        let measured = |workload: &Workload| Measured {
            name: workload.name,
            title: workload.title.clone(),
            condition: None,
            primary: workload.primary(),
            figures: workload.figures(),
            rows: rows.clone(),
        };
        Comparison {
            facts,
            notes,
            workloads: workloads.iter().map(measured).collect(),
        }
    }

    pub(crate) fn add(&mut self, workload: &str, contestant: &str, sample: Sample) {
        if let Some(row) = self.row_mut(workload, contestant) {
            row.failures.extend(sample.complaint.clone());
            row.samples.push(sample);
        }
    }

    pub(crate) fn fail(&mut self, workload: &str, contestant: &str, reason: String) {
        if let Some(row) = self.row_mut(workload, contestant) {
            row.failures.push(reason);
        }
    }

    pub(crate) fn condition(&mut self, workload: &str, condition: String) {
        if let Some(measured) = self
            .workloads
            .iter_mut()
            .find(|measured| measured.name == workload)
        {
            measured.condition = Some(condition);
        }
    }

    /// The medians of a figure by contestant.
    pub(crate) fn medians(&self, workload: &str, figure: Figure) -> Vec<(String, f64)> {
        let measured = self.workloads.iter().find(|measured| measured.name == workload);
        let rows = measured.map_or(&[][..], |measured| &measured.rows);
        rows.iter()
            .filter_map(|row| Some((row.contestant.clone(), row.spread(figure)?.median)))
            .collect()
    }

    /// What went wrong, one line each: whoever answers errors must not look fast.
    pub fn failures(&self) -> Vec<String> {
        let of_row = |name, row: &Row| {
            let line = |failure: &String| format!("{name}, {}: {failure}", row.contestant);
            row.failures.iter().map(line).collect::<Vec<_>>()
        };
        let rows = |measured: &Measured| {
            let name = measured.name;
            measured
                .rows
                .iter()
                .flat_map(|row| of_row(name, row))
                .collect::<Vec<_>>()
        };
        self.workloads.iter().flat_map(rows).collect()
    }

    /// As tables.
    pub fn to_markdown(&self) -> String {
        markdown::render(self)
    }

    /// As a picture.
    ///
    /// # Errors
    /// The library refuses: a bug.
    pub fn to_svg(&self) -> Result<String, CompareError> {
        picture::draw(self)
    }

    /// Everything, every sample included.
    pub fn to_json(&self) -> String {
        let workloads: Vec<Value> = self.workloads.iter().map(Measured::to_value).collect();
        let all = json!({
            "facts": self.facts,
            "notes": self.notes,
            "failures": self.failures(),
            "workloads": workloads,
        });
        format!("{all:#}\n")
    }

    fn row_mut(&mut self, workload: &str, contestant: &str) -> Option<&mut Row> {
        let measured = self
            .workloads
            .iter_mut()
            .find(|measured| measured.name == workload)?;
        measured.rows.iter_mut().find(|row| row.contestant == contestant)
    }
}

impl Measured {
    fn to_value(&self) -> Value {
        let rows: Vec<Value> = self.rows.iter().map(|row| self.row_value(row)).collect();
        json!({
            "name": self.name,
            "title": self.title,
            "condition": self.condition,
            "primary": self.primary,
            "contestants": rows,
        })
    }

    fn row_value(&self, row: &Row) -> Value {
        let spread = |figure: &Figure| Some((*figure, row.spread(*figure)?));
        let spreads: BTreeMap<Figure, Spread> = self.figures.iter().filter_map(spread).collect();
        json!({ "name": row.contestant, "spread": spreads, "samples": row.samples })
    }
}

#[cfg(test)]
mod tests;
