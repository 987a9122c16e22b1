//! Results as a picture: a panel for each workload, with a bar for each contestant.
//!
//! Owns the layout; plotters writes the SVG. Every panel has its own scale from zero. A thin line says how far the
//! rounds were apart.

use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::{Comparison, Measured};
use crate::drawing::{Area, Drawn, FAINT, INK, SMALL_SIZE, TEXT_SIZE, style, svg, title_style};
use crate::error::CompareError;
use crate::figure::Figure;
use crate::statistics::Spread;

const COLUMNS: usize = 3;
const PANEL_WIDTH: i32 = 360;
const LABEL_WIDTH: i32 = 100;
const VALUE_WIDTH: i32 = 76;
const TITLE_HEIGHT: i32 = 40;
const BAR_HEIGHT: i32 = 14;
const BAR_STEP: i32 = 21;
const MARGIN: i32 = 20;
const CAPTION_HEIGHT: i32 = 30;
const OWN: RGBColor = RGBColor(31, 111, 235);
const OTHER: RGBColor = RGBColor(154, 164, 175);

/// A titled group of bars.
struct Panel {
    title: String,
    unit: &'static str,
    bars: Vec<(String, Spread, String)>,
}

/// The whole picture.
pub(super) fn draw(comparison: &Comparison) -> Result<String, CompareError> {
    let panels: Vec<Panel> = comparison.workloads.iter().filter_map(Panel::of).collect();
    let bars = panels.iter().map(|panel| panel.bars.len()).max().unwrap_or(0);
    let panel_height = TITLE_HEIGHT + i32::try_from(bars).unwrap_or(0) * BAR_STEP + MARGIN;
    let rows = panels.len().div_ceil(COLUMNS);
    let width = MARGIN + COLUMNS as i32 * PANEL_WIDTH;
    let height = MARGIN + i32::try_from(rows).unwrap_or(0) * panel_height + CAPTION_HEIGHT;
    svg(width, height, |area| {
        draw_all(area, &panels, panel_height)?;
        let position = (MARGIN, height - CAPTION_HEIGHT / 2);
        area.draw_text(
            &caption(comparison),
            &style(SMALL_SIZE, FAINT, HPos::Left),
            position,
        )
    })
}

impl Panel {
    fn of(measured: &Measured) -> Option<Panel> {
        let figure = measured.primary;
        let bar = |row: &super::Row| {
            let spread = row.spread(figure)?;
            Some((row.contestant.clone(), spread, figure.written(spread.median)))
        };
        let bars: Vec<_> = measured.rows.iter().filter_map(bar).collect();
        (!bars.is_empty()).then(|| Panel {
            title: measured.title.clone(),
            unit: unit(figure),
            bars,
        })
    }
}

/// The figure, and which way is better.
fn unit(figure: Figure) -> &'static str {
    match figure {
        Figure::BytesPerCpuSecond => "bytes a second of CPU time; longer is better",
        Figure::CpuUs => "µs of CPU time a request; shorter is better",
        Figure::P99Us => "99th percentile of the latency; shorter is better",
        Figure::StartMs => "time; shorter is better",
        Figure::IdleBytes => "memory of each; shorter is better",
        other => other.title(),
    }
}

fn draw_all<'a>(area: &Area<'a>, panels: &[Panel], panel_height: i32) -> Drawn<'a> {
    for (number, panel) in panels.iter().enumerate() {
        let (row, column) = ((number / COLUMNS) as i32, (number % COLUMNS) as i32);
        draw_panel(
            area,
            panel,
            MARGIN + column * PANEL_WIDTH,
            MARGIN + row * panel_height,
        )?;
    }
    Ok(())
}

fn draw_panel<'a>(area: &Area<'a>, panel: &Panel, left: i32, top: i32) -> Drawn<'a> {
    area.draw_text(&panel.title, &title_style(), (left, top))?;
    area.draw_text(
        panel.unit,
        &style(SMALL_SIZE, FAINT, HPos::Left),
        (left, top + 24),
    )?;
    let longest = panel
        .bars
        .iter()
        .map(|(_, spread, _)| spread.max)
        .fold(0.0, f64::max);
    let room = f64::from(PANEL_WIDTH - MARGIN - LABEL_WIDTH - VALUE_WIDTH);
    let bar_left = left + LABEL_WIDTH;
    let end = |value: f64| match longest > 0.0 {
        true => bar_left + (value.max(0.0) / longest * room).round() as i32,
        false => bar_left,
    };
    for (number, (name, spread, written)) in panel.bars.iter().enumerate() {
        let y = top + TITLE_HEIGHT + number as i32 * BAR_STEP;
        let middle = y + BAR_HEIGHT / 2;
        let colour = if name.starts_with("howth") { OWN } else { OTHER };
        area.draw_text(name, &style(TEXT_SIZE, INK, HPos::Right), (bar_left - 8, middle))?;
        area.draw(&Rectangle::new(
            [(bar_left, y), (end(spread.median), y + BAR_HEIGHT)],
            colour.filled(),
        ))?;
        if spread.min < spread.max {
            area.draw(&PathElement::new(
                [(end(spread.min), middle), (end(spread.max), middle)],
                INK,
            ))?;
        }
        area.draw_text(
            written,
            &style(TEXT_SIZE, INK, HPos::Left),
            (end(spread.max) + 6, middle),
        )?;
    }
    Ok(())
}

fn caption(comparison: &Comparison) -> String {
    let machine = &comparison.facts.machine;
    format!(
        "{}; one core, {}, Linux {}, {}",
        machine.versions(),
        machine.processor,
        machine.kernel,
        machine.date
    )
}
