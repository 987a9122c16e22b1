//! What a terminal shows while something is measured.

use std::io::Write;
use std::time::Duration;

use howth_load::{Options, Second, Stop};
use indicatif::{HumanCount, ProgressBar, ProgressStyle};

const TICK: Duration = Duration::from_millis(100);

/// One line on stderr that is gone when the measurement is over.
#[derive(Debug)]
pub struct Line(ProgressBar);

/// For one run of the generator: seconds where their number is known, and what the last one brought.
pub fn of_load(options: &Options, quiet: bool) -> Line {
    let steps = match options.stop {
        Stop::After(duration) => Some(duration.as_secs()),
        Stop::Requests(_) => None,
    };
    line(steps, quiet)
}

/// For a comparison of so many measurements.
pub fn of_comparison(steps: u64) -> Line {
    line(Some(steps), false)
}

fn line(steps: Option<u64>, quiet: bool) -> Line {
    let bar = match steps {
        _ if quiet => ProgressBar::hidden(),
        Some(steps) => ProgressBar::new(steps).with_style(style("{bar:24} {pos}/{len} {elapsed} {msg}")),
        None => ProgressBar::new_spinner().with_style(style("{spinner} {elapsed} {msg}")),
    };
    bar.enable_steady_tick(TICK);
    Line(bar)
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the templates are constants")
}

impl Line {
    /// A second of a run is over.
    pub fn second(&self, second: &Second) {
        self.0.inc(1);
        self.0.set_message(format!(
            "{} requests/s, p99 {:.2} ms, {} errors",
            HumanCount((second.requests as f64 / second.span_seconds.max(1e-3)) as u64),
            second.p99_us / 1000.0,
            HumanCount(second.errors),
        ));
    }

    /// A measurement begins. Without a terminal each is a line, for a log.
    pub fn step(&self, position: u64, what: &str) {
        if self.0.is_hidden() {
            let steps = self.0.length().unwrap_or(position);
            let _ = writeln!(std::io::stderr(), "{position}/{steps} {what}");
        }
        self.0.set_position(position);
        self.0.set_message(what.to_owned());
    }

    /// Makes room for the result.
    pub fn clear(&self) {
        self.0.finish_and_clear();
    }
}
