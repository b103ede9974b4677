//! The last rejected packs, what was seen of one of them, and how the grades went lately.

use super::bounded;
use crate::record::{
    BatchNo, Fact, Fate, KeptPicture, Modules, Outcome, PackNo, Tenths, reject_cause,
};
use crate::station::kept::{Kept, PictureFile};
use crate::store::{PackRow, StoreError};
use crate::trace::{Archive, TraceError, fate_state};
use crate::vision::damage::{Damage, ToldBy as By};
use crate::vision::reader::Reader;
use crate::vision::{Picture, frame};
use crate::wire::look::BatchSeen;
use crate::wire::rejects::{GridSeen, PictureSeen, RejectSeen, RejectsSight, ToldBy, TrendSeen};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Rejected packs of a page.
const ROWS: usize = 40;
/// So many packs are looked through for them before the next page must be asked for.
const LOOKED_THROUGH: usize = 10_000;
/// Columns of the trend.
const COLUMNS: usize = 10;
/// Packs of each.
const PACKS: usize = 20;
/// Rows that are remembered.
const REMEMBERED: usize = 4 * ROWS;

/// What does not change any more and is dear to find out.
#[derive(Default)]
pub(super) struct Memory {
    /// Rejected packs that left the line.
    rows: BTreeMap<PackNo, RejectSeen>,
    /// The picture that was looked at last.
    shown: Option<PictureSeen>,
}

/// A page of rejected packs with the picture of one of them: of the newest one where none is named.
pub(super) fn page(
    archive: &Archive,
    (data_dir, memory): (&Path, &mut Memory),
    before: Option<PackNo>,
    shown: Option<PackNo>,
) -> Result<RejectsSight, TraceError> {
    let Some((batch, open)) = archive.reader.last_batch()? else {
        return Ok(RejectsSight::default());
    };
    let (found, older) = rejected(archive, before, batch.no)?;
    let rows: Result<Vec<RejectSeen>, StoreError> =
        found.iter().map(|row| memory.row(archive, row)).collect();
    let rows = rows?;
    let shown = shown.or_else(|| rows.first().map(|row| row.pack));
    let shown = match shown {
        Some(pack) => memory.picture(archive, data_dir, pack)?,
        None => None,
    };
    Ok(RejectsSight {
        batch: Some(BatchSeen {
            no: batch.no,
            lot: batch.lot.to_string(),
            open,
        }),
        rows,
        older,
        trend: trend(archive, batch.no)?,
        shown,
    })
}

/// Why a pack is among the rejects; `None`: it is not.
fn cause(row: &PackRow) -> Option<String> {
    let outcome = row.verdict.and_then(Outcome::name_of);
    let of_verdict =
        outcome.filter(|name| ![Outcome::Pass.name(), Outcome::Sample.name()].contains(name));
    match row.fate {
        None | Some(Fate::RejectedByVerdict) => of_verdict.map(str::to_owned),
        Some(fate) if fate_state(Some(fate), row.voided) == "rejected" => {
            Some(reject_cause(fate, None))
        }
        Some(_) => None,
    }
}

/// Rejected packs before this one, the newest first, and where the next page begins.
fn rejected(
    archive: &Archive,
    before: Option<PackNo>,
    no: BatchNo,
) -> Result<(Vec<PackRow>, Option<PackNo>), StoreError> {
    let before = before.unwrap_or(PackNo(u64::MAX));
    let (mut rows, mut looked_at, mut reached, mut more) = (Vec::new(), 0, before, false);
    archive
        .reader
        .for_each_pack_back(Some(no), before, &mut |row| {
            looked_at += 1;
            let takes = cause(&row).is_some();
            more = looked_at > LOOKED_THROUGH || (takes && rows.len() == ROWS);
            if !more {
                reached = row.pack;
                rows.extend(takes.then_some(row));
            }
            !more
        })?;
    Ok((rows, Some(reached).filter(|_| more)))
}

