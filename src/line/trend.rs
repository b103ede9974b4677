//! Where print quality is going: a warning before packs fail. PURE.
//!
//! Of every parameter of the last packs two things are kept: a mean that forgets (exponential weights, so that about
//! the last [`MEAN_PACKS`] count) and straight lines by least squares through the last [`LATELY_PACKS`] and through
//! the last [`WINDOW_MAX`], for what falls fast and for what wears off. Both warn:
//!
//! - *low*: the mean is closer to the level than half a grade, or than two and a half standard deviations of single
//!   packs about the line, so that some will fail by chance;
//! - *falling*: a line falls, its slope is at least `SIGNIFICANT` standard errors from level, and two standard
//!   deviations below it the level is reached within [`AHEAD_PACKS`] packs.
//!
//! Six standard errors are much, and on purpose: the window moves pack by pack, so that a line at rest puts the
//! question a hundred thousand times a shift. A warning goes when neither holds, with some distance more, for
//! [`CALM_PACKS`] packs on end. Nothing of it survives a restart: it is learnt again from the next packs.

use crate::record::{Cause, Grades, Parameter, Tenths};
use std::collections::VecDeque;
use std::fmt;

/// About so many packs count in a mean; before it has seen as many it says nothing.
pub const MEAN_PACKS: u32 = 30;
/// Packs of the short line, and those whose cause counts.
pub const LATELY_PACKS: usize = 100;
/// Packs of the long line; nothing older is kept.
pub const WINDOW_MAX: usize = 500;
/// A fall is told at most so many packs ahead.
pub const AHEAD_PACKS: u32 = 200;
/// Packs without any reason to warn after which a warning is over.
pub const CALM_PACKS: u32 = 30;
/// The level of a batch without a minimum: 1.5, the lowest C.
pub const LEVEL_WITHOUT_MINIMUM: Tenths = Tenths(15);
/// Standard errors by which a slope must differ from level.
const SIGNIFICANT: f64 = 6.0;
/// Fewest packs through which a line is laid.
const FALL_PACKS_MIN: usize = 50;
/// Closer to the level than this is low, in tenths.
const MARGIN_TENTHS: f64 = 5.0;
/// Standard deviations of single packs about the line that count as close to the level.
const SCATTER: f64 = 2.5;
/// A cause is named when it was seen on so many packs of the window.
const CAUSE_PACKS_MIN: usize = 3;
/// Parameters that can fall; that of decoding is a yes or no.
const GRADED: usize = Parameter::ALL.len();

/// What is looked at more narrowly to raise a warning than to let it go.
#[derive(Debug, Clone, Copy)]
struct Strictness {
    more_tenths: f64,
    significant: f64,
    ahead_packs: f64,
}

const TO_RAISE: Strictness = Strictness {
    more_tenths: 0.0,
    significant: SIGNIFICANT,
    ahead_packs: AHEAD_PACKS as f64,
};

const TO_LET_GO: Strictness = Strictness {
    more_tenths: 2.0,
    significant: SIGNIFICANT / 2.0,
    ahead_packs: 1.5 * AHEAD_PACKS as f64,
};

/// One pack as the trend sees it.
#[derive(Debug, Clone, Copy)]
struct Sample {
    by_parameter: [Tenths; GRADED],
    looks_like: Option<Cause>,
}

/// A straight line through the last packs' grades of one parameter, in tenths.
#[derive(Debug, Clone, Copy)]
struct Line {
    /// Change from pack to pack.
    slope: f64,
    /// Standard error of the slope.
    slope_error: f64,
    /// The line at the last pack.
    now: f64,
}

/// What a line by least squares needs of a row of grades; whole numbers, so that it stays exact for ever.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    count: i64,
    grades: i64,
    squares: i64,
    /// Grade times place in the row, from 0.
    moment: i64,
}

impl Sums {
    fn push(&mut self, grade: Tenths) {
        let grade = i64::from(grade.0);
        self.moment += self.count * grade;
        self.grades += grade;
        self.squares += grade * grade;
        self.count += 1;
    }

