//! The report as one HTML page that needs nothing else: no script, no outside resource, every text escaped, made to be
//! printed on A4. It is well-formed XML, too. PURE.

use super::chart::{bars, columns, escaped, grades};
use super::course::{Bin, Incidents, TOLD_MAX};
use super::markup::Page;
use super::{Act, Report};
use crate::record::Parameter;
use crate::trace::recall::Group;
use crate::trace::reconcile::Equation;
use crate::trace::words::clock;
use std::fmt::Write as _;

const STYLE: &str = include_str!("page.css");

/// `1 h 02 min 03 s`, as far as needed.
fn span(ms: i64) -> String {
    let seconds = ms / 1_000;
    match (seconds / 3_600, seconds / 60 % 60, seconds % 60) {
        (0, 0, s) => format!("{s} s"),
        (0, min, s) => format!("{min} min {s:02} s"),
        (h, min, s) => format!("{h} h {min:02} min {s:02} s"),
    }
}

/// The page.
pub fn page(report: &Report) -> String {
    let batch = &report.batch;
    let title = format!("Batch record {}, lot {}", batch.no.0, batch.lot);
    let mut page = Page(String::new());
    page.raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n");
    let _ = writeln!(
        page.0,
        "<title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>",
        escaped(&title)
    );
    let _ = writeln!(page.0, "<h1>{}</h1>", escaped(&title));
    opening(&mut page, report);
    sums(&mut page, report);
    differences(&mut page, report);
    rejects(&mut page, report);
    over_time(&mut page, report);
    graded(&mut page, report);
    incidents(&mut page, "Alarms", "alarm", &report.course.alarms);
    incidents(
        &mut page,
        "Stops by the station",
        "cause",
        &report.course.stops,
    );
    incidents(
        &mut page,
        "Printer and packs put in step again",
        "cause",
        &report.course.resyncs,
    );
    labels(&mut page, report);
    incidents(
        &mut page,
        "Changes of the label template",
        "change",
        &report.course.labels,
    );
    materials(&mut page, report);
    containers(&mut page, report);
    acts(&mut page, report);
    proof(&mut page, report);
    page.raw("</body>\n</html>\n");
    page.0
}

/// Which packs have which version of the label.
fn labels(page: &mut Page, report: &Report) {
    page.section("Label versions");
    page.table(
        &[
            "version",
            "SHA-256",
            "from pack",
            "to pack",
            "good",
            "rejected",
            "others",
            "test prints",
        ],
        report.labels.iter().map(|part| {
            let label = part.label.as_ref();
            let mut cells = vec![
                label.map_or("without a label".to_owned(), ToString::to_string),
                label.map_or(String::new(), |label| label.template.to_string()),
            ];
            let numbers = [
                part.first_pack,
                part.last_pack,
                part.good,
                part.rejected,
                part.others,
                part.test_prints,
            ];
            cells.extend(numbers.map(|number| number.to_string()));
            cells
        }),
    );
}

/// Who did it when, and why.
fn said(act: Option<&Act>) -> String {
    act.map_or("nothing on record".to_owned(), |act| {
        let reason = act.reason.as_ref().map(|why| format!(": {why}"));
        let (at, by) = (clock(act.utc_ms), &act.by);
        format!("{at}, by {by}{}", reason.unwrap_or_default())
    })
}

