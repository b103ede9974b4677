//! Whether printer and link can follow the lane: bytes a pack against the line's speed, label length against the
//! printer's.

use super::described::speech_of;
use crate::config::{Config, DrawnBy, Printer};
use crate::label::Template;
use crate::record::{LabelSlot, LabelStanding, LabelText};
use vidimus_drivers::address::{Address, BAUD_RATES, LinkAddress};
use vidimus_drivers::printer::Speech;

/// Bits on a serial line for each byte: 8 data bits, a start bit and a stop bit.
const BITS_PER_BYTE: u64 = 10;

/// Of what the line carries, labels get so many parts in a hundred; the rest is for questions and pauses.
const LABELS_PERCENT: u64 = 90;

/// What one pack costs, and how many of them printer and link carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capacity {
    /// Bytes on the wire for a pack with the longest values of its template.
    pub bytes_per_pack: usize,
    /// How many the link carries a minute; `None` where it is no serial line.
    pub link_per_min: Option<u64>,
    /// How many the printer prints a minute; `None` where nobody said how fast it is.
    pub printer_per_min: Option<u64>,
}

/// What a lane asks of its printer of packs: what every template is weighed against.
#[derive(Debug, Clone)]
pub struct Lane {
    printer: String,
    dpmm: u16,
    drawn_by: DrawnBy,
    /// Speed of a serial line.
    baud: Option<u32>,
    speed_mm_s: Option<u64>,
    rate_packs_per_min: u64,
}

/// A template that this station prints on packs, weighed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weighed {
    /// The printer it was weighed for, by its name.
    pub printer: String,
    /// What it is called, where it is another one than the station file's.
    pub activated: Option<String>,
    /// What it costs.
    pub capacity: Capacity,
}

/// Weighs every template that a station with this file prints on packs from its next start on: the one in force, as the
/// records say, and the one on trial.
///
/// # Errors
/// What does not fit, with the number that would; one sentence each.
pub fn weigh_all(
    config: &Config,
    file: &LabelText,
    standing: &LabelStanding,
    batch_open: bool,
) -> Result<Vec<Weighed>, Vec<String>> {
    let (mut all, mut wrong) = (Vec::new(), Vec::new());
    for lane in config.lanes() {
        let speech = speech_of(lane.printer).map_err(|why| vec![why])?;
        let lane = Lane::of(config, lane.printer);
        let labels = (file, standing, batch_open);
        match lane.weigh_labels(&speech, labels) {
            Ok(weighed) => all.extend(weighed),
            Err(more) => wrong.extend(more),
        }
    }
    match wrong.is_empty() {
        true => Ok(all),
        false => Err(wrong),
    }
}

impl Lane {
    /// The same for this lane alone.
    fn weigh_labels(
        &self,
        speech: &Speech,
        (file, standing, batch_open): (&LabelText, &LabelStanding, bool),
    ) -> Result<Vec<Weighed>, Vec<String>> {
        let in_force = standing.in_force(LabelSlot::Packs, file, batch_open);
        let trial = standing.at_start(LabelSlot::Packs, file, batch_open);
        let trial = trial.and_then(|standing| standing.trial.as_ref());
        let (mut all, mut wrong) = (Vec::new(), Vec::new());
        for (label, how) in [
            (Some(in_force), "is in force"),
            (trial.map(|trial| &*trial.label), "is on trial"),
        ] {
            let Some(label) = label else { continue };
            // One that this program does not understand is never printed; the screen says so.
            let Ok(template) = Template::parse(&label.text) else {
                continue;
            };
            let other = label.template != file.template;
            match self.weigh(&template, speech) {
                Ok(capacity) => all.push(Weighed {
                    printer: self.printer.clone(),
                    activated: other.then(|| label.to_string()),
                    capacity,
                }),
                Err(more) if other => {
                    let named = |text: String| format!("The label {label} {how}. {text}");
                    wrong.extend(more.into_iter().map(named));
                }
                Err(more) => wrong.extend(more),
            }
        }
        match wrong.is_empty() {
            true => Ok(all),
            false => Err(wrong),
        }
    }

    /// That of a station file, with this printer.
    pub fn of(config: &Config, printer: &Printer) -> Lane {
        Lane {
            printer: printer.name.clone(),
            dpmm: printer.dpmm as u16,
            drawn_by: printer.drawn_by,
            baud: baud_of(&printer.address),
            speed_mm_s: printer.speed_mm_s,
            rate_packs_per_min: config.line.rate_packs_per_min,
        }
    }

