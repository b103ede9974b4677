//! Words and figures as the screens write them. PURE.

use crate::record::{
    GradeMin, Grades, Modules, Parameter, RecoveryCause, Tally, TemplateHash, Tenths, TextPolicy,
};
use crate::wire::{
    AlarmRates, BatchView, DeviceState, LabelView, LastPack, LineState, RecoveryView, ShelvedView,
};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The state row's word.
pub fn state(state: LineState) -> &'static str {
    match state {
        LineState::Recovering => "RECOVERING",
        LineState::NotReady => "NOT READY",
        LineState::Ready => "READY",
        LineState::Running => "RUNNING",
        LineState::Stopped => "STOPPED",
    }
}

/// `ok`, or the NE 107 letter in brackets.
pub fn device(state: DeviceState) -> &'static str {
    match state {
        DeviceState::Ok => "ok",
        DeviceState::Failure => "[F]",
        DeviceState::Check => "[C]",
        DeviceState::OutOfSpec => "[S]",
        DeviceState::Maintenance => "[M]",
        DeviceState::Unknown => "[?]",
    }
}

/// An outcome or reject cause in words: `no_symbol` → `no symbol`, `default_no_verdict` → `by
/// default: no verdict`.
pub fn cause(name: &str) -> String {
    match name.strip_prefix("default_") {
        Some(rest) => format!("by default: {}", rest.replace('_', " ")),
        None => name.replace('_', " "),
    }
}

/// The last pack's outcome: `VERIFIED`, or the cause in capitals.
pub fn outcome(name: &str, passed: bool) -> String {
    if passed {
        "VERIFIED".to_owned()
    } else {
        cause(name).to_uppercase()
    }
}

/// `3.2 B`: number and letter.
pub fn grade(grade: Tenths) -> String {
    format!("{grade} {}", grade.letter())
}

/// The overall grade of the last pack, `~` before one that is only indicative.
pub fn last_grade(pack: &LastPack) -> Option<String> {
    let grades = pack.grades.as_ref()?;
    let about = if grades.indicative { "~" } else { "" };
    Some(format!("{about}{}", grade(grades.overall())))
}

/// Overall grade, the lowest parameter, then each.
pub fn grades(grades: &Grades) -> String {
    let about = if grades.indicative { "~" } else { "" };
    let overall = grade(grades.overall());
    let weakest = grades.weakest().name().replace('_', " ");
    let each = Parameter::ALL.map(|one| format!("{} {}", one.short(), grades.of(one)));
    format!("{about}{overall}, lowest {weakest}; {}", each.join(" "))
}

/// What a batch demands of grades and text.
pub fn demands(batch: &BatchView) -> String {
    let least = match batch.quality.grade_min {
        GradeMin(Some(least)) => format!("grade {} or better", grade(least)),
        GradeMin(None) => "any grade".to_owned(),
    };
    let text = match batch.quality.text {
        TextPolicy::Off => "text is not checked",
        TextPolicy::Warn => "wrong text warns",
        TextPolicy::Reject => "wrong text rejects",
    };
    format!("{least}; {text}")
}

/// The label of packs in force, and the one on trial.
pub fn label(label: &LabelView) -> String {
    let hash =
        |template: &TemplateHash| -> String { template.to_string().chars().take(8).collect() };
    let trial = label.trial.as_ref().map(|trial| {
        let (name, hash) = (&trial.name, hash(&trial.template));
        let (failed, most) = (trial.failed, trial.most);
        format!("; on trial {name} ({hash}), {failed} of {most} test prints failed: no pack passes")
    });
    let (name, hash) = (&label.name, hash(&label.template));
    format!("{name} ({hash}){}", trial.unwrap_or_default())
}

/// What put the line out of step, as it follows "After".
pub fn recovery_cause(cause: RecoveryCause) -> &'static str {
    match cause {
        RecoveryCause::StationStart => "the station's start",
        RecoveryCause::PlcRestart => "the PLC's restart",
        RecoveryCause::PrinterLink => "the printer's outage",
        RecoveryCause::PrinterFault => "the printer's fault",
        RecoveryCause::CameraLink => "the camera's outage",
        RecoveryCause::LabelsMissed => "missed labels",
        RecoveryCause::Ordered => "the ordered resync",
        RecoveryCause::BatchOpened => "the batch's opening",
        RecoveryCause::LabelChanged => "another label",
    }
}

