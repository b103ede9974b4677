//! `vidimus serials status`: how many serials each product has taken and left in the station's range and in its pools,
//! what was handed out, and where numbers stand.

use super::site::{Site, States};
use crate::cli::exit::{Ended, Exit};
use crate::cli::{print_json, print_line};
use crate::gs1::Gtin;
use crate::record::pool::{Export, Pool};
use crate::record::{NumberState, Token};
use crate::serial::{Odds, Stock};
use crate::tui::words::grouped;
use serde_json::{Value, json};
use std::path::PathBuf;

/// Arguments of `serials status`.
#[derive(Debug, Clone, clap::Args)]
pub struct StatusArgs {
    /// Station file; the station may be running or not
    #[arg(short, long, value_name = "FILE")]
    config: PathBuf,
    /// Less than this share of the range left is said to be low, in percent; so is less than [serial] low_water
    #[arg(long, value_name = "PERCENT", default_value_t = Stock::LOW_WATER_PERCENT,
          value_parser = clap::value_parser!(u8).range(0..=100))]
    low: u8,
    /// Also counts where the numbers stand; looks at every pack, a second or so a million
    #[arg(long)]
    states: bool,
    /// Only of this product
    #[arg(long)]
    gtin: Option<Gtin>,
    /// Where this one number of the product stands
    #[arg(
        long,
        value_name = "TEXT",
        requires = "gtin",
        conflicts_with = "states"
    )]
    serial: Option<String>,
    /// Prints one JSON object: range {first, last}, store, low_percent, low_water, gtins [{gtin, product, next, taken,
    /// left, share_used, low, one_in, odds_hold, states, pools [], exports []}]
    #[arg(long)]
    json: bool,
}

/// What is known of a product's numbers.
struct Account<'s> {
    gtin: Gtin,
    product: Option<&'s str>,
    stock: Stock,
    /// Few are left.
    low: bool,
    states: Option<States>,
    pools: Vec<PoolAccount<'s>>,
    exports: Vec<(&'s Token, &'s Export)>,
}

struct PoolAccount<'s> {
    pool: &'s Pool,
    left: u64,
    states: Option<States>,
}

