//! What a scan point must know of the label that was printed for a container.

use super::{PackingDesk, sentence};
use crate::packaging::UnitCode;
use crate::record::{ContainerCode, ContainerState, Identity, Level, Unit};
use crate::store::PrintedLabel;

impl PackingDesk {
    /// The level of this container, and the label that was printed for it last; `None` where none was, or the records
    /// cannot be read.
    pub fn printed(&self, code: &ContainerCode) -> Option<(Level, PrintedLabel)> {
        let found = self.reader.whereabouts(|ask| {
            let Some(no) = ask.container_of(code)? else {
                return Ok(None);
            };
            let standing = ask.standing(Unit::Container(no), None)?;
            let level = standing.and_then(|standing| match standing.identity {
                Identity::Container(container) => Some(container.level),
                Identity::Pack(_) => None,
            });
            Ok(level.zip(ask.last_label(no)?))
        });
        found.ok().flatten()
    }

    /// Why this container may be closed with less than it can hold: a person had its label printed as it is. `None`
    /// where it is full, closed, or none was printed; whether it is as it was then is judged when it is closed.
    ///
    /// # Errors
    /// The store cannot be read; a sentence.
    pub fn ended_early(&self, code: &UnitCode) -> Result<Option<String>, String> {
        let Some(container) = self.container(code)? else {
            return Ok(None);
        };
        let room = container.capacity.filter(|most| container.inside < *most);
        let plan = self.plan.hierarchy.plan(container.level);
        let printed = plan.is_some_and(|plan| plan.label.is_printed());
        let over = [ContainerState::Closed, ContainerState::Disaggregated];
        let Some(most) = room.filter(|_| printed && !over.contains(&container.state)) else {
            return Ok(None);
        };
        let label = self
            .reader
            .whereabouts(|ask| ask.last_label(container.container));
        Ok(sentence(label)?.map(|label| {
            format!(
                "its label was printed with {} of {most} inside (record {})",
                container.inside, label.seq
            )
        }))
    }
}