/// What became of the packs that were on the belt when the line fell out of step, and what to do about those of which
/// nobody can know, `said` as the screen says it. Where that does not fit on so many rows of so many characters, the
/// causes give way, never the counts.
pub fn recovery(
    account: &RecoveryView,
    (width, rows): (usize, usize),
    said: &dyn Fn(&str) -> String,
) -> String {
    let causes: Vec<&str> = account.causes.iter().copied().map(recovery_cause).collect();
    let fates = recovered(account);
    let long = said(&format!("After {}: {fates}", causes.join(" and ")));
    if wrapped(&long, width).len() <= rows {
        return long;
    }
    let first = causes.first().copied().unwrap_or("a disturbance");
    let short = said(&format!("After {first}: {fates}"));
    match wrapped(&short, width).len() <= rows {
        true => short,
        false => said(&fates),
    }
}

/// `12 packs were on the belt: 3 good, 9 rejected.`
fn recovered(account: &RecoveryView) -> String {
    let fates = account.fates;
    let counts = [
        (fates.good, "good"),
        (fates.rejected, "rejected"),
        (fates.removed, "removed"),
        (account.open, "still on it"),
        (fates.unknown, "unknown"),
    ];
    let told = counts.iter().filter(|(count, _)| *count > 0);
    let told: Vec<String> = told
        .map(|(count, what)| format!("{} {what}", grouped(*count)))
        .collect();
    let were = match account.packs {
        1 => "1 pack was".to_owned(),
        packs => format!("{} packs were", grouped(packs)),
    };
    let order = match fates.unknown {
        0 => ".".to_owned(),
        unknown => format!(": {}", look_for(unknown)),
    };
    format!("{were} on the belt: {}{order}", told.join(", "))
}

/// The same in two short rows: the counts, or what to do as long as it must be done.
pub fn recovery_short(account: &RecoveryView) -> String {
    match account.fates.unknown {
        0 => recovered(account),
        unknown => format!("{} unknown: {}", grouped(unknown), look_for(unknown)),
    }
}

/// What to do about packs of which nobody can know.
fn look_for(unknown: u64) -> String {
    let them = if unknown == 1 { "it" } else { "them" };
    format!("look on the belt and in both bins, put {them} aside.")
}

/// `4 812`: digits in groups of three.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}

/// `14:32:07`; `--:--:--` for times no calendar holds.
pub fn clock(utc_ms: i64, zone: &TimeZone) -> String {
    match Timestamp::from_millisecond(utc_ms) {
        Ok(at) => at.to_zoned(zone.clone()).strftime("%H:%M:%S").to_string(),
        Err(_) => "--:--:--".to_owned(),
    }
}

/// `14:32:07.123`, local.
pub fn clock_ms(utc_ms: i64, zone: &TimeZone) -> String {
    format!("{}.{:03}", clock(utc_ms, zone), utc_ms.rem_euclid(1_000))
}

/// `11-20 14:32`: what is not of today has its day with it.
pub fn moment(utc_ms: i64, zone: &TimeZone) -> String {
    match Timestamp::from_millisecond(utc_ms) {
        Ok(at) => at
            .to_zoned(zone.clone())
            .strftime("%m-%d %H:%M")
            .to_string(),
        Err(_) => "----- --:--".to_owned(),
    }
}

/// `2026-11-20 14:32:07`.
pub fn instant(utc_ms: i64, zone: &TimeZone) -> String {
    match Timestamp::from_millisecond(utc_ms) {
        Ok(at) => (at.to_zoned(zone.clone()))
            .strftime("%Y-%m-%d %H:%M:%S")
            .to_string(),
        Err(_) => "at no time that a calendar holds".to_owned(),
    }
}

