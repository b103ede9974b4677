//! What is on record of a pack that has a picture, the picture's file as it lies there, and the modules that were
//! printed on the pack.

use super::evidence::{file_of, hash_of};
use crate::label::{self, PackData, Template};
use crate::record::{
    Batch, BatchNo, CryptoTail, Fact, KeptPicture, LabelText, LotFact, Modules, PackNo,
    SerialNumber, TemplateHash, Verdict,
};
use crate::store::{Reader, StoreError};
use crate::vision::PICTURE_MAX_BYTES;
use std::io::Read;
use std::path::{Path, PathBuf};

/// What the records say of a pack.
#[derive(Debug, Default)]
pub struct Kept {
    /// The station's number for it.
    pub no: PackNo,
    /// Its batch.
    pub batch: Option<BatchNo>,
    /// Its number.
    pub serial: Option<SerialNumber>,
    /// It has a label, with a number or without.
    labelled: bool,
    /// The template of that label.
    template: Option<TemplateHash>,
    /// The verdict on it.
    pub verdict: Option<Verdict>,
    /// Its picture, if that was kept.
    pub picture: Option<KeptPicture>,
    /// Why its picture was not kept.
    not_kept: Option<String>,
    /// Wall clock of its verdict, ms since 1970.
    pub utc_ms: i64,
}

/// How the file of a picture is, compared with its record.
#[derive(Debug, PartialEq, Eq)]
pub enum PictureFile {
    /// These bytes, as recorded.
    AsRecorded(Vec<u8>),
    /// These bytes, other ones.
    Changed(Vec<u8>),
    /// It is not there.
    Gone,
}

impl PictureFile {
    /// Its state in words.
    pub fn name(&self) -> &'static str {
        match self {
            PictureFile::AsRecorded(_) => "as recorded",
            PictureFile::Changed(_) => "changed",
            PictureFile::Gone => "not there",
        }
    }

    /// What stands in it.
    pub fn bytes(&self) -> Option<&[u8]> {
        match self {
            PictureFile::AsRecorded(bytes) | PictureFile::Changed(bytes) => Some(bytes),
            PictureFile::Gone => None,
        }
    }

    /// Looks at it. Of a file that is larger than any picture only the begin is read: it is not as recorded.
    pub fn look(file: &Path, picture: &KeptPicture) -> PictureFile {
        let mut bytes = Vec::new();
        let most = PICTURE_MAX_BYTES as u64 + 1;
        let opened = std::fs::File::open(file);
        match opened.and_then(|file| file.take(most).read_to_end(&mut bytes)) {
            Err(_) => PictureFile::Gone,
            Ok(_) if hash_of(&bytes) == picture.sha256 => PictureFile::AsRecorded(bytes),
            Ok(_) => PictureFile::Changed(bytes),
        }
    }
}

impl Kept {
    /// What is on record of a pack; `None`: there is no such pack.
    ///
    /// # Errors
    /// When reading fails.
    pub fn of(reader: &Reader, no: PackNo) -> Result<Option<Kept>, StoreError> {
        let records = reader.records_of(no)?;
        if records.is_empty() {
            return Ok(None);
        }
        let mut pack = Kept {
            no,
            ..Kept::default()
        };
        for stored in records {
            match stored.record.fact {
                Fact::PackEntered { batch, .. } => pack.batch = batch,
                Fact::SerialReserved { serial, .. } => {
                    pack.serial = Some(serial);
                    (pack.labelled, pack.template) = (true, stored.record.template);
                }
                Fact::Lot(LotFact::Labelled { .. }) => {
                    (pack.labelled, pack.template) = (true, stored.record.template);
                }
                Fact::Verified { verdict, .. } => {
                    pack.utc_ms = stored.utc_ms;
                    pack.verdict = Some(verdict);
                }
                Fact::PictureKept { picture, .. } => pack.picture = Some(picture),
                Fact::PictureNotKept { why, .. } => pack.not_kept = Some(why),
                _ => {}
            }
        }
        Ok(Some(pack))
    }

    /// Why there is no picture of it, as a sentence.
    pub fn without_picture(&self) -> String {
        let no = self.no.0;
        let verdict = self.verdict.as_ref();
        let passed = verdict.is_some_and(|verdict| verdict.outcome.is_pass());
        match (&self.not_kept, passed) {
            (Some(why), _) => format!("The picture of pack {no} was not kept: {why}."),
            (None, true) => format!("Pack {no} passed; pictures are kept of rejected packs only."),
            (None, false) => format!("There is no picture of pack {no} on record."),
        }
    }

    /// The file of its picture, in a data folder.
    pub fn file(&self, data_dir: &Path, picture: &KeptPicture) -> PathBuf {
        file_of(data_dir, self.batch, self.no, picture.coding)
    }

    /// Its batch.
    ///
    /// # Errors
    /// When reading fails.
    pub fn batch(&self, reader: &Reader) -> Result<Option<Batch>, StoreError> {
        let mut batches = reader.batches()?.into_iter().map(|(batch, _)| batch);
        Ok(batches.find(|batch| Some(batch.no) == self.batch))
    }

    /// The template of its label, as the record of its number or of its label names it; `None`: it has no label, or
    /// the text of the template is neither on record nor in this program.
    ///
    /// # Errors
    /// When reading fails.
    pub fn label(
        &self,
        reader: &Reader,
        batch: Option<&Batch>,
    ) -> Result<Option<LabelText>, StoreError> {
        // Records of earlier versions name the batch's alone.
        let named = self.template.or(batch.map(|batch| batch.template));
        let Some(template) = named.filter(|_| self.labelled) else {
            return Ok(None);
        };
        let built_in = label::built_in_names().find_map(|name| {
            let label = LabelText::new(name, label::built_in_text(name)?);
            (label.template == template).then_some(label)
        });
        match built_in {
            Some(label) => Ok(Some(label)),
            None => reader.label_text(template),
        }
    }

    /// The modules that were printed on it, if this program understands its template.
    pub fn printed(&self, reader: &Reader, batch: &Batch, label: &LabelText) -> Option<Modules> {
        let template = Template::parse(&label.text).ok()?;
        let serial = self.serial.as_ref();
        // What belongs to a number of a pool stands in the pool.
        let tail = match serial {
            None => CryptoTail::default(),
            Some(serial) => {
                let numbers = reader.pool_numbers_from(batch.gtin, serial.index, 1);
                let number = numbers.ok()?.into_iter().next();
                let number = number.filter(|number| number.serial == *serial);
                number.map(|number| number.tail).unwrap_or_default()
            }
        };
        let pack = PackData {
            gtin: batch.gtin,
            lot: batch.lot.clone(),
            expiry: batch.expiry,
            serial: serial.map(|serial| serial.text.clone()),
            tail,
        };
        template.modules(&pack).ok()
    }
}
