//! What is printed of all files together.
//!
//! Each file's process has printed its own tests (js/node_test/report.js). Owns the sums, and what stands around a file.
//! Called by: `testing`.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Seek, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::Reporter;
use super::process::Outcome;

/// What is counted, in the order of Node's summary.
const COUNTED: [&str; 7] = ["tests", "suites", "pass", "fail", "cancelled", "skipped", "todo"];

/// The numbers of a file, or of all.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    counts: [u64; COUNTED.len()],
    pub(super) problems: Vec<Problem>,
}

/// A test that failed.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) name: String,
    /// File, line and column.
    pub(super) location: Option<String>,
    /// The error.
    pub(super) text: String,
}

impl Numbers {
    /// Reads what js/node_test/run.js writes; `None`: it has not got to that.
    pub(super) fn parse(text: &[u8]) -> Option<Numbers> {
        let results: Value = serde_json::from_slice(text).ok()?;
        let counts = COUNTED.map(|name| results["counts"][name].as_u64().unwrap_or(0));
        let said = |problem: &Value, member: &str| problem[member].as_str().map(str::to_owned);
        let problems = results["failures"].as_array()?.iter().map(|problem| Problem {
            name: said(problem, "name").unwrap_or_default(),
            location: said(problem, "location"),
            text: said(problem, "text").unwrap_or_default(),
        });
        Some(Numbers {
            counts,
            problems: problems.collect(),
        })
    }

    pub(super) fn pass(&mut self) {
        self.count("tests");
        self.count("pass");
    }

    pub(super) fn fail(&mut self, problem: Problem) {
        self.count("tests");
        self.count("fail");
        self.problems.push(problem);
    }

    fn count(&mut self, name: &str) {
        for (count, counted) in self.counts.iter_mut().zip(COUNTED) {
            *count += u64::from(counted == name);
        }
    }

    fn add(&mut self, other: Numbers) {
        for (count, more) in self.counts.iter_mut().zip(other.counts) {
            *count += more;
        }
        self.problems.extend(other.problems);
    }
}

/// The report of a run.
pub(super) struct Report {
    reporter: Reporter,
    files: usize,
    reported: usize,
    numbers: Numbers,
    start: Instant,
}

impl Report {
    /// Of so many files.
    pub(super) fn new(reporter: Reporter, files: usize) -> Report {
        let report = Report {
            reporter,
            files,
            reported: 0,
            numbers: Numbers::default(),
            start: Instant::now(),
        };
        if reporter == Reporter::Tap {
            report.print(|out| writeln!(out, "TAP version 13"));
        }
        report
    }

    /// Prints what came of a file.
    pub(super) fn add(&mut self, file: &Path, outcome: Outcome) {
        self.reported += 1;
        let (file, number) = (file.display(), self.reported);
        let has_failed = !outcome.numbers.problems.is_empty();
        let milliseconds = milliseconds(outcome.duration);
        match self.reporter {
            Reporter::Spec if outcome.output.is_none() => {}
            Reporter::Spec => self.print(|out| {
                writeln!(out, "\u{25b6} {file}")?;
                copy(outcome.output, "  ", out)?;
                let mark = if has_failed { '\u{2716}' } else { '\u{2714}' };
                writeln!(out, "{mark} {file} ({milliseconds}ms)")
            }),
            Reporter::Tap => self.print(|out| {
                writeln!(out, "# Subtest: {file}")?;
                copy(outcome.output, "    ", out)?;
                let verdict = if has_failed { "not ok" } else { "ok" };
                writeln!(out, "{verdict} {number} - {file}")?;
                writeln!(
                    out,
                    "  ---\n  duration_ms: {milliseconds}\n  type: 'suite'\n  ..."
                )
            }),
        }
        self.numbers.add(outcome.numbers);
    }

    /// Prints the sums, and the tests that failed once more, where nobody has to look for them.
    pub(super) fn end(&self) {
        let milliseconds = milliseconds(self.start.elapsed());
        let (sign, is_spec) = match self.reporter {
            Reporter::Spec => ('\u{2139}', true),
            Reporter::Tap => ('#', false),
        };
        self.print(|out| {
            if !is_spec {
                writeln!(out, "1..{}", self.files)?;
            }
            for (name, count) in COUNTED.iter().zip(self.numbers.counts) {
                writeln!(out, "{sign} {name} {count}")?;
            }
            writeln!(out, "{sign} duration_ms {milliseconds}")?;
            if is_spec && self.has_failed() {
                writeln!(out, "\n\u{2716} failing tests:")?;
                for problem in &self.numbers.problems {
                    write_problem(problem, out)?;
                }
            }
            Ok(())
        });
    }

    pub(super) fn has_failed(&self) -> bool {
        !self.numbers.problems.is_empty()
    }

    /// A reader that has seen enough is no error.
    fn print(&self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) {
        let mut out = io::stdout().lock();
        let _ = write(&mut out).and_then(|()| out.flush());
    }
}

fn write_problem(problem: &Problem, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out)?;
    if let Some(location) = &problem.location {
        writeln!(out, "test at {location}")?;
    }
    writeln!(out, "\u{2716} {}", problem.name)?;
    for line in problem.text.lines() {
        writeln!(out, "{}", format!("  {line}").trim_end())?;
    }
    Ok(())
}

/// Copies a file's output, each line with an indent.
fn copy(output: Option<File>, indent: &str, out: &mut dyn Write) -> io::Result<()> {
    let Some(mut output) = output else {
        return Ok(());
    };
    output.rewind()?;
    let mut reader = BufReader::new(output);
    let mut is_first_part = true;
    loop {
        // A line of any length passes in parts.
        let part = reader.fill_buf()?;
        if part.is_empty() {
            break;
        }
        let end = part.iter().position(|byte| *byte == b'\n').map(|at| at + 1);
        let length = end.unwrap_or(part.len());
        if is_first_part && part[..length] != *b"\n" {
            out.write_all(indent.as_bytes())?;
        }
        out.write_all(&part[..length])?;
        is_first_part = end.is_some();
        reader.consume(length);
    }
    match is_first_part {
        true => Ok(()),
        false => writeln!(out),
    }
}

fn milliseconds(duration: Duration) -> u128 {
    duration.as_millis()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_of_a_file_are_read() {
        let text = br#"{"counts": {"tests": 3, "pass": 2, "fail": 1, "duration": 1.5},
            "failures": [{"name": "a > b", "location": "a.test.js:1:1", "text": "Error: x"}]}"#;
        let numbers = Numbers::parse(text).expect("numbers");
        assert_eq!(numbers.counts, [3, 0, 2, 1, 0, 0, 0]);
        assert_eq!(numbers.problems[0].location.as_deref(), Some("a.test.js:1:1"));
        for wrong in [&b""[..], b"{", b"{}", b"null"] {
            assert!(Numbers::parse(wrong).is_none());
        }
    }

    #[test]
    fn output_is_indented() {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(b"one\n\ntwo\nopen").expect("bytes");
        let mut out = Vec::new();
        copy(Some(file), "  ", &mut out).expect("bytes");
        assert_eq!(out, b"  one\n\n  two\n  open\n");
    }
}
