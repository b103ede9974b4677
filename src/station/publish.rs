//! The latest view, for any number of readers; the line never waits for them.

use crate::wire::View;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The latest view with a running number.
pub struct Published {
    view: Mutex<(u64, View)>,
    changed: Condvar,
}

impl Published {
    /// Begins with this view.
    pub fn new(view: View) -> Published {
        Published {
            view: Mutex::new((1, view)),
            changed: Condvar::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, (u64, View)> {
        self.view.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Replaces the view.
    pub fn publish(&self, view: View) {
        let mut latest = self.lock();
        latest.0 += 1;
        latest.1 = view;
        self.changed.notify_all();
    }

    /// The latest view and its number.
    pub fn latest(&self) -> (u64, View) {
        self.lock().clone()
    }

    /// A view newer than `number`, if one comes within `wait`.
    pub fn newer_than(&self, number: u64, wait: Duration) -> Option<(u64, View)> {
        let latest = self.lock();
        let same = |latest: &mut (u64, View)| latest.0 <= number;
        let (latest, _) = self
            .changed
            .wait_timeout_while(latest, wait, same)
            .unwrap_or_else(PoisonError::into_inner);
        (latest.0 > number).then(|| latest.clone())
    }
}
