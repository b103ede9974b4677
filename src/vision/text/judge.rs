//! From ink to words: is each character there, legible, and the expected one? PURE.

use super::super::frame::Frame;
use super::super::geometry::Point;
use super::super::grid::Grid;
use super::deck::Deck;
use super::duel::{Duel, SHIFTS};
use super::register::{Lines, Place, even};
use super::strip::{self, Strip, Window};
use super::{
    Basis, CANVAS_COLUMNS, CANVAS_ROWS, CELL_ROWS, CHARACTERS_MAX, FieldReport, FieldState,
    HEIGHT_MIN_PX, SHIFT_MAX_MM, TextField,
};

/// Ink, as a share of the symbol's, below which a cell counts as blank.
const INK_MIN: f32 = 0.15;

/// Ink below which a character is too faint to be legible.
const INK_FAINT: f32 = 0.25;

/// Likeness a character must have with its glyph when that is taught, and when it is drawn by ourselves.
const LIKENESS_TAUGHT: f32 = 0.70;
const LIKENESS_DRAWN: f32 = 0.60;

/// The looser limit for a character that is not taught while others are: our drawing is then of another font.
const LIKENESS_LOOSE: f32 = 0.40;

/// Likeness from which a taught glyph is recognised where another character was expected.
const RECOGNISED_FROM: f32 = 0.80;

/// By how much the expected glyph must beat each rival: 1 is a picture of nothing but the expected glyph, 0 lies
/// half-way between both, −1 is the rival itself. Least where glyphs are drawn sharp by ourselves, more where they
/// are averaged from pictures, most in fonts without fixed pitch, where nobody knows exactly where a character
/// begins.
const LEAD_MIN_DRAWN: f32 = 0.20;
const LEAD_MIN_TAUGHT: f32 = 0.30;
const LEAD_MIN_FREE: f32 = 0.40;

/// The looser limit between two drawn glyphs while others are taught.
const LEAD_LOOSE: f32 = -0.25;

/// How much less like its glyph than the rest of its line a character may be while not all rivals are taught.
const BEHIND_MAX: f32 = 0.08;

/// Standard deviation of a cell's ink, as a share of the symbol's, below which no character stands in it.
const UNREST_MIN: f32 = 0.07;

/// Rivals that are looked at closely.
const RIVALS: usize = 4;

/// Columns of the narrowest cell that is looked at for a character too many.
const BLANK_MIN: f32 = 10.0;

/// Free samples that a blank cell beside the text needs, besides its own width, before something else may stand.
const BLANK_SPARE: f32 = 4.0;

/// Columns to either side of its own that a character is compared on, once its neighbours are taken away.
const BESIDE: usize = 1;

/// One check of one frame.
pub(super) struct Judge<'a> {
    pub deck: &'a Deck,
    pub frame: &'a Frame<'a>,
    pub grid: &'a Grid,
    pub module_mm: f32,
    /// The symbol's, in grey levels.
    pub contrast: f32,
    /// Small letters are among the rivals.
    pub lower: bool,
    pub strip: &'a mut Strip,
    pub lines: &'a mut Lines,
}

/// What is to be said about one character.
#[derive(Debug, Clone, Copy)]
struct Opinion {
    finding: Finding,
    likeness: f32,
    /// Over the nearest rival, −1 to 1.
    lead: f32,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Finding {
    Right,
    /// No ink.
    Blank,
    /// Another character, or a blemish nobody can name.
    Other(Option<char>),
    Illegible,
}

impl Judge<'_> {
    pub fn field(&mut self, at: usize, field: &TextField) -> FieldReport {
        self.lines.set(&field.text, self.deck, CHARACTERS_MAX);
        let length = self.lines.length;
        let height_px = strip::height_px(self.grid, field, length / 2.0);
        let mut report = FieldReport {
            field: at,
            state: FieldState::Legible,
            score: 1.0,
            basis: self.basis(),
            height_px,
            outline: self.outline(field, self.deck.offset, length),
            blemish: None,
        };
        if field.text.trim().is_empty() {
            return report;
        }
        let shift_max = self.shift_max(field);
        let early = match () {
            () if height_px.is_nan() || height_px < HEIGHT_MIN_PX => Some(FieldState::TooSmall),
            () if !self.in_view(&report.outline) => Some(FieldState::OutOfView),
            () if !self
                .strip
                .fill(self.frame, self.grid, field, self.window(shift_max)) =>
            {
                Some(FieldState::TooSmall)
            }
            () => None,
        };
        if let Some(state) = early {
            return FieldReport {
                state,
                score: 0.0,
                ..report
            };
        }
        self.lines.find(self.strip, self.deck, shift_max);
        if let Some(first) = self.lines.places.first() {
            report.outline = self.outline(field, (first.right, first.down), length);
        }
        let (state, score, named) = self.sum_up(field);
        report.blemish = named.map(|place| self.cell(field, &place));
        if field.text.chars().count() > CHARACTERS_MAX && state == FieldState::Legible {
            let expected = field.text.chars().nth(CHARACTERS_MAX).unwrap_or(' ');
            let state = FieldState::Illegible {
                position: CHARACTERS_MAX,
                expected,
            };
            return FieldReport {
                state,
                score: 0.0,
                ..report
            };
        }
        FieldReport {
            state,
            score,
            ..report
        }
    }

