//! People's orders on their way to the line: what only the station file and the label can judge is judged here.

use super::run::Loop;
use super::socket::Order;
use crate::line::{Event, ReplyTo};
use crate::wire::OperatorCommand;

/// Most orders that may wait for their answer.
pub const ORDERS_WAITING_MAX: usize = 256;

impl Loop {
    /// Passes an order on to the line, or says why it cannot be carried out.
    pub(super) fn order(&mut self, order: Order) -> Option<Event> {
        let Order {
            by,
            reason,
            command,
            answer,
        } = order;
        if let Some(text) = self.hindrance(&command) {
            let _ = answer.try_send(Err(text)); // the client went away
            return None;
        }
        self.last_reply += 1;
        let reply = ReplyTo(self.last_reply);
        self.floor.answers.insert(reply, answer);
        Some(Event::Operator {
            by,
            reason,
            command,
            reply,
        })
    }

    fn hindrance(&self, command: &OperatorCommand) -> Option<String> {
        if self.floor.answers.len() >= ORDERS_WAITING_MAX {
            return Some("Too many orders wait for the disk: try again in a moment.".to_owned());
        }
        let OperatorCommand::OpenBatch {
            gtin, lot, expiry, ..
        } = command
        else {
            return None;
        };
        if !self.products.contains(gtin) {
            return Some(format!(
                "GTIN {gtin} is none of this station's products: add it to the station file, then \
                 start the station again."
            ));
        }
        self.desk.labels().hindrance(*gtin, lot, *expiry)
    }
}
