//! Numbers from outside and numbers given outside: pools, blocks asked for with a token, what comes back, the facts
//! about them, and the register that these facts add up to. PURE.
//!
//! Every number of a GTIN has one counter value. Those of the site's own permutation are below [`POOL_INDEX_FIRST`];
//! those of pools follow each other from there on, pool by pool, in the order of their lists. So one unique index of
//! the store holds the law for both, and a pool is a stretch of counter values.

use super::{ListHash, SerialNumber};
use crate::gs1::Gtin;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// The first counter value of a pool's number; the site's own 2^60 lie below.
pub const POOL_INDEX_FIRST: u64 = 1 << 60;

/// Longest token of a request, in characters.
pub const TOKEN_LEN_MAX: usize = 64;

/// Stretches of numbers that one record about a return names at most; a return of more is told by several records of
/// one commit.
pub const RUNS_PER_RECORD_MAX: usize = 4_000;

/// Numbers that one request gets at most.
pub const EXPORT_COUNT_MAX: u64 = 10_000_000;

/// The station's own running number for a pool, from 1.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct PoolNo(pub u32);

impl fmt::Display for PoolNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl FromStr for PoolNo {
    type Err = std::num::ParseIntError;
    fn from_str(text: &str) -> Result<PoolNo, Self::Err> {
        text.parse().map(PoolNo)
    }
}

/// The name of a request for numbers, given by whoever asks: the same token always means the same numbers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Token(String);

impl Token {
    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Token {
    type Err = String;
    fn from_str(text: &str) -> Result<Token, String> {
        let fits = (1..=TOKEN_LEN_MAX).contains(&text.len());
        match fits && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            true => Ok(Token(text.to_owned())),
            false => Err(format!(
                "A token has 1 to {TOKEN_LEN_MAX} letters, digits and signs of ASCII, no blanks."
            )),
        }
    }
}

impl TryFrom<String> for Token {
    type Error = String;
    fn try_from(text: String) -> Result<Token, String> {
        text.parse()
    }
}

impl From<Token> for String {
    fn from(token: Token) -> String {
        token.0
    }
}

/// Where the numbers of a batch come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NumberSource {
    /// The site's own permutation.
    #[default]
    Own,
    /// The pools of the GTIN, the oldest first, each in the order of its list.
    Pool,
}

impl NumberSource {
    /// It is the one that records of earlier versions mean.
    pub fn is_own(&self) -> bool {
        *self == NumberSource::Own
    }
}

impl FromStr for NumberSource {
    type Err = String;
    fn from_str(text: &str) -> Result<NumberSource, String> {
        match text {
            "own" => Ok(NumberSource::Own),
            "pool" => Ok(NumberSource::Pool),
            _ => Err(format!("\"{text}\" is neither own nor pool.")),
        }
    }
}

/// What belongs to a number besides its text: parts that an authority computed over it, for AI (91), (92) and (93).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct CryptoTail(pub [Option<String>; 3]);

impl CryptoTail {
    /// The application identifiers, in the order of the parts.
    pub const AIS: [&'static str; 3] = ["91", "92", "93"];

    /// The part for this AI.
    pub fn part(&self, ai: &str) -> Option<&str> {
        let place = Self::AIS.iter().position(|one| *one == ai)?;
        self.0[place].as_deref()
    }

    /// Characters of all parts; each is a byte (GS1's character set 82).
    pub fn bytes(&self) -> usize {
        self.0.iter().flatten().map(String::len).sum()
    }
}

/// A number of a pool, complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolNumber {
    /// Counter value and text.
    pub serial: SerialNumber,
    /// What belongs to it.
    pub tail: CryptoTail,
}

/// What labels must have room for: the longest text and the longest parts of a pool's numbers, in characters. A part
/// that is 0 long is one that no number of the pool has; otherwise each of them has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Longest {
    /// Of the serials, AI (21).
    pub serial: u8,
    /// Of the parts for AI (91), (92) and (93).
    pub tail: [u8; 3],
}

