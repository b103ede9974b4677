//! Rows as a workbook for spreadsheet programs (Office Open XML), in constant memory: rows go through a file of their
//! own beside the workbook, and beyond the rows of a sheet the next one begins.
//!
//! Whatever may be anything is written as text, so no program takes it for a number, a date or a formula: leading zeros
//! stay, and a serial that begins with `=` is that serial.

use rust_xlsxwriter::{Workbook, Worksheet, XlsxError};
use std::io::{self, Write};
use std::path::Path;

/// Rows of a sheet, its head among them: what the format allows.
pub const SHEET_ROWS_MAX: u32 = 1_048_576;

/// A value of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// A count, or a number that people add up.
    Number(u32),
    /// Anything else.
    Text(String),
    /// There is none.
    Nothing,
}

/// A workbook in the making.
pub struct Sheets<'h> {
    workbook: Workbook,
    head: &'h [&'h str],
    rows_max: u32,
    /// Rows of the last sheet.
    rows: u32,
    sheets: usize,
}

impl<'h> Sheets<'h> {
    /// A workbook whose sheets have this head. Rows wait in files without a name in this folder.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn new(folder: &Path, head: &'h [&'h str], rows_max: u32) -> io::Result<Sheets<'h>> {
        let mut workbook = Workbook::new();
        workbook.set_tempdir(folder).map_err(as_io)?;
        let mut sheets = Sheets {
            workbook,
            head,
            rows_max,
            rows: rows_max,
            sheets: 0,
        };
        sheets.sheet().map_err(as_io)?;
        Ok(sheets)
    }

    /// The sheet for the next row.
    fn sheet(&mut self) -> Result<&mut Worksheet, XlsxError> {
        if self.rows < self.rows_max {
            return self.workbook.worksheet_from_index(self.sheets - 1);
        }
        let sheet = self.workbook.add_worksheet_with_constant_memory()?;
        for (column, name) in (0..).zip(self.head) {
            sheet.write_string(0, column, *name)?;
        }
        self.sheets += 1;
        self.rows = 1;
        Ok(sheet)
    }

    /// Adds a row.
    ///
    /// # Errors
    /// The disk is full.
    pub fn add(&mut self, cells: &[Cell]) -> io::Result<()> {
        self.add_row(cells).map_err(as_io)
    }

    fn add_row(&mut self, cells: &[Cell]) -> Result<(), XlsxError> {
        self.sheet()?;
        let row = self.rows;
        let sheet = self.sheet()?;
        for (column, cell) in (0..).zip(cells) {
            match cell {
                Cell::Number(number) => drop(sheet.write_number(row, column, *number)?),
                Cell::Text(text) => drop(sheet.write_string(row, column, text)?),
                Cell::Nothing => {}
            }
        }
        self.rows += 1;
        Ok(())
    }

    /// Writes the workbook; how many sheets it has.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn finish(mut self, to: &mut (dyn Write + Send)) -> io::Result<usize> {
        self.workbook.save_to_writer(to).map_err(as_io)?;
        Ok(self.sheets)
    }
}

/// What the system said, where it was the system.
fn as_io(why: XlsxError) -> io::Error {
    match why {
        XlsxError::IoError(why) => why,
        // The packer's errors carry the system's inside.
        other => match std::error::Error::source(&other).and_then(|why| why.downcast_ref()) {
            Some::<&io::Error>(why) => why
                .raw_os_error()
                .map_or_else(|| io::Error::from(why.kind()), io::Error::from_raw_os_error),
            None => io::Error::other(other),
        },
    }
}
