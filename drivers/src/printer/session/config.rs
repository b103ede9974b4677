//! How a printer's session behaves, and its limits. PURE.

/// Reports of an empty queue that are needed after the order to clear.
pub const EMPTY_REPORTS: u8 = 2;
/// Unanswered status requests that are remembered.
pub const OWED_MAX: u32 = 4;
/// Status answers between two questions for the count of labels.
pub const ODOMETER_POLLS: u32 = 4;
/// Unanswered questions for the count of labels in a row, each of which doubles the pause before the next.
pub const ODOMETER_DOUBLINGS: u32 = 4;

/// Pause between two status requests, in ms, unless the station file says otherwise.
pub const POLL_MS: u64 = 250;
/// Pause between two status requests while the queue is being cleared, in ms.
pub const CLEAR_POLL_MS: u64 = 50;
/// Longest wait for an answer to a question, in ms.
pub const ANSWER_MS: u64 = 400;
/// Longest wait for the acknowledgement of an order, in ms: some printers finish the label in hand before they answer.
pub const ORDER_MS: u64 = 2_000;
/// Pause before an order is offered again that the printer did not take yet, in ms.
pub const OFFER_MS: u64 = 25;
/// Longest time for which an order is offered again and again, in ms; then the link is dropped and everything put in
/// step anew. Longer than a belt stands while a pack waits between detect and head.
pub const OFFERS_MS: u64 = 60_000;
/// Longest wait for the cleared queue to be reported empty, in ms; then the order is sent again. That is repeated for
/// ever: until the printer says so nothing is printed, and the line says why.
pub const CLEAR_MS: u64 = 3_000;
/// Status requests in a row to which nothing is heard before the link is dropped.
pub const SILENT_POLLS_MAX: u32 = 3;
/// Most jobs that may be taken and not yet gone from the queue the printer reports, unless the owner says otherwise; of
/// a printer that says only that it is busy, most jobs between two status answers.
pub const JOBS_OUTSTANDING_MAX: u32 = 64;
/// Most orders that wait for the printer to acknowledge the one before.
pub const ORDERS_WAITING_MAX: usize = 64;

/// How the session behaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrinterConfig {
    /// Dots per millimetre the label was made for; another head is the wrong device. `None` accepts
    /// any.
    pub dpmm: Option<u16>,
    /// The model it must say that it is, without regard to case; another is the wrong device. Of a printer that cannot
    /// say, nothing is compared. `None` accepts any.
    pub model: Option<String>,
    /// The link is a serial line of its own: the printer may say of its own accord what happened.
    pub alerts: bool,
    /// Pause between two status requests, in milliseconds.
    pub poll_ms: u64,
    /// Pause between two status requests while the queue is being cleared, in milliseconds.
    pub clear_poll_ms: u64,
    /// Longest wait for an answer, in milliseconds, where the language has no limit of its own.
    pub answer_ms: u64,
    /// Longest wait for the acknowledgement of an order, in milliseconds, likewise.
    pub order_ms: u64,
    /// Pause before an order is offered again that was not taken, in milliseconds.
    pub offer_ms: u64,
    /// The link is dropped when an order was not taken for so long, in milliseconds.
    pub offers_ms: u64,
    /// Longest wait for the cleared queue to be reported empty, in milliseconds; then the order is sent
    /// again.
    pub clear_ms: u64,
    /// The link is dropped after this many status requests in a row to which nothing was heard.
    pub silent_polls_max: u32,
    /// Most jobs that may be taken and not yet gone from the queue the printer reports.
    pub jobs_outstanding_max: u32,
}

impl Default for PrinterConfig {
    fn default() -> PrinterConfig {
        PrinterConfig {
            dpmm: None,
            model: None,
            alerts: false,
            poll_ms: POLL_MS,
            clear_poll_ms: CLEAR_POLL_MS,
            answer_ms: ANSWER_MS,
            order_ms: ORDER_MS,
            offer_ms: OFFER_MS,
            offers_ms: OFFERS_MS,
            clear_ms: CLEAR_MS,
            silent_polls_max: SILENT_POLLS_MAX,
            jobs_outstanding_max: JOBS_OUTSTANDING_MAX,
        }
    }
}
