//! `vidimus epcis import`: what partners say of our packs, containers and lots, taken over from their documents; all
//! of a document or nothing.
//!
//! A document is read twice. First everything in it is judged; then its claims are staged in small pieces, by the
//! running station between the commits of its line, or here where none runs; and one record makes all of them count.

use super::open;
use crate::cli::exit::{Ended, Exit, Failure};
use crate::cli::serials::numbers::{failure, running, source_of, utc};
use crate::cli::who::{WhoArgs, device, taken};
use crate::cli::{message, print_json, print_text, station_file};
use crate::config::Config;
use crate::epcis::partners::{Listener, Taken, Told, Unheard};
use crate::epcis::{Header, Received, Summary, read};
use crate::gs1::Gln;
use crate::record::partner::{PART_SUBJECTS_MAX, Staged, Staging};
use crate::record::{Claimed, DocumentHash, DocumentNo, HeardCounts, HeardPart, SignIn};
use crate::serial::SerialKey;
use crate::station::counter::{Counter, CounterError, Customer};
use crate::station::{key, utc_ms};
use crate::store::{OpenOptions, Reader, StoreError};
use crate::trace::plural;
use crate::tui::client::Client;
use crate::tui::words::grouped;
use crate::wire::rights::Holders;
use crate::wire::{Answer, Ask, PackagingOrder, PartnerOrder, Proof, Right, Secret};
use sha2::{Digest, Sha256};
use std::io::{BufReader, Read};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// Arguments of `epcis import`.
///
/// Events about numbers that are not of this station are counted and named. An event that was heard before, in this
/// or another document, changes nothing; one that comes again under the same id with other content refuses its
/// document. What contradicts our records (somebody received what never left here, or gave out a number of ours; a
/// receipt from before the shipment; a thing inside itself) is taken and flagged; it moves nothing. What partners say
/// stands beside what this line recorded and never changes it: track, trace, authenticate and recall show both, with
/// who said it. Import documents in the order of what happened.
#[derive(Debug, clap::Args)]
pub(super) struct ImportArgs {
    /// Documents of EPCIS 2.0 (JSON-LD, XML) or 1.2 (XML), one after the other
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Judges everything and takes nothing in
    #[arg(long)]
    dry_run: bool,
    /// Prints one JSON object a document
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    who: WhoArgs,
}

/// Bytes of claims that are staged together; a line of the socket holds more.
const PIECE_BYTES_MAX: usize = 96 << 10;
/// Things that are staged together, so that the line never waits long for a piece.
const PIECE_THINGS_MAX: usize = 500;

/// Runs the command.
///
/// # Errors
/// A document is refused; station file, key or store cannot be used; the station refuses.
pub(super) fn run(args: &ImportArgs) -> Ended {
    let config = station_file::load(args.who.station_file()?)?;
    let key = key::load(&config).map_err(|error| Failure::new(Exit::Configuration, error))?;
    let key = key.ok_or_else(|| {
        let path = config.serial.key_file.display();
        let text = format!("There is no serial key {path}: the station's first start makes it.");
        Failure::new(Exit::Configuration, text)
    })?;
    let mut way = None;
    let mut all_taken = true;
    for file in &args.files {
        let reader = Reader::open(&config.station.data_dir, &OpenOptions::default());
        let one = Import {
            reader: reader.map_err(store)?,
            key: &key,
            own: config.epcis.gln,
            file,
            now_ms: utc_ms(),
        };
        all_taken &= import(args, &config, &one, &mut way)?;
    }
    match way {
        Some(Way::Counter(counter)) => counter.close().map_err(failure)?,
        Some(Way::Running { .. }) | None => {}
    }
    Ok(match all_taken {
        true => Exit::Ok,
        false => Exit::SomeRefused,
    })
}

fn store(error: StoreError) -> Failure {
    Failure::new(Exit::Store, error)
}

