//! What can be made to go wrong with a printer and its answers, by name. PURE.

use crate::{trouble::Standing, troubles};

/// The troubles that stand.
pub type Troubles = Standing<Trouble>;

troubles! {
    /// What can be made to go wrong with a printer.
    Trouble {
        /// The head is open: nothing is printed until it is closed.
        HeadOpen = "head-open";
        /// Somebody pressed pause.
        PrinterPaused = "printer-paused";
        /// Only the first half of every answer comes.
        HalfReply = "half-reply";
        /// Every answer comes twice.
        ReplyTwice = "reply-twice";
        /// Answers come late.
        LateReply = "late-reply", value "milliseconds" = 300;
        /// Answers are noise of the same length.
        GarbageReply = "garbage-reply";
        /// Whatever is asked, the status of a printer of another make answers.
        WrongReply = "wrong-reply";
        /// Acknowledgements are lost on their way; the jobs are taken. For languages that acknowledge.
        AckLost = "ack-lost";
        /// Every job is refused. For languages that acknowledge; others drop the job without a word.
        NakAlways = "nak-always";
        /// START PRINT with no new label prints the label before once more.
        PreviousOnLate = "previous-on-late";
        /// After media or ribbon out the last label is printed again, whatever the printer was told.
        ReprintAfterOut = "reprint-after-out";
        /// The printer is full with fewer labels.
        BufferFull = "buffer-full", value "labels" = 1;
        /// The link is refused until further notice; one that stands is cut.
        LinkRefused = "link-refused";
        /// The link is cut once; a new one is taken. Over at once.
        LinkCut = once "link-cut";
        /// Power off and on: link, waiting labels and volatile forms are gone. Over at once.
        PowerCycle = once "power-cycle";
        /// Power off and on, and the labels that waited wait again. Over at once.
        PowerCycleKept = once "power-cycle-kept";
        /// Somebody presses FEED: an empty label comes out at no START PRINT and without END PRINT. Over at once.
        FeedKey = once "feed-key";
    }
}