    /// Takes the oldest one out; every other moves up by one place.
    fn drop_oldest(&mut self, grade: Tenths) {
        let grade = i64::from(grade.0);
        self.grades -= grade;
        self.squares -= grade * grade;
        self.count -= 1;
        self.moment -= self.grades;
    }

    fn line(&self) -> Line {
        let count = self.count as f64;
        let mean = self.grades as f64 / count;
        if self.count < 3 {
            return Line {
                slope: 0.0,
                slope_error: 0.0,
                now: mean,
            };
        }
        // Places about their middle: Σ(x − x̄)² = n (n² − 1) / 12.
        let places = count * (count * count - 1.0) / 12.0;
        let about_middle = (2 * self.moment - (self.count - 1) * self.grades) as f64 / 2.0;
        let slope = about_middle / places;
        let about_mean = (self.count * self.squares - self.grades * self.grades) as f64 / count;
        let about_line = (about_mean - slope * slope * places).max(0.0);
        Line {
            slope,
            slope_error: (about_line / (count - 2.0) / places).sqrt(),
            now: mean + slope * (count - 1.0) / 2.0,
        }
    }
}

/// Why a warning stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Course {
    /// The mean is close to the level.
    Low {
        /// Two and a half standard deviations of single packs.
        varies: Tenths,
    },
    /// The line falls.
    Falling {
        /// By how much in 100 packs.
        in_100_packs: Tenths,
        /// In how many packs single ones reach the level.
        packs_left: u32,
    },
}

/// Print quality is about to fail packs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Warning {
    /// The parameter that is worst off.
    pub parameter: Parameter,
    /// Where it is: its mean, or where its line has fallen to.
    pub grade: Tenths,
    /// The level that is near.
    pub level: Tenths,
    /// Low or falling.
    pub course: Course,
    /// What most of the weak packs of the window look like.
    pub looks_like: Option<Cause>,
    /// From pictures that lost detail on their way: no pack will be rejected by it.
    pub indicative: bool,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parameter = self.parameter.name().replace('_', " ");
        write!(f, "{parameter} {}", self.grade)?;
        if let Some(cause) = self.looks_like {
            write!(f, " (looks like {cause})")?;
        }
        match self.course {
            Course::Low { varies } => write!(f, ", varies by {varies}, limit {}", self.level)?,
            Course::Falling {
                in_100_packs,
                packs_left,
            } => {
                let level = self.level;
                write!(f, ", falls {in_100_packs} in 100 packs, ")?;
                match packs_left {
                    0 => write!(f, "single ones below {level}")?,
                    _ => write!(f, "below {level} in about {packs_left}")?,
                }
            }
        }
        match self.indicative {
            true => f.write_str(", indicative"),
            false => Ok(()),
        }
    }
}

/// What one more pack changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// No warning began or ended; one that stands may say something else now.
    Same,
    /// A warning begins.
    Warns(Warning),
    /// The warning is over.
    Over,
}

/// The course of print quality.
#[derive(Debug, Clone)]
pub struct Trend {
    level: Tenths,
    indicative: bool,
    window: VecDeque<Sample>,
    /// Of the last [`LATELY_PACKS`], and of the whole window.
    lately: [Sums; GRADED],
    long: [Sums; GRADED],
    /// Packs seen, up to [`MEAN_PACKS`].
    seen: u32,
    means: [f64; GRADED],
    overall_mean: f64,
    warning: Option<Warning>,
    calm_packs: u32,
}

impl Trend {
    /// Nothing seen yet; warns before `level`.
    pub fn new(level: Tenths) -> Trend {
        Trend {
            level,
            indicative: false,
            window: VecDeque::with_capacity(WINDOW_MAX),
            lately: [Sums::default(); GRADED],
            long: [Sums::default(); GRADED],
            seen: 0,
            means: [0.0; GRADED],
            overall_mean: 0.0,
            warning: None,
            calm_packs: 0,
        }
    }

