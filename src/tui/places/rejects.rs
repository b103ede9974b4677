//! Why packs are rejected, the most frequent cause first, and how the print is. PURE.

use super::list;
use crate::record::Tally;
use crate::tui::pen::Pen;
use crate::tui::state::ScreenState;
use crate::tui::words;
use crate::wire::View;
use ratatui::style::Style;

/// Columns of a cause's name.
const NAME: u16 = 24;
/// Columns of the longest bar.
const BAR: u64 = 20;

pub(super) fn draw(pen: &mut Pen<'_>, view: &View, state: &ScreenState) {
    let body = list::body(pen);
    let causes = pareto(&view.tally);
    let about = print(view);
    let most = causes.first().map_or(1, |(_, count)| *count).max(1);
    let all = view.tally.rejected();
    // The print needs its rows; what is left belongs to the causes.
    let rows = (body.end - body.start).saturating_sub(2 + u16::try_from(about.len()).unwrap_or(4));
    let room = usize::from(rows.max(3));
    let mut row = body.start;
    if causes.is_empty() {
        pen.text(2, row, "No pack was rejected.", Style::new());
        row += 1;
    }
    let shown = if causes.len() > room {
        room - 1
    } else {
        causes.len()
    };
    for (name, count) in &causes[..shown] {
        cause(pen, row, name, (*count, most, all), state);
        row += 1;
    }
    if shown < causes.len() {
        let rest: u64 = causes[shown..].iter().map(|(_, count)| count).sum();
        let name = format!("{} more causes", causes.len() - shown);
        cause(pen, row, &name, (rest, most, all), state);
        row += 1;
    }
    pen.heading(0..pen.width(), row, "Print", state.theme.rule());
    list::paragraphs(pen, row + 1..body.end, &about, state);
}

/// Causes and how often, the most frequent first.
fn pareto(tally: &Tally) -> Vec<(String, u64)> {
    let some = tally.rejected_by.iter().filter(|(_, count)| **count > 0);
    let mut causes: Vec<(String, u64)> = some
        .map(|(name, count)| (words::cause(name), *count))
        .collect();
    causes.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    causes
}

/// Name, count, share of all rejects in percent, and a bar against the most frequent one.
fn cause(
    pen: &mut Pen<'_>,
    row: u16,
    name: &str,
    (count, most, all): (u64, u64, u64),
    state: &ScreenState,
) {
    let wide = pen.width() >= 60;
    pen.field(2, row, NAME, name, Style::new());
    pen.right(
        2 + NAME + 9,
        row,
        &words::grouped(count),
        state.theme.strong(),
    );
    if wide {
        let percent = (count * 100).checked_div(all).unwrap_or(0);
        pen.right(2 + NAME + 16, row, &format!("{percent} %"), Style::new());
        let length = (count * BAR).div_ceil(most.max(1)).min(BAR);
        let bar = "#".repeat(usize::try_from(length).unwrap_or(0));
        pen.text(2 + NAME + 19, row, &bar, Style::new());
    }
}

fn print(view: &View) -> Vec<(&'static str, String)> {
    let quality = &view.quality;
    let mean = quality.overall_mean_tenths.map(words::grade);
    let mean = mean.unwrap_or_else(|| "no pack was graded yet".to_owned());
    let level = words::grade(quality.level_tenths);
    let looks = view
        .last_pack
        .as_ref()
        .and_then(|pack| pack.looks_like.clone());
    let last = view.last_pack.as_ref().map(|pack| {
        let grade = words::last_grade(pack).unwrap_or_default();
        let outcome = words::outcome(&pack.outcome, pack.passed);
        let serial = pack
            .serial
            .as_deref()
            .map_or("no number".to_owned(), words::tail);
        let read = pack.read.as_deref().map_or(String::new(), |read| {
            format!(", read {}", words::seen(read))
        });
        format!("{serial} {}{read}", format!("{outcome} {grade}").trim_end())
    });
    vec![
        (
            "of last 100",
            format!("{} rejected", view.rejects_of_last_100),
        ),
        ("mean grade", format!("{mean}; warns below {level}")),
        ("warning", quality.warning.clone().unwrap_or_default()),
        ("looks like", looks.unwrap_or_default()),
        (
            "wrong text",
            match quality.text_wrong {
                0 => String::new(),
                count => format!("{} packs", words::grouped(count)),
            },
        ),
        ("last pack", last.unwrap_or_default()),
    ]
}
