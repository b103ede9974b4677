//! The page that a scan opens over the screen: what the code is and where it stands. PURE.

use super::language::{AsIs, Language};
use super::pen::Pen;
use super::screen::FULL;
use super::state::{ScanPage, ScanSaid, ScreenState};
use super::words;
use crate::wire::Found;
use crate::wire::scan::{FoundContainer, FoundPack, Happened, Stands, UnitName};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

/// Columns of the page where the screen is wide enough.
const COLUMNS: u16 = 80;
/// Columns of what stands before each line.
const NAME_COLUMNS: u16 = 10;

/// One line of the page.
struct Line {
    /// What it tells of; empty: of the whole.
    name: &'static str,
    text: String,
    /// It must not be overlooked.
    strong: bool,
}

impl Line {
    /// It is what was scanned or what a label says, and no sentence.
    fn is_code(&self) -> bool {
        self.name == "scan" || self.name.is_empty() && !self.strong
    }
}

fn line(name: &'static str, text: impl Into<String>) -> Line {
    Line {
        name,
        text: text.into(),
        strong: false,
    }
}

fn strong(name: &'static str, text: impl Into<String>) -> Line {
    Line {
        strong: true,
        ..line(name, text)
    }
}

/// What stands on a page: its heading, whether that is good news, and lines, the most important first.
struct Content {
    heading: String,
    good: bool,
    lines: Vec<Line>,
}

/// Draws the page, if one is open. State, message and keys of the screen under it stay in sight.
pub(super) fn page(frame: &mut Frame<'_>, screen: &ScreenState) {
    let Some(page) = &screen.page else {
        return;
    };
    let whole = frame.area();
    let full = whole.width >= FULL.width && whole.height >= FULL.height;
    let (columns, name_columns) = match full {
        true => (COLUMNS, NAME_COLUMNS),
        false => (whole.width, 0),
    };
    let content = content(page);
    let room = columns.saturating_sub(4 + name_columns);
    let rows = rows(
        &content.lines,
        usize::from(room),
        name_columns == 0,
        &screen.language,
    );
    let most = usize::from(whole.height.saturating_sub(if full { 5 } else { 2 }));
    let height = (rows.len() + 2).min(most) as u16;
    let area = Rect {
        x: whole.x + (whole.width - columns) / 2,
        y: whole.y + if full { 2 } else { 1 },
        width: columns,
        height,
    };
    let mut pen = Pen::new(frame.buffer_mut(), area, &screen.language);
    pen.clear();
    let last = pen.height().saturating_sub(1);
    let fits = usize::from(last.saturating_sub(1));
    for (row, (name, text, strong)) in (1..last).zip(&rows) {
        let style = match strong {
            true => screen.theme.strong(),
            false => Style::new(),
        };
        pen.text(0, row, "|", screen.theme.rule());
        pen.text(columns - 1, row, "|", screen.theme.rule());
        pen.field(2, row, name_columns, *name, Style::new());
        pen.field(2 + name_columns, row, room, &AsIs(text), style);
    }
    let more = match rows.len() > fits {
        true => "more on a larger screen",
        false => "",
    };
    pen.heading(0..columns, last, more, screen.theme.rule());
    let style = match content.good {
        true => screen.theme.strong(),
        false => screen.theme.wrong(),
    };
    let close = pen.said("Esc  close");
    let left = columns.saturating_sub(close.chars().count() as u16 + 5);
    pen.field(2, 0, left, &words::seen(&content.heading), style);
    pen.right(columns - 1, 0, &AsIs(&close), Style::new());
    pen.row_style(0, style.add_modifier(Modifier::REVERSED));
}

/// Lines as they fit: name, text, whether it is strong. On the small screen the name stands before the text.
fn rows(
    lines: &[Line],
    room: usize,
    names_inside: bool,
    language: &Language,
) -> Vec<(&'static str, String, bool)> {
    let mut rows = Vec::new();
    for line in lines {
        let text = words::seen(&line.text);
        let text = match line.is_code() {
            true => text,
            false => language.of(&text).into_owned(),
        };
        let text = match names_inside && !line.name.is_empty() {
            true => format!("{}: {text}", language.of(line.name)),
            false => text,
        };
        let mut name = line.name;
        for part in words::wrapped(&text, room) {
            rows.push((name, part, line.strong));
            name = "";
        }
    }
    rows
}

fn content(page: &ScanPage) -> Content {
    let refused = |heading: &str, lines: Vec<Line>| Content {
        heading: heading.to_owned(),
        good: false,
        lines,
    };
    let scan = || line("scan", words::cut(&page.scan, 120));
    match &page.said {
        ScanSaid::Asking => Content {
            heading: "SCANNED: asking the station …".to_owned(),
            good: true,
            lines: vec![scan()],
        },
        ScanSaid::NoScan(text) => refused("NO SCAN", vec![strong("", text.as_str())]),
        ScanSaid::Refused(text) => {
            refused("NOT LOOKED UP", vec![strong("", text.as_str()), scan()])
        }
        ScanSaid::Found(found) => match &**found {
            Found::Unreadable { why } => refused("CANNOT BE READ", vec![strong("", why.as_str())]),
            Found::Stranger { code, reasons } => {
                let mut lines = vec![
                    line("", code.as_str()),
                    strong("", "is in no record of this station: set it aside."),
                ];
                lines.extend(reasons.iter().map(|reason| line("number", reason.as_str())));
                refused("NOT ON RECORD", lines)
            }
            Found::Pack(pack) => of_pack(pack),
            Found::Container(container) => of_container(container),
        },
    }
}