    fn basis(&self) -> Basis {
        let known = |place: &&Place| place.character != ' ';
        let is_taught = |place: &Place| place.entry.is_some_and(|at| self.deck.entries[at].taught);
        let taught = self
            .lines
            .places
            .iter()
            .filter(known)
            .filter(|place| is_taught(place))
            .count();
        let all = self.lines.places.iter().filter(known).count();
        match taught {
            0 if !self.deck.taught => Basis::Drawn,
            taught if taught == all => Basis::Taught,
            _ => Basis::Mixed,
        }
    }

    /// How far the line is looked for, in samples.
    fn shift_max(&self, field: &TextField) -> i32 {
        let height_mm = field.height * self.module_mm;
        let samples = (SHIFT_MAX_MM / height_mm.max(0.05) * CELL_ROWS as f32).ceil();
        (samples as i32).clamp(2, 16)
    }

    fn window(&self, shift_max: i32) -> Window {
        let beside = shift_max + self.deck.blank.ceil() as i32 + 12;
        let (right, down) = (
            self.deck.offset.0.round() as i32,
            self.deck.offset.1.round() as i32,
        );
        let above = shift_max + 4;
        Window {
            left: right - beside,
            top: down - above,
            columns: (self.lines.length * 1.07).ceil() as usize
                + 2 * beside.unsigned_abs() as usize,
            rows: CANVAS_ROWS + 2 * above.unsigned_abs() as usize,
        }
    }

    fn outline(&self, field: &TextField, (right, down): (f32, f32), length: f32) -> [Point; 4] {
        let height = CELL_ROWS as f32;
        [(0.0, 0.0), (length, 0.0), (length, height), (0.0, height)]
            .map(|(x, y)| strip::at(self.grid, field, x + right, y + down))
    }

    fn cell(&self, field: &TextField, place: &Place) -> [Point; 4] {
        let half = place.width as f32 / 2.0;
        let (x, y, height) = (place.centre + place.right, place.down, CELL_ROWS as f32);
        [
            (x - half, y),
            (x + half, y),
            (x + half, y + height),
            (x - half, y + height),
        ]
        .map(|(x, y)| strip::at(self.grid, field, x, y))
    }

    fn in_view(&self, corners: &[Point; 4]) -> bool {
        let (width, height) = (self.frame.width() as f32, self.frame.height() as f32);
        corners
            .iter()
            .all(|corner| (0.0..=width).contains(&corner.x) && (0.0..=height).contains(&corner.y))
    }

