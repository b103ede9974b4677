//! What a degraded symbol suffers from, as values and in plain words. PURE.

use super::spacing::Axis;
use std::fmt;

/// What a symbol suffers from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cause {
    /// All edges are soft: focus.
    Blur,
    /// Edges are soft along one axis, on both sides of a module: the pack moved while the shutter was open.
    MotionBlur,
    /// Edges are soft on one side of the modules: ink or ribbon was dragged.
    Smear,
    /// The print is not dark enough.
    LowDarkness,
    /// The picture is too dark.
    LowLight,
    /// A line along which nothing prints: a dead heater element or nozzle.
    DeadElement,
    /// A slanting streak of missing print: a wrinkled ribbon.
    RibbonWrinkle,
    /// Scattered spots of missing print.
    Voids,
    /// Scattered specks of print or dirt.
    Specks,
    /// Printed modules are too wide.
    Gain,
    /// Printed modules are too narrow.
    Loss,
    /// One side of the picture is darker.
    UnevenLight,
    /// One side of the print is fainter.
    UnevenPrint,
    /// Modules are longer along one axis: print speed and transport speed differ.
    Stretch,
    /// Modules are unevenly spaced: the transport jerks.
    UnevenSpacing,
    /// The pack is seen at a slant: its far side is smaller.
    Tilt,
    /// Something stands in the quiet zone, or the picture cuts it off.
    QuietZone,
}

impl Cause {
    /// A few plain words.
    pub fn words(self) -> &'static str {
        match self {
            Cause::Blur => "out of focus",
            Cause::MotionBlur => "blurred by motion",
            Cause::Smear => "smeared",
            Cause::LowDarkness => "print too light",
            Cause::LowLight => "too little light",
            Cause::DeadElement => "dead print element",
            Cause::RibbonWrinkle => "ribbon wrinkle",
            Cause::Voids => "voids in the print",
            Cause::Specks => "specks on the ground",
            Cause::Gain => "print too fat",
            Cause::Loss => "print too thin",
            Cause::UnevenLight => "uneven light",
            Cause::UnevenPrint => "print fades to one side",
            Cause::Stretch => "print stretched",
            Cause::UnevenSpacing => "uneven module spacing",
            Cause::Tilt => "seen at a slant",
            Cause::QuietZone => "quiet zone not free",
        }
    }
}

/// A side of the symbol in its own orientation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// Towards the finder's upright leg.
    Left,
    /// Away from it.
    Right,
    /// Towards the clock track.
    Top,
    /// Towards the finder's lower leg.
    Bottom,
}

impl Side {
    fn name(self) -> &'static str {
        match self {
            Side::Left => "left",
            Side::Right => "right",
            Side::Top => "top",
            Side::Bottom => "bottom",
        }
    }

    /// The side along an axis.
    pub(super) fn of(axis: Axis, behind: bool) -> Side {
        match (axis, behind) {
            (Axis::Across, false) => Side::Left,
            (Axis::Across, true) => Side::Right,
            (Axis::Down, false) => Side::Top,
            (Axis::Down, true) => Side::Bottom,
        }
    }
}

/// Where it is seen, in the symbol's own orientation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Place {
    /// A line between top and bottom (`Across`: at a column) or left and right (`Down`: at a row).
    Line {
        /// The axis that `modules` counts along.
        axis: Axis,
        /// Distance from the left or upper edge in modules.
        modules: f32,
        /// The same in millimetres, if the scale is known.
        mm: Option<f32>,
    },
    /// Along one axis.
    Along(Axis),
    /// Towards one side.
    Towards(Side),
    /// Between two places, x and y in modules from the upper left corner.
    Streak {
        /// One end.
        from: [f32; 2],
        /// The other.
        to: [f32; 2],
    },
}

/// One thing a symbol suffers from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Diagnosis {
    /// What it is.
    pub cause: Cause,
    /// Where, if it has a place.
    pub place: Option<Place>,
    /// How strong: 0.0 just seen, 1.0 as bad as it gets. For ordering and for trends; of no standard.
    pub strength: f32,
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.cause.words())?;
        match self.place {
            None => Ok(()),
            Some(Place::Line { axis, modules, mm }) => {
                let name = match axis {
                    Axis::Across => "column",
                    Axis::Down => "row",
                };
                write!(f, " at {name} {}", modules.max(0.0) as u32 + 1)?;
                mm.map_or(Ok(()), |mm| write!(f, " ({mm:.1} mm)"))
            }
            Some(Place::Along(Axis::Across)) => f.write_str(" from left to right"),
            Some(Place::Along(Axis::Down)) => f.write_str(" from top to bottom"),
            Some(Place::Towards(side)) => write!(f, " towards the {}", side.name()),
            Some(Place::Streak { from, to }) => {
                let [x, y, u, v] =
                    [from[0], from[1], to[0], to[1]].map(|at| at.max(0.0) as u32 + 1);
                write!(f, " from column {x}, row {y} to column {u}, row {v}")
            }
        }
    }
}
