//! Charts as inline SVG: text in, text out, no script, nothing from outside. Made for black and white print. PURE.

use super::course::Span;
use std::fmt::Write as _;

/// Text as XML and HTML take it. Characters that XML forbids become U+FFFD.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(' '),
            letter if letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}') => {
                out.push('\u{fffd}');
            }
            letter => out.push(letter),
        }
    }
    out
}

/// The drawing's width, in its own units.
const WIDTH: f64 = 700.0;
/// Room for figures at the left.
const LEFT: f64 = 46.0;

/// Bars to the right, one a name, each with its figure.
pub fn bars(title: &str, values: &[(String, u64)]) -> String {
    const ROW: f64 = 20.0;
    const NAMES: f64 = 190.0;
    let height = ROW * values.len() as f64 + 8.0;
    let most = values
        .iter()
        .map(|(_, value)| *value)
        .max()
        .unwrap_or(0)
        .max(1);
    let mut svg = open(title, height);
    for (at, (name, value)) in values.iter().enumerate() {
        let y = at as f64 * ROW + 4.0;
        let length = (WIDTH - NAMES - 70.0) * *value as f64 / most as f64;
        let _ = write!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>\
             <rect class=\"bad\" x=\"{NAMES:.1}\" y=\"{:.1}\" width=\"{length:.1}\" height=\"13\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\">{value}</text>",
            NAMES - 8.0,
            y + 11.0,
            escaped(name),
            y,
            NAMES + length + 6.0,
            y + 11.0,
        );
    }
    svg.push_str("</svg>\n");
    svg
}

/// Columns over time: good ones, and the others on top of them.
pub fn columns(title: &str, values: &[(u64, u64)], ends: (&str, &str)) -> String {
    const HEIGHT: f64 = 150.0;
    const FLOOR: f64 = 128.0;
    let most = values
        .iter()
        .map(|(good, others)| good + others)
        .max()
        .unwrap_or(0)
        .max(1);
    let width = (WIDTH - LEFT) / values.len().max(1) as f64;
    let scale = (FLOOR - 10.0) / most as f64;
    let mut svg = open(title, HEIGHT);
    axis(
        &mut svg,
        FLOOR,
        &[(10.0, most.to_string()), (FLOOR, "0".to_owned())],
    );
    for (at, (good, others)) in values.iter().enumerate() {
        let x = LEFT + at as f64 * width;
        let (good, others) = (*good as f64 * scale, *others as f64 * scale);
        let thick = (width - 0.6).max(0.4);
        let _ = write!(
            svg,
            "<rect class=\"good\" x=\"{x:.1}\" y=\"{:.1}\" width=\"{thick:.1}\" height=\"{good:.1}\"/>\
             <rect class=\"bad\" x=\"{x:.1}\" y=\"{:.1}\" width=\"{thick:.1}\" height=\"{others:.1}\"/>",
            FLOOR - good,
            FLOOR - good - others,
        );
    }
    times(&mut svg, HEIGHT - 6.0, ends);
    svg.push_str("</svg>\n");
    svg
}

/// Mean grades as a line, lowest grades as dots, and the grade that was demanded, over time; grades from 0 to 4.
pub fn grades(title: &str, values: &[Span], demanded: Option<f64>, ends: (&str, &str)) -> String {
    const HEIGHT: f64 = 96.0;
    const FLOOR: f64 = 76.0;
    const TOP: f64 = 8.0;
    let y = |grade: f64| FLOOR - (FLOOR - TOP) * grade / 4.0;
    let width = (WIDTH - LEFT) / values.len().max(1) as f64;
    let mut svg = open(title, HEIGHT);
    let marks: Vec<(f64, String)> = (0..=4)
        .map(|grade| (y(f64::from(grade)), grade.to_string()))
        .collect();
    axis(&mut svg, FLOOR, &marks);
    if let Some(demanded) = demanded {
        let _ = write!(
            svg,
            "<line class=\"demanded\" x1=\"{LEFT:.1}\" x2=\"{WIDTH:.1}\" y1=\"{0:.1}\" y2=\"{0:.1}\"/>",
            y(demanded)
        );
    }
    let mut line = String::new();
    for (at, span) in values
        .iter()
        .enumerate()
        .filter(|(_, span)| span.graded > 0)
    {
        let x = LEFT + (at as f64 + 0.5) * width;
        let mean = span.mean_hundredths() as f64 / 100.0;
        let _ = write!(line, "{x:.1},{:.1} ", y(mean));
        let _ = write!(
            svg,
            "<circle class=\"lowest\" cx=\"{x:.1}\" cy=\"{:.1}\" r=\"1.6\"/>",
            y(f64::from(span.lowest) / 10.0)
        );
    }
    let _ = write!(
        svg,
        "<polyline class=\"mean\" points=\"{}\"/>",
        line.trim_end()
    );
    times(&mut svg, HEIGHT - 6.0, ends);
    svg.push_str("</svg>\n");
    svg
}

fn open(title: &str, height: f64) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH:.0} {height:.0}\" role=\"img\">\
         <title>{}</title>",
        escaped(title)
    )
}

/// A line at the left with figures beside it, and the floor.
fn axis(svg: &mut String, floor: f64, marks: &[(f64, String)]) {
    for (y, figure) in marks {
        let _ = write!(
            svg,
            "<line class=\"grid\" x1=\"{LEFT:.1}\" x2=\"{WIDTH:.1}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{figure}</text>",
            LEFT - 5.0,
            y + 4.0
        );
    }
    let _ = write!(
        svg,
        "<line class=\"floor\" x1=\"{LEFT:.1}\" x2=\"{WIDTH:.1}\" y1=\"{floor:.1}\" y2=\"{floor:.1}\"/>"
    );
}

fn times(svg: &mut String, y: f64, (from, to): (&str, &str)) {
    let _ = write!(
        svg,
        "<text x=\"{LEFT:.1}\" y=\"{y:.1}\">{}</text>\
         <text x=\"{WIDTH:.1}\" y=\"{y:.1}\" text-anchor=\"end\">{}</text>",
        escaped(from),
        escaped(to)
    );
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn text_cannot_become_markup() {
        let wicked = "<script>\"'&\u{1}\u{ffff}\nx</script>";
        let safe = escaped(wicked);
        assert_eq!(
            safe,
            "&lt;script&gt;&quot;&#39;&amp;\u{fffd}\u{fffd} x&lt;/script&gt;"
        );
        let svg = bars(wicked, &[(wicked.to_owned(), 0)]);
        assert!(!svg.contains("<script") && !svg.contains("NaN"), "{svg}");
        for svg in [
            columns("t", &[], ("a", "b")),
            grades("t", &[], Some(1.5), ("a", "b")),
        ] {
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        }
    }
}