/// Runs the command.
///
/// # Errors
/// Station file or store cannot be read.
pub fn run(args: &StatusArgs) -> Ended {
    let site = Site::open(&args.config)?;
    if let (Some(gtin), Some(serial)) = (args.gtin, &args.serial) {
        let state = site.state_of(gtin, serial)?;
        match args.json {
            true => print_json(&json!({ "v": 1, "gtin": gtin, "serial": serial, "state": state }))?,
            false => print_line(state.name())?,
        }
        return Ok(Exit::Ok);
    }
    let accounts = accounts(args, &site)?;
    if args.json {
        print_json(&json!({
            "v": 1,
            "range": { "first": site.range.first(), "last": site.range.last() },
            "store": site.has_store(),
            "low_percent": args.low,
            "low_water": site.config.serial.low_water,
            "gtins": accounts.iter().map(Account::json).collect::<Vec<_>>(),
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
    for account in &accounts {
        let mut lines = account.lines(args.low);
        lines.extend(account.pool_lines());
        lines.extend(account.export_lines());
        lines.iter().try_for_each(|line| print_line(line))?;
    }
    Ok(Exit::Ok)
}

fn accounts<'s>(
    args: &StatusArgs,
    site: &'s Site,
) -> Result<Vec<Account<'s>>, crate::cli::exit::Failure> {
    let mut accounts = Vec::new();
    let wanted = |gtin: &Gtin| args.gtin.is_none_or(|only| only == *gtin);
    for (gtin, stock) in site.stocks().into_iter().filter(|(gtin, _)| wanted(gtin)) {
        let mut pools = Vec::new();
        for (pool, left) in site.pools(gtin) {
            let states = args.states.then(|| site.pool_states(pool, left));
            pools.push(PoolAccount {
                pool,
                left,
                states: states.transpose()?,
            });
        }
        let mut products = site.config.products.iter();
        let product = products.find(|product| product.gtin == gtin);
        let states = args.states.then(|| site.own_states(gtin, &stock));
        accounts.push(Account {
            gtin,
            product: product.map(|product| product.name.as_str()),
            stock,
            low: stock.is_low(args.low) || stock.left() < site.config.serial.low_water,
            states: states.transpose()?,
            pools,
            exports: site.exports(gtin),
        });
    }
    Ok(accounts)
}

impl Account<'_> {
    fn json(&self) -> Value {
        let stock = &self.stock;
        let pools = self.pools.iter().map(|one| {
            let pool = one.pool;
            json!({
                "pool": pool.no, "source": pool.source, "sha256": pool.content, "first": pool.first,
                "total": pool.count, "left": one.left, "taken": one.taken(), "returned": pool.returned,
                "states": one.states,
            })
        });
        let exports = self.exports.iter().map(|(token, export)| {
            json!({
                "token": token, "first": export.first, "count": export.count, "returned": export.returned_count(),
            })
        });
        json!({
            "gtin": self.gtin.as_str(),
            "product": self.product,
            "next": stock.next(),
            "taken": stock.taken(),
            "left": stock.left(),
            "share_used": stock.share_used(),
            "low": self.low,
            "one_in": stock.odds().one_in(),
            "odds_hold": stock.odds().hold(),
            "states": self.states,
            "pools": pools.collect::<Vec<_>>(),
            "exports": exports.collect::<Vec<_>>(),
        })
    }

    fn lines(&self, low: u8) -> Vec<String> {
        let stock = &self.stock;
        let name = self
            .product
            .unwrap_or("no product of the station file any more");
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
            format!("GTIN       {}  {name}", self.gtin.as_str()),
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
        lines.extend(self.states.iter().map(in_words));
        if stock.is_low(low) {
            lines.push(format!(
                "           LOW: less than {low} % of the range is left; give the station another one in time"
            ));
        } else if self.low {
            lines.push(
                "           LOW: fewer than low_water are left; give the station another range in time"
                    .to_owned(),
            );
        }
        lines
    }

    fn pool_lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for one in &self.pools {
            let pool = one.pool;
            lines.push(format!("pool {:<5} {}", pool.no.0, pool.source));
            let returned = match pool.returned {
                0 => String::new(),
                returned => format!(", given back {}", grouped(returned)),
            };
            lines.push(format!(
                "           total {}, taken {}, left {}{returned}",
                grouped(pool.count),
                grouped(one.taken()),
                grouped(one.left)
            ));
            lines.extend(one.states.iter().map(in_words));
        }
        lines
    }

    fn export_lines(&self) -> Vec<String> {
        let line = |(token, export): &(&Token, &Export)| {
            format!(
                "           {} handed out for token {token}, {} came back",
                grouped(export.count),
                grouped(export.returned_count())
            )
        };
        self.exports.iter().map(line).collect()
    }
}

impl PoolAccount<'_> {
    /// Numbers that packs took.
    fn taken(&self) -> u64 {
        self.pool.count - self.pool.returned - self.left
    }
}

/// States in the order of a number's life; those of no number are left out.
fn in_words(states: &States) -> String {
    let told = NumberState::ALL.iter().filter_map(|state| {
        let count = states.get(state).copied().filter(|count| *count > 0)?;
        Some(format!("{} {}", state.name(), grouped(count)))
    });
    format!("           {}", told.collect::<Vec<_>>().join(", "))
}

/// A share in percent; a small one is not rounded to nothing.
fn percent(share: f64) -> String {
    match share * 100.0 {
        percent if percent > 0.0 && percent < 0.001 => "less than 0.001 %".to_owned(),
        percent => format!("{percent:.3} %"),
    }
}
