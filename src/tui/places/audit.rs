//! What people and configuration did, the newest first, and whether the end of the chain holds. PURE.

use super::{deeds, list};
use crate::tui::language::AsIs;
use crate::tui::pen::Pen;
use crate::tui::state::ScreenState;
use crate::tui::words;
use crate::wire::Sight;
use crate::wire::look::{AuditSight, ChainSeen};

/// So many digits of the head are shown where there is no room for all of them.
const HEAD_DIGITS: usize = 16;

pub(super) fn draw(pen: &mut Pen<'_>, state: &ScreenState) {
    let body = list::body(pen);
    let Some(Sight::Audit(audit)) = list::asked(pen, body.clone(), state) else {
        return;
    };
    let mut row = body.start;
    if let Some(chain) = &audit.chain {
        row = end_of_chain(pen, row, chain, state);
    }
    let head = head(audit, state);
    if !head.is_empty() {
        pen.field(2, row, pen.width() - 3, &head, state.theme.strong());
        row += 1;
    }
    pen.heading(0..pen.width(), row, "What was done", state.theme.rule());
    deeds::draw(pen, row + 1..body.end, &audit.deeds, state);
}

/// Only the last stretch of the chain is followed for a screen, and it is said so.
fn end_of_chain(pen: &mut Pen<'_>, row: u16, chain: &ChainSeen, state: &ScreenState) -> u16 {
    let digits = words::cut(&words::seen(&chain.head), HEAD_DIGITS + 1);
    let record = words::grouped(chain.record);
    if let Some(why) = &chain.broken {
        let text = format!("THE CHAIN IS BROKEN: {}", words::seen(why));
        let room = usize::from(pen.width().saturating_sub(3));
        let lines = pen.wrapped(&text, room);
        for (row, line) in (row..).zip(lines.iter().take(2)) {
            pen.text(2, row, &AsIs(line), state.theme.wrong());
        }
        return row + 2;
    }
    let text = match pen.width() >= 60 {
        true => format!("the end of it holds: head {digits} behind record {record}"),
        false => format!("its end holds, record {record}"),
    };
    let whole = "vidimus audit verify follows all of it";
    let told = match pen.width() >= 60 {
        true => vec![("chain", text), ("", whole.to_owned())],
        false => vec![("chain", text)],
    };
    let most = told.len() as u16;
    list::paragraphs(pen, row..row + most, &told, state)
}

/// What was looked for, which page it is, and how far back was looked.
fn head(audit: &AuditSight, state: &ScreenState) -> String {
    let wanted = words::seen(state.look.words.trim());
    let further = match audit.older {
        Some(older) => format!("looked back to record {older}, PgDn looks further"),
        None => "that is all on record".to_owned(),
    };
    match (wanted.is_empty(), audit.deeds.is_empty(), state.look.page()) {
        (true, true, _) => format!("Nobody did anything: {further}."),
        (false, true, _) => format!("Nothing with \"{wanted}\": {further}."),
        (false, false, page) => format!("With \"{wanted}\", page {page}"),
        (true, false, 1) => String::new(),
        (true, false, page) => format!("Page {page}; PgUp goes back"),
    }
}
