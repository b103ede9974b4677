//! Few requests that cover all that is to be read, or written. PURE.

use super::Span;
use crate::plc::RegisterTable;

/// A run of registers that must lie in one request: first register and the one behind the last.
pub(super) type Extent = (u32, u32);

/// What one read may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Most registers.
    pub most: u16,
    /// Most registers among them that have no name.
    pub gap: u16,
}

/// Why what must be seen at once cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// It is longer than a read.
    TooLong,
    /// So many registers without a name lie between.
    Nameless(u32),
}

/// Reads of one table that cover every extent: the first covers all of `core`, if there is any; each holds whole
/// extents and is within the limits.
pub(super) fn reads(
    core: &[Extent],
    others: &[Extent],
    limits: Limits,
) -> Result<Vec<Extent>, Refused> {
    let mut named: Vec<Extent> = core.iter().chain(others).copied().collect();
    named.sort_unstable();
    let fits = |extent: Extent| {
        extent.1 - extent.0 <= limits.most.into() && nameless(extent, &named) <= limits.gap.into()
    };
    let mut rest: Vec<Extent> = others.to_vec();
    rest.sort_unstable();
    let mut spans = Vec::new();
    let ends = core.iter().map(|extent| extent.0).min();
    if let Some(first) = ends.zip(core.iter().map(|extent| extent.1).max()) {
        if first.1 - first.0 > limits.most.into() {
            return Err(Refused::TooLong);
        }
        if !fits(first) {
            return Err(Refused::Nameless(nameless(first, &named)));
        }
        let mut first = first;
        // What lies beside the core comes with it, first behind it, then before it.
        for (from, to) in &rest {
            let longer = (first.0, first.1.max(*to));
            if *from >= first.0 && fits(longer) {
                first = longer;
            }
        }
        for (from, to) in rest.iter().rev() {
            let longer = (first.0.min(*from), first.1);
            if *to <= first.1 && fits(longer) {
                first = longer;
            }
        }
        rest.retain(|(from, to)| *from < first.0 || *to > first.1);
        spans.push(first);
    }
    let cored = spans.len();
    for (from, to) in rest {
        match spans[cored..].last_mut() {
            Some(span) if fits((span.0, to.max(span.1))) => span.1 = span.1.max(to),
            _ => spans.push((from, to)),
        }
    }
    Ok(spans)
}

/// How many registers of this run lie in none of these, the first of which comes first.
fn nameless((from, to): Extent, named: &[Extent]) -> u32 {
    let (mut at, mut count) = (from, 0);
    for (begin, end) in named.iter().filter(|(begin, _)| *begin < to) {
        count += begin.saturating_sub(at);
        at = at.max(*end);
    }
    count + to.saturating_sub(at)
}

/// Writes of exactly these registers and no other, but for those that may be written with 0 between them; neighbours
/// go together. The one with `core` comes first. `None` when a run is longer than `most`.
pub(super) fn writes(
    registers: &[u16],
    reserved: impl Fn(u16) -> bool,
    core: u16,
    most: u16,
) -> Option<Vec<Span>> {
    let mut sorted = registers.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let mut runs: Vec<Extent> = Vec::new();
    for register in sorted {
        let at = u32::from(register);
        match runs.last_mut() {
            Some(run) if (run.1..at).all(|hole| u16::try_from(hole).is_ok_and(&reserved)) => {
                run.1 = at + 1;
            }
            _ => runs.push((at, at + 1)),
        }
    }
    runs.sort_by_key(|run| !(run.0..run.1).contains(&u32::from(core)));
    match runs.iter().all(|run| run.1 - run.0 <= u32::from(most)) {
        true => runs
            .into_iter()
            .map(|run| span(RegisterTable::Holding, run))
            .collect(),
        false => None,
    }
}

/// A run of a table; `None` beyond its end.
pub(super) fn span(table: RegisterTable, (from, to): Extent) -> Option<Span> {
    Some(Span {
        table,
        first: u16::try_from(from).ok()?,
        count: u16::try_from(to - from).ok()?,
    })
}

#[cfg(test)]
mod test {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_extent_lies_whole_in_a_read_within_the_limits_and_the_core_in_the_first(
            core in (0u32..3000, 1u32..100), others in proptest::collection::vec((0u32..3000, 1u32..3), 0..40),
            most in 100u16..=125, gap in 0u16..=125, has_core: bool,
        ) {
            let core: Vec<Extent> = has_core.then_some((core.0, core.0 + core.1)).into_iter().collect();
            let others: Vec<Extent> = others.iter().map(|(from, count)| (*from, from + count)).collect();
            let plan = reads(&core, &others, Limits { most, gap }).unwrap();
            let named = |register: &u32| {
                core.iter().chain(&others).any(|(from, to)| (*from..*to).contains(register))
            };
            let is_too_much = |(from, to): Extent| {
                to - from > u32::from(most) || (from..to).filter(|at| !named(at)).count() > usize::from(gap)
            };
            prop_assert!(plan.iter().all(|(from, to)| to > from && !is_too_much((*from, *to))), "{plan:?}");
            let holds = |span: &Extent, (from, to): Extent| span.0 <= from && to <= span.1;
            prop_assert!(core.iter().all(|core| holds(&plan[0], *core)));
            for extent in &others {
                prop_assert!(plan.iter().any(|span| holds(span, *extent)), "{extent:?} in {plan:?}");
            }
            // No two reads could have been one.
            for (at, a) in plan.iter().enumerate().skip(core.len()) {
                for b in plan.iter().skip(at + 1) {
                    prop_assert!(is_too_much((a.0.min(b.0), a.1.max(b.1))), "{a:?} {b:?}");
                }
            }
        }

        #[test]
        fn exactly_the_registers_and_the_reserved_holes_are_written_and_the_core_first(
            registers in proptest::collection::btree_set(0u16..200, 1..60),
            reserved in proptest::collection::btree_set(0u16..200, 0..60), pick: usize,
        ) {
            let registers: Vec<u16> = registers.into_iter().collect();
            let core = registers[pick % registers.len()];
            let is_reserved = |register: u16| reserved.contains(&register);
            let Some(plan) = writes(&registers, is_reserved, core, 123) else {
                return Ok(());
            };
            let written: Vec<u16> = plan.iter().flat_map(|span| span.first..span.first + span.count).collect();
            for register in &registers {
                prop_assert_eq!(written.iter().filter(|at| *at == register).count(), 1);
            }
            for register in &written {
                prop_assert!(registers.contains(register) || is_reserved(*register));
            }
            let first = plan[0];
            prop_assert!((first.first..first.first + first.count).contains(&core));
        }
    }

    #[test]
    fn the_contract_is_one_read_and_one_write() {
        let limits = Limits {
            most: 125,
            gap: 125,
        };
        let others: Vec<Extent> = (0..40).map(|at| (at, at + 1)).collect();
        assert_eq!(reads(&[(0, 36)], &others, limits), Ok(vec![(0, 40)]));
        let registers: Vec<u16> = (100..112).collect();
        let plan = writes(&registers, |_| false, 101, 123).unwrap();
        assert_eq!(
            plan,
            [Span {
                table: RegisterTable::Holding,
                first: 100,
                count: 12
            }]
        );
        assert_eq!(reads(&[(0, 126)], &[], limits), Err(Refused::TooLong));
        let close = Limits { gap: 3, ..limits };
        let core = [(0, 10), (14, 20)];
        assert_eq!(reads(&core, &[], close), Err(Refused::Nameless(4)));
        assert_eq!(reads(&core, &[(10, 11)], close), Ok(vec![(0, 20)]));
    }
}