fn opening(page: &mut Page, report: &Report) {
    let (batch, terms) = (&report.batch, &report.batch.terms);
    let said_none = |text: Option<String>| text.unwrap_or_else(|| "none".to_owned());
    let ended = match report.open {
        true => "still open".to_owned(),
        false => said(report.closed.as_ref()),
    };
    let accepted = said(report.first_articles.as_ref());
    let first_articles = match terms.rules.first_article {
        0 => "none were demanded".to_owned(),
        wanted => format!("{wanted} were demanded; {accepted}"),
    };
    let produced = terms.produced.map(|date| date.to_string());
    let continues = terms.continues.map(|no| no.0.to_string());
    let hierarchy = terms.hierarchy.as_ref().map(ToString::to_string);
    let target = batch.target.map(|target| target.to_string());
    let (least, text) = (batch.quality.grade_min, batch.quality.text);
    let cleared = said(report.line_clearance.as_ref());
    let template = batch.template.to_string();
    page.list(&[
        ("Product", None, batch.product.clone()),
        ("GTIN", Some("gtin"), batch.gtin.as_str().to_owned()),
        ("Lot", Some("lot"), batch.lot.to_string()),
        ("Expiry date (YYMMDD)", None, batch.expiry.to_string()),
        ("Produced (YYMMDD)", None, said_none(produced)),
        ("Opened", None, said(report.opened.as_ref())),
        ("Closed", None, ended),
        ("Line clearance", None, cleared),
        ("First articles", None, first_articles),
        ("Continues batch", None, said_none(continues)),
        ("Hierarchy", None, said_none(hierarchy)),
        ("Quantity wanted", None, said_none(target)),
        ("Lowest grade that passes", None, least.to_string()),
        ("Text beside the code", None, text.to_string()),
        (
            "Label template at the opening, SHA-256",
            Some("template"),
            template,
        ),
    ]);
}

/// `120 = good 118 + rejected 2`.
fn sum(equation: &Equation) -> String {
    let parts: Vec<String> = equation
        .parts
        .iter()
        .map(|(name, count)| format!("{name} {count}"))
        .collect();
    let sign = if equation.holds { "=" } else { "IS NOT" };
    format!("{} {sign} {}", equation.whole, parts.join(" + "))
}

fn sums(page: &mut Page, report: &Report) {
    let tally = &report.tally;
    page.section("Counts and sums");
    let count = |count: u64| count.to_string();
    page.list(&[
        ("Packs entered", Some("entered"), count(tally.entered)),
        ("Good", Some("good"), count(tally.good)),
        ("Rejected", Some("rejected"), count(tally.rejected())),
        ("Samples at the line", Some("sampled"), count(tally.sampled)),
        ("Taken off the belt", Some("removed"), count(tally.removed)),
        ("Of unknown fate", Some("unknown"), count(tally.unknown)),
        ("In line", Some("in-line"), count(tally.in_line)),
        ("Numbers taken", Some("taken"), count(tally.taken)),
        ("Numbers void", Some("void"), count(tally.numbers_void)),
    ]);
    let equations = report.reconciliation.equations.iter();
    page.table(
        &["sum", "the whole and its parts", "holds"],
        equations.map(|equation| {
            let holds = if equation.holds { "yes" } else { "NO" };
            vec![equation.name.to_owned(), sum(equation), holds.to_owned()]
        }),
    );
}

fn differences(page: &mut Page, report: &Report) {
    page.section("Differences and explanations");
    page.table(
        &["difference", "count", "permitted", "explained"],
        report.differences.iter().map(|one| {
            let said: Vec<String> = one
                .explanations
                .iter()
                .map(|act| format!("{}, by {}, {}", act.what, act.by, clock(act.utc_ms)))
                .collect();
            let said = match (said.is_empty(), one.count > one.permitted) {
                (false, _) => said.join("; "),
                (true, true) => "NOT EXPLAINED".to_owned(),
                (true, false) => "need not be".to_owned(),
            };
            vec![
                one.of.to_owned(),
                one.count.to_string(),
                one.permitted.to_string(),
                said,
            ]
        }),
    );
}

fn rejects(page: &mut Page, report: &Report) {
    page.section("Rejects by reason");
    let causes: Vec<(String, u64)> = report
        .tally
        .rejected_by
        .iter()
        .map(|(name, count)| (name.clone(), *count))
        .collect();
    page.table(
        &["reason", "packs"],
        causes
            .iter()
            .map(|(name, count)| vec![name.clone(), count.to_string()]),
    );
    if !causes.is_empty() {
        page.figure(
            &bars("Rejects by reason", &causes),
            "Rejected packs by reason.",
        );
    }
}

fn over_time(page: &mut Page, report: &Report) {
    let timeline = &report.course.timeline;
    page.section("Packs over time");
    if timeline.bins.is_empty() {
        return page.paragraph("No pack came to the gate.");
    }
    let ends = ends(report);
    let counts: Vec<(u64, u64)> = timeline
        .bins
        .iter()
        .map(|bin| (bin.good, bin.others))
        .collect();
    let caption = format!(
        "Packs at the gate, each column {}: good (light), all others (dark).",
        span(timeline.width_ms)
    );
    page.figure(
        &columns("Packs over time", &counts, (&ends.0, &ends.1)),
        &caption,
    );
}

