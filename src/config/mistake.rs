//! Mistakes in a configuration: where, what, what is allowed, what was probably meant. PURE.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use std::fmt;
use std::ops::Range;

/// Most mistakes that are shown; the rest is counted.
pub const SHOWN_MAX: usize = 50;

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Short machine name: `syntax`, `unknown_key`, `missing`, `type`, `range`, `reference` …
    pub code: &'static str,
    /// Where it stands, e.g. `limits.workers`; empty for mistakes of syntax.
    pub key: String,
    /// Bytes of the text it covers.
    pub span: Range<usize>,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong, as a sentence.
    pub text: String,
    /// What is allowed there.
    pub allowed: Option<String>,
    /// What was probably meant, or what to do, as a sentence.
    pub suggestion: Option<String>,
}

/// Every mistake of one configuration, in the order of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigErrors {
    /// The file's name, for messages.
    pub file: String,
    source: String,
    /// The mistakes; never empty.
    pub mistakes: Vec<Mistake>,
}

impl ConfigErrors {
    /// Sorts the mistakes into the order of the text.
    pub(super) fn new(file: &str, source: &str, mut mistakes: Vec<Mistake>) -> ConfigErrors {
        assert!(!mistakes.is_empty(), "errors hold at least one mistake");
        for mistake in &mut mistakes {
            (mistake.line, mistake.column) = line_and_column(source, mistake.span.start);
        }
        mistakes.sort_by_key(|mistake| mistake.span.start);
        ConfigErrors {
            file: file.to_owned(),
            source: source.to_owned(),
            mistakes,
        }
    }

    /// Every mistake with its line, a caret below the place, what is allowed and what was meant.
    pub fn render(&self, colour: bool) -> String {
        let renderer = if colour {
            Renderer::styled()
        } else {
            Renderer::plain()
        };
        let mut out = String::new();
        for mistake in self.mistakes.iter().take(SHOWN_MAX) {
            let mut mark = AnnotationKind::Primary.span(mistake.span.clone());
            if let Some(allowed) = &mistake.allowed {
                mark = mark.label(format!("allowed: {allowed}"));
            }
            let snippet = Snippet::source(self.source.as_str())
                .path(self.file.as_str())
                .annotation(mark);
            let mut group = Level::ERROR
                .primary_title(mistake.text.as_str())
                .element(snippet);
            if let Some(suggestion) = &mistake.suggestion {
                group = group.element(Level::HELP.message(suggestion.as_str()));
            }
            out.push_str(&renderer.render(&[group]));
            out.push_str("\n\n");
        }
        if self.mistakes.len() > SHOWN_MAX {
            let more = self.mistakes.len() - SHOWN_MAX;
            out.push_str(&format!("… and {more} more.\n"));
        }
        out.push_str(&self.closing_line());
        out
    }

    fn closing_line(&self) -> String {
        match self.mistakes.len() {
            1 => format!("{}: 1 mistake. Mend it and check again.\n", self.file),
            n => format!("{}: {n} mistakes. Mend them and check again.\n", self.file),
        }
    }

    /// The same as JSON.
    pub fn to_json(&self) -> serde_json::Value {
        let errors: Vec<_> = self
            .mistakes
            .iter()
            .map(|mistake| {
                serde_json::json!({
                    "code": mistake.code,
                    "key": mistake.key,
                    "line": mistake.line,
                    "column": mistake.column,
                    "text": mistake.text,
                    "allowed": mistake.allowed,
                    "suggestion": mistake.suggestion,
                })
            })
            .collect();
        serde_json::json!({ "v": 1, "file": self.file, "ok": false, "errors": errors })
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for ConfigErrors {}

fn line_and_column(source: &str, at: usize) -> (usize, usize) {
    let before = source.get(..at).unwrap_or(source);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = before.matches('\n').count() + 1;
    (line, before[line_start..].chars().count() + 1)
}
