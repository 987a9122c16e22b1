//! Latency over time: a panel for each contestant, all on one scale.
//!
//! Of each tenth of a second the bold line is the 99th percentile, the thin ones above and below it are the longest and
//! the median. Where there was no right answer there is no line, and a mark at the lower edge says that requests failed
//! or were not sent.

use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::chart::{Frame, GRID, Scale, colours, columns, line, rows};
use super::{Measured, Report};
use crate::cores::series::Point;
use crate::drawing::{Area, Drawn, FAINT, SMALL_SIZE, style, svg, title_style};
use crate::error::CompareError;
use crate::figure::Figure;

const WIDTH: i32 = 1080;
const MARGIN: i32 = 20;
const LABEL_WIDTH: i32 = 64;
const CHART_HEIGHT: i32 = 120;
const TITLE_HEIGHT: i32 = 28;
const PANEL_HEIGHT: i32 = TITLE_HEIGHT + CHART_HEIGHT + 36;
const CAPTION_HEIGHT: i32 = 52;
const LEGEND: &str = "of each 100 ms in which requests were due: 99th percentile (bold), the longest and the median \
                      (thin); red where requests failed";
const FAILURE: RGBColor = RGBColor(207, 34, 46);
/// The time axis has about so many numbers.
const TICKS: f64 = 10.0;
/// Shorter latencies are drawn as if they were so long.
const LEAST_US: f64 = 100.0;

/// What a line goes through.
type Value = fn(&Point) -> Option<f64>;

/// One contestant's run.
pub(super) struct Panel {
    title: String,
    colour: RGBColor,
    series: Vec<Point>,
    /// Moments that are marked.
    marks: Vec<f64>,
}

/// A picture.
pub(super) struct Panels {
    caption: String,
    panels: Vec<Panel>,
}

/// Of `mixed`, if it was made.
pub(super) fn of_mixed(report: &Report) -> Option<Panels> {
    of(report, &report.mixed, |outcome| {
        (outcome.series.clone(), Vec::new())
    })
}

/// Of `reload`, if it was made.
pub(super) fn of_reload(report: &Report) -> Option<Panels> {
    of(report, &report.reload, |outcome| {
        (outcome.series.clone(), outcome.told_at.clone())
    })
}

/// The first round of each.
fn of<T>(
    report: &Report,
    measured: &[Measured<T>],
    shown: impl Fn(&T) -> (Vec<Point>, Vec<f64>),
) -> Option<Panels> {
    let colours = colours(measured.iter().map(|measured| measured.contestant.as_str()));
    let panel = |(measured, colour): (&Measured<T>, RGBColor)| {
        let (series, marks) = shown(measured.rounds.first()?);
        Some(Panel {
            title: measured.contestant.clone(),
            colour,
            series,
            marks,
        })
    };
    let panels: Vec<Panel> = measured.iter().zip(colours).filter_map(panel).collect();
    (!panels.is_empty()).then(|| Panels {
        caption: report.machine.caption(),
        panels,
    })
}

/// The SVG.
pub(super) fn draw(picture: &Panels) -> Result<String, CompareError> {
    let count = i32::try_from(picture.panels.len()).unwrap_or(0);
    let height = MARGIN + count * PANEL_HEIGHT + CAPTION_HEIGHT;
    let points = || picture.panels.iter().flat_map(|panel| &panel.series);
    let most = points().filter_map(|point| point.max_us).fold(LEAST_US, f64::max);
    let latency = Scale::decades(LEAST_US, most);
    let time = Scale::linear(points().map(|point| point.at_seconds).fold(0.1, f64::max));
    svg(WIDTH, height, |area| {
        for (number, panel) in (0..).zip(&picture.panels) {
            let frame = Frame {
                left: MARGIN + LABEL_WIDTH,
                top: MARGIN + number * PANEL_HEIGHT + TITLE_HEIGHT,
                width: WIDTH - 2 * MARGIN - LABEL_WIDTH,
                height: CHART_HEIGHT,
            };
            draw_panel(area, panel, &frame, &time, &latency)?;
        }
        for (text, above) in [(LEGEND, 38), (picture.caption.as_str(), 16)] {
            area.draw_text(
                text,
                &style(SMALL_SIZE, FAINT, HPos::Left),
                (MARGIN, height - above),
            )?;
        }
        Ok(())
    })
}

fn draw_panel<'a>(area: &Area<'a>, panel: &Panel, frame: &Frame, time: &Scale, latency: &Scale) -> Drawn<'a> {
    area.draw_text(
        &panel.title,
        &title_style(),
        (frame.left, frame.top - TITLE_HEIGHT),
    )?;
    let written = |value: &f64| (*value, Figure::P99Us.written(*value));
    rows(
        area,
        frame,
        latency,
        &latency.powers().iter().map(written).collect::<Vec<_>>(),
    )?;
    columns(area, frame, time, &seconds(time.to))?;
    for mark in &panel.marks {
        let x = frame.x(time, *mark);
        line(area, vec![(x, frame.top), (x, frame.bottom())], GRID, 2)?;
    }
    let place = |point: &Point, value: f64| (frame.x(time, point.at_seconds), frame.y(latency, value));
    let lines: [(u32, Value); 3] = [
        (1, |point| point.max_us),
        (1, |point| point.p50_us),
        (2, |point| point.p99_us),
    ];
    for (width, value) in lines {
        for run in panel.series.split(|point| value(point).is_none()) {
            let points = run.iter().filter_map(|point| Some(place(point, value(point)?)));
            line(area, points.collect(), panel.colour, width)?;
        }
    }
    for point in panel
        .series
        .iter()
        .filter(|point| point.failed > 0 || point.requests == 0)
    {
        let x = frame.x(time, point.at_seconds);
        line(
            area,
            vec![(x, frame.bottom() - 6), (x, frame.bottom())],
            FAILURE,
            2,
        )?;
    }
    Ok(())
}

/// Whole seconds, or steps of several.
fn seconds(end: f64) -> Vec<(f64, String)> {
    let step = (end / TICKS).ceil().max(1.0);
    let count = (end / step).floor() as u32;
    (0..=count)
        .map(|number| f64::from(number) * step)
        .map(|second| (second, format!("{second:.0} s")))
        .collect()
}