/// Who shelved an alarm, why, and until when in `zone`, whose name may follow the time.
pub fn shelved(shelved: &ShelvedView, zone: &TimeZone, name: &str) -> String {
    let clock = clock(shelved.until_utc_ms, zone);
    let (by, reason) = (&shelved.by, &shelved.reason);
    format!(
        "shelved until {}{name} by {by}: {reason}",
        &clock[..5.min(clock.len())]
    )
}

/// How many alarms come.
pub fn rates(rates: &AlarmRates) -> String {
    let (now, most) = (rates.last_10_min, rates.most_in_10_min);
    format!("{now} in 10 minutes, at most {most}")
}

/// That more alarms come than a person can see to, and where to begin, `said` as the screen says it in so many columns;
/// `None`: it is no flood.
pub fn flood(rates: &AlarmRates, width: usize, said: &dyn Fn(&str) -> String) -> Option<String> {
    let flood = rates.flood.as_ref()?;
    let (count, first) = (rates.last_10_min, &flood.first);
    let told = said(&format!(
        "flood: {count} alarms in 10 minutes, look at the first: {first}"
    ));
    Some(match told.chars().count() <= width {
        true => told,
        false => said(&format!("flood: {count} in 10 min, first {first}")),
    })
}

/// The last four characters of a serial, as `..4K2M`.
pub fn tail(serial: &str) -> String {
    let letters: Vec<char> = serial.chars().collect();
    let shown: String = letters[letters.len().saturating_sub(4)..].iter().collect();
    format!("..{shown}")
}

/// The sum of the numbers: good + rejected + sampled + void + unknown + in line; samples only where there are any.
pub fn numbers(tally: &Tally) -> String {
    let sampled = match tally.numbers_sampled {
        0 => String::new(),
        count => format!("+{count}"),
    };
    format!(
        "taken {} = {}+{}{sampled}+{}+{}+{}",
        grouped(tally.taken),
        tally.numbers_good,
        tally.numbers_rejected,
        tally.numbers_void,
        tally.numbers_unknown,
        tally.numbers_in_line
    )
}

/// The equation of packs, behind a head.
pub fn packs(tally: &Tally, head: &str) -> String {
    format!(
        "{head}entered {} = good {} + rejected {} + sampled {} + removed {} + unknown {} + in line {}",
        tally.entered,
        tally.good,
        tally.rejected(),
        tally.sampled,
        tally.removed,
        tally.unknown,
        tally.in_line
    )
}

/// The equation of numbers, behind a head.
pub fn all_numbers(tally: &Tally, head: &str) -> String {
    format!(
        "{head}taken {} = good {} + rejected {} + sampled {} + void {} + unknown {} + in line {}",
        tally.taken,
        tally.numbers_good,
        tally.numbers_rejected,
        tally.numbers_sampled,
        tally.numbers_void,
        tally.numbers_unknown,
        tally.numbers_in_line
    )
}

/// `BALANCED` or `DOES NOT BALANCE`.
pub fn balance(tally: &Tally) -> &'static str {
    if tally.balanced() {
        "BALANCED"
    } else {
        "DOES NOT BALANCE"
    }
}

/// A text that may hold anything, with nothing in it that would move the cursor or turn the direction of writing.
pub fn seen(text: &str) -> String {
    let shown = |c: char| match c {
        '\u{1d}' => '^',
        '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{2069}'
        | '\u{feff}' => '\u{fffd}',
        c if c.is_control() => '\u{fffd}',
        c => c,
    };
    text.chars().map(shown).collect()
}

/// The text cut to so many characters, with `…` where something is left out.
pub fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let mut out: String = text.chars().take(width.saturating_sub(1)).collect();
    if width > 0 {
        out.push('…');
    }
    out
}