/// How the grades of the batch's last packs went, the oldest first.
fn trend(archive: &Archive, no: BatchNo) -> Result<Vec<TrendSeen>, StoreError> {
    let mut packs: Vec<PackNo> = Vec::new();
    let newest = PackNo(u64::MAX);
    archive
        .reader
        .for_each_pack_back(Some(no), newest, &mut |row| {
            packs.push(row.pack);
            packs.len() < COLUMNS * PACKS
        })?;
    let (Some(last), Some(first)) = (packs.first(), packs.last()) else {
        return Ok(Vec::new());
    };
    let mut grades: BTreeMap<PackNo, Tenths> = BTreeMap::new();
    archive
        .reader
        .for_each_on_line(&(*first..=*last), &mut |stored| {
            if let Fact::Verified { pack, verdict, .. } = &stored.record.fact
                && let Some(of_pack) = &verdict.grades
            {
                grades.insert(*pack, of_pack.overall());
            }
        })?;
    let columns = packs.chunks(PACKS).rev();
    Ok(columns.map(|packs| column(packs, &grades)).collect())
}

fn column(packs: &[PackNo], grades: &BTreeMap<PackNo, Tenths>) -> TrendSeen {
    let graded: Vec<Tenths> = packs
        .iter()
        .filter_map(|pack| grades.get(pack))
        .copied()
        .collect();
    let sum: usize = graded.iter().map(|grade| usize::from(grade.0)).sum();
    let mean = (sum + graded.len() / 2).checked_div(graded.len());
    TrendSeen {
        packs: packs.len() as u32,
        graded: graded.len() as u32,
        mean_tenths: mean.and_then(|mean| u8::try_from(mean).ok()).map(Tenths),
        worst_tenths: graded.iter().min().copied(),
    }
}

impl Memory {
    fn row(&mut self, archive: &Archive, row: &PackRow) -> Result<RejectSeen, StoreError> {
        if let Some(known) = self.rows.get(&row.pack) {
            return Ok(known.clone());
        }
        let mut seen = RejectSeen {
            pack: row.pack,
            serial: row.serial.as_ref().map(|number| number.text.clone()),
            cause: cause(row).unwrap_or_default(),
            utc_ms: None,
            grade_tenths: None,
        };
        for stored in archive.reader.records_of(row.pack)? {
            match &stored.record.fact {
                Fact::PackEntered { .. } | Fact::Gated { .. } => {}
                Fact::Verified { verdict, .. } => {
                    let grades = verdict.grades.as_ref();
                    seen.grade_tenths = grades.map(|grades| grades.overall());
                }
                _ => continue,
            }
            seen.utc_ms = Some(stored.utc_ms);
        }
        if row.fate.is_some() {
            if self.rows.len() >= REMEMBERED {
                self.rows.clear();
            }
            self.rows.insert(row.pack, seen.clone());
        }
        Ok(seen)
    }

    fn picture(
        &mut self,
        archive: &Archive,
        data_dir: &Path,
        pack: PackNo,
    ) -> Result<Option<PictureSeen>, StoreError> {
        // A picture that is not there yet may still come; one that was looked at stays what it is.
        let lasts = |known: &&PictureSeen| {
            let looked_at = known.grid.is_some() || known.wrong.as_deref() == Some(NO_SYMBOL);
            known.pack == pack && looked_at
        };
        if let Some(known) = self.shown.as_ref().filter(lasts) {
            return Ok(Some(known.clone()));
        }
        self.shown = picture(archive, data_dir, pack)?;
        Ok(self.shown.clone())
    }
}