    /// The level it warns of.
    pub fn level(&self) -> Tenths {
        self.level
    }

    /// The mean of the overall grade over about [`MEAN_PACKS`] packs.
    pub fn overall_mean(&self) -> Option<Tenths> {
        (self.seen > 0).then(|| rounded(self.overall_mean))
    }

    /// The warning that stands.
    pub fn warning(&self) -> Option<&Warning> {
        self.warning.as_ref()
    }

    /// Takes one more pack in. When pictures begin or cease to be indicative everything is learnt again: grades of
    /// both kinds cannot be compared.
    pub fn add(&mut self, grades: &Grades, indicative: bool, looks_like: Option<Cause>) -> Change {
        let stood = self.warning.is_some();
        if indicative != self.indicative {
            *self = Trend {
                indicative,
                ..Trend::new(self.level)
            };
        }
        let by_parameter = grades.by_parameter;
        self.push(Sample {
            by_parameter,
            looks_like,
        });
        self.seen = (self.seen + 1).min(MEAN_PACKS);
        // The first packs count alike; later ones forget what lies far back.
        let weight = 1.0 / f64::from(self.seen);
        for (mean, grade) in self.means.iter_mut().zip(by_parameter) {
            *mean += weight * (f64::from(grade.0) - *mean);
        }
        self.overall_mean += weight * (f64::from(grades.overall().0) - self.overall_mean);
        match self.judge() {
            Change::Same if stood && self.warning.is_none() => Change::Over,
            change => change,
        }
    }

    fn push(&mut self, sample: Sample) {
        if self.window.len() == WINDOW_MAX
            && let Some(oldest) = self.window.pop_front()
        {
            let sums = self.long.iter_mut().zip(oldest.by_parameter);
            sums.for_each(|(sums, grade)| sums.drop_oldest(grade));
        }
        if let Some(before) = self.window.len().checked_sub(LATELY_PACKS) {
            let sums = self.lately.iter_mut().zip(self.window[before].by_parameter);
            sums.for_each(|(sums, grade)| sums.drop_oldest(grade));
        }
        for (place, grade) in sample.by_parameter.into_iter().enumerate() {
            self.long[place].push(grade);
            self.lately[place].push(grade);
        }
        self.window.push_back(sample);
    }

    fn judge(&mut self) -> Change {
        let found = self.worst(TO_RAISE);
        if self.warning.is_none() {
            self.calm_packs = 0;
            self.warning = found;
            return found.map_or(Change::Same, Change::Warns);
        }
        if let Some(warning) = found {
            self.calm_packs = 0;
            self.warning = Some(warning);
            return Change::Same;
        }
        self.calm_packs = match self.worst(TO_LET_GO) {
            Some(_) => 0,
            None => self.calm_packs + 1,
        };
        if self.calm_packs < CALM_PACKS {
            return Change::Same;
        }
        self.warning = None;
        Change::Over
    }

    /// The parameter that will fail packs first, if one will.
    fn worst(&self, strictness: Strictness) -> Option<Warning> {
        if self.seen < MEAN_PACKS {
            return None;
        }
        let graded = Parameter::ALL
            .into_iter()
            .filter(|one| *one != Parameter::Decode);
        let found = graded.filter_map(|parameter| {
            let (grade, course) = self.course(parameter, strictness)?;
            let packs_left = match course {
                Course::Low { .. } => 0,
                Course::Falling { packs_left, .. } => packs_left,
            };
            Some((packs_left, grade, parameter, course))
        });
        let (_, grade, parameter, course) =
            found.min_by_key(|(left, grade, parameter, _)| (*left, *grade, *parameter))?;
        Some(Warning {
            parameter,
            grade,
            level: self.level,
            course,
            looks_like: self.commonest_cause(),
            indicative: self.indicative,
        })
    }