/// What happened with numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum PoolFact {
    /// Numbers from outside were taken in; they stand in the store's own table.
    Imported {
        /// The pool that they are from here on.
        pool: PoolNo,
        /// Of this product.
        gtin: Gtin,
        /// The counter value of the first one; the others follow without gaps.
        first: u64,
        /// How many.
        count: u64,
        /// What they are, in whatever order and form they came: [`ListHasher`].
        content: ListHash,
        /// What a label must have room for.
        longest: Longest,
        /// The name of the file they came in.
        source: String,
    },
    /// Own numbers were handed out to somebody outside; they are used up from here on, whatever happens.
    Exported {
        /// The request.
        token: Token,
        /// Of this product.
        gtin: Gtin,
        /// Counter value of the first one; the others follow without gaps.
        first: u64,
        /// How many.
        count: u64,
    },
    /// The same request came again, and the same numbers were handed out again.
    ExportRepeated {
        /// The request.
        token: Token,
    },
    /// Numbers that were handed out came back unused. They are never used again.
    Returned {
        /// The request they were handed out for.
        token: Token,
        /// First and last counter value of each stretch, upwards.
        runs: Vec<(u64, u64)>,
    },
    /// What was left of a pool was given back to whoever supplied it, and is never used here.
    PoolReturned {
        /// Which.
        pool: PoolNo,
        /// The counter value of the first one that was left.
        first: u64,
        /// How many were left.
        count: u64,
    },
}

/// The hash of a list of numbers, whatever the order and the form in which they came: SHA-256 of `net(gtin)` and then,
/// in the order of the bytes of their texts, for each number `net(text)` and for AI (91), (92), (93) `net(part)`, or
/// `-` where there is none. `net(x)` is the length of x in bytes as a decimal number, `:`, the bytes of x, `,`.
#[derive(Debug)]
pub struct ListHasher(Sha256);

impl ListHasher {
    /// Begins the list of this product.
    pub fn new(gtin: Gtin) -> ListHasher {
        let mut hasher = ListHasher(Sha256::new());
        hasher.net(gtin.as_str());
        hasher
    }

    /// Adds the next number.
    pub fn add(&mut self, text: &str, tail: [Option<&str>; 3]) {
        self.net(text);
        for part in tail {
            match part {
                Some(part) => self.net(part),
                None => self.0.update(b"-"),
            }
        }
    }

    /// The hash of all of them.
    pub fn finish(self) -> ListHash {
        ListHash(self.0.finalize().into())
    }

    fn net(&mut self, value: &str) {
        self.0.update(value.len().to_string());
        self.0.update(b":");
        self.0.update(value);
        self.0.update(b",");
    }
}

/// A pool as its records say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pool {
    /// Its number.
    pub no: PoolNo,
    /// Of this product.
    pub gtin: Gtin,
    /// Counter value of its first number.
    pub first: u64,
    /// How many numbers came.
    pub count: u64,
    /// The hash of their list.
    pub content: ListHash,
    /// What a label must have room for.
    pub longest: Longest,
    /// The name of the file they came in.
    pub source: String,
    /// How many were given back, from the end.
    pub returned: u64,
}

impl Pool {
    /// The counter value after the last number that may be used.
    pub fn end(&self) -> u64 {
        self.first + self.count - self.returned
    }

    /// Numbers that are left, where all below `next_free` are gone.
    pub fn left(&self, next_free: u64) -> u64 {
        self.end().saturating_sub(self.first.max(next_free))
    }
}

/// A block of own numbers that was handed out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    /// Of this product.
    pub gtin: Gtin,
    /// Counter value of its first number.
    pub first: u64,
    /// How many numbers it has.
    pub count: u64,
    /// Numbers that came back unused: first and last of each stretch, upwards and apart.
    pub returned: Vec<(u64, u64)>,
}

impl Export {
    /// The last counter value.
    pub fn last(&self) -> u64 {
        self.first + self.count - 1
    }

    /// How many came back.
    pub fn returned_count(&self) -> u64 {
        self.returned
            .iter()
            .map(|(first, last)| last - first + 1)
            .sum()
    }

    /// This counter value came back.
    pub fn is_returned(&self, index: u64) -> bool {
        let after = self.returned.partition_point(|(first, _)| *first <= index);
        after > 0 && self.returned[after - 1].1 >= index
    }

    /// The stretches that have not come back.
    pub fn outside(&self) -> Vec<(u64, u64)> {
        let mut outside = Vec::new();
        let mut next = self.first;
        for (first, last) in &self.returned {
            if next < *first {
                outside.push((next, first - 1));
            }
            next = last + 1;
        }
        if next <= self.last() {
            outside.push((next, self.last()));
        }
        outside
    }