/// What is on record of a pack, and its symbol read again from its picture; `None`: there is no such pack.
fn picture(
    archive: &Archive,
    data_dir: &Path,
    no: PackNo,
) -> Result<Option<PictureSeen>, StoreError> {
    let Some(kept) = Kept::of(&archive.reader, no)? else {
        return Ok(None);
    };
    let verdict = kept.verdict.as_ref();
    let mut seen = PictureSeen {
        pack: no,
        grades: verdict.and_then(|verdict| verdict.grades),
        looks_like: verdict.and_then(|verdict| Some(verdict.looks_like.as_ref()?.to_string())),
        text: verdict.and_then(|verdict| Some(bounded(&verdict.text.finding()?.to_string()))),
        read: verdict.and_then(|verdict| Some(bounded(verdict.seen.as_ref()?.scan.as_ref()?))),
        ..PictureSeen::default()
    };
    let grid = match &kept.picture {
        None if verdict.is_some_and(|verdict| verdict.outcome.is_pass()) => Err(PASSED.to_owned()),
        None => Err(kept.without_picture()),
        Some(picture) => {
            let printed = printed(archive, &kept)?;
            grid(kept.file(data_dir, picture), *picture, printed)
        }
    };
    match grid {
        Ok(grid) => seen.grid = Some(grid),
        Err(why) => seen.wrong = Some(bounded(&why)),
    }
    Ok(Some(seen))
}

/// The modules that were printed on it, as far as that is known.
fn printed(archive: &Archive, kept: &Kept) -> Result<Option<Modules>, StoreError> {
    let reader = &archive.reader;
    let Some(batch) = kept.batch(reader)? else {
        return Ok(None);
    };
    let label = kept.label(reader, Some(&batch))?;
    Ok(label.and_then(|label| kept.printed(reader, &batch, &label)))
}

/// The symbol in a picture file; `Err`: why there is none, as a sentence. A picture is anybody's: it is looked at in a
/// thread whose panics are caught, and bring nothing else down.
fn grid(file: PathBuf, picture: KeptPicture, printed: Option<Modules>) -> Result<GridSeen, String> {
    let look = move || look(&file, &picture, printed.as_ref());
    let thread = std::thread::Builder::new().name(READER.to_owned());
    let looked = thread.spawn(look).map(std::thread::JoinHandle::join);
    match looked {
        Ok(Ok(grid)) => grid,
        Ok(Err(_)) => Err("The reader failed on this picture.".to_owned()),
        Err(why) => Err(format!(
            "The picture is not looked at: no thread was started ({why})."
        )),
    }
}

/// The thread that looks at a picture; one of those whose panics end nothing.
const READER: &str = "verify-picture";

/// What is said of a file that does not lie there.
const GONE: &str = "The picture is not there any more. \
    `vidimus evidence check` says whether it was removed on record.";
/// What is said of a pack that the gate rejected all the same.
const PASSED: &str = "Its verdict was a pass; the gate rejected it by itself. \
    Pictures are kept of packs whose verdict fails.";
/// What is said of a picture without a symbol.
const NO_SYMBOL: &str = "Nothing in the picture looks like a symbol. \
    `vidimus evidence show --overlay` draws the picture.";

fn look(file: &Path, picture: &KeptPicture, printed: Option<&Modules>) -> Result<GridSeen, String> {
    let bytes = match PictureFile::look(file, picture) {
        PictureFile::AsRecorded(bytes) => bytes,
        PictureFile::Changed(_) => {
            let file = file.display();
            return Err(format!(
                "{file} is not the file that was recorded: its SHA-256 differs. \
                 `vidimus evidence check` names all such."
            ));
        }
        PictureFile::Gone => return Err(GONE.to_owned()),
    };
    let picture = Picture::decode(&bytes).map_err(|error| error.to_string())?;
    let damage = Damage::look(&mut Reader::new(), &frame(&picture), printed);
    damage.map_or_else(|| Err(NO_SYMBOL.to_owned()), |damage| Ok(drawn(&damage)))
}

fn drawn(damage: &Damage) -> GridSeen {
    let columns = usize::from(damage.seen.columns).max(1);
    let rows = damage
        .seen
        .dark
        .chunks(columns)
        .zip(damage.damaged.chunks(columns));
    let row = |(dark, damaged): (&[bool], &[bool])| {
        let modules = dark.iter().zip(damaged);
        modules
            .map(|(dark, damaged)| GridSeen::letter(*dark, *damaged))
            .collect()
    };
    GridSeen {
        rows: rows.map(row).collect(),
        told_by: match damage.told_by {
            By::Correction => ToldBy::Correction,
            By::Print => ToldBy::Print,
            By::FixedPattern => ToldBy::FixedPattern,
        },
    }
}
