//! Whether printer and link can follow the lane: bytes a pack against the line's speed, label length against the
//! printer's.

use super::described::speech_of;
use crate::config::{Config, DrawnBy, Printer};
use crate::label::Template;
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

/// Weighs the first printer of a station file against the lane's rate.
///
/// # Errors
/// What does not fit, with the number that would; one sentence each.
pub fn weigh(config: &Config, template: &Template) -> Result<Capacity, Vec<String>> {
    let printer = &config.printers[0];
    let speech = speech_of(printer).map_err(|why| vec![why])?;
    let bytes = bytes_per_pack(printer, template, &speech).map_err(|why| vec![why])?;
    let rate = config.line.rate_packs_per_min;
    let baud = baud_of(&printer.address);
    let capacity = Capacity {
        bytes_per_pack: bytes,
        link_per_min: baud.map(|baud| carried(u64::from(baud), bytes)),
        printer_per_min: printer.speed_mm_s.map(|speed| printed(speed, template)),
    };
    let mut wrong = Vec::new();
    if let (Some(fits), Some(baud)) = (capacity.link_per_min, baud)
        && fits < rate
    {
        let enough = |faster: &&u32| carried(u64::from(**faster), bytes) >= rate;
        let faster = match BAUD_RATES.iter().find(enough) {
            Some(faster) => format!("write baud={faster} into the address"),
            None => "use a network".to_owned(),
        };
        wrong.push(format!(
            "The serial line of {} carries {fits} packs a minute at {baud} baud ({bytes} bytes a pack), and \
             rate_packs_per_min is {rate}: write rate_packs_per_min = {fits}, or {faster}.",
            printer.name
        ));
    }
    if let (Some(fits), Some(speed)) = (capacity.printer_per_min, printer.speed_mm_s)
        && fits < rate
    {
        let needed = needed_speed(rate, template);
        wrong.push(format!(
            "{} prints {fits} labels of {} mm a minute at {speed} mm/s, and rate_packs_per_min is {rate}: write \
             rate_packs_per_min = {fits}, or use a printer of {needed} mm/s.",
            printer.name, template.height_mm
        ));
    }
    match wrong.is_empty() {
        true => Ok(capacity),
        false => Err(wrong),
    }
}

impl Capacity {
    /// The sums, a line each, for people.
    pub fn lines(&self, printer: &Printer) -> Vec<String> {
        let name = &printer.name;
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

/// Bytes for a pack with the longest values the template promises room for.
fn bytes_per_pack(
    printer: &Printer,
    template: &Template,
    speech: &Speech,
) -> Result<usize, String> {
    let (pack, dpmm) = (template.longest_pack(), printer.dpmm as u16);
    let sentence = |error: crate::label::LabelError| error.to_string();
    let (format, label) = match printer.drawn_by {
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
            printer.name, template.name
        )
    })
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
    use crate::label::built_in;

    fn station(change: impl Fn(&mut Config)) -> Result<Capacity, Vec<String>> {
        let mut config = config::parse("demo", config::DEMO).expect("the template is valid");
        change(&mut config);
        weigh(&config, &built_in("pharma-pack").expect("built in"))
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
}
