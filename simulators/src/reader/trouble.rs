//! What can be made to go wrong with a reader, by name. PURE.

use crate::{trouble::Standing, troubles};

/// The troubles that stand.
pub type Troubles = Standing<Trouble>;

troubles! {
    /// What can be made to go wrong with a reader.
    Trouble {
        /// It never stops talking: letters without the end of a text.
        NeverStops = "never-stops";
        /// It never stops talking: one text after the other.
        ReadsWithoutEnd = "reads-without-end";
        /// Every read comes twice, with the same counter.
        ReadTwice = "read-twice";
        /// Reads come late.
        LateRead = "late-read", value "milliseconds" = 300;
        /// What stands behind each text is left out.
        NoTerminator = "no-terminator";
        /// Reads and answers are noise of the same length.
        Garbage = "garbage-read";
        /// It says nothing at all.
        Silent = "silent";
        /// Somebody set other characters around each text.
        OtherFraming = "other-framing";
        /// The link is refused until further notice; one that stands is cut.
        LinkRefused = "link-refused";
        /// The link is cut once; a new one is taken. Over at once.
        LinkCut = once "link-cut";
    }
}
