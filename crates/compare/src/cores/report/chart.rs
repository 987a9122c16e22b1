//! What the charts have in common: a frame, its scales, lines in it.

use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use crate::drawing::{Area, Drawn, FAINT, SMALL_SIZE, style};

/// howth's colour.
pub(super) const OWN: RGBColor = RGBColor(31, 111, 235);
/// Of what is beside it, in order.
pub(super) const OTHERS: [RGBColor; 4] = [
    RGBColor(191, 95, 0),
    RGBColor(17, 122, 101),
    RGBColor(125, 60, 152),
    RGBColor(87, 96, 106),
];
/// Of lines that only help to read.
pub(super) const GRID: RGBColor = RGBColor(222, 226, 230);

/// Where a chart's lines are, in pixels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub(super) left: i32,
    pub(super) top: i32,
    pub(super) width: i32,
    pub(super) height: i32,
}

/// From values to shares of a frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    pub(super) from: f64,
    pub(super) to: f64,
    pub(super) is_logarithmic: bool,
}

impl Scale {
    /// From nothing on.
    pub(super) fn linear(to: f64) -> Self {
        Scale {
            from: 0.0,
            to,
            is_logarithmic: false,
        }
    }

    /// From one power of ten to another, and at least one.
    pub(super) fn decades(least: f64, most: f64) -> Self {
        let (from, to) = (least.log10().floor(), most.log10().ceil());
        Scale {
            from: 10f64.powf(from),
            to: 10f64.powf(to.max(from + 1.0)),
            is_logarithmic: true,
        }
    }

    /// The powers of ten in it.
    pub(super) fn powers(&self) -> Vec<f64> {
        let (from, to) = (self.from.log10().round() as i32, self.to.log10().round() as i32);
        (from..=to).map(|power| 10f64.powi(power)).collect()
    }

    /// From 0 to 1; what is outside is at the edge.
    fn share(&self, value: f64) -> f64 {
        let share = match self.is_logarithmic {
            true => (value / self.from).log10() / (self.to / self.from).log10(),
            false => (value - self.from) / (self.to - self.from),
        };
        // Of zero there is no logarithm.
        if share.is_nan() {
            0.0
        } else {
            share.clamp(0.0, 1.0)
        }
    }
}

impl Frame {
    pub(super) fn x(&self, scale: &Scale, value: f64) -> i32 {
        self.left + (scale.share(value) * f64::from(self.width)).round() as i32
    }

    pub(super) fn y(&self, scale: &Scale, value: f64) -> i32 {
        self.top + self.height - (scale.share(value) * f64::from(self.height)).round() as i32
    }

    pub(super) fn bottom(&self) -> i32 {
        self.top + self.height
    }

    pub(super) fn right(&self) -> i32 {
        self.left + self.width
    }
}

/// Lines across the frame with what they stand for, left of it.
pub(super) fn rows<'a>(area: &Area<'a>, frame: &Frame, scale: &Scale, values: &[(f64, String)]) -> Drawn<'a> {
    for (value, written) in values {
        let y = frame.y(scale, *value);
        line(area, vec![(frame.left, y), (frame.right(), y)], GRID, 1)?;
        area.draw_text(
            written,
            &style(SMALL_SIZE, FAINT, HPos::Right),
            (frame.left - 6, y),
        )?;
    }
    Ok(())
}

/// What points of the frame's lower edge stand for, below it.
pub(super) fn columns<'a>(
    area: &Area<'a>,
    frame: &Frame,
    scale: &Scale,
    values: &[(f64, String)],
) -> Drawn<'a> {
    for (value, written) in values {
        let x = frame.x(scale, *value);
        let position = (x, frame.bottom() + 12);
        area.draw_text(written, &style(SMALL_SIZE, FAINT, HPos::Center), position)?;
    }
    Ok(())
}

/// A line through points; one point alone is none.
pub(super) fn line<'a>(area: &Area<'a>, points: Vec<(i32, i32)>, colour: RGBColor, width: u32) -> Drawn<'a> {
    match points.len() {
        0 | 1 => Ok(()),
        _ => area.draw(&PathElement::new(points, colour.stroke_width(width))),
    }
}

/// The colours of contestants, in order.
pub(super) fn colours<'a>(names: impl Iterator<Item = &'a str>) -> Vec<RGBColor> {
    let mut others = OTHERS.into_iter().cycle();
    names
        .map(|name| match name {
            "howth" => OWN,
            _ => others.next().unwrap_or(FAINT),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_their_places() {
        let frame = Frame {
            left: 10,
            top: 20,
            width: 100,
            height: 50,
        };
        let linear = Scale::linear(4.0);
        assert_eq!(
            [
                frame.x(&linear, 0.0),
                frame.x(&linear, 1.0),
                frame.x(&linear, 9.0)
            ],
            [10, 35, 110]
        );
        let decades = Scale::decades(0.5, 8.0);
        assert_eq!(decades.powers(), [0.1, 1.0, 10.0]);
        assert_eq!(
            [
                frame.y(&decades, 0.0),
                frame.y(&decades, 1.0),
                frame.y(&decades, 10.0)
            ],
            [70, 45, 20]
        );
        assert_eq!(Scale::decades(1.0, 1.0).powers(), [1.0, 10.0]);
    }

    #[test]
    fn colours_differ() {
        let colours = colours(["bun", "howth", "deno"].into_iter());
        assert_eq!(colours, [OTHERS[0], OWN, OTHERS[1]]);
    }
}