    /// These came back, too; `runs` go upwards and are apart.
    fn take_back(&mut self, runs: &[(u64, u64)]) -> Result<(), String> {
        for (first, last) in runs {
            let before = self.returned.partition_point(|(_, end)| end < first);
            let free = self
                .returned
                .get(before)
                .is_none_or(|(begin, _)| begin > last);
            if first > last || *first < self.first || *last > self.last() || !free {
                return Err(format!(
                    "The numbers {first} to {last} were not handed out with this token, or came back before."
                ));
            }
            self.returned.insert(before, (*first, *last));
        }
        Ok(())
    }
}

/// What became of a number that no pack took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Given<'r> {
    /// It was handed out.
    Exported {
        /// For this token.
        token: &'r Token,
        /// It came back unused.
        returned: bool,
    },
    /// It came in a pool.
    InPool {
        /// Which.
        pool: PoolNo,
        /// It was given back with what was left of the pool.
        returned: bool,
    },
}

/// All pools and all blocks handed out, as the records say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NumberRegister {
    pools: Vec<Pool>,
    exports: BTreeMap<Token, Export>,
}

impl NumberRegister {
    /// Takes in what happened.
    ///
    /// # Errors
    /// It does not fit what happened before; nothing is changed then.
    pub fn apply(&mut self, fact: &PoolFact) -> Result<(), String> {
        match fact {
            PoolFact::Imported {
                pool,
                gtin,
                first,
                count,
                content,
                longest,
                source,
            } => self.take_in(Pool {
                no: *pool,
                gtin: *gtin,
                first: *first,
                count: *count,
                content: *content,
                longest: *longest,
                source: source.clone(),
                returned: 0,
            }),
            PoolFact::Exported {
                token,
                gtin,
                first,
                count,
            } => {
                let inside = first
                    .checked_add(*count)
                    .is_some_and(|end| end <= POOL_INDEX_FIRST);
                if !inside || *count == 0 || self.exports.contains_key(token) {
                    return Err(format!("Numbers were handed out for token {token} before."));
                }
                let export = Export {
                    gtin: *gtin,
                    first: *first,
                    count: *count,
                    returned: Vec::new(),
                };
                self.exports.insert(token.clone(), export);
                Ok(())
            }
            PoolFact::ExportRepeated { token } => match self.exports.contains_key(token) {
                true => Ok(()),
                false => Err(unknown_token(token)),
            },
            PoolFact::Returned { token, runs } => {
                let export = self.exports.get(token);
                let mut changed = export.cloned().ok_or_else(|| unknown_token(token))?;
                changed.take_back(runs)?;
                self.exports.insert(token.clone(), changed);
                Ok(())
            }
            PoolFact::PoolReturned { pool, first, count } => {
                let mut pools = self.pools.iter_mut();
                let found = pools.find(|one| one.no == *pool);
                match found.filter(|one| *first >= one.first && first + count == one.end()) {
                    Some(one) => {
                        one.returned += count;
                        Ok(())
                    }
                    None => Err(format!("Pool {pool} has no such numbers left.")),
                }
            }
        }
    }

    fn take_in(&mut self, pool: Pool) -> Result<(), String> {
        let follows = pool.no == self.next_pool() && pool.first == self.next_first(pool.gtin);
        if !follows || pool.count == 0 {
            return Err(format!(
                "Pool {} does not follow the pools before it, or is empty.",
                pool.no
            ));
        }
        self.pools.push(pool);
        Ok(())
    }

    /// All pools, in the order of their numbers.
    pub fn pools(&self) -> &[Pool] {
        &self.pools
    }

    /// The pools of a GTIN, in the order in which they are used.
    pub fn pools_of(&self, gtin: Gtin) -> impl Iterator<Item = &Pool> {
        self.pools.iter().filter(move |pool| pool.gtin == gtin)
    }

    /// The pool of this number.
    pub fn pool(&self, no: PoolNo) -> Option<&Pool> {
        self.pools.iter().find(|pool| pool.no == no)
    }

    /// All blocks that were handed out, by their token.
    pub fn exports(&self) -> impl Iterator<Item = (&Token, &Export)> {
        self.exports.iter()
    }

    /// The block that was handed out for this token.
    pub fn export(&self, token: &Token) -> Option<&Export> {
        self.exports.get(token)
    }

