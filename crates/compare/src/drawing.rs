//! What all pictures have in common: the frame of the SVG, fonts and colours.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::error::CompareError;

const FONT: &str = "system-ui, sans-serif";
/// Of the font, in plotters' measure: pixels times 1.24.
const TITLE_SIZE: i32 = 16;
pub(crate) const TEXT_SIZE: i32 = 15;
pub(crate) const SMALL_SIZE: i32 = 14;
pub(crate) const INK: RGBColor = RGBColor(31, 35, 40);
pub(crate) const FAINT: RGBColor = RGBColor(87, 96, 106);

pub(crate) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
pub(crate) type Drawn<'a> = Result<(), DrawingAreaErrorKind<<SVGBackend<'a> as DrawingBackend>::ErrorType>>;

/// A picture of this size, on white.
pub(crate) fn svg(
    width: i32,
    height: i32,
    draw: impl for<'a> FnOnce(&Area<'a>) -> Drawn<'a>,
) -> Result<String, CompareError> {
    let mut svg = String::new();
    let size = (width.unsigned_abs(), height.unsigned_abs());
    let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
    let drawn = area
        .fill(&WHITE)
        .and_then(|()| draw(&area))
        .and_then(|()| area.present());
    drawn.map_err(|error| CompareError::Picture(error.to_string()))?;
    drop(area);
    Ok(svg)
}

/// Of text beside or between other things.
pub(crate) fn style(size: i32, colour: RGBColor, side: HPos) -> TextStyle<'static> {
    TextStyle {
        font: (FONT, size).into_font(),
        color: colour.to_backend_color(),
        pos: Pos::new(side, VPos::Center),
    }
}

/// Of a panel's title.
pub(crate) fn title_style() -> TextStyle<'static> {
    TextStyle::from((FONT, TITLE_SIZE, FontStyle::Bold).into_font()).color(&INK)
}
