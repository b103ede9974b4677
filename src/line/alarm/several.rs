//! One alarm that tells of several things: the first by name, and how many more. PURE.

/// Most things that an alarm names one by one.
const NAMED_MAX: usize = 3;

/// What an alarm tells of since it began.
#[derive(Debug, Default)]
pub struct Several {
    named: Vec<String>,
    more: u64,
}

impl Several {
    /// One more.
    pub fn add(&mut self, what: String) {
        match self.named.len() < NAMED_MAX {
            true => self.named.push(what),
            false => self.more += 1,
        }
    }

    /// All of them, on one line.
    pub fn text(&self) -> String {
        let named = self.named.join("; ");
        match self.more {
            0 => named,
            more => format!("{named}; and {more} more"),
        }
    }
}
