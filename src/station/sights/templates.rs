//! The label templates of packs: which there are, where each stands, and how one looks.

use super::{PAGE_ROWS, bounded};
use crate::label::{PackData, Template, built_in_names, built_in_text};
use crate::record::{LabelSlot, LabelText, TemplateHash};
use crate::store::StoreError;
use crate::trace::{
    Archive, LABEL_OF_FILE, LabelEntry, LabelSince, LabelState, TraceError, label_history,
};
use crate::wire::look::{Preview, TemplateSeen, TemplateStanding, TemplatesSight};

/// Columns and rows of the largest sketch that is sent.
const SKETCH_LARGEST: (u16, u16) = (116, 96);

/// All that there are, and the one that is to be shown.
pub(super) fn page(
    archive: &Archive,
    (file, dpmm): (Option<&LabelText>, u16),
    shown: Option<TemplateHash>,
) -> Result<TemplatesSight, TraceError> {
    let mut rows = on_record(archive)?;
    let more = rows.len().saturating_sub(PAGE_ROWS) as u64;
    rows.truncate(PAGE_ROWS);
    let in_force = |row: &TemplateSeen| row.standing == TemplateStanding::InForce;
    if !rows.iter().any(in_force)
        && let Some(file) = file
    {
        // No record speaks of templates: the station file's is printed.
        rows.insert(0, of_file(file));
    }
    for name in built_in_names() {
        let text = built_in_text(name).unwrap_or_default();
        let template = LabelText::new(name, text).template;
        if !rows.iter().any(|row| row.template == template) {
            rows.push(TemplateSeen {
                standing: TemplateStanding::BuiltIn,
                by: None,
                ..seen(name, template)
            });
        }
    }
    let shown = shown.or_else(|| {
        rows.iter()
            .find(|row| in_force(row))
            .map(|row| row.template)
    });
    let shown = shown.map(|template| preview(archive, file, template, dpmm));
    Ok(TemplatesSight {
        rows,
        more,
        shown: shown.transpose()?,
    })
}

fn seen(name: &str, template: TemplateHash) -> TemplateSeen {
    TemplateSeen {
        name: bounded(name),
        template,
        standing: TemplateStanding::Known,
        since_utc_ms: None,
        by: Some(LABEL_OF_FILE.to_owned()),
        why: None,
    }
}

fn of_file(file: &LabelText) -> TemplateSeen {
    TemplateSeen {
        standing: TemplateStanding::InForce,
        ..seen(&file.name, file.template)
    }
}

/// Those that records speak of: the one in force, the one on trial, the others, the newest first.
fn on_record(archive: &Archive) -> Result<Vec<TemplateSeen>, StoreError> {
    let records = archive.reader.label_records()?;
    let first = records.first().map_or(0, |stored| stored.record.seq);
    let opened = archive.reader.opened_with(first)?;
    let history = label_history(&records, &|_| String::new(), &opened);
    let mut rows: Vec<TemplateSeen> = Vec::new();
    let newest_first = history.iter().rev();
    for entry in newest_first.filter(|entry| entry.of == LabelSlot::Packs) {
        // An order that came to nothing hides none that did.
        match rows.iter_mut().find(|row| row.template == entry.template) {
            Some(row) if row.standing == TemplateStanding::Known => *row = of_record(entry),
            Some(_) => {}
            None => rows.push(of_record(entry)),
        }
    }
    rows.sort_by_key(|row| match row.standing {
        TemplateStanding::InForce => 0,
        TemplateStanding::OnTrial => 1,
        _ => 2,
    });
    Ok(rows)
}

fn standing(entry: &LabelEntry) -> TemplateStanding {
    match entry.state {
        LabelState::InForce => TemplateStanding::InForce,
        LabelState::OnTrial => TemplateStanding::OnTrial,
        LabelState::Replaced => TemplateStanding::Former,
        LabelState::GivenUp | LabelState::Refused => TemplateStanding::Known,
    }
}

fn of_record(entry: &LabelEntry) -> TemplateSeen {
    let since = match &entry.since {
        Some(LabelSince::UtcMs(at)) => Some(*at),
        // It was in force before the records speak of it.
        Some(_) => None,
        None => Some(entry.utc_ms),
    };
    let given_up = entry.given_up_by.as_ref();
    let given_up = given_up.map(|by| format!("given up by {by}"));
    let why = [entry.reason.clone(), entry.why.clone(), given_up];
    let why: Vec<String> = why.into_iter().flatten().collect();
    TemplateSeen {
        standing: standing(entry),
        since_utc_ms: since,
        by: Some(bounded(&entry.by)),
        why: Some(bounded(&why.join("; "))).filter(|why| !why.is_empty()),
        ..seen(&entry.name, entry.template)
    }
}

/// The text of a template that is on record, built in, or the station file's.
fn text_of(
    archive: &Archive,
    file: Option<&LabelText>,
    template: TemplateHash,
) -> Result<Option<String>, StoreError> {
    if let Some(label) = archive.reader.label_text(template)? {
        return Ok(Some(label.text));
    }
    let built_in = built_in_names().filter_map(|name| {
        let text = built_in_text(name)?;
        Some(LabelText::new(name, text))
    });
    let mut known = built_in.chain(file.cloned());
    let found = known.find(|label| label.template == template);
    Ok(found.map(|label| label.text))
}

fn preview(
    archive: &Archive,
    file: Option<&LabelText>,
    template: TemplateHash,
    dpmm: u16,
) -> Result<Preview, StoreError> {
    let mut preview = Preview {
        template: Some(template),
        ..Preview::default()
    };
    let Some(text) = text_of(archive, file, template)? else {
        preview.wrong = Some("No record holds its text: it was refused.".to_owned());
        return Ok(preview);
    };
    match Template::parse(&text) {
        Ok(design) => fill(&mut preview, &design, dpmm),
        Err(error) => preview.wrong = Some(bounded(&error.to_string())),
    }
    Ok(preview)
}

fn fill(preview: &mut Preview, design: &Template, dpmm: u16) {
    let sample: PackData = design.sample();
    preview.size = format!("{} × {} mm", design.width_mm, design.height_mm);
    match design.layout(&sample, dpmm) {
        Ok(layout) => {
            let codes = layout.barcodes.iter();
            let codes = codes.map(|place| ("symbol", &place.content));
            let texts = layout.all_texts().map(|place| ("text", &place.value));
            let says = codes.chain(texts).filter(|(_, value)| !value.is_empty());
            let says = says.map(|(what, value)| (what.to_owned(), bounded(value)));
            preview.says = says.take(PAGE_ROWS).collect();
        }
        Err(error) => preview.wrong = Some(bounded(&error.to_string())),
    }
    match design.sketch(&sample, dpmm) {
        Ok(sketch) => {
            let (columns, rows) = SKETCH_LARGEST;
            let fits = sketch.columns <= columns && sketch.rows <= rows;
            preview.picture = Some(sketch).filter(|_| fits);
        }
        Err(error) => preview.wrong = Some(bounded(&error.to_string())),
    }
}