/// Whether the document was, or is, taken in.
fn import(
    args: &ImportArgs,
    config: &Config,
    one: &Import<'_>,
    way: &mut Option<Way>,
) -> Result<bool, Failure> {
    let (content, told) = one.go_through(&mut |_| Ok(()))?;
    let known = one.reader.document_heard(content).map_err(store)?;
    if let Some((document, at)) = known {
        return tell_known(args, one.file, document, at);
    }
    let document = match args.dry_run || told.events == 0 {
        true => None,
        false => {
            let way = match way {
                Some(way) => way,
                None => way.insert(Way::find(&args.who, config)?),
            };
            Some(take_in(one, way, content, &told)?)
        }
    };
    tell(args, one.file, content, document, &told)?;
    Ok(true)
}

/// A document, and what it is held against.
struct Import<'a> {
    reader: Reader,
    key: &'a SerialKey,
    own: Option<Gln>,
    file: &'a Path,
    now_ms: i64,
}

/// Hashes what is read through it.
struct Hashed<R> {
    input: R,
    hasher: Sha256,
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
        let len = self.input.read(to)?;
        self.hasher.update(&to[..len]);
        Ok(len)
    }
}

impl Import<'_> {
    fn refused(&self, line: u64, event: u64, text: impl std::fmt::Display) -> Failure {
        let place = match event {
            0 => format!("line {line}"),
            event => format!("line {line}, event {event}"),
        };
        let text = format!(
            "{}: {place}: {text} Nothing of this document was taken in.",
            self.file.display()
        );
        Failure::new(Exit::SomeRefused, text)
    }

    /// Reads the document and hands out what it says of ours; the hash of the file, and how much that was.
    fn go_through(
        &self,
        each: &mut dyn FnMut(Taken) -> Result<(), Failure>,
    ) -> Result<(DocumentHash, Told), Failure> {
        if self.file == Path::new("-") {
            let text = "A document is read twice: give its file, not standard input.";
            return Err(Failure::new(Exit::Usage, text));
        }
        let find = |ask: &crate::store::Whereabouts<'_>, gtin: &_, serial: &str| {
            ask.pack_of_serial(self.key, gtin, serial)
        };
        let mut listener = Listener::new(&find, self.now_ms, self.own);
        let mut input = BufReader::with_capacity(
            256 * 1024,
            Hashed {
                input: open(self.file)?,
                hasher: Sha256::new(),
            },
        );
        let mut stopped = Ok(());
        let summary = read(&mut input, &mut |header: &Header, received: Received| {
            stopped = self.one(&mut listener, header, &received, each);
            match stopped {
                Ok(()) => ControlFlow::Continue(()),
                Err(_) => ControlFlow::Break(()),
            }
        });
        stopped?;
        let summary: Summary =
            summary.map_err(|why| self.refused(why.line, why.event, why.text))?;
        if let Some(finding) = summary.findings.first() {
            return Err(self.refused(finding.line, finding.event, &finding.text));
        }
        let rest = std::io::copy(&mut input, &mut std::io::sink());
        rest.map_err(|why| self.refused(0, 0, format!("The input cannot be read: {why}.")))?;
        let hash = DocumentHash(input.into_inner().hasher.finalize().into());
        Ok((hash, listener.told().clone()))
    }

    fn one(
        &self,
        listener: &mut Listener<'_>,
        header: &Header,
        received: &Received,
        each: &mut dyn FnMut(Taken) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let place = received.place;
        if let Some(finding) = received.findings.first() {
            let text = format!("{} [{}]", finding.text, finding.rule.code());
            return Err(self.refused(finding.line, finding.event, text));
        }
        let Some(event) = &received.event else {
            listener.not_understood();
            return Ok(());
        };
        let mut heard = Ok(None);
        let asked = self.reader.whereabouts(|ask| {
            heard = listener.hear(ask, event, place.event, header.xml);
            Ok(())
        });
        asked.map_err(store)?;
        match heard {
            Ok(Some(taken)) => each(taken),
            Ok(None) => Ok(()),
            Err(Unheard::Store(error)) => Err(store(error)),
            Err(Unheard::Wrong(text)) => Err(self.refused(place.line, place.event, text)),
        }
    }
}