    /// Weighs a template against the lane's rate.
    ///
    /// # Errors
    /// What does not fit, with the number that would; one sentence each.
    pub fn weigh(&self, template: &Template, speech: &Speech) -> Result<Capacity, Vec<String>> {
        let bytes = self.bytes_per_pack(template, speech);
        let bytes = bytes.map_err(|why| vec![why])?;
        let (name, rate) = (&self.printer, self.rate_packs_per_min);
        let capacity = Capacity {
            bytes_per_pack: bytes,
            link_per_min: self.baud.map(|baud| carried(u64::from(baud), bytes)),
            printer_per_min: self.speed_mm_s.map(|speed| printed(speed, template)),
        };
        let mut wrong = Vec::new();
        if let (Some(fits), Some(baud)) = (capacity.link_per_min, self.baud)
            && fits < rate
        {
            let enough = |faster: &&u32| carried(u64::from(**faster), bytes) >= rate;
            let faster = match BAUD_RATES.iter().find(enough) {
                Some(faster) => format!("write baud={faster} into the address"),
                None => "use a network".to_owned(),
            };
            wrong.push(format!(
                "The serial line of {name} carries {fits} packs a minute at {baud} baud ({bytes} bytes a pack), and \
                 rate_packs_per_min is {rate}: write rate_packs_per_min = {fits}, or {faster}."
            ));
        }
        if let (Some(fits), Some(speed)) = (capacity.printer_per_min, self.speed_mm_s)
            && fits < rate
        {
            let needed = needed_speed(rate, template);
            wrong.push(format!(
                "{name} prints {fits} labels of {} mm a minute at {speed} mm/s, and rate_packs_per_min is {rate}: \
                 write rate_packs_per_min = {fits}, or use a printer of {needed} mm/s.",
                template.height_mm
            ));
        }
        match wrong.is_empty() {
            true => Ok(capacity),
            false => Err(wrong),
        }
    }

    /// Bytes for a pack with the longest values the template promises room for.
    fn bytes_per_pack(&self, template: &Template, speech: &Speech) -> Result<usize, String> {
        let (pack, dpmm) = (template.longest_pack(), self.dpmm);
        let sentence = |error: crate::label::LabelError| error.to_string();
        let (format, label) = match self.drawn_by {
            DrawnBy::Station => (
                template.picture_format(&pack, dpmm).map_err(sentence)?,
                template.pictured(&pack, dpmm).map_err(sentence)?,
            ),
            _ => template
                .for_printer(speech, &pack, dpmm)
                .map_err(sentence)?,
        };
        let job = speech.language.job(&format, &label);
        job.map(|bytes| bytes.len()).map_err(|fault| {
            format!(
                "{} cannot print the label \"{}\": {fault}.",
                self.printer, template.name
            )
        })
    }
}

impl Weighed {
    /// The sums, a line each, for people; of which label, where the station file does not say it.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = self.capacity.lines(&self.printer);
        if let (Some(label), Some(first)) = (&self.activated, lines.first_mut()) {
            *first += &format!(" with the activated label {label}");
        }
        lines
    }
}

impl Capacity {
    /// The sums, a line each, for people.
    fn lines(&self, name: &str) -> Vec<String> {
        let mut lines = vec![format!(
            "{name}  at most {} bytes a pack",
            self.bytes_per_pack
        )];
        if let Some(fits) = self.link_per_min {
            lines.push(format!("{name}  its serial line carries {fits} packs/min"));
        }
        if let Some(fits) = self.printer_per_min {
            lines.push(format!("{name}  prints {fits} labels/min"));
        }
        lines
    }
}

fn baud_of(address: &str) -> Option<u32> {
    match address.parse() {
        Ok(Address::Printer {
            link: LinkAddress::Serial(serial),
            ..
        }) => Some(serial.baud),
        _ => None,
    }
}

fn carried(baud: u64, bytes: usize) -> u64 {
    let per_minute = baud * 60 * LABELS_PERCENT / 100 / BITS_PER_BYTE;
    per_minute / (bytes.max(1) as u64)
}

fn printed(speed_mm_s: u64, template: &Template) -> u64 {
    (speed_mm_s as f64 * 60.0 / template.height_mm) as u64
}

fn needed_speed(rate: u64, template: &Template) -> u64 {
    (rate as f64 * template.height_mm / 60.0).ceil() as u64
}

#[cfg(test)]
mod test {
    use super::*;
    use crate::config;
    use crate::label::built_in_text;
    use crate::record::LabelFact;

    fn station(change: impl Fn(&mut Config)) -> Result<Capacity, Vec<String>> {
        let mut config = config::parse("demo", config::DEMO).expect("the template is valid");
        change(&mut config);
        let mut all = weigh_all(&config, &file(), &LabelStanding::default(), false)?;
        Ok(all.remove(0).capacity)
    }

