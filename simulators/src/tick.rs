//! Time as a value: nanoseconds since the simulation began. Handed in, never asked for.

/// Nanoseconds per millisecond.
pub const NS_PER_MS: u64 = 1_000_000;

/// A moment, in nanoseconds since the simulation began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Tick(pub u64);

impl Tick {
    /// The moment `ms` milliseconds after the beginning.
    #[must_use]
    pub const fn from_ms(ms: u64) -> Tick {
        Tick(ms.saturating_mul(NS_PER_MS))
    }

    /// This moment in milliseconds, with its fraction.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        reason = "a run of 100 days keeps nanoseconds to ±1"
    )]
    pub fn ms(self) -> f64 {
        self.0 as f64 / NS_PER_MS as f64
    }

    /// The moment `ms` milliseconds later.
    #[must_use]
    pub const fn plus_ms(self, ms: u64) -> Tick {
        Tick(self.0.saturating_add(ms.saturating_mul(NS_PER_MS)))
    }

    /// The moment `ns` nanoseconds later.
    #[must_use]
    pub const fn plus_ns(self, ns: u64) -> Tick {
        Tick(self.0.saturating_add(ns))
    }

    /// Nanoseconds from `earlier` to this moment; 0 if `earlier` is later.
    #[must_use]
    pub const fn since_ns(self, earlier: Tick) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}