fn ends(report: &Report) -> (String, String) {
    let timeline = &report.course.timeline;
    let to = timeline.from_utc_ms + timeline.width_ms * timeline.bins.len() as i64;
    (clock(timeline.from_utc_ms), clock(to))
}

fn graded(page: &mut Page, report: &Report) {
    let course = &report.course;
    page.section("Print quality");
    let letters: Vec<String> = course
        .graded
        .by_letter
        .iter()
        .map(|(letter, count)| format!("{letter} {count}"))
        .collect();
    page.list(&[
        (
            "Packs graded",
            Some("graded"),
            course.graded.binding.to_string(),
        ),
        (
            "Graded indicatively",
            None,
            course.graded.indicative.to_string(),
        ),
        ("Not graded", None, course.graded.ungraded.to_string()),
        ("By letter", None, letters.join(", ")),
    ]);
    if course.graded.binding == 0 {
        return page.paragraph("No pack has a grade that may accept or reject.");
    }
    page.paragraph(
        "In-line grades by the method of ISO/IEC 15415; no certified verification. Line: mean; dots: lowest; dashed: \
         lowest grade that passes.",
    );
    let demanded = report.batch.quality.grade_min.0.map(|least| least.number());
    let ends = ends(report);
    let (bins, ends) = (&course.timeline.bins, (ends.0.as_str(), ends.1.as_str()));
    let whole = course.timeline.whole();
    let mut chart = |name: &str, of: &dyn Fn(&Bin) -> super::course::Span| {
        let spans: Vec<_> = bins.iter().map(of).collect();
        let whole = of(&whole);
        let mean = whole.mean_hundredths();
        let lowest = whole.lowest;
        let caption = format!(
            "{name}: mean {}.{:02}, lowest {}.{}",
            mean / 100,
            mean % 100,
            lowest / 10,
            lowest % 10
        );
        page.figure(&grades(name, &spans, demanded, ends), &caption);
    };
    chart("overall", &|bin| bin.overall);
    for (at, parameter) in Parameter::ALL.into_iter().enumerate() {
        chart(parameter.name(), &move |bin| bin.parameters[at]);
    }
}

fn incidents(page: &mut Page, title: &str, what: &str, incidents: &Incidents) {
    page.section(title);
    let counts: Vec<String> = incidents
        .counts
        .iter()
        .map(|(name, count)| format!("{name} {count}"))
        .collect();
    page.paragraph(&match incidents.count() {
        0 => "None.".to_owned(),
        count => format!(
            "{count}: {}. Together {}.",
            counts.join(", "),
            span(incidents.lasted_ms)
        ),
    });
    if incidents.told.is_empty() {
        return;
    }
    page.table(
        &["time", "record", what, "what exactly", "stood"],
        incidents.told.iter().map(|one| {
            let lasted = one
                .lasted_ms
                .map_or("to the end, or together with another".to_owned(), span);
            let detail = one.detail.clone().unwrap_or_default();
            vec![
                clock(one.utc_ms),
                one.record.to_string(),
                one.what.clone(),
                detail,
                lasted,
            ]
        }),
    );
    if incidents.count() > TOLD_MAX as u64 {
        page.paragraph(&format!(
            "The first {TOLD_MAX} are told one by one; all are counted."
        ));
    }
}

fn materials(page: &mut Page, report: &Report) {
    let through = |last: Option<u64>| last.map_or("in use".to_owned(), |last| last.to_string());
    page.section("Components");
    page.table(
        &[
            "kind",
            "lot",
            "name",
            "supplier",
            "expiry",
            "from pack",
            "to pack",
        ],
        report.components.iter().map(|used| {
            let part = &used.component;
            let words = |words: &Option<crate::record::Words>| {
                words.as_ref().map_or(String::new(), ToString::to_string)
            };
            vec![
                part.kind.to_string(),
                part.lot.to_string(),
                words(&part.name),
                words(&part.supplier),
                part.expiry.map_or(String::new(), |date| date.to_string()),
                used.first_pack.to_string(),
                through(used.last_pack),
            ]
        }),
    );
    page.section("Printers");
    page.table(
        &["printer", "from pack", "to pack"],
        report.printers.iter().map(|used| {
            vec![
                used.printer.clone(),
                used.first_pack.to_string(),
                through(used.last_pack),
            ]
        }),
    );
    page.section("Samples at the line");
    let samples = report.course.samples.iter();
    page.table(
        &["cause", "packs"],
        samples.map(|(cause, count)| vec![(*cause).to_owned(), count.to_string()]),
    );
    let packs: Vec<String> = report
        .course
        .sampled_packs
        .iter()
        .map(u64::to_string)
        .collect();
    if !packs.is_empty() {
        page.paragraph(&format!(
            "The first of them, by number: {}.",
            packs.join(", ")
        ));
    }
}

