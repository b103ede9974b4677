//! What the screen itself remembers between two drawings. PURE.

use super::form::Form;
use super::language::Language;
use super::look::Looked;
use super::places::Place;
use super::places::setup::Remembered;
use super::theme::Theme;
use crate::wire::{DeviceState, Found, Secret};
use jiff::tz::TimeZone;

/// A page or a question over the main screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dialog {
    /// The help page.
    Help,
    /// The words of the screens.
    Words,
    /// The menu of all places.
    Menu,
    /// A form that is being filled in.
    Form(Box<Form>),
    /// "Withdraw the stop?"
    ConfirmResume,
    /// "Type the word to put printer and packs in step."
    ConfirmResync {
        /// What was typed so far.
        typed: String,
    },
    /// A one-time secret, which is shown now and never again.
    OneTimeSecret {
        /// Whose.
        whose: String,
        /// The secret.
        secret: Secret,
    },
    /// "What do you look for?"
    Find {
        /// What was typed so far.
        typed: String,
    },
}

/// What came of a scan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScanSaid {
    /// The station has not answered yet.
    Asking,
    /// What it is.
    Found(Box<Found>),
    /// The station does not say; a sentence.
    Refused(String),
    /// It was no scan; a sentence.
    NoScan(String),
}

/// The page of a scan. It lies over everything, a question too: whoever pulls the trigger sees at once what they have
/// scanned, and a question that was open stands as it was when the page is closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanPage {
    /// The running number of the scan.
    pub no: u64,
    /// What was scanned, as it may be shown.
    pub scan: String,
    /// What came of it.
    pub said: ScanSaid,
}

/// What the screen remembers; what the station says is in the view.
#[derive(Debug, Clone, PartialEq)]
pub struct ScreenState {
    /// Who sits at this screen.
    pub operator: String,
    /// That person's session is open; where names are believed nobody has one.
    pub signed_in: bool,
    /// It hangs on a wall: nothing is ordered from it, and there is nowhere to go.
    pub board: bool,
    /// The terminal is too small to show anything.
    pub hidden: bool,
    /// Where the person is.
    pub place: Place,
    /// The row that is chosen there, from 0; beyond the last one it is the last one.
    pub chosen: usize,
    /// The page or question that is open.
    pub dialog: Option<Dialog>,
    /// Which page of the help page is shown, from 0; counted on past the last, the first comes again.
    pub help_page: usize,
    /// The page of the last scan, while it is open.
    pub page: Option<ScanPage>,
    /// What the place asked for and heard.
    pub look: Looked,
    /// What a camera saw when the person wanted it remembered.
    pub before: Option<Remembered>,
    /// Scans so far.
    pub scans: u64,
    /// The last answer or the reason why a key did nothing.
    pub message: Option<String>,
    /// Why the station cannot be heard; `None` while it can.
    pub lost: Option<String>,
    /// Colours.
    pub theme: Theme,
    /// What it speaks.
    pub language: Language,
    /// The zone in which times are shown.
    pub zone: TimeZone,
}

impl ScreenState {
    /// A fresh screen.
    pub fn new(operator: &str, theme: Theme, zone: TimeZone) -> ScreenState {
        ScreenState {
            operator: operator.to_owned(),
            signed_in: false,
            board: false,
            hidden: false,
            place: Place::default(),
            help_page: 0,
            chosen: 0,
            dialog: None,
            page: None,
            look: Looked::default(),
            before: None,
            scans: 0,
            message: None,
            lost: None,
            theme,
            language: Language::english(),
            zone,
        }
    }

    /// A device's state as far as it is known here: of a station that cannot be heard, nothing is
    /// known.
    pub fn heard(&self, state: DeviceState) -> DeviceState {
        match self.lost {
            Some(_) => DeviceState::Unknown,
            None => state,
        }
    }
}
