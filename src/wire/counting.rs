//! Which orders count, so that a station may want them signed. PURE.

use super::{LotCommand, OperatorCommand, PackagingOrder};
use crate::record::CountingOrder;

impl OperatorCommand {
    /// What this order counts as; `None`: as nothing that is signed by rule.
    pub fn counts_as(&self) -> Option<CountingOrder> {
        match self {
            OperatorCommand::CloseBatch | OperatorCommand::Lot(LotCommand::CloseExplained(_)) => {
                Some(CountingOrder::CloseBatch)
            }
            OperatorCommand::Label(_) => Some(CountingOrder::Template),
            OperatorCommand::Shelve { .. } => Some(CountingOrder::Shelve),
            OperatorCommand::OpenBatch {
                grade_min, text, ..
            } if grade_min.is_some() || text.is_some() => Some(CountingOrder::Threshold),
            _ => None,
        }
    }
}

impl PackagingOrder {
    /// What this order counts as; `None`: as nothing that is signed by rule.
    pub fn counts_as(&self) -> Option<CountingOrder> {
        match self {
            PackagingOrder::End { .. } => Some(CountingOrder::EndOfLife),
            _ => None,
        }
    }
}