/// What forbids that a unit is used, as one word or two, the gravest first; `None`: nothing.
fn forbids(stands: &Stands) -> Option<String> {
    match stands {
        Stands {
            recall: Some(_), ..
        } => Some("RECALLED".to_owned()),
        Stands { end: Some(end), .. } => Some(end.what.to_uppercase()),
        Stands { hold: Some(_), .. } => Some("HELD".to_owned()),
        Stands { warnings, .. } if !warnings.is_empty() => Some("LOOK AT IT".to_owned()),
        _ => None,
    }
}

fn of_pack(pack: &FoundPack) -> Content {
    let stands = &pack.stands;
    let good = pack.state == "active";
    let state = match pack.state.as_str() {
        "active" => "GOOD".to_owned(),
        other => other.replace('-', " ").to_uppercase(),
    };
    let forbidden = forbids(stands);
    let mut lines = vec![line("", pack.unit.code.as_str())];
    lines.extend(warnings(stands));
    let verdict = match (&pack.verdict, pack.grade_tenths) {
        (None, _) => "none".to_owned(),
        (Some(name), None) => words::cause(name),
        (Some(name), Some(grade)) => {
            let about = if pack.grade_indicative { "~" } else { "" };
            format!(
                "{}, grade {about}{}",
                words::cause(name),
                words::grade(grade)
            )
        }
    };
    lines.push(line("verdict", verdict));
    let went = pack.fate.as_deref();
    lines.push(line(
        "went",
        went.unwrap_or("nowhere yet: it is in the line"),
    ));
    lines.push(line("inside", inside(stands)));
    let lot = pack.lot.as_deref().unwrap_or("none");
    let expiry = pack.expiry.as_deref().unwrap_or("none");
    lines.push(line("lot", format!("{lot}, expiry {expiry} (YYMMDD)")));
    let gtin = pack.gtin.as_deref().unwrap_or("none");
    let serial = pack.serial.as_deref().unwrap_or("none");
    lines.push(line("GTIN", format!("{gtin}, serial {serial}")));
    lines.extend(pack.batch.map(|batch| line("batch", batch.0.to_string())));
    lines.push(line("place", place(stands)));
    Content {
        good: good && forbidden.is_none(),
        heading: format!("PACK {}: {}", pack.unit.no, forbidden.unwrap_or(state)),
        lines,
    }
}

fn of_container(container: &FoundContainer) -> Content {
    let stands = &container.stands;
    let forbidden = forbids(stands);
    let mixed = if container.mixed {
        ", several lots"
    } else {
        ""
    };
    let of = container.holds.map(|holds| format!(" of {holds}"));
    let holds = format!("{}{}{mixed}", container.inside, of.unwrap_or_default());
    let mut lines = vec![line("", container.unit.code.as_str())];
    lines.extend(warnings(stands));
    lines.push(line("state", container.state.as_str()));
    lines.push(line("contains", holds));
    lines.push(line("inside", inside(stands)));
    lines.extend(
        container
            .batch
            .map(|batch| line("batch", batch.0.to_string())),
    );
    lines.push(line("place", place(stands)));
    let kind = container.unit.kind.to_uppercase();
    let sound = matches!(container.state.as_str(), "open" | "closed");
    let state = container.state.to_uppercase();
    Content {
        good: sound && forbidden.is_none(),
        heading: format!("{kind}: {}", forbidden.unwrap_or(state)),
        lines,
    }
}

/// All that a person must know before anything is done with it.
fn warnings(stands: &Stands) -> Vec<Line> {
    let recall = stands.recall.as_ref();
    let end = stands.end.as_ref();
    let hold = stands.hold.as_ref();
    let happened = [
        recall.map(|stage| strong("recalled", since(stage))),
        end.map(|stage| strong("ended", happened(stage))),
        hold.map(|stage| strong("held", since(stage))),
    ];
    let told = stands.warnings.iter();
    let told = told.map(|warning| strong("look", warning.as_str()));
    happened.into_iter().flatten().chain(told).collect()
}

fn named(unit: &UnitName) -> String {
    match unit.code.as_str() {
        "" => format!("{} no. {}", unit.kind, unit.no),
        code => format!("{} {code}", unit.kind),
    }
}

/// `since record 9200, with case (00)…`: what it is stands before it.
fn since(stage: &Happened) -> String {
    format!("since record {}{}", stage.record, with(stage))
}

/// `shipped, partner 9521321000018, with case (00)… (record 9001)`
fn happened(stage: &Happened) -> String {
    let partner = stage.partner.as_ref();
    let partner = partner.map_or(String::new(), |gln| format!(", partner {gln}"));
    format!(
        "{}{partner}{} (record {})",
        stage.what,
        with(stage),
        stage.record
    )
}

fn with(stage: &Happened) -> String {
    let with = stage.with.as_ref();
    with.map_or(String::new(), |unit| format!(", with {}", named(unit)))
}

fn inside(stands: &Stands) -> String {
    let all: Vec<String> = stands.inside.iter().map(named).collect();
    match all.is_empty() {
        true => "nothing: it is loose".to_owned(),
        false => all.join(", in "),
    }
}

fn place(stands: &Stands) -> String {
    match (&stands.place, stands.here) {
        (None, _) => "here: it never left".to_owned(),
        (Some(stage), true) => format!("here: {}", happened(stage)),
        (Some(stage), false) => format!("away: {}", happened(stage)),
    }
}
