//! Writes text at a place and never outside the screen, in the language of the screen. PURE.

use super::language::{AsIs, Language, Shown};
use super::words;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// A pen over a drawing area; places count from its top left.
pub(super) struct Pen<'b> {
    buffer: &'b mut Buffer,
    area: Rect,
    language: &'b Language,
}

impl<'b> Pen<'b> {
    /// A pen for this area, which writes in this language.
    pub fn new(buffer: &'b mut Buffer, area: Rect, language: &'b Language) -> Pen<'b> {
        let area = area.intersection(buffer.area);
        Pen {
            buffer,
            area,
            language,
        }
    }

    /// The text as this pen writes it.
    pub fn said(&self, text: &(impl Shown + ?Sized)) -> String {
        text.said(self.language).into_owned()
    }

    /// The same in lines of at most so many columns; they are written [`AsIs`].
    pub fn wrapped(&self, text: &(impl Shown + ?Sized), width: usize) -> Vec<String> {
        words::wrapped(&text.said(self.language), width)
    }

    /// Columns.
    pub fn width(&self) -> u16 {
        self.area.width
    }

    /// Rows.
    pub fn height(&self) -> u16 {
        self.area.height
    }

    /// Writes a text and returns the column behind it.
    pub fn text(
        &mut self,
        column: u16,
        row: u16,
        text: &(impl Shown + ?Sized),
        style: Style,
    ) -> u16 {
        self.field(column, row, u16::MAX, text, style)
    }

    /// Writes at most `width` columns of a text, ending in `…` when it is cut.
    pub fn field(
        &mut self,
        column: u16,
        row: u16,
        width: u16,
        text: &(impl Shown + ?Sized),
        style: Style,
    ) -> u16 {
        if row >= self.area.height || column >= self.area.width {
            return column;
        }
        let room = (self.area.width - column).min(width);
        let text = words::cut(&text.said(self.language), usize::from(room));
        let (x, y) = (self.area.x + column, self.area.y + row);
        let (end, _) = self
            .buffer
            .set_stringn(x, y, text, usize::from(room), style);
        end - self.area.x
    }

    /// Writes a text that ends before `column`.
    pub fn right(&mut self, column: u16, row: u16, text: &(impl Shown + ?Sized), style: Style) {
        let text = text.said(self.language);
        let length = u16::try_from(text.chars().count()).unwrap_or(u16::MAX);
        self.text(column.saturating_sub(length), row, &AsIs(&text), style);
    }

    /// Gives a whole row a style.
    pub fn row_style(&mut self, row: u16, style: Style) {
        self.style(0..self.area.width, row, style);
    }

    /// Gives columns of a row a style.
    pub fn style(&mut self, columns: std::ops::Range<u16>, row: u16, style: Style) {
        let end = columns.end.min(self.area.width);
        if row < self.area.height && columns.start < end {
            let (x, y) = (self.area.x + columns.start, self.area.y + row);
            let row = Rect::new(x, y, end - columns.start, 1);
            self.buffer.set_style(row, style);
        }
    }

    /// A rule with a heading: `-- Batch -----`.
    pub fn heading(
        &mut self,
        columns: std::ops::Range<u16>,
        row: u16,
        text: &(impl Shown + ?Sized),
        style: Style,
    ) {
        let width = usize::from(columns.end.saturating_sub(columns.start));
        let head = match &*text.said(self.language) {
            "" => String::new(),
            text => words::cut(&format!("-- {text} "), width),
        };
        let rule = "-".repeat(width - head.chars().count());
        self.text(columns.start, row, &AsIs(&(head + &rule)), style);
    }

    /// Empties the area.
    pub fn clear(&mut self) {
        for position in self.area.positions() {
            self.buffer[position].reset();
        }
    }
}
