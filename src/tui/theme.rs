//! Calm grey; colour only for what is not normal, and never colour alone. PURE.

use crate::wire::{DeviceState, LineState};
use ratatui::style::{Color, Modifier, Style};

/// How many colours the terminal shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colours {
    /// None: bold, dim and reverse video only.
    None,
    /// The sixteen of every terminal.
    Sixteen,
    /// 256; hues near those of Okabe and Ito, which colour-blind people can tell apart.
    Many,
}

/// The styles of all screens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    colours: Colours,
}

/// The kinds of the abnormal, each with its own hue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hue {
    Failure,
    Check,
    OutOfSpec,
    Maintenance,
}

impl Theme {
    /// A theme with so many colours.
    pub fn new(colours: Colours) -> Theme {
        Theme { colours }
    }

    /// What the environment asks for: `NO_COLOR` set to anything means none, `TERM` and `COLORTERM`
    /// say how many.
    pub fn of_environment(no_color: Option<&str>, term: &str, colorterm: &str) -> Theme {
        let colours = if no_color.is_some_and(|set| !set.is_empty()) || term == "dumb" {
            Colours::None
        } else if term.contains("256") || !colorterm.is_empty() {
            Colours::Many
        } else {
            Colours::Sixteen
        };
        Theme { colours }
    }

    /// Whether any colour is shown.
    pub fn coloured(&self) -> bool {
        self.colours != Colours::None
    }

    fn hue(&self, hue: Hue) -> Style {
        let (sixteen, many) = match hue {
            Hue::Failure => (Color::Red, 166),
            Hue::Check => (Color::Yellow, 214),
            Hue::OutOfSpec => (Color::LightYellow, 227),
            Hue::Maintenance => (Color::LightBlue, 74),
        };
        let bold = Style::new().add_modifier(Modifier::BOLD);
        match self.colours {
            Colours::None => bold,
            Colours::Sixteen => bold.fg(sixteen),
            Colours::Many => bold.fg(Color::Indexed(many)),
        }
    }

    /// Headings and rules.
    pub fn rule(&self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    /// Figures that matter.
    pub fn strong(&self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// Keys that do nothing now, hints.
    pub fn faint(&self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    /// Something is wrong.
    pub fn wrong(&self) -> Style {
        self.hue(Hue::Failure)
    }

    /// The state row.
    pub fn state_row(&self, state: Option<LineState>) -> Style {
        let style = match state {
            Some(LineState::Running | LineState::Ready) => Style::new(),
            Some(LineState::NotReady | LineState::Recovering) => self.hue(Hue::Check),
            Some(LineState::Stopped) | None => self.hue(Hue::Failure),
        };
        style.add_modifier(Modifier::REVERSED)
    }

    /// A device's letter.
    pub fn device(&self, state: DeviceState) -> Style {
        match state {
            DeviceState::Ok => Style::new(),
            DeviceState::Failure | DeviceState::Unknown => self.hue(Hue::Failure),
            DeviceState::Check => self.hue(Hue::Check),
            DeviceState::OutOfSpec => self.hue(Hue::OutOfSpec),
            DeviceState::Maintenance => self.hue(Hue::Maintenance),
        }
    }

    /// An alarm's letter.
    pub fn alarm(&self, letter: char) -> Style {
        match letter {
            'C' => self.hue(Hue::Check),
            'S' => self.hue(Hue::OutOfSpec),
            'M' => self.hue(Hue::Maintenance),
            _ => self.hue(Hue::Failure),
        }
    }
}