/// Stages the document and makes it count; its number.
fn take_in(
    one: &Import<'_>,
    way: &mut Way,
    content: DocumentHash,
    judged: &Told,
) -> Result<DocumentNo, Failure> {
    while way.stage(Staging::Clear)?.more {}
    let source = source_of(one.file);
    let document = way.stage(Staging::Begin { content, source })?.document;
    let mut piece = Piece::default();
    let (again, told) = one.go_through(&mut |taken| {
        for part in parts_of(taken) {
            piece.add(part);
            if piece.is_full() {
                way.stage(piece.take(document))?;
            }
        }
        Ok(())
    })?;
    if again != content || (told.events, told.claims) != (judged.events, judged.claims) {
        let text = "The file, or what is on record, changed while it was read. Nothing of it was taken in: import it \
                    again.";
        return Err(Failure::new(Exit::SomeRefused, text));
    }
    if !piece.parts.is_empty() {
        way.stage(piece.take(document))?;
    }
    way.stage(Staging::Seal { document })?;
    let counts = HeardCounts {
        events: told.events,
        claims: told.claims,
        flagged: told.flagged,
    };
    way.order(PartnerOrder::Hear {
        document,
        content,
        counts,
    })?;
    Ok(document)
}

/// The parts of an event, each of bounded length.
fn parts_of(taken: Taken) -> Vec<HeardPart> {
    let part = |goes_on| HeardPart {
        claim: taken.claim.clone(),
        subjects: Vec::new(),
        lots: Vec::new(),
        goes_on,
    };
    let mut parts = vec![part(false)];
    let (mut things, mut bytes) = (0, 0);
    let mut next = |parts: &mut Vec<HeardPart>, len: usize| {
        (things, bytes) = (things + 1, bytes + len);
        if things > PART_SUBJECTS_MAX || bytes > PIECE_BYTES_MAX / 2 {
            (things, bytes) = (1, len);
            parts.push(part(true));
        }
    };
    for subject in taken.subjects {
        next(&mut parts, length_of(&subject.0));
        parts
            .last_mut()
            .expect("there is a first")
            .subjects
            .push(subject);
    }
    for lot in taken.lots {
        next(&mut parts, 64 + lot.amount.as_ref().map_or(0, String::len));
        parts.last_mut().expect("there is a first").lots.push(lot);
    }
    parts
}

/// About how many bytes of JSON a thing takes.
fn length_of(claimed: &Claimed) -> usize {
    match claimed {
        Claimed::Foreign(code) => 2 * code.len() + 32,
        Claimed::Pack(_) | Claimed::Container(_) => 40,
    }
}

/// What is staged together.
#[derive(Default)]
struct Piece {
    parts: Vec<HeardPart>,
    things: usize,
    bytes: usize,
}

impl Piece {
    fn add(&mut self, part: HeardPart) {
        self.things += 1 + part.subjects.len() + part.lots.len();
        let claim = &part.claim;
        let holder = claim.holder.as_ref().map_or(0, length_of);
        self.bytes += 200 + 2 * (claim.id.len() + 4 * claim.words.len()) + holder;
        let subjects = part.subjects.iter().map(|(subject, _)| length_of(subject));
        self.bytes += subjects.sum::<usize>() + 96 * part.lots.len();
        self.parts.push(part);
    }

    fn is_full(&self) -> bool {
        self.things >= PIECE_THINGS_MAX || self.bytes >= PIECE_BYTES_MAX
    }

    fn take(&mut self, document: DocumentNo) -> Staging {
        let parts = std::mem::take(self).parts;
        Staging::Add { document, parts }
    }
}

/// Who writes: the station that runs, or this process where none does.
enum Way {
    Running {
        client: Box<Client>,
        by: String,
        reason: Option<String>,
        /// What proves who it is, piece by piece; and what the order itself is given with.
        pieces: Option<Proof>,
        order: Option<Proof>,
    },
    Counter(Box<Counter>),
}

impl Way {
    fn find(who: &WhoArgs, config: &Config) -> Result<Way, Failure> {
        let Some(mut client) = running(config)? else {
            let customer = Customer {
                by: who.name(),
                proof: who.proof_for(config.people.sign_in, Right::Pack)?,
                reason: who.reason.clone(),
            };
            let counter = Counter::open(config, customer, Right::Pack).map_err(failure)?;
            return Ok(Way::Counter(Box::new(counter)));
        };
        let sign_in = client.view().map_err(device)?.sign_in;
        let needed = sign_in == SignIn::Required && Right::Pack.row().holders != Holders::Anybody;
        let (mut pieces, mut order) = (None, None);
        if needed || who.sign.is_some() || who.secret_file.is_some() {
            let secret = who.secret()?;
            // A session stands for the secret, so that it is not worked out again for every piece.
            pieces = session(&mut client, who, &secret)?;
            order = match who.sign {
                Some(_) => Some(who.proven_by(secret)?),
                None => pieces.clone(),
            };
        }
        Ok(Way::Running {
            client: Box::new(client),
            by: who.name(),
            reason: who.reason.clone(),
            pieces,
            order,
        })
    }