    /// Where this parameter is and goes, if that is worth a warning.
    fn course(&self, parameter: Parameter, strictness: Strictness) -> Option<(Tenths, Course)> {
        let level = f64::from(self.level.0);
        let mean = self.means[parameter as usize];
        let lately = self.lately[parameter as usize].line();
        let scatter = self.scatter(parameter, &lately);
        let varies = SCATTER * scatter;
        let margin = varies.max(MARGIN_TENTHS) + strictness.more_tenths;
        // Indicative grades are no measure of how far the level is, only of the way they go.
        if !self.indicative && mean < level + margin {
            let varies = rounded(varies);
            return Some((rounded(mean), Course::Low { varies }));
        }
        if self.window.len() < FALL_PACKS_MIN {
            return None;
        }
        let falling = |line: Line| {
            let significant = line.slope < -strictness.significant * line.slope_error;
            let left = ((line.now - 2.0 * scatter - level) / -line.slope).max(0.0);
            let soon = line.slope < 0.0 && significant && left <= strictness.ahead_packs;
            let in_100_packs = rounded(-100.0 * line.slope);
            soon.then(|| (left.round() as u32, rounded(line.now), in_100_packs))
        };
        let falls = [lately, self.long[parameter as usize].line()].map(falling);
        let (packs_left, grade, in_100_packs) = falls.into_iter().flatten().min()?;
        let course = Course::Falling {
            in_100_packs,
            packs_left,
        };
        Some((grade, course))
    }

    /// Standard deviation of single packs of late about their line: √(π/2) times the mean distance (Geary 1935), in
    /// which a few spoilt packs weigh less than in squares.
    fn scatter(&self, parameter: Parameter, line: &Line) -> f64 {
        let packs = self.window.len().min(LATELY_PACKS);
        let lately = self.window.range(self.window.len() - packs..);
        let first = line.now - line.slope * (packs as f64 - 1.0);
        let distance = |(place, sample): (u32, &Sample)| {
            let grade = f64::from(sample.by_parameter[parameter as usize].0);
            (grade - first - line.slope * f64::from(place)).abs()
        };
        let sum: f64 = (0..).zip(lately).map(distance).sum();
        std::f64::consts::FRAC_PI_2.sqrt() * sum / packs as f64
    }

    /// What most packs of the window look like; of two as common, what was seen last.
    fn commonest_cause(&self) -> Option<Cause> {
        let mut counts: Vec<(Cause, usize)> = Vec::new();
        let lately = self.window.iter().rev().take(LATELY_PACKS).rev();
        for cause in lately.filter_map(|sample| sample.looks_like) {
            match counts.iter().position(|(known, _)| *known == cause) {
                Some(place) => {
                    let (cause, count) = counts.remove(place);
                    counts.push((cause, count + 1));
                }
                None => counts.push((cause, 1)),
            }
        }
        let (cause, count) = counts.into_iter().max_by_key(|(_, count)| *count)?;
        (count >= CAUSE_PACKS_MIN).then_some(cause)
    }
}

/// The nearest tenth a grade can have.
fn rounded(tenths: f64) -> Tenths {
    Tenths(tenths.round().clamp(0.0, f64::from(u8::MAX)) as u8)
}

#[cfg(test)]
mod test {
    use super::*;
    use crate::record::ModuleLine;

    const LEVEL: Tenths = LEVEL_WITHOUT_MINIMUM;

    /// Chance from a seed (SplitMix64, Steele, Lea and Flood 2014).
    struct Dice(u64);

    impl Dice {
        fn uniform(&mut self) -> f64 {
            self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut z = self.0;
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
        }

        /// Nearly normal: mean 0, standard deviation 1.
        fn normal(&mut self) -> f64 {
            (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
        }

        /// Grades about `tenths` that scatter by `sd`, each parameter for itself.
        fn grades(&mut self, tenths: f64, sd: f64) -> Grades {
            let mut by_parameter = [Tenths::BEST; GRADED];
            for grade in &mut by_parameter[1..] {
                *grade = rounded((tenths + sd * self.normal()).clamp(0.0, 40.0));
            }
            plain(by_parameter)
        }
    }

