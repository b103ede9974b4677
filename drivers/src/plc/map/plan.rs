//! Few requests that cover all that is to be read, or written. PURE.

use super::Span;

/// A run of registers that must lie in one request: first register and the one behind the last.
pub(super) type Extent = (u32, u32);

/// Reads that cover every extent: the first covers `core`, each holds whole extents, none is longer than `most`.
/// `None` when an extent alone is longer.
pub(super) fn reads(core: Extent, others: &[Extent], most: u16) -> Option<Vec<Span>> {
    let most = u32::from(most);
    if core.1 - core.0 > most {
        return None;
    }
    let mut rest: Vec<Extent> = others.to_vec();
    rest.sort_unstable();
    // What lies beside the core comes with it, first behind it, then before it.
    let mut first = core;
    for (from, to) in &rest {
        if *from >= first.0 && *to - first.0 <= most {
            first.1 = first.1.max(*to);
        }
    }
    for (from, to) in rest.iter().rev() {
        if *to <= first.1 && first.1 - (*from).min(first.0) <= most {
            first.0 = first.0.min(*from);
        }
    }
    rest.retain(|(from, to)| *from < first.0 || *to > first.1);
    let mut spans = vec![first];
    for (from, to) in rest {
        if to - from > most {
            return None;
        }
        match spans[1..].last_mut() {
            Some(span) if to.max(span.1) - span.0 <= most => span.1 = span.1.max(to),
            _ => spans.push((from, to)),
        }
    }
    spans.into_iter().map(span).collect()
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
        true => runs.into_iter().map(span).collect(),
        false => None,
    }
}

fn span((from, to): Extent) -> Option<Span> {
    Some(Span {
        first: u16::try_from(from).ok()?,
        count: u16::try_from(to - from).ok()?,
    })
}

#[cfg(test)]
mod test {
    use super::*;
    use proptest::prelude::*;

    fn ends(span: &Span) -> Extent {
        let first = u32::from(span.first);
        (first, first + u32::from(span.count))
    }

    proptest! {
        #[test]
        fn every_extent_lies_whole_in_a_read_that_is_short_enough_and_the_core_in_the_first(
            core in (0u32..3000, 1u32..100), others in proptest::collection::vec((0u32..3000, 1u32..3), 0..40),
            most in 100u16..=125,
        ) {
            let core = (core.0, core.0 + core.1);
            let others: Vec<Extent> = others.iter().map(|(from, count)| (*from, from + count)).collect();
            let plan = reads(core, &others, most).unwrap();
            prop_assert!(plan.iter().all(|span| (1..=most).contains(&span.count)));
            let holds = |span: &Span, (from, to): Extent| ends(span).0 <= from && to <= ends(span).1;
            prop_assert!(holds(&plan[0], core));
            for extent in &others {
                prop_assert!(plan.iter().any(|span| holds(span, *extent)), "{extent:?} in {plan:?}");
            }
            // No two reads could have been one.
            for (at, a) in plan.iter().enumerate().skip(1) {
                for b in plan.iter().skip(at + 1) {
                    let together = ends(a).1.max(ends(b).1) - ends(a).0.min(ends(b).0);
                    prop_assert!(together > u32::from(most), "{a:?} {b:?}");
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
        let others: Vec<Extent> = (0..40).map(|at| (at, at + 1)).collect();
        let plan = reads((0, 36), &others, 125).unwrap();
        assert_eq!(
            plan,
            [Span {
                first: 0,
                count: 40
            }]
        );
        let registers: Vec<u16> = (100..112).collect();
        let plan = writes(&registers, |_| false, 101, 123).unwrap();
        assert_eq!(
            plan,
            [Span {
                first: 100,
                count: 12
            }]
        );
        assert_eq!(reads((0, 126), &[], 125), None);
    }
}
