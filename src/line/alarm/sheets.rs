//! The alarms' sheets: one row an alarm, in the order of [`super::AlarmKind::ALL`]. PURE.

use super::AlarmSheet;

const fn sheet(
    code: &'static str,
    letter: char,
    cause: &'static str,
    consequence: &'static str,
    action: &'static str,
) -> AlarmSheet {
    AlarmSheet {
        code,
        letter,
        cause,
        consequence,
        action,
    }
}

/// Code, NE 107 letter, cause, consequence, action.
pub(super) const SHEETS: [AlarmSheet; 23] = [
    sheet(
        "wrong-bin",
        'F',
        "A pack is in a bin where it must not be",
        "The good bin may hold a pack that was never proven.",
        "Lock both bins, look at their last packs, then resume.",
    ),
    sheet(
        "store",
        'F',
        "The store failed",
        "Nothing can be recorded, so nothing passes.",
        "Check the disk, then start the station again.",
    ),
    sheet(
        "sync",
        'F',
        "Printer and packs are out of step",
        "Labels may sit on the wrong packs; all of them are rejected.",
        "Press r to resynchronise: clears the printer, voids, purges.",
    ),
    sheet(
        "camera-counts",
        'F',
        "Camera and PLC count differently",
        "It is not certain which picture shows which pack; they are rejected.",
        "Check the trigger cable, then press r to resynchronise.",
    ),
    sheet(
        "rejects",
        'F',
        "Too many rejects in a row",
        "The line stands.",
        "Look at the last packs, clean or adjust, then resume.",
    ),
    sheet(
        "plc-link",
        'F',
        "The PLC does not answer",
        "The gate rejects everything by itself.",
        "Check the PLC's power and network cable.",
    ),
    sheet(
        "plc-wrong",
        'F',
        "This is not the PLC program that was expected",
        "Nothing passes.",
        "Compare the map version and ring depths with the station file.",
    ),
    sheet(
        "machine",
        'F',
        "The machine reports a fault",
        "The belt stands.",
        "Clear it at the machine and start there.",
    ),
    sheet(
        "printer-link",
        'F',
        "The printer does not answer",
        "No pack gets a label; what was queued is void.",
        "Check the printer's power and cable.",
    ),
    sheet(
        "printer",
        'F',
        "The printer cannot print",
        "No pack gets a label.",
        "Do what the printer names; printing goes on by itself.",
    ),
    sheet(
        "camera-link",
        'F',
        "The camera sends nothing",
        "No pack can be proven.",
        "Check the camera's power and network cable.",
    ),
    sheet(
        "numbers-out",
        'F',
        "There is no number for the next pack",
        "No pack gets a label.",
        "Run the belt empty, close the batch; import a list, or give a range.",
    ),
    sheet(
        "unknown-fate",
        'C',
        "Nobody can say where some packs went",
        "They are booked as unknown and their serials are dead.",
        "Look for them at the gate and in the bins; put them aside by hand.",
    ),
    sheet(
        "plc-restarted",
        'C',
        "The PLC restarted",
        "Every pack on the belt lost its identity.",
        "Clear the belt, then start at the machine.",
    ),
    sheet(
        "text",
        'S',
        "Text beside the symbol is not as printed",
        "The pack passes, since this batch only warns; its record says so.",
        "Clean the head, or teach the letters: vidimus label teach-text.",
    ),
    sheet(
        "print-quality",
        'M',
        "Print gets worse",
        "Packs will be rejected for their grade if it goes on.",
        "Mend what it looks like: head, ribbon, focus, light or feed.",
    ),
    sheet(
        "disk",
        'M',
        "The disk is getting full",
        "The station stops when there is no room left.",
        "Move other data away, or give it a larger disk.",
    ),
    sheet(
        "evidence",
        'M',
        "The picture of a rejected pack was not kept",
        "Packs are verified and sorted as before; their pictures are missing.",
        "Look at the evidence folder: rights, room on the disk, [evidence].",
    ),
    sheet(
        "sign-in",
        'M',
        "A name is locked after wrong secrets",
        "The line goes on; this person can sign in again later.",
        "Ask the person; was it somebody else, tell an administrator.",
    ),
    sheet(
        "packing",
        'M',
        "No container can be begun for good packs",
        "Good packs are loose: they are in no case on record.",
        "Give the station SSCCs in [packaging]; pack them by hand.",
    ),
    sheet(
        "container-printer",
        'C',
        "The printer of containers' labels cannot print",
        "Full containers wait for their label; packs go on.",
        "See to that printer: paper, ribbon, head, power, cable.",
    ),
    sheet(
        "container-label",
        'M',
        "A container did not get its label",
        "It stays open until a label was printed and read.",
        "Print it: vidimus pack label, with a reason for a second one.",
    ),
    sheet(
        "numbers-low",
        'M',
        "Few numbers are left for this batch",
        "When they are used up no pack gets a label.",
        "Get a list of numbers or a new [serial] range before they run out.",
    ),
];
