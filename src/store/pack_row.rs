//! The row of a pack: what it is now, in memory and in the table.

use super::codes;
use crate::record::{BatchNo, LaneNo, Origin, PlcPack, SerialNumber};
use crate::serial;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, OptionalExtension, Row, params};

/// A serial's text as it stands in the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeptSerial {
    /// Twelve letters of five bits each.
    Letters(u64),
    /// Any other text.
    Other(String),
}

impl KeptSerial {
    /// The shortest form from which exactly this text comes back.
    pub fn of(text: &str) -> KeptSerial {
        match serial::letters_value(text) {
            Some(value) => KeptSerial::Letters(value),
            None => KeptSerial::Other(text.to_owned()),
        }
    }

    /// The text.
    pub fn text(&self) -> String {
        match self {
            KeptSerial::Letters(value) => serial::letters(*value),
            KeptSerial::Other(text) => text.clone(),
        }
    }
}

impl ToSql for KeptSerial {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self {
            KeptSerial::Letters(value) => Ok(ToSqlOutput::from(*value as i64)),
            KeptSerial::Other(text) => text.to_sql(),
        }
    }
}

impl FromSql for KeptSerial {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<KeptSerial> {
        match value {
            ValueRef::Integer(value) if (value as u64) < serial::INDEX_COUNT => {
                Ok(KeptSerial::Letters(value as u64))
            }
            ValueRef::Text(_) => String::column_result(value).map(KeptSerial::Other),
            _ => Err(FromSqlError::InvalidType),
        }
    }
}

/// What a pack is now, as its row says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackNow {
    /// Its row is in the table.
    pub stored: bool,
    /// The batch open when it entered.
    pub batch: Option<BatchNo>,
    /// The PLC's name for it.
    pub plc: PlcPack,
    /// Code of its origin.
    pub origin: i64,
    /// The GTIN of its number.
    pub gtin: Option<i64>,
    /// Its number: counter value and text.
    pub serial: Option<(i64, KeptSerial)>,
    /// 0 no, 1 voided in line, 2 voided after it left.
    pub voided: i64,
    /// Its number was seen in ink.
    pub ink: bool,
    /// Code of its verdict.
    pub outcome: Option<i64>,
    /// Code of its fate.
    pub fate: Option<i64>,
}

impl PackNow {
    /// One that just entered.
    pub fn entered(batch: Option<BatchNo>, plc: PlcPack, origin: Origin) -> PackNow {
        PackNow {
            stored: false,
            batch,
            plc,
            origin: codes::of_origin(origin),
            gtin: None,
            serial: None,
            voided: 0,
            ink: false,
            outcome: None,
            fate: None,
        }
    }

    /// It has no number and has not left.
    pub fn may_take_number(&self) -> bool {
        self.serial.is_none() && self.fate.is_none()
    }

    /// Its number as the record has it.
    pub fn number(&self) -> Option<SerialNumber> {
        let (index, text) = self.serial.as_ref()?;
        Some(SerialNumber {
            index: *index as u64,
            text: text.text(),
        })
    }
}

/// Columns that [`of_row`] reads, in its order.
pub const COLUMNS: &str =
    "batch, plc_boot, plc_id, origin, gtin, serial_index, serial, voided, ink, outcome, fate, lane";

/// What a row of [`COLUMNS`] says, the first of them at `from`.
///
/// # Errors
/// A value that this program never writes.
pub fn of_row(row: &Row<'_>, from: usize) -> rusqlite::Result<PackNow> {
    let index: Option<i64> = row.get(from + 5)?;
    let text: Option<KeptSerial> = row.get(from + 6)?;
    Ok(PackNow {
        stored: true,
        batch: row.get::<_, Option<u32>>(from)?.map(BatchNo),
        plc: PlcPack {
            lane: LaneNo(row.get(from + 11)?),
            boot: row.get(from + 1)?,
            id: row.get(from + 2)?,
        },
        origin: row.get(from + 3)?,
        gtin: row.get(from + 4)?,
        serial: index.zip(text),
        voided: row.get(from + 7)?,
        ink: row.get(from + 8)?,
        outcome: row.get(from + 9)?,
        fate: row.get(from + 10)?,
    })
}

/// The row of a pack, if there is one.
///
/// # Errors
/// SQLite says so.
pub fn read(connection: &Connection, no: i64) -> rusqlite::Result<Option<PackNow>> {
    connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM packs WHERE pack = ?1"))?
        .query_row([no], |row| of_row(row, 0))
        .optional()
}

/// Writes the row of a pack.
///
/// # Errors
/// SQLite says so.
pub fn write(connection: &Connection, no: i64, pack: &mut PackNow) -> rusqlite::Result<()> {
    let (index, text) = match &pack.serial {
        Some((index, text)) => (Some(index), Some(text)),
        None => (None, None),
    };
    if pack.stored {
        let sql =
            "UPDATE packs SET gtin = ?2, serial_index = ?3, serial = ?4, voided = ?5, ink = ?6,
                 outcome = ?7, fate = ?8
             WHERE pack = ?1";
        connection.prepare_cached(sql)?.execute(params![
            no,
            pack.gtin,
            index,
            text,
            pack.voided,
            pack.ink,
            pack.outcome,
            pack.fate
        ])?;
        return Ok(());
    }
    let sql =
        "INSERT INTO packs (pack, batch, plc_boot, plc_id, origin, gtin, serial_index, serial,
             voided, ink, outcome, fate, lane)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";
    connection.prepare_cached(sql)?.execute(params![
        no,
        pack.batch.map(|batch| batch.0),
        pack.plc.boot,
        pack.plc.id,
        pack.origin,
        pack.gtin,
        index,
        text,
        pack.voided,
        pack.ink,
        pack.outcome,
        pack.fate,
        pack.plc.lane.0
    ])?;
    pack.stored = true;
    Ok(())
}