    fn plain(by_parameter: [Tenths; GRADED]) -> Grades {
        Grades {
            by_parameter,
            indicative: false,
            growth_percent: [0, 0],
        }
    }

    fn only(parameter: Parameter, tenths: f64) -> Grades {
        let mut by_parameter = [Tenths::BEST; GRADED];
        by_parameter[parameter as usize] = rounded(tenths.clamp(0.0, 40.0));
        plain(by_parameter)
    }

    #[test]
    fn a_slow_fall_warns_at_least_fifty_packs_before_the_first_fail() {
        for (falls_per_pack, sd) in [
            (0.1, 1.0),
            (0.1, 3.0),
            (0.05, 2.0),
            (0.02, 2.0),
            (0.005, 1.0),
        ] {
            for seed in 0..40 {
                let (mut dice, mut trend) = (Dice(seed), Trend::new(LEVEL));
                let parameter = Parameter::ALL[1 + seed as usize % 7];
                let (mut warned, mut place) = (None, 0);
                let failed = loop {
                    place += 1;
                    let fallen = f64::from((place - 200).max(0)) * falls_per_pack;
                    let grades = only(parameter, 35.0 - fallen + sd * dice.normal());
                    if grades.overall() < LEVEL {
                        break place;
                    }
                    if let Change::Warns(warning) = trend.add(&grades, false, Some(Cause::Blur)) {
                        assert_eq!(warning.parameter, parameter);
                        assert_eq!(warning.looks_like, Some(Cause::Blur));
                        warned.get_or_insert(place);
                    }
                };
                let warned = warned.unwrap_or(failed);
                assert!(
                    warned > 200 && warned + 50 <= failed,
                    "{falls_per_pack} a pack, sd {sd}, seed {seed}: warned at {warned}, failed at {failed}"
                );
            }
        }
    }

    #[test]
    fn what_scatters_and_stays_never_warns_in_a_hundred_thousand_packs() {
        for (at, sd) in [
            (30.0, 3.0),
            (25.0, 2.0),
            (35.0, 5.0),
            (40.0, 4.0),
            (22.0, 1.0),
            (40.0, 0.0),
        ] {
            let (mut dice, mut trend) = (Dice(at as u64), Trend::new(LEVEL));
            for pack in 0..100_000 {
                let change = trend.add(&dice.grades(at, sd), false, None);
                assert_eq!(
                    change,
                    Change::Same,
                    "{at} ± {sd}, pack {pack}: {:?}",
                    trend.warning()
                );
            }
        }
        // One pack in fifty spoilt altogether: each of them is rejected, none of them is a trend.
        let (mut dice, mut trend) = (Dice(7), Trend::new(LEVEL));
        for pack in 0..100_000 {
            let spoilt = dice.uniform() < 0.02;
            let at = if spoilt { 5.0 } else { 38.0 };
            let change = trend.add(&only(Parameter::FixedPatternDamage, at), false, None);
            assert_eq!(change, Change::Same, "pack {pack}: {:?}", trend.warning());
        }
    }

    #[test]
    fn a_warning_says_what_it_looks_like_and_goes_when_the_cause_was_mended() {
        let mut trend = Trend::new(LEVEL);
        let dead = Cause::DeadElement {
            line: ModuleLine::Column,
            number: 7,
            tenth_mm: Some(31),
        };
        let mut warnings = Vec::new();
        for pack in 0..160 {
            let sound = pack < 100;
            let at = if sound { 36.0 } else { 18.0 };
            let cause = if pack % 10 == 0 { Cause::Voids } else { dead };
            let change = trend.add(&only(Parameter::Modulation, at), false, Some(cause));
            if let Change::Warns(warning) = change {
                warnings.push(warning);
            }
        }
        assert_eq!(warnings.len(), 1, "one episode is told once: {warnings:?}");
        let said = trend.warning().expect("it stands").to_string();
        let told = "modulation 2.0 (looks like a dead element at column 7 (3.1 mm))";
        assert!(said.starts_with(told), "{said}");
        let mut over = None;
        for pack in 1..=300 {
            match trend.add(&only(Parameter::Modulation, 36.0), false, None) {
                Change::Over => over = over.or(Some(pack)),
                Change::Warns(warning) => panic!("pack {pack}: {warning}"),
                Change::Same => {}
            }
        }
        let over = over.expect("it goes");
        assert!((CALM_PACKS..=200).contains(&over), "after {over} packs");
        assert_eq!(trend.overall_mean(), Some(Tenths(36)));
    }