    fn stage(&mut self, staging: Staging) -> Result<Staged, Failure> {
        match self {
            Way::Running {
                client, by, pieces, ..
            } => {
                let answer = taken(client.ask(Ask::Stage {
                    by: by.clone(),
                    proof: pieces.clone(),
                    staging,
                }))?;
                match answer {
                    Answer::Staged(staged) => Ok(staged),
                    other => Err(Failure::new(
                        Exit::Device,
                        format!(
                            "The station answered {other:?}: use the same release on both sides."
                        ),
                    )),
                }
            }
            Way::Counter(counter) => counter.stage(staging).map_err(failure),
        }
    }

    fn order(&mut self, order: PartnerOrder) -> Result<(), Failure> {
        let order = PackagingOrder::Partner(order);
        match self {
            Way::Running {
                client,
                by,
                reason,
                order: proof,
                ..
            } => taken(client.ask(Ask::Pack {
                by: by.clone(),
                proof: proof.clone(),
                reason: reason.clone(),
                order,
            }))
            .map(drop),
            Way::Counter(counter) => {
                let done: Result<(), CounterError> = counter.partner(&order);
                done.map_err(failure)
            }
        }
    }
}

fn session(client: &mut Client, who: &WhoArgs, secret: &Secret) -> Result<Option<Proof>, Failure> {
    let answer = taken(client.ask(Ask::SignIn {
        by: who.name(),
        secret: secret.clone(),
    }))?;
    Ok(match answer {
        Answer::SignedIn { session, .. } => Some(Proof::Session(session)),
        _ => Some(Proof::Secret(secret.clone())),
    })
}

fn tell_known(
    args: &ImportArgs,
    file: &Path,
    document: DocumentNo,
    at: i64,
) -> Result<bool, Failure> {
    let name = file.display().to_string();
    match args.json {
        true => print_json(&serde_json::json!({
            "v": 1, "file": name, "imported": false, "known_as": document,
        }))?,
        false => message(&format!(
            "{name} was imported already: as document {}, on {}. Nothing was imported again.",
            document.0,
            utc(at)
        )),
    }
    Ok(false)
}

fn tell(
    args: &ImportArgs,
    file: &Path,
    content: DocumentHash,
    document: Option<DocumentNo>,
    told: &Told,
) -> Result<(), Failure> {
    let name = file.display().to_string();
    if args.json {
        return print_json(&serde_json::json!({
            "v": 1, "file": name, "imported": document.is_some(), "document": document, "sha256": content,
            "told": told,
        }));
    }
    let counted = |count, noun| format!("{} {}", grouped(count), plural(count, noun));
    let (events, claims) = (counted(told.events, "event"), counted(told.claims, "claim"));
    let mut lines = vec![match document {
        Some(document) => format!(
            "{name}: document {}, {events} with {claims} taken in",
            document.0
        ),
        None if told.events == 0 => format!("{name}: nothing new about anything of this station"),
        None => format!("{name}: {events} with {claims} can be taken in"),
    }];
    for (count, noun, what) in [
        (told.known, "event", "heard before"),
        (told.strange, "event", "about nothing of this station"),
        (told.numbers_strange, "number", "not of this station"),
        (
            told.flagged,
            "claim",
            "against our records: kept, and moving nothing",
        ),
    ] {
        if count > 0 {
            lines.push(format!("  {} {what}", counted(count, noun)));
        }
    }
    let contradictions = told.contradictions.iter();
    lines.extend(contradictions.map(|line| format!("  CONTRADICTS {line}")));
    let strangers = told.named.iter().take(5);
    lines.extend(strangers.map(|code| format!("  not ours    {code}")));
    print_text(lines, 14)
}
