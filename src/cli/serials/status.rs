//! `vidimus serials status`: how many serials each product has taken and left in the station's range.

use super::site::Site;
use crate::cli::exit::{Ended, Exit};
use crate::cli::{print_json, print_line};
use crate::gs1::Gtin;
use crate::serial::{Odds, Stock};
use crate::tui::words::grouped;
use std::path::PathBuf;

/// Arguments of `serials status`.
#[derive(Debug, Clone, clap::Args)]
pub struct StatusArgs {
    /// Station file; the station may be running or not
    #[arg(short, long, value_name = "FILE")]
    config: PathBuf,
    /// Less than this share of the range left is said to be low, in percent
    #[arg(long, value_name = "PERCENT", default_value_t = Stock::LOW_WATER_PERCENT,
          value_parser = clap::value_parser!(u8).range(0..=100))]
    low: u8,
    /// Prints one JSON object: range {first, last}, store, low_percent, gtins [{gtin, product, next, taken, left,
    /// share_used, low, one_in, odds_hold}]
    #[arg(long)]
    json: bool,
}

/// Runs the command.
///
/// # Errors
/// Station file or store cannot be read.
pub fn run(args: &StatusArgs) -> Ended {
    let site = Site::open(&args.config)?;
    let stocks = site.stocks()?;
    let product = |gtin: Gtin| {
        let mut products = site.config.products.iter();
        let found = products.find(|product| product.gtin == gtin);
        found.map(|product| product.name.as_str())
    };
    if args.json {
        let gtins: Vec<_> = stocks
            .iter()
            .map(|(gtin, stock)| {
                serde_json::json!({
                    "gtin": gtin.as_str(),
                    "product": product(*gtin),
                    "next": stock.next(),
                    "taken": stock.taken(),
                    "left": stock.left(),
                    "share_used": stock.share_used(),
                    "low": stock.is_low(args.low),
                    "one_in": stock.odds().one_in(),
                    "odds_hold": stock.odds().hold(),
                })
            })
            .collect();
        print_json(&serde_json::json!({
            "v": 1,
            "range": { "first": site.range.first(), "last": site.range.last() },
            "store": site.has_store(),
            "low_percent": args.low,
            "gtins": gtins,
        }))?;
        return Ok(Exit::Ok);
    }
    let (first, last) = (grouped(site.range.first()), grouped(site.range.last()));
    print_line(&format!("range      {first} to {last}"))?;
    if !site.has_store() {
        let dir = site.config.station.data_dir.display();
        print_line(&format!(
            "           {dir} holds no store yet: nothing is taken"
        ))?;
    }
    for (gtin, stock) in &stocks {
        lines(*gtin, product(*gtin), stock, args.low)
            .iter()
            .try_for_each(|line| print_line(line))?;
    }
    Ok(Exit::Ok)
}

fn lines(gtin: Gtin, product: Option<&str>, stock: &Stock, low: u8) -> Vec<String> {
    let name = product.unwrap_or("no product of the station file any more");
    let odds = stock.odds();
    let chance = match odds.one_in() {
        None => "none is out, there is nothing to guess".to_owned(),
        Some(one_in) => format!(
            "a guess hits one of them once in {} times; wanted below 1 : {}: {}",
            grouped(one_in),
            grouped(Odds::LAW_ONE_IN),
            if odds.hold() {
                "holds"
            } else {
                "DOES NOT HOLD"
            }
        ),
    };
    let mut lines = vec![
        format!("GTIN       {}  {name}", gtin.as_str()),
        format!(
            "           taken {}, left {}, used {}",
            grouped(stock.taken()),
            grouped(stock.left()),
            percent(stock.share_used())
        ),
        match stock.next() {
            Some(next) => format!("           next index {}", grouped(next)),
            None => "           the range is used up: give the station another one".to_owned(),
        },
        format!("           {chance}"),
    ];
    if stock.is_low(low) {
        lines.push(format!(
            "           LOW: less than {low} % of the range is left; give the station another one in time"
        ));
    }
    lines
}

/// A share in percent; a small one is not rounded to nothing.
fn percent(share: f64) -> String {
    match share * 100.0 {
        percent if percent > 0.0 && percent < 0.001 => "less than 0.001 %".to_owned(),
        percent => format!("{percent:.3} %"),
    }
}