    fn file() -> LabelText {
        let text = built_in_text("pharma-pack").expect("built in");
        LabelText::new("pharma-pack", text)
    }

    #[test]
    fn a_rate_beyond_link_or_printer_is_refused_with_the_number_that_fits() {
        let fits = station(|_| {}).expect("a network has no such bound");
        assert_eq!((fits.link_per_min, fits.printer_per_min), (None, None));
        let bytes = fits.bytes_per_pack;
        assert!((90..130).contains(&bytes), "{bytes}");
        let serial = |baud: u32, rate: u64| {
            station(|config| {
                config.printers[0].address = format!("zpl+serial:///dev/ttyS0?baud={baud}");
                config.line.rate_packs_per_min = rate;
            })
        };
        let most = 9_600 * 60 * 90 / 100 / 10 / bytes as u64;
        assert_eq!(
            serial(9_600, most).expect("it fits").link_per_min,
            Some(most)
        );
        let wrong = serial(9_600, most + 1).expect_err("one too many");
        assert!(
            wrong[0].contains(&format!("rate_packs_per_min = {most}")),
            "{wrong:?}"
        );
        assert!(wrong[0].contains("baud=19200"), "{wrong:?}");
        let wrong = station(|config| {
            config.printers[0].speed_mm_s = Some(100);
            config.line.rate_packs_per_min = 600;
        });
        let wrong = wrong.expect_err("16 mm at 100 mm/s");
        assert!(
            wrong[0].contains("prints 375 labels") && wrong[0].contains("160 mm/s"),
            "{wrong:?}"
        );
        let wrong = station(|config| {
            config.printers[0].address = "zpl+serial:///dev/ttyS0?baud=115200".to_owned();
            config.printers[0].drawn_by = DrawnBy::Station;
            config.line.rate_packs_per_min = 600;
        });
        assert!(
            wrong.is_err(),
            "a picture a pack is too much for a serial line: {wrong:?}"
        );
    }

    /// The station file's label fits; the one that is printed, and the one that is tried, are heavier.
    #[test]
    fn what_the_records_say_is_printed_is_weighed_and_not_only_what_the_station_file_names() {
        let mut config = config::parse("demo", config::DEMO).expect("the template is valid");
        config.printers[0].address = "zpl+serial:///dev/ttyS0?baud=9600".to_owned();
        let weighed =
            |config: &Config, standing: &LabelStanding| weigh_all(config, &file(), standing, false);
        let mut standing = LabelStanding::default();
        config.line.rate_packs_per_min = 1;
        let light = weighed(&config, &standing).expect("it fits");
        let most = light[0].capacity.link_per_min.expect("a serial line");
        config.line.rate_packs_per_min = most;
        assert_eq!(weighed(&config, &standing), Ok(light.clone()));
        let (slot, file) = (LabelSlot::Packs, file());
        let changing = file.text.replace("EXP {expiry}", "{serial} {serial}");
        let heavy = LabelText::new("heavy", changing);
        let facts = [
            LabelFact::Installed {
                slot,
                label: file.clone(),
            },
            LabelFact::Ordered {
                slot,
                label: heavy.clone(),
                replaces: file.template,
                rollback: false,
            },
            LabelFact::Proven {
                template: heavy.template,
                pack: crate::record::PackNo(1),
            },
        ];
        for (fact, how) in facts.iter().zip(["", "is on trial", "is in force"]) {
            standing.apply(fact).expect("it follows");
            match weighed(&config, &standing) {
                Ok(all) => assert_eq!((how, all), ("", light.clone())),
                Err(wrong) => {
                    let said = format!("The label {heavy} {how}. The serial line of ");
                    assert!(wrong[0].starts_with(&said), "{wrong:?}");
                    assert!(
                        wrong[0].contains("write rate_packs_per_min = "),
                        "{wrong:?}"
                    );
                    assert_eq!(wrong.len(), 1);
                }
            }
        }
        // With another template in the station file that one is printed from the next start on.
        let lot = built_in_text("lot-pack").expect("built in");
        let other = LabelText::new("lot-pack", lot);
        assert!(weigh_all(&config, &other, &standing, false).is_ok());
        let wrong = weigh_all(&config, &other, &standing, true);
        assert!(wrong.is_err(), "an open batch keeps the heavy one");
        config.line.rate_packs_per_min = 1;
        let all = weighed(&config, &standing).expect("it fits");
        assert_eq!(all[0].activated, Some(heavy.to_string()));
    }
}
