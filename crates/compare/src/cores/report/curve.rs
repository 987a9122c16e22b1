//! Goodput over offered load, a line for each contestant, both as shares of its own peak.

use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::chart::{Frame, GRID, Scale, colours, columns, line, rows};
use super::{Measured, Report};
use crate::cores::overload::Outcome;
use crate::drawing::{FAINT, SMALL_SIZE, TEXT_SIZE, style, svg};
use crate::error::CompareError;

const WIDTH: i32 = 860;
const HEIGHT: i32 = 420;
const FRAME: Frame = Frame {
    left: 84,
    top: 44,
    width: 640,
    height: 300,
};
/// Two names are at least so far apart.
const NAME_STEP: i32 = 18;
/// A little more than the peak, which a short run may exceed.
const MOST: f64 = 1.1;

/// A picture.
pub(super) struct Curves {
    caption: String,
    curves: Vec<Curve>,
}

struct Curve {
    name: String,
    colour: RGBColor,
    /// Offered and good, of the peak.
    points: Vec<(f64, f64)>,
}

/// Of `overload`, if it was made.
pub(super) fn of_overload(report: &Report) -> Option<Curves> {
    let measured = &report.overload;
    let colours = colours(measured.iter().map(|measured| measured.contestant.as_str()));
    let curve = |(measured, colour): (&Measured<Outcome>, RGBColor)| {
        let outcome = measured.rounds.first()?;
        let point = |level: &super::overload::Level| (level.factor, level.goodput / level.peak);
        Some(Curve {
            name: measured.contestant.clone(),
            colour,
            points: outcome.levels.iter().map(point).collect(),
        })
    };
    let curves: Vec<Curve> = measured.iter().zip(colours).filter_map(curve).collect();
    (!curves.is_empty()).then(|| Curves {
        caption: report.machine.caption(),
        curves,
    })
}

/// The SVG.
pub(super) fn draw(picture: &Curves) -> Result<String, CompareError> {
    let points = || picture.curves.iter().flat_map(|curve| &curve.points);
    let offered = Scale::linear(points().map(|(offered, _)| *offered).fold(1.0, f64::max));
    let good = Scale::linear(points().map(|(_, good)| *good).fold(MOST, f64::max));
    let place = |(x, y): (f64, f64)| (FRAME.x(&offered, x), FRAME.y(&good, y));
    svg(WIDTH, HEIGHT, |area| {
        let small = |side| style(SMALL_SIZE, FAINT, side);
        area.draw_text(
            "answers in time, of the contestant's own peak; offered load below",
            &small(HPos::Left),
            (FRAME.left, FRAME.top - 20),
        )?;
        let percent = |share: f64| (share, format!("{:.0} %", share * 100.0));
        rows(area, &FRAME, &good, &[0.0, 0.25, 0.5, 0.75, 1.0].map(percent))?;
        let times: Vec<(f64, String)> = (0..=offered.to.floor() as u32)
            .map(|times| (f64::from(times), format!("{times} ×")))
            .collect();
        columns(area, &FRAME, &offered, &times)?;
        // What could be done.
        line(
            area,
            [(0.0, 0.0), (1.0, 1.0), (offered.to, 1.0)].map(place).to_vec(),
            GRID,
            3,
        )?;
        for curve in &picture.curves {
            line(
                area,
                curve.points.iter().copied().map(place).collect(),
                curve.colour,
                2,
            )?;
        }
        for (curve, y) in picture.curves.iter().zip(name_places(picture, &good)) {
            let name = style(TEXT_SIZE, curve.colour, HPos::Left);
            area.draw_text(&curve.name, &name, (FRAME.right() + 8, y))?;
        }
        area.draw_text(&picture.caption, &small(HPos::Left), (20, HEIGHT - 16))
    })
}

/// Where the names stand: at the ends of their lines, moved down where another stands there, and up from the lower edge.
fn name_places(picture: &Curves, good: &Scale) -> Vec<i32> {
    let ends: Vec<i32> = picture
        .curves
        .iter()
        .map(|curve| {
            curve
                .points
                .last()
                .map_or(FRAME.bottom(), |(_, end)| FRAME.y(good, *end))
        })
        .collect();
    let mut order: Vec<usize> = (0..ends.len()).collect();
    order.sort_by_key(|position| ends[*position]);
    let mut places = ends.clone();
    let mut free = i32::MIN;
    for position in &order {
        places[*position] = ends[*position].max(free);
        free = places[*position] + NAME_STEP;
    }
    let mut free = FRAME.bottom();
    for position in order.iter().rev() {
        places[*position] = places[*position].min(free);
        free = places[*position] - NAME_STEP;
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_do_not_cover_each_other() {
        let curve = |name: &str, end: f64| Curve {
            name: name.to_owned(),
            colour: GRID,
            points: vec![(1.0, 1.0), (3.0, end)],
        };
        let picture = Curves {
            caption: String::new(),
            curves: vec![
                curve("a", 0.0),
                curve("b", 1.0),
                curve("c", 0.01),
                curve("d", 0.0),
            ],
        };
        let mut places = name_places(&picture, &Scale::linear(1.0));
        assert_eq!(places[1], FRAME.top);
        places.sort_unstable();
        assert!(
            places.windows(2).all(|pair| pair[1] - pair[0] >= NAME_STEP),
            "{places:?}"
        );
        assert_eq!(places[3], FRAME.bottom());
    }
}