fn containers(page: &mut Page, report: &Report) {
    let recall = &report.reconciliation.recall;
    page.section("Where the good packs are");
    page.table(
        &["where", "packs"],
        recall
            .whereabouts
            .iter()
            .map(|(place, count)| vec![place.clone(), count.to_string()]),
    );
    page.table(
        &["level", "containers with packs of this batch"],
        recall
            .containers
            .iter()
            .map(|(level, count)| vec![level.clone(), count.to_string()]),
    );
    page.table(
        &[
            "outermost container",
            "state",
            "packs",
            "where",
            "several lots",
        ],
        recall.groups.iter().map(group),
    );
    if report.groups_left_out > 0 {
        page.paragraph(&format!(
            "{} more are not named here; vidimus recall --batch {} names them.",
            report.groups_left_out, report.batch.no.0
        ));
    }
}

fn group(group: &Group) -> Vec<String> {
    let place = group.place.as_ref().map_or("here".to_owned(), |place| {
        let partner = place.partner.map(|gln| format!(", partner {gln}"));
        format!("{}{}", place.what, partner.unwrap_or_default())
    });
    let mixed = if group.mixed { "yes" } else { "" };
    vec![
        format!("{} {}", group.container.kind, group.container.code),
        group.state.to_owned(),
        group.packs.to_string(),
        place,
        mixed.to_owned(),
    ]
}

fn acts(page: &mut Page, report: &Report) {
    page.section("What was done");
    page.table(
        &["time", "record", "what", "by", "reason"],
        report.acts.iter().map(|act| {
            let reason = act.reason.clone().unwrap_or_default();
            vec![
                clock(act.utc_ms),
                act.record.to_string(),
                act.what.clone(),
                act.by.clone(),
                reason,
            ]
        }),
    );
    page.section("Signatures");
    page.table(
        &["time", "record", "by", "meaning", "of"],
        report.signatures.iter().map(|one| {
            let act = &one.act;
            let of = match one.signed {
                (first, last) if first == last => format!("record {first}"),
                (first, last) => format!("records {first} to {last}"),
            };
            vec![
                clock(act.utc_ms),
                act.record.to_string(),
                act.by.clone(),
                one.meaning.to_string(),
                of,
            ]
        }),
    );
}

fn proof(page: &mut Page, report: &Report) {
    page.section("What this report follows from");
    let versions: Vec<String> = report
        .course
        .versions
        .iter()
        .map(|(record, version)| format!("vidimus {version} (started in record {record})"))
        .collect();
    let glyphs: Vec<String> = report
        .course
        .glyphs
        .iter()
        .map(|taught| taught.map_or("our own drawing alone".to_owned(), |hash| hash.to_string()))
        .collect();
    let proof = &report.proof;
    page.list(&[
        ("Software that ran", None, versions.join(", ")),
        (
            "Letters that text was compared with, SHA-256",
            None,
            glyphs.join(", "),
        ),
        (
            "Records of the store, up to",
            Some("through-record"),
            proof.through_record.to_string(),
        ),
        (
            "Head of their hash chain, SHA-256",
            Some("chain-head"),
            proof.sha256.clone(),
        ),
        (
            "This report was made",
            None,
            report
                .made
                .clone()
                .unwrap_or_else(|| "at a time that is left out".to_owned()),
        ),
    ]);
    page.paragraph(
        "Every commit of the store is sealed by the SHA-256 of the hash before it and of its own text. A store whose \
         chain leads to this hash at this record has exactly the records that this report was made of.",
    );
}