    /// What became of a number that no pack took, by its counter value: given to somebody outside, or of a pool.
    /// `None`: the records say nothing of it.
    pub fn given(&self, gtin: Gtin, index: u64) -> Option<Given<'_>> {
        let mut exports = self.exports.iter();
        let block = exports.find(|(_, export)| {
            export.gtin == gtin && (export.first..=export.last()).contains(&index)
        });
        if let Some((token, export)) = block {
            let returned = export.is_returned(index);
            return Some(Given::Exported { token, returned });
        }
        let mut pools = self.pools_of(gtin);
        let pool = pools.find(|pool| (pool.first..pool.first + pool.count).contains(&index))?;
        Some(Given::InPool {
            pool: pool.no,
            returned: index >= pool.end(),
        })
    }

    /// The number of the next pool.
    pub fn next_pool(&self) -> PoolNo {
        PoolNo(self.pools.last().map_or(1, |pool| pool.no.0 + 1))
    }

    /// The counter value of the first number of the next pool of this GTIN.
    pub fn next_first(&self, gtin: Gtin) -> u64 {
        let last = self.pools_of(gtin).last();
        last.map_or(POOL_INDEX_FIRST, |pool| pool.first + pool.count)
    }

    /// The counter value that is taken next from the pools of this GTIN, where all below `next_free` are gone.
    pub fn next_of_pools(&self, gtin: Gtin, next_free: u64) -> Option<u64> {
        let mut open = self.pools_of(gtin).filter(|pool| pool.left(next_free) > 0);
        open.next().map(|pool| pool.first.max(next_free))
    }

    /// Numbers left in the pools of this GTIN, where all below `next_free` are gone.
    pub fn left_in_pools(&self, gtin: Gtin, next_free: u64) -> u64 {
        self.pools_of(gtin).map(|pool| pool.left(next_free)).sum()
    }
}

impl NumberRegister {
    /// What a request for own numbers comes to: the block it got before, or a new one. `next`: the first counter value
    /// that is free, with `left` free from there on.
    ///
    /// # Errors
    /// The token stands for another request, or there are not so many numbers.
    pub fn request(
        &self,
        token: Token,
        gtin: Gtin,
        count: u64,
        next: Option<u64>,
        left: u64,
    ) -> Result<PoolFact, String> {
        if let Some(known) = self.export(&token) {
            return match known.gtin == gtin && known.count == count {
                true => Ok(PoolFact::ExportRepeated { token }),
                false => Err(format!(
                    "Token {token} stands for {} numbers of GTIN {}: ask for just these again, or take another token.",
                    known.count, known.gtin
                )),
            };
        }
        match next.filter(|_| (1..=EXPORT_COUNT_MAX).contains(&count) && count <= left) {
            Some(first) => Ok(PoolFact::Exported {
                token,
                gtin,
                first,
                count,
            }),
            None => Err(format!(
                "{count} numbers cannot be handed out: 1 to {EXPORT_COUNT_MAX} can at a time, and {left} of GTIN \
                 {gtin} are left in this station's range."
            )),
        }
    }

    /// The numbers of a block that have not come back.
    ///
    /// # Errors
    /// There is no such block, or all of it came back.
    pub fn outside(&self, token: &Token) -> Result<Vec<(u64, u64)>, String> {
        let export = self.export(token).ok_or_else(|| unknown_token(token))?;
        let outside = export.outside();
        match outside.is_empty() {
            true => Err(format!("All numbers of token {token} came back before.")),
            false => Ok(outside),
        }
    }

    /// The return of what is left of a pool, where all below `next_free` are gone.
    ///
    /// # Errors
    /// There is no such pool, or nothing is left of it.
    pub fn rest_of_pool(&self, no: PoolNo, next_free: u64) -> Result<PoolFact, String> {
        let pool = self.pool(no).filter(|pool| pool.left(next_free) > 0);
        let pool = pool.ok_or_else(|| format!("There is no pool {no} with numbers left."))?;
        Ok(PoolFact::PoolReturned {
            pool: no,
            first: pool.first.max(next_free),
            count: pool.left(next_free),
        })
    }
}