    #[test]
    fn near_the_level_a_warning_does_not_come_and_go() {
        // Half a grade above the level, on both sides of the margin by turns.
        let (mut dice, mut trend) = (Dice(3), Trend::new(LEVEL));
        let mut changes = 0;
        for pack in 0..20_000 {
            let slow = (f64::from(pack) / 60.0).sin();
            let grades = only(Parameter::Modulation, 20.0 + slow + 0.5 * dice.normal());
            changes += usize::from(trend.add(&grades, false, None) != Change::Same);
        }
        assert!(changes <= 2, "{changes} changes");
    }

    #[test]
    fn indicative_grades_tell_of_a_fall_but_not_of_a_level() {
        let mut trend = Trend::new(LEVEL);
        for _ in 0..500 {
            let change = trend.add(&only(Parameter::SymbolContrast, 12.0), true, None);
            assert_eq!(change, Change::Same, "a lossy picture is weak by itself");
        }
        let mut trend = Trend::new(LEVEL);
        let fall = |pack: u32| only(Parameter::SymbolContrast, 35.0 - f64::from(pack) * 0.1);
        let warned = (0..200).find_map(|pack| match trend.add(&fall(pack), true, None) {
            Change::Warns(warning) => Some(warning),
            _ => None,
        });
        let said = warned.expect("it falls").to_string();
        assert!(said.ends_with(", indicative"), "{said}");
        // The camera sends lossless pictures from here on: nothing of before holds.
        assert_eq!(
            trend.add(&plain([Tenths::BEST; GRADED]), false, None),
            Change::Over
        );
        assert_eq!(trend.overall_mean(), Some(Tenths::BEST));
    }

    #[test]
    fn fit_and_means_are_what_they_are_called() {
        let mut trend = Trend::new(LEVEL);
        for pack in 0..2 * WINDOW_MAX {
            let at = if pack.is_multiple_of(2) { 30.0 } else { 28.0 };
            trend.add(&only(Parameter::Modulation, at), false, None);
        }
        let of = |trend: &Trend| {
            let line = trend.lately[Parameter::Modulation as usize].line();
            (line, trend.scatter(Parameter::Modulation, &line))
        };
        let (line, scatter) = of(&trend);
        assert!(line.slope.abs() < 0.002, "{line:?}");
        assert!((scatter - 1.2533).abs() < 0.001, "{scatter}");
        assert_eq!(trend.window.len(), WINDOW_MAX, "bounded");
        let mut trend = Trend::new(LEVEL);
        // What lies before the last hundred leaves no trace in their line.
        for pack in 0..WINDOW_MAX as i32 {
            let at = f64::from(40 - (pack - 400).max(0) / 10);
            trend.add(&only(Parameter::Modulation, at), false, None);
        }
        let (line, _) = of(&trend);
        // A stair of 10 steps: the slope is Σ(x−x̄)(y−ȳ)/Σ(x−x̄)² = −8250/83325.
        let slope = -8_250.0 / 83_325.0;
        assert!((line.slope - slope).abs() < 1e-12, "{line:?}");
        assert!((line.now - (35.5 + 49.5 * slope)).abs() < 1e-9, "{line:?}");
        let long = trend.long[Parameter::Modulation as usize];
        assert_eq!(long.count, WINDOW_MAX as i64);
    }
}
