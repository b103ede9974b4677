//! `vidimus serials prove`: that serials never repeat and cannot be guessed, counted on this key.

use super::site::Site;
use crate::cli::exit::{Ended, Exit, Failure};
use crate::cli::{print_json, print_line};
use crate::gs1::Gtin;
use crate::serial::proof::{
    Letters, OneToOne, SAMPLE_MAX, SAMPLE_MIN, SMALL_DOMAIN_BITS, Sample, sample, small_domain,
};
use crate::serial::{INDEX_BITS, INDEX_COUNT, IndexRange, Odds, SERIAL_LEN, SerialKey};
use crate::station::key;
use crate::tui::words::grouped;
use std::path::PathBuf;

/// The product where none is named: of the range that GS1 keeps for demonstrations.
const DEMONSTRATION_GTIN: &str = "09521234543213";

/// Arguments of `serials prove`.
#[derive(Debug, Clone, clap::Args)]
pub struct ProveArgs {
    /// Station file: its key; without one a random key is made, used and forgotten
    #[arg(short, long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Of this product; otherwise the first of the station file
    #[arg(long)]
    gtin: Option<Gtin>,
    /// Serials of the product that are out, of all stations together
    #[arg(long, value_name = "N", default_value_t = 1_000_000_000,
          value_parser = clap::value_parser!(u64).range(0..=INDEX_COUNT))]
    issued: u64,
    /// Indices in the sample
    #[arg(long, value_name = "N", default_value_t = 1_000_000,
          value_parser = clap::value_parser!(u64).range(SAMPLE_MIN..=SAMPLE_MAX))]
    sample: u64,
    /// Prints one JSON object: ok, gtin, key, odds, small_domain, sample, letters
    #[arg(long)]
    json: bool,
}

/// What was found.
struct Proof {
    gtin: Gtin,
    /// Whose key, in words.
    whose: String,
    odds: Odds,
    small: OneToOne,
    sample: Sample,
}

impl Proof {
    fn holds(&self) -> bool {
        self.odds.hold()
            && self.small.holds()
            && self.sample.one_to_one.holds()
            && self.sample.letters.hold()
    }
}

/// Runs the command.
///
/// # Errors
/// Station file, key or store cannot be read.
pub fn run(args: &ProveArgs) -> Ended {
    let subject = subject(args)?;
    let (key, gtin) = (&subject.key, args.gtin.unwrap_or(subject.gtin));
    let proof = Proof {
        gtin,
        whose: subject.whose,
        odds: Odds::new(args.issued).expect("the command line bounds it"),
        small: small_domain(key, &gtin),
        sample: sample(key, &gtin, subject.range.first(), args.sample),
    };
    match args.json {
        true => print_json(&json(&proof))?,
        false => lines(&proof).iter().try_for_each(|line| print_line(line))?,
    }
    Ok(match proof.holds() {
        true => Exit::Ok,
        false => Exit::SomeRefused,
    })
}

/// What is proven something of.
struct Subject {
    key: SerialKey,
    whose: String,
    range: IndexRange,
    gtin: Gtin,
}

fn subject(args: &ProveArgs) -> Result<Subject, Failure> {
    let demonstration = DEMONSTRATION_GTIN.parse().expect("a right GTIN");
    let Some(file) = &args.config else {
        let key = key::random().map_err(|error| {
            let text = format!("The system gives no random bytes ({error}); name a station file.");
            Failure::new(Exit::Device, text)
        })?;
        return Ok(Subject {
            key,
            whose: "random, used for this proof alone: no station file was named".to_owned(),
            range: IndexRange::ALL,
            gtin: demonstration,
        });
    };
    let site = Site::open(file)?;
    let product = site.config.products.first();
    Ok(Subject {
        key: site.key()?,
        whose: site.config.serial.key_file.display().to_string(),
        range: site.range,
        gtin: product.map_or(demonstration, |product| product.gtin),
    })
}

fn json(proof: &Proof) -> serde_json::Value {
    let walk = |walk: &OneToOne| {
        serde_json::json!({
            "tried": walk.tried, "duplicates": walk.duplicates, "astray": walk.astray, "holds": walk.holds(),
        })
    };
    let mut small = walk(&proof.small);
    small["bits"] = SMALL_DOMAIN_BITS.into();
    let letters = &proof.sample.letters;
    serde_json::json!({
        "v": 1,
        "ok": proof.holds(),
        "gtin": proof.gtin.as_str(),
        "key": proof.whose,
        "odds": {
            "issued": proof.odds.issued(),
            "space": INDEX_COUNT,
            "one_in": proof.odds.one_in(),
            "wanted_above": Odds::LAW_ONE_IN,
            "stops_at": Odds::LAW_STOPS_AT,
            "holds": proof.odds.hold(),
        },
        "small_domain": small,
        "sample": walk(&proof.sample.one_to_one),
        "letters": {
            "chi_square": letters.chi_square,
            "degrees": Letters::DEGREES,
            "lowest": Letters::LOWEST,
            "highest": Letters::HIGHEST,
            "false_alarm_one_in": Letters::FALSE_ALARM_ONE_IN,
            "holds": letters.hold(),
        },
    })
}

fn lines(proof: &Proof) -> Vec<String> {
    let odds = &proof.odds;
    let chance = match odds.one_in() {
        Some(one_in) => format!("a guess hits one once in {} times", grouped(one_in)),
        None => "there is nothing to guess".to_owned(),
    };
    let walked = |walk: &OneToOne| {
        format!(
            "twice {}, not back to its index {}: {}",
            grouped(walk.duplicates),
            grouped(walk.astray),
            held(walk.holds())
        )
    };
    let (small, sampled, letters) = (&proof.small, &proof.sample, &proof.sample.letters);
    let (lowest, highest) = letters.extremes();
    vec![
        format!("key        {}", proof.whose),
        format!("GTIN       {}", proof.gtin.as_str()),
        format!(
            "space      {} serials: {SERIAL_LEN} letters, {INDEX_BITS} bits",
            grouped(INDEX_COUNT)
        ),
        format!("odds       with {} issued {chance}", grouped(odds.issued())),
        format!(
            "           wanted below 1 : {} (EU 2016/161 Art. 4(c), EU 2018/574 Art. 8): {}",
            grouped(Odds::LAW_ONE_IN),
            held(odds.hold())
        ),
        format!(
            "           it does with up to {} issued, as long as the key is secret",
            grouped(Odds::LAW_STOPS_AT - 1)
        ),
        format!(
            "domain     all {} values of {SMALL_DOMAIN_BITS} bits, same key and construction, forward and back",
            grouped(small.tried)
        ),
        format!("           {}", walked(small)),
        format!(
            "sample     {} indices, half of them in a row, to serials and back",
            grouped(sampled.one_to_one.tried)
        ),
        format!("           {}", walked(&sampled.one_to_one)),
        format!(
            "letters    chi-square with {} degrees of freedom, by place: {lowest:.1} to {highest:.1}",
            Letters::DEGREES
        ),
        format!(
            "           wanted {} to {} (chance leaves it once in {} places at each end): {}",
            Letters::LOWEST,
            Letters::HIGHEST,
            grouped(Letters::FALSE_ALARM_ONE_IN),
            held(letters.hold())
        ),
        format!("all        {}", held(proof.holds())),
    ]
}

fn held(holds: bool) -> &'static str {
    if holds { "holds" } else { "DOES NOT HOLD" }
}