impl PoolFact {
    /// The records of the return of these stretches.
    pub fn returned(token: &Token, runs: &[(u64, u64)]) -> Vec<PoolFact> {
        let parts = runs
            .chunks(RUNS_PER_RECORD_MAX)
            .map(|runs| PoolFact::Returned {
                token: token.clone(),
                runs: runs.to_vec(),
            });
        parts.collect()
    }
}

fn unknown_token(token: &Token) -> String {
    format!("No numbers were handed out for token {token}: check it.")
}

#[cfg(test)]
mod test {
    use super::*;
    use proptest::prelude::*;

    const GTIN: &str = "09521234543213";

    fn gtin() -> Gtin {
        GTIN.parse().unwrap()
    }

    fn imported(pool: u32, first: u64, count: u64) -> PoolFact {
        PoolFact::Imported {
            pool: PoolNo(pool),
            gtin: gtin(),
            first,
            count,
            content: ListHash([pool as u8; 32]),
            longest: Longest::default(),
            source: "list.csv".to_owned(),
        }
    }

    #[test]
    fn pools_follow_each_other_and_what_was_given_back_is_passed_over() {
        let mut register = NumberRegister::default();
        let first = POOL_INDEX_FIRST;
        assert!(register.apply(&imported(1, first, 10)).is_ok());
        assert!(register.apply(&imported(3, first + 10, 5)).is_err());
        assert!(register.apply(&imported(2, first + 11, 5)).is_err());
        assert!(register.apply(&imported(2, first + 10, 5)).is_ok());
        let back = PoolFact::PoolReturned {
            pool: PoolNo(1),
            first: first + 4,
            count: 6,
        };
        assert_eq!(register.left_in_pools(gtin(), 0), 15);
        assert!(register.apply(&back).is_ok());
        assert!(register.apply(&back).is_err());
        assert_eq!(
            register.next_of_pools(gtin(), first + 3),
            Some(first + 3),
            "the last one that is left of the first pool"
        );
        assert_eq!(register.next_of_pools(gtin(), first + 4), Some(first + 10));
        assert_eq!(register.next_of_pools(gtin(), first + 15), None);
        assert_eq!(register.left_in_pools(gtin(), first + 3), 6);
    }

    #[test]
    fn requests_have_a_token_and_a_bound() {
        let token: Token = "PO-4711".parse().unwrap();
        let register = NumberRegister::default();
        let request = |count, left| register.request(token.clone(), gtin(), count, Some(7), left);
        let most = EXPORT_COUNT_MAX;
        assert!(request(most, most).is_ok() && request(1, 1).is_ok());
        for (count, left) in [(0, most), (most + 1, u64::MAX), (2, 1)] {
            assert!(request(count, left).is_err(), "{count} of {left}");
        }
        for text in ["", "a b", "ü", &"x".repeat(TOKEN_LEN_MAX + 1)] {
            assert!(text.parse::<Token>().is_err(), "{text:?}");
        }
    }

    proptest! {
        /// Whatever comes back in whatever pieces: what is outside and what came back are together what went out, and
        /// nothing comes back twice.
        #[test]
        fn what_comes_back_is_counted_once(pieces in proptest::collection::vec((0u64..120, 0u64..30), 0..20)) {
            let token: Token = "order-7".parse().unwrap();
            let (first, count) = (1_000, 100);
            let mut register = NumberRegister::default();
            let exported = PoolFact::Exported { token: token.clone(), gtin: gtin(), first, count };
            prop_assert_eq!(register.apply(&exported), Ok(()));
            let mut back = std::collections::BTreeSet::new();
            for (at, length) in pieces {
                let run = (first + at, first + at + length);
                let fresh = (run.0..=run.1).all(|index| index < first + count && !back.contains(&index));
                let taken = register.apply(&PoolFact::Returned { token: token.clone(), runs: vec![run] });
                prop_assert_eq!(taken.is_ok(), fresh);
                if fresh {
                    back.extend(run.0..=run.1);
                }
            }
            let export = register.export(&token).unwrap();
            prop_assert_eq!(export.returned_count(), back.len() as u64);
            let outside: Vec<u64> = export.outside().iter().flat_map(|(from, to)| *from..=*to).collect();
            let wanted: Vec<u64> = (first..first + count).filter(|index| !back.contains(index)).collect();
            prop_assert_eq!(outside, wanted);
            for index in first - 5..first + count + 5 {
                prop_assert_eq!(export.is_returned(index), back.contains(&index));
            }
        }
    }
}
