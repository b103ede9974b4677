//! The open container, labels that are due, and what lies in a container on no record. PURE.

use super::list;
use crate::tui::pen::Pen;
use crate::tui::state::ScreenState;
use crate::tui::words;
use crate::wire::View;
use ratatui::style::Style;

/// Columns of the bar that shows how full the open container is.
const BAR: u32 = 20;

pub(super) fn draw(pen: &mut Pen<'_>, view: &View, state: &ScreenState) {
    let body = list::body(pen);
    let row = list::paragraphs(pen, body.clone(), &standing(view), state);
    if view.unread.is_empty() || row + 1 >= body.end {
        return;
    }
    let heading = format!("On no record: {}", view.unread.len());
    pen.heading(0..pen.width(), row, &heading, state.theme.rule());
    let (rows, about) = list::shared(row + 1..body.end, view.unread.len());
    list::rows(pen, rows, &view.unread, state, |pen, row, name| {
        pen.text(2, row, &words::seen(name), Style::new());
    });
    let last = view.unread.len() - 1;
    let chosen = &view.unread[state.chosen.min(last)];
    list::paragraphs(pen, about, &[("do now", what_to_do(chosen))], state);
}

/// How a thing that went by unread is put right.
fn what_to_do(name: &str) -> String {
    let scan = words::seen(name.rsplit(' ').next().unwrap_or(name));
    match name.starts_with("pack ") {
        true => format!(
            "Find it: press p and scan what it lies in. If it is lost or damaged: press e. (vidimus pack put case \
             '{scan}', vidimus pack end '{scan}')"
        ),
        false => format!(
            "Look which label sticks on it and what lies in it: press c to close it, or p where it lies on a pallet. \
             (vidimus pack close '{scan}', vidimus pack put pallet '{scan}')"
        ),
    }
}

fn standing(view: &View) -> Vec<(&'static str, String)> {
    let open = view.container.as_ref().map_or_else(
        || "none that packs fall into".to_owned(),
        |open| {
            let filled = (open.inside.min(open.holds) * BAR)
                .checked_div(open.holds)
                .unwrap_or(0);
            let bar: String = (0..BAR)
                .map(|at| if at < filled { '#' } else { '.' })
                .collect();
            format!(
                "{} {}  [{bar}] {} of {}",
                open.level, open.code, open.inside, open.holds
            )
        },
    );
    let labels = view.labels.as_ref();
    let due = labels.map_or(String::new(), |labels| match labels.due {
        0 => "none is due".to_owned(),
        1 => "1 full container waits for its label".to_owned(),
        due => format!("{due} full containers wait for their labels"),
    });
    let hindrance = labels.and_then(|labels| labels.hindrance.clone());
    vec![
        ("open", open),
        ("labels", due),
        ("hindered", hindrance.unwrap_or_default()),
    ]
}
