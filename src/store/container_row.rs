//! The row of a container: what it is now, in memory and in the table.

use crate::record::{BatchNo, ContainerCode, ContainerState, Level};
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, OptionalExtension, Row, params};

fn code(state: ContainerState) -> i64 {
    state as i64 + 1
}

fn state(code: i64) -> Option<ContainerState> {
    let place = usize::try_from(code.checked_sub(1)?).ok()?;
    ContainerState::ALL.get(place).copied()
}

/// A container's code as it stands in the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptCode(pub ContainerCode);

impl ToSql for KeptCode {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match &self.0 {
            ContainerCode::Sscc(sscc) => ToSqlOutput::from(sscc.value() as i64),
            ContainerCode::Sgtin { gtin, serial } => {
                ToSqlOutput::from(format!("01{}21{serial}", gtin.as_str()))
            }
        })
    }
}

impl FromSql for KeptCode {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<KeptCode> {
        let code = match value {
            ValueRef::Integer(sscc) => {
                let sscc = format!("{sscc:018}").parse();
                sscc.ok().map(ContainerCode::Sscc)
            }
            ValueRef::Text(_) => of_text(value.as_str()?),
            _ => None,
        };
        code.map(KeptCode).ok_or(FromSqlError::InvalidType)
    }
}

fn of_text(text: &str) -> Option<ContainerCode> {
    let rest = text.strip_prefix("01")?;
    let gtin = rest.get(..14)?.parse().ok()?;
    let serial = rest[14..].strip_prefix("21")?.to_owned();
    Some(ContainerCode::Sgtin { gtin, serial })
}

/// What a container is now, as its row says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerRow {
    /// Its level.
    pub level: Level,
    /// The level's name.
    pub name: String,
    /// What its label says it is.
    pub code: ContainerCode,
    /// The batch it is filled from.
    pub batch: Option<BatchNo>,
    /// How many it holds when it is full.
    pub capacity: Option<u32>,
    /// What may be done with it.
    pub state: ContainerState,
    /// Units directly inside.
    pub inside: u32,
    /// It held packs of several lots when it was closed.
    pub mixed: bool,
}

/// The columns that [`of_row`] reads, in its order.
const COLUMNS: &str = "level, name, code, batch, capacity, state, inside, mixed";

fn of_row(row: &Row<'_>) -> rusqlite::Result<ContainerRow> {
    let stands: i64 = row.get(5)?;
    Ok(ContainerRow {
        level: Level(row.get(0)?),
        name: row.get(1)?,
        code: row.get::<_, KeptCode>(2)?.0,
        batch: row.get::<_, Option<u32>>(3)?.map(BatchNo),
        capacity: row.get(4)?,
        state: state(stands).ok_or(rusqlite::Error::IntegralValueOutOfRange(5, stands))?,
        inside: row.get(6)?,
        mixed: row.get(7)?,
    })
}

/// The row of a container, if there is one.
///
/// # Errors
/// SQLite says so.
pub fn read(connection: &Connection, no: i64) -> rusqlite::Result<Option<ContainerRow>> {
    connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM containers WHERE container = ?1"
        ))?
        .query_row([no], of_row)
        .optional()
}

/// The container with this code, if there is one.
///
/// # Errors
/// SQLite says so.
pub fn of_code(connection: &Connection, code: &ContainerCode) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached("SELECT container FROM containers WHERE code = ?1")?
        .query_row([KeptCode(code.clone())], |row| row.get(0))
        .optional()
}

/// Writes the row of a container.
///
/// # Errors
/// SQLite says so; the code may be another container's.
pub fn write(connection: &Connection, no: i64, row: &ContainerRow) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO containers
                 (container, level, name, code, batch, capacity, state, inside, mixed)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
             ON CONFLICT (container) DO UPDATE SET state = ?7, inside = ?8, mixed = ?9",
        )?
        .execute(params![
            no,
            row.level.0,
            row.name,
            KeptCode(row.code.clone()),
            row.batch.map(|batch| batch.0),
            row.capacity,
            code(row.state),
            row.inside,
            row.mixed
        ])
        .map(drop)
}
