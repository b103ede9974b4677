//! A label as a screen of characters can show it: one dot for each module of its symbol. PURE.

use super::design::Template;
use super::pack::PackData;
use super::{LabelError, Layout};
use crate::record::Modules;
use vidimus_drivers::printer::format::Dots;

impl Template {
    /// The label with this on it, one dot for each module of its symbol: the symbol is exact, small text is not.
    ///
    /// # Errors
    /// As [`super::Design::drawn`].
    pub fn sketch(&self, pack: &PackData, dpmm: u16) -> Result<Modules, LabelError> {
        let layout: Layout = self.layout(pack, dpmm)?;
        let dots = self.drawn(pack, dpmm)?;
        let symbol = layout.symbol();
        let edge = symbol.module_dots.max(1);
        // The grid lies on the symbol's modules.
        let (left, top) = (symbol.x % edge, symbol.y % edge);
        let columns = (dots.width().saturating_sub(left)) / edge;
        let rows = (dots.height().saturating_sub(top)) / edge;
        let side = |count: u32| u16::try_from(count).unwrap_or(u16::MAX);
        let (columns, rows) = (side(columns), side(rows));
        let places =
            (0..u32::from(rows)).flat_map(|y| (0..u32::from(columns)).map(move |x| (x, y)));
        let dark = places.map(|(x, y)| is_dark(&dots, (left + x * edge, top + y * edge), edge));
        Ok(Modules {
            columns,
            rows,
            dark: dark.collect(),
        })
    }
}

/// A third of ink makes it dark, so that thin strokes are not lost.
fn is_dark(dots: &Dots, (left, top): (u32, u32), edge: u32) -> bool {
    let places = (0..edge * edge).map(|at| (left + at % edge, top + at / edge));
    let black = places.filter(|(x, y)| dots.is_black(*x, *y)).count();
    3 * black >= (edge * edge) as usize
}

#[cfg(test)]
mod test {
    use crate::label::built_in;

    #[test]
    fn the_symbol_of_a_sketch_is_the_symbol_of_the_label() {
        for name in crate::label::built_in_names() {
            let template = built_in(name).expect("it is built in");
            let pack = template.sample();
            let sketch = template.sketch(&pack, 8).expect("it can be drawn");
            let layout = template.layout(&pack, 8).expect("it can be laid out");
            let symbol = layout.symbol();
            let elements = template.elements(&pack);
            let drawn = crate::label::layout::data_matrix(&elements).expect("it fits");
            let bitmap = drawn.bitmap();
            let mut dark = vec![false; bitmap.width() * bitmap.height()];
            for (x, y) in bitmap.pixels() {
                dark[y * bitmap.width() + x] = true;
            }
            let columns = usize::from(sketch.columns);
            let left = (symbol.x / symbol.module_dots) as usize;
            let top = (symbol.y / symbol.module_dots) as usize;
            for (at, wanted) in dark.iter().enumerate() {
                let (x, y) = (at % bitmap.width(), at / bitmap.width());
                let found = sketch.dark[(top + y) * columns + left + x];
                assert_eq!(found, *wanted, "{name}: module {x}, {y}");
            }
        }
    }
}