/// The text in lines of at most `width` characters, broken at spaces where there are some.
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let mut word: Vec<char> = word.chars().collect();
        let length = line.chars().count();
        if length > 0 && length + 1 + word.len() > width {
            lines.push(std::mem::take(&mut line));
        }
        while word.len() > width {
            lines.push(word.drain(..width).collect());
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.extend(word);
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// The text in lines of at most `width` characters, as it is but for the breaks: at spaces where there are some, and
/// what follows a break stands `indent` characters in.
pub fn hanging(text: &str, indent: usize, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut rest: Vec<char> = text.trim_end().chars().collect();
    let mut margin = 0;
    while rest.len() > width {
        // A break leaves something before it besides the margin.
        let begin = rest.iter().position(|char| *char != ' ').unwrap_or(0);
        let space = (begin.max(margin) + 1..=width)
            .rev()
            .find(|at| rest[*at] == ' ');
        let at = space.unwrap_or(width);
        let line: String = rest.drain(..at).collect();
        lines.push(line.trim_end().to_owned());
        let next = rest
            .iter()
            .position(|char| *char != ' ')
            .unwrap_or(rest.len());
        margin = indent.min(width / 2);
        rest.splice(..next, std::iter::repeat_n(' ', margin));
    }
    lines.push(rest.into_iter().collect());
    lines
}

/// The symbol in half-blocks: two modules, one above the other, in each character. Empty when the
/// modules do not make up columns × rows.
pub fn half_blocks(modules: &Modules) -> Vec<String> {
    let (columns, rows) = (usize::from(modules.columns), usize::from(modules.rows));
    if columns == 0 || modules.dark.len() != columns * rows {
        return Vec::new();
    }
    let lines: Vec<&[bool]> = modules.dark.chunks(columns).collect();
    lines
        .chunks(2)
        .map(|pair| {
            (0..columns)
                .map(|column| {
                    let lower = pair.get(1).is_some_and(|line| line[column]);
                    match (pair[0][column], lower) {
                        (true, true) => '█',
                        (true, false) => '▀',
                        (false, true) => '▄',
                        (false, false) => ' ',
                    }
                })
                .collect()
        })
        .collect()
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn figures_and_texts_fit_where_they_stand() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(4_812), "4 812");
        assert_eq!(grouped(u64::MAX), "18 446 744 073 709 551 615");
        assert_eq!(cut("Größe", 5), "Größe");
        assert_eq!(cut("Größer", 5), "Größ…");
        assert_eq!(cut("x", 0), "");
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("abcdefgh ij", 3), ["abc", "def", "gh", "ij"]);
        assert_eq!(wrapped("  ", 3), Vec::<String>::new());
    }

    #[test]
    fn a_hanging_line_keeps_its_spaces_and_loses_nothing() {
        assert_eq!(hanging("state  here", 7, 80), ["state  here"]);
        assert_eq!(
            hanging("place  here:  it  never left us", 7, 16),
            ["place  here:  it", "       never", "       left us"]
        );
        assert_eq!(
            hanging("a  0123456789", 3, 8),
            ["a", "   01234", "   56789"]
        );
        assert_eq!(hanging("0123456789", 3, 8), ["01234567", "   89"]);
        assert_eq!(hanging("", 3, 8), [""]);
        for width in 4..40 {
            let text = "  one  two, three: (01)09506000134352(21)ABC  and so on";
            let lines = hanging(text, 9, width);
            assert!(
                lines.iter().all(|line| line.chars().count() <= width),
                "{lines:?}"
            );
            let all = |text: &str| text.split_whitespace().collect::<String>();
            assert_eq!(all(&lines.concat()), all(text));
        }
        assert_eq!(tail("7G4K2M9QXT"), "..9QXT");
        assert_eq!(tail(""), "..");
        assert_eq!(clock(0, &TimeZone::UTC), "00:00:00");
        assert_eq!(clock(i64::MAX, &TimeZone::UTC), "--:--:--");
    }

    #[test]
    fn half_blocks_hold_two_modules_each_and_refuse_nonsense() {
        let modules = |columns, rows, dark: &str| Modules {
            columns,
            rows,
            dark: dark.chars().map(|c| c == '#').collect(),
        };
        assert_eq!(half_blocks(&modules(4, 2, "##..#.#.")), ["█▀▄ "]);
        assert_eq!(half_blocks(&modules(2, 3, "#..##.")), ["▀▄", "▀ "]);
        assert!(half_blocks(&modules(2, 2, "#")).is_empty());
        assert!(half_blocks(&modules(0, 0, "")).is_empty());
    }
}
