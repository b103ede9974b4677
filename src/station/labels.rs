//! From a batch and a serial to the label: format for the printer, fields for a job, expectation for the camera.

use crate::gs1::{Expiry, Gtin, Lot};
use crate::label::{PackData, Severity, Template};
use crate::record::{Batch, SerialNumber};
use crate::vision::Expectation;
use vidimus_drivers::printer::StoredFormat;

/// The label of the batch in force.
pub struct Labels {
    template: Template,
    dpmm: u16,
    batch: Option<Batch>,
}

impl Labels {
    /// With this template, at this print resolution.
    pub fn new(template: Template, dpmm: u16) -> Labels {
        Labels {
            template,
            dpmm,
            batch: None,
        }
    }

    /// Why this batch's label cannot be printed soundly; `None` when it can.
    pub fn hindrance(&self, gtin: Gtin, lot: &Lot, expiry: Expiry) -> Option<String> {
        let sample = PackData {
            gtin,
            lot: lot.clone(),
            expiry,
            ..PackData::sample()
        };
        let findings = match self.template.lint_with(&sample, self.dpmm) {
            Ok(findings) => findings,
            Err(error) => return Some(error.to_string()),
        };
        let error = findings
            .into_iter()
            .find(|finding| finding.severity == Severity::Error)?;
        Some(format!(
            "The label of this batch cannot be printed soundly: {}",
            error.text
        ))
    }

    /// Takes a batch in force and gives the format the printer must store for it.
    pub fn use_batch(&mut self, batch: Batch) -> Result<StoredFormat, String> {
        let constants = data(&batch, None);
        let format = self
            .template
            .zpl_format(&constants, self.dpmm)
            .map_err(|e| e.to_string())?;
        self.batch = Some(batch);
        Ok(StoredFormat {
            name: format.name,
            text: format.text,
        })
    }

    /// The numbered fields of one pack's job.
    pub fn fields(&self, serial: &SerialNumber) -> Result<Vec<(u16, String)>, String> {
        let batch = self.batch.as_ref().ok_or("No batch is in force.")?;
        self.template
            .zpl_fields(&data(batch, Some(serial)))
            .map_err(|e| e.to_string())
    }

    /// The fields of a label without symbol: the symbol's field stays empty, the serial's place says so.
    pub fn void_fields(&self) -> Vec<(u16, String)> {
        self.template.zpl_void_fields()
    }

    /// What the camera must read on this pack; nothing at all on one without a serial.
    pub fn expectation(&self, serial: Option<&SerialNumber>) -> Option<Expectation> {
        let Some(serial) = serial else {
            return Some(Expectation::default());
        };
        Some(
            self.template
                .expectation(&data(self.batch.as_ref()?, Some(serial))),
        )
    }
}

fn data(batch: &Batch, serial: Option<&SerialNumber>) -> PackData {
    PackData {
        gtin: batch.gtin,
        lot: batch.lot.clone(),
        expiry: batch.expiry,
        serial: serial.map(|serial| serial.text.clone()),
    }
}