    /// The state of the line, its score, and the character that decided it.
    fn sum_up(&mut self, field: &TextField) -> (FieldState, f32, Option<Place>) {
        let mut opinions = [None; CHARACTERS_MAX];
        self.lines.clear(self.strip, self.deck);
        for (at, opinion) in opinions
            .iter_mut()
            .enumerate()
            .take(self.lines.places.len())
        {
            let place = self.lines.places[at];
            *opinion = (place.character != ' ').then(|| self.character(&place));
        }
        self.look_for_stragglers(&mut opinions);
        let places = &self.lines.places;
        let judged = || {
            opinions
                .iter()
                .zip(places)
                .enumerate()
                .filter_map(|(at, (one, place))| Some((at, (*one)?, place)))
        };
        if judged().all(|(_, opinion, _)| opinion.finding == Finding::Blank) {
            return (FieldState::Missing, 0.0, None);
        }
        let score =
            |opinion: Opinion| (opinion.likeness.min(0.5 + opinion.lead / 2.0)).clamp(0.0, 1.0);
        let lowest = judged()
            .map(|(_, opinion, _)| score(opinion))
            .fold(1.0, f32::min);
        let worst = judged()
            .filter(|(_, opinion, _)| opinion.finding != Finding::Right)
            .min_by(|a, b| {
                // What is surely another character comes before what is merely illegible.
                let rank =
                    |opinion: Opinion| (opinion.finding == Finding::Illegible, score(opinion));
                let (a, b) = (rank(a.1), rank(b.1));
                a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))
            });
        if let Some((position, opinion, place)) = worst {
            let expected = place.character;
            let state = match opinion.finding {
                Finding::Blank => FieldState::Differs {
                    position,
                    expected,
                    looks_like: Some(' '),
                },
                Finding::Other(looks_like) => FieldState::Differs {
                    position,
                    expected,
                    looks_like,
                },
                Finding::Illegible | Finding::Right => FieldState::Illegible { position, expected },
            };
            return (state, lowest.min(0.49), Some(*place));
        }
        match self.too_much(field) {
            Some((position, looks_like, place)) => {
                let state = FieldState::Differs {
                    position,
                    expected: ' ',
                    looks_like,
                };
                (state, 0.0, Some(place))
            }
            None => (FieldState::Legible, lowest, None),
        }
    }

    /// Whether a glyph may stand in for another in this text.
    fn is_rival(&self, character: char) -> bool {
        character.is_ascii_uppercase()
            || character.is_ascii_digit()
            || self.lower && character.is_ascii_lowercase()
    }

    fn character(&mut self, place: &Place) -> Opinion {
        let Some(expected) = place.entry else {
            return Opinion {
                finding: Finding::Illegible,
                likeness: 0.0,
                lead: 0.0,
            };
        };
        let place = Place {
            width: (place.width + 2 * BESIDE).min(CANVAS_COLUMNS),
            ..*place
        };
        self.lines.show(self.strip, self.deck, &place, 1.0);
        let patches = SHIFTS.map(|(right, down)| place.patch(self.strip, right, down));
        self.lines.show(self.strip, self.deck, &place, -1.0);
        let duel = Duel::new(
            &patches,
            &self.deck.entries[expected],
            self.lines.blur,
            place.width,
        );
        let mut rivals = [(f32::MIN, usize::MAX); RIVALS];
        for (entry, rival) in self.deck.entries.iter().enumerate() {
            let counts = entry != expected
                && self.is_rival(rival.character)
                && !self.deck.are_twins(entry, expected);
            if counts {
                insert(&mut rivals, (duel.glance(rival), entry));
            }
        }
        let (mut lead, mut strict_lead, mut ink) = (1.0f32, 1.0f32, duel.own.ink);
        let (mut recognised, mut most_alike) = (None, None::<(char, f32)>);
        for (_, entry) in rivals.into_iter().filter(|rival| rival.1 != usize::MAX) {
            let rival = &self.deck.entries[entry];
            let (over, theirs) = duel.against(rival);
            ink = ink.max(theirs.ink);
            lead = lead.min(over);
            if most_alike.is_none_or(|(_, most)| theirs.likeness > most) {
                most_alike = Some((rival.character, theirs.likeness));
            }
            if rival.taught && theirs.likeness >= RECOGNISED_FROM && over < 0.0 {
                recognised = Some(rival.character);
            }
            if rival.taught == self.deck.entries[expected].taught {
                strict_lead = strict_lead.min(over);
            }
        }
        let likeness = duel.own.likeness;
        let finding = if self.deck.taught && !self.deck.entries[expected].taught {
            self.loose_finding(likeness, strict_lead, ink, recognised)
        } else {
            self.finding(
                self.deck.entries[expected].taught,
                likeness,
                lead,
                ink,
                most_alike,
            )
        };
        Opinion {
            finding,
            likeness,
            lead,
        }
    }

    fn finding(
        &self,
        taught: bool,
        likeness: f32,
        lead: f32,
        ink: f32,
        rival: Option<(char, f32)>,
    ) -> Finding {
        let contrast = self.contrast.max(1.0);
        let wanted = if taught {
            LIKENESS_TAUGHT
        } else {
            LIKENESS_DRAWN
        };
        let lead_min = match () {
            () if !self.deck.fixed_pitch => LEAD_MIN_FREE,
            () if taught => LEAD_MIN_TAUGHT,
            () => LEAD_MIN_DRAWN,
        };
        match rival {
            _ if ink < INK_MIN * contrast => Finding::Blank,
            Some((most_alike, theirs)) if lead <= -lead_min && theirs >= wanted => {
                Finding::Other(Some(most_alike))
            }
            _ if likeness < wanted || lead < lead_min || ink < INK_FAINT * contrast => {
                Finding::Illegible
            }
            _ => Finding::Right,
        }
    }

    /// For a character that is not taught while others are. Our drawing shows another font: it can only refute what
    /// is plainly something else.
    fn loose_finding(
        &self,
        likeness: f32,
        lead: f32,
        ink: f32,
        recognised: Option<char>,
    ) -> Finding {
        let contrast = self.contrast.max(1.0);
        match recognised {
            _ if ink < INK_MIN * contrast => Finding::Blank,
            Some(seen) => Finding::Other(Some(seen)),
            None if likeness < LIKENESS_LOOSE
                || lead < LEAD_LOOSE
                || ink < INK_FAINT * contrast =>
            {
                Finding::Illegible
            }
            None => Finding::Right,
        }
    }

    /// While some rivals are not taught, a character may be one of them. It then is less like its glyph than the rest
    /// of the line, which was seen in the same light and blur.
    fn look_for_stragglers(&self, opinions: &mut [Option<Opinion>; CHARACTERS_MAX]) {
        let all_taught =
            |entry: &super::deck::Entry| entry.taught || !self.is_rival(entry.character);
        if !self.deck.taught || self.deck.entries.iter().all(all_taught) {
            return;
        }
        let is_taught = |at: usize| {
            self.lines.places[at]
                .entry
                .is_some_and(|entry| self.deck.entries[entry].taught)
        };
        let mut sorted = [0.0f32; CHARACTERS_MAX];
        let mut count = 0;
        for (at, opinion) in opinions.iter().enumerate() {
            if let Some(opinion) = opinion.filter(|_| is_taught(at)) {
                sorted[count] = opinion.likeness;
                count += 1;
            }
        }
        sorted[..count].sort_by(f32::total_cmp);
        let median = sorted[count / 2];
        for (at, opinion) in opinions.iter_mut().enumerate() {
            if let Some(opinion) = opinion
                && is_taught(at)
                && opinion.finding == Finding::Right
                && opinion.likeness < median - BEHIND_MAX
            {
                opinion.finding = Finding::Illegible;
            }
        }
    }

    /// What is printed where nothing may be: a character that we know, or any ink.
    fn too_much(&mut self, field: &TextField) -> Option<(usize, Option<char>, Place)> {
        let known = self.ink_where_none_may_be(field);
        known.or_else(|| {
            let (position, place) = self.ink_beside(field)?;
            Some((position, None, place))
        })
    }

    /// A character in a blank of the text or right beside it, where the label leaves room for nothing.
    fn ink_where_none_may_be(&self, field: &TextField) -> Option<(usize, Option<char>, Place)> {
        let places = &self.lines.places;
        let (first, last) = (places.first()?, places.last()?);
        let blank = self.deck.blank.max(BLANK_MIN);
        let beside = |place: &Place, centre: f32| Place {
            character: ' ',
            entry: None,
            centre,
            width: even(blank),
            ..*place
        };
        let sample = field.height / CELL_ROWS as f32;
        let before = beside(first, -blank / 2.0);
        let after = beside(last, self.lines.length + blank / 2.0);
        let room_before = (field.x - field.free_from) / sample + first.right.min(0.0);
        let room_after =
            (field.free_to - field.x) / sample - self.lines.length - last.right.max(0.0);
        let in_view = |place: &Place| self.in_view(&self.cell(field, place));
        let blanks = places
            .iter()
            .copied()
            .enumerate()
            .filter(|(_, place)| place.character == ' ');
        let ends = [(0, before, room_before), (places.len(), after, room_after)];
        let free = |end: &(usize, Place, f32)| end.2 >= blank + BLANK_SPARE && in_view(&end.1);
        let ends = ends
            .into_iter()
            .filter(free)
            .map(|(at, place, _)| (at, place));
        blanks.chain(ends).find_map(|(at, place)| {
            let found = self.recognise(&place)?;
            Some((at, Some(found), place))
        })
    }

    /// The character that stands in a cell, when it is surely one.
    fn recognise(&self, place: &Place) -> Option<char> {
        let mut best: Option<(f32, char)> = None;
        for right in [-4, -2, 0, 2, 4] {
            let patch = place.patch(self.strip, right, 0);
            if patch.unrest() < UNREST_MIN * self.contrast {
                continue;
            }
            for rival in self
                .deck
                .entries
                .iter()
                .filter(|rival| self.is_rival(rival.character))
            {
                let (likeness, ink) = patch.likeness(&rival.pages[self.lines.blur]);
                let wanted = if rival.taught || !self.deck.taught {
                    LIKENESS_TAUGHT
                } else {
                    RECOGNISED_FROM
                };
                let seen = likeness >= wanted && ink >= INK_FAINT * self.contrast.max(1.0);
                if seen && best.is_none_or(|(most, _)| likeness > most) {
                    best = Some((likeness, rival.character));
                }
            }
        }
        best.map(|(_, character)| character)
    }
}

/// Keeps the largest, in order.
fn insert(rivals: &mut [(f32, usize); RIVALS], mut one: (f32, usize)) {
    for place in rivals.iter_mut() {
        if one.0 > place.0 {
            std::mem::swap(place, &mut one);
        }
    }
}
