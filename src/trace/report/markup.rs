//! Headings, lists, tables and figures of a page; whatever comes in as text goes out escaped. PURE.

use super::chart::escaped;
use std::fmt::Write as _;

/// A page that is being written.
pub struct Page(pub String);

impl Page {
    /// Markup as it is.
    pub fn raw(&mut self, text: &str) {
        self.0.push_str(text);
    }

    /// A heading.
    pub fn section(&mut self, title: &str) {
        let _ = writeln!(self.0, "<h2>{}</h2>", escaped(title));
    }

    /// A paragraph.
    pub fn paragraph(&mut self, text: &str) {
        let _ = writeln!(self.0, "<p>{}</p>", escaped(text));
    }

    /// Names and what they are; those with an id can be found by programs.
    pub fn list(&mut self, rows: &[(&str, Option<&str>, String)]) {
        self.raw("<table class=\"list\">\n");
        for (name, id, text) in rows {
            let id = id.map_or(String::new(), |id| format!(" id=\"{id}\""));
            let _ = writeln!(
                self.0,
                "<tr><th>{}</th><td{id}>{}</td></tr>",
                escaped(name),
                escaped(text)
            );
        }
        self.raw("</table>\n");
    }

    /// A table; one without rows says so.
    pub fn table(&mut self, heads: &[&str], rows: impl Iterator<Item = Vec<String>>) {
        self.raw("<table>\n<thead><tr>");
        for head in heads {
            let _ = write!(self.0, "<th>{}</th>", escaped(head));
        }
        self.raw("</tr></thead>\n<tbody>\n");
        let mut none = true;
        for row in rows {
            none = false;
            self.raw("<tr>");
            for cell in row {
                let _ = write!(self.0, "<td>{}</td>", escaped(&cell));
            }
            self.raw("</tr>\n");
        }
        if none {
            let _ = writeln!(self.0, "<tr><td colspan=\"{}\">none</td></tr>", heads.len());
        }
        self.raw("</tbody>\n</table>\n");
    }

    /// A drawing with what it shows.
    pub fn figure(&mut self, svg: &str, caption: &str) {
        let caption = escaped(caption);
        let _ = writeln!(
            self.0,
            "<figure>{svg}<figcaption>{caption}</figcaption></figure>"
        );
    }
}
