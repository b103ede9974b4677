//! From stream packets to whole pictures: order, doubles, gaps, and what is asked for again. PURE.
//!
//! A picture leaves here only when its leader, its trailer and every byte between them came and agree with what the
//! camera said it would send; every other picture leaves as a loss with its number and reason. Pictures and losses
//! leave in the order of their numbers.

use super::gvsp::{self, Kind, Leader, MONO8, Packet, Standing, pixel_format_name};
use crate::{Fault, Tick};
use std::collections::VecDeque;
use std::time::Duration;

/// Pictures that may be under way at once; the oldest is given up for one more.
pub const UNDER_WAY_MAX: usize = 8;
/// Wait for packets that may only be out of order, in ms, before they are asked for again.
pub const REORDER_MS: u64 = 1;
/// Silence within a picture, in ms, after which what is missing is asked for (again).
pub const SILENCE_MS: u64 = 15;
/// Times that all that is missing of a picture is asked for after a silence.
pub const ROUNDS_MAX: u32 = 4;
/// Gaps of one picture that are asked for, all together.
pub const GAPS_MAX: u32 = 512;
/// Longest silence within a picture, in ms.
pub const PICTURE_MS: u64 = 200;
/// Losses that are told one by one; a longer gap in the numbers is told as one.
pub const LOST_TOLD_MAX: u64 = 100;
/// Leaders in a row with numbers that were used before: the camera counts anew.
pub const BEHIND_MAX: u32 = 8;
/// Numbers of 16 bits go from 1 to this, and then on with 1.
const SHORT_IDS: u64 = 65_535;

/// What pictures are to be like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Pixels of a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Bytes of a stream packet, IP header included.
    pub packet_size: u32,
    /// Whether the camera sends packets again.
    pub resends: bool,
}

/// What came of the packets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// A whole picture, as a portable grey map.
    Picture {
        /// Its number, counted on when the camera's ids begin anew after 65,535.
        counter: u64,
        /// The picture.
        body: Vec<u8>,
    },
    /// A picture that nobody will get.
    Lost {
        /// Its number.
        counter: u64,
        /// Why, as a sentence part.
        why: String,
    },
    /// Packets to be asked for again.
    Resend {
        /// The camera's own number of the picture.
        block: u64,
        /// First and last packet.
        range: (u32, u32),
        /// Whether ids are wide.
        wide: bool,
    },
    /// So many pictures in a row that they are not told one by one.
    Jumped(String),
    /// Something that is no packet, or numbers that make no sense. The stream goes on.
    Trouble(Fault),
    /// The stream cannot go on.
    Over(Fault),
}

/// One picture under way. One of which nothing came yet holds nothing.
#[derive(Debug, Default)]
struct Block {
    body: Vec<u8>,
    /// Which packets came, a bit each, leader and trailer too.
    got: Vec<u64>,
    missing: u32,
    /// Packets below this came or were asked for.
    asked_to: u32,
    /// One more than the highest packet that came.
    seen_to: u32,
    heard_at: Tick,
    ask_at: Option<Tick>,
    rounds: u32,
    gaps: u32,
    spoilt: Option<String>,
    /// Only the leader came; its picture may still be exposed.
    early: bool,
}

impl Block {
    fn has(&self, id: u32) -> bool {
        self.got
            .get(id as usize / 64)
            .is_some_and(|word| word >> (id % 64) & 1 == 1)
    }

    fn whole(&self) -> bool {
        !self.got.is_empty() && self.missing == 0
    }

    fn over(&self) -> bool {
        self.spoilt.is_some() || self.whole()
    }

    /// The first packet came: room for all of them.
    fn begin(&mut self, head: &[u8], bytes: usize, trailer: u32) {
        self.body = Vec::with_capacity(head.len() + bytes);
        self.body.extend_from_slice(head);
        self.body.resize(head.len() + bytes, 0);
        self.got = vec![0; trailer as usize / 64 + 1];
        self.missing = trailer + 1;
        self.gaps = 0;
    }

    fn spoil(&mut self, why: String) {
        self.spoilt.get_or_insert(why);
    }
}

/// Puts pictures together. See the module text.
#[derive(Debug)]
pub struct Pictures {
    shape: Shape,
    /// The head of the portable grey map.
    head: Vec<u8>,
    wide: Option<bool>,
    /// Counter of the first block under way; 0 before the first packet.
    first: u64,
    blocks: VecDeque<Block>,
    behind: u32,
    noisy: bool,
    told: VecDeque<Told>,
}

impl Pictures {
    /// A stream that begins now.
    pub fn new(shape: Shape) -> Pictures {
        Pictures {
            shape,
            head: format!("P5\n{} {}\n255\n", shape.width, shape.height).into_bytes(),
            wide: None,
            first: 0,
            blocks: VecDeque::new(),
            behind: 0,
            noisy: false,
            told: VecDeque::new(),
        }
    }

    /// The next thing that came of the packets.
    pub fn next_told(&mut self) -> Option<Told> {
        self.told.pop_front()
    }

    fn bytes(&self) -> usize {
        self.shape.width as usize * self.shape.height as usize
    }

    /// Picture bytes of a packet.
    fn per_packet(&self) -> usize {
        let header = if self.wide == Some(true) {
            gvsp::WIDE_HEADER
        } else {
            gvsp::HEADER
        };
        let bytes = self
            .shape
            .packet_size
            .saturating_sub(gvsp::UNDER_HEADERS + header);
        bytes.max(1) as usize
    }

    /// The trailer's number: packets with picture bytes have 1 to this less one.
    fn trailer_id(&self) -> u32 {
        u32::try_from(self.bytes().div_ceil(self.per_packet()))
            .unwrap_or(u32::MAX - 1)
            .saturating_add(1)
    }

    /// A datagram came on the stream's port.
    pub fn heard(&mut self, now: Tick, bytes: &[u8]) {
        let packet = match Packet::parse(bytes) {
            Ok(packet) => packet,
            Err(fault) => return self.noise(fault),
        };
        if *self.wide.get_or_insert(packet.wide) != packet.wide {
            return self.noise(Fault::Garbled(
                "narrow and wide stream packets mixed".into(),
            ));
        }
        let Some(index) = self.place(now, &packet) else {
            return;
        };
        self.take(now, index, &packet);
        self.flush();
    }

    fn noise(&mut self, fault: Fault) {
        if !std::mem::replace(&mut self.noisy, true) {
            self.told.push_back(Told::Trouble(fault));
        }
    }

    /// The counter of a packet's picture; `None` when it lies behind.
    fn counter(&self, packet: &Packet<'_>) -> Option<u64> {
        let counter = if packet.wide || self.first == 0 {
            packet.block
        } else {
            let from = (self.first - 1) % SHORT_IDS;
            let ahead = (packet.block - 1 + SHORT_IDS - from) % SHORT_IDS;
            if ahead > SHORT_IDS / 2 {
                return None;
            }
            self.first + ahead
        };
        (counter >= self.first).then_some(counter)
    }

    /// Where the packet's picture stands among those under way.
    fn place(&mut self, now: Tick, packet: &Packet<'_>) -> Option<usize> {
        if self.first == 0 {
            // Numbers begin with 1; a camera that goes on from somewhere else begins there.
            self.first = if packet.block <= UNDER_WAY_MAX as u64 {
                1
            } else {
                packet.block
            };
        }
        let Some(counter) = self.counter(packet) else {
            if matches!(packet.kind, Kind::Leader(_)) {
                self.behind += 1;
                if self.behind >= BEHIND_MAX {
                    let what = format!(
                        "picture numbers that go back from {} to {}",
                        self.first, packet.block
                    );
                    self.told.push_back(Told::Over(Fault::Garbled(what)));
                }
            }
            return None;
        };
        let end = self.first + self.blocks.len() as u64;
        if counter >= end {
            self.behind = 0;
            if counter - end > LOST_TOLD_MAX {
                self.jump(counter);
            }
            while self.first + (self.blocks.len() as u64) < counter + 1 {
                self.blocks.push_back(Block {
                    heard_at: now,
                    ..Block::default()
                });
            }
            while self.blocks.len() > UNDER_WAY_MAX {
                self.give_up(0, "too many pictures were under way");
                self.flush();
            }
            if counter > end {
                // What is missing before it is missing now.
                let many = counter - end;
                let from = usize::try_from(end.saturating_sub(self.first)).unwrap_or(0);
                let to = self.blocks.len().saturating_sub(1);
                for block in self.blocks.range_mut(from.min(to)..to) {
                    block.gaps = u32::try_from(many).unwrap_or(u32::MAX);
                }
            }
        }
        usize::try_from(counter - self.first).ok()
    }

    /// A gap in the numbers that is too long to be told one by one.
    fn jump(&mut self, to: u64) {
        while !self.blocks.is_empty() {
            self.give_up(0, "the picture numbers jumped");
            self.flush();
        }
        let lost = to - self.first;
        let what = format!("picture numbers jumped to {to}: {lost} pictures are lost");
        self.told.push_back(Told::Jumped(what));
        self.first = to;
    }

    fn take(&mut self, now: Tick, index: usize, packet: &Packet<'_>) {
        let (bytes, per, trailer) = (self.bytes(), self.per_packet(), self.trailer_id());
        let last = index + 1 == self.blocks.len();
        let Some(block) = self.blocks.get_mut(index) else {
            return;
        };
        block.heard_at = now;
        if block.over() {
            return;
        }
        match gvsp::standing(packet.status) {
            Standing::Good => {}
            Standing::Later => return,
            // Not sent yet, rather than not there any more.
            Standing::Gone(_) if last && packet.id >= block.seen_to => return,
            Standing::Gone(why) | Standing::Bad(why) => {
                return block.spoil(format!("packet {}: {why}", packet.id));
            }
        }
        if block.got.is_empty() {
            block.begin(&self.head, bytes, trailer);
        }
        let right = match packet.kind {
            Kind::Leader(_) => packet.id == 0,
            Kind::Payload(_) => (1..trailer).contains(&packet.id),
            Kind::Trailer(_) => packet.id == trailer,
            Kind::Other(_) => true,
        };
        if !right {
            return block.spoil(match packet.kind {
                Kind::Trailer(_) => format!("it ended with packet {}, not {trailer}", packet.id),
                _ => format!(
                    "packet {} is none of 0 to {trailer}, or not of its kind",
                    packet.id
                ),
            });
        }
        if block.has(packet.id) {
            return;
        }
        let taken = match packet.kind {
            Kind::Leader(data) => check_leader(data, &self.shape),
            Kind::Trailer(data) => check_trailer(data, &self.shape),
            Kind::Payload(data) => {
                let from = (packet.id as usize - 1) * per;
                let wanted = per.min(bytes - from);
                // All are of one size. Only the last may be shorter, or be filled up to the size of the others.
                if data.len() == wanted || (from + per > bytes && data.len() == per) {
                    let at = self.head.len() + from;
                    block.body[at..at + wanted].copy_from_slice(&data[..wanted]);
                    Ok(())
                } else {
                    Err(wrong_length(packet.id, data.len(), wanted))
                }
            }
            Kind::Other(format) => Err(format!("packet {} has the format {format}", packet.id)),
        };
        if let Err(why) = taken {
            return block.spoil(why);
        }
        block.got[packet.id as usize / 64] |= 1 << (packet.id % 64);
        block.missing -= 1;
        block.early = packet.id == 0 && block.seen_to == 0;
        if packet.id > block.seen_to {
            block
                .ask_at
                .get_or_insert(now + Duration::from_millis(REORDER_MS));
        }
        block.seen_to = block.seen_to.max(packet.id + 1);
    }

    /// Whole pictures and losses at the front leave.
    fn flush(&mut self) {
        while self.blocks.front().is_some_and(Block::over) {
            let Some(block) = self.blocks.pop_front() else {
                return;
            };
            let counter = self.first;
            self.first += 1;
            self.told.push_back(match block.spoilt {
                Some(why) => lost(counter, &why),
                None => {
                    self.noisy = false;
                    let body = block.body;
                    Told::Picture { counter, body }
                }
            });
        }
    }

    fn give_up(&mut self, index: usize, why: &str) {
        let trailer = self.trailer_id();
        let Some(block) = self.blocks.get_mut(index).filter(|block| !block.over()) else {
            return;
        };
        let what = if block.got.is_empty() {
            match block.gaps {
                0 | 1 => "nothing of it came".to_owned(),
                many => format!("nothing of it came, as of {many} pictures in a row"),
            }
        } else {
            let rounds = block.rounds;
            format!(
                "{} of its {} packets did not come, asked for {rounds} times",
                block.missing,
                trailer + 1
            )
        };
        block.spoil(format!("{what}: {why}"));
    }

    /// The link is gone: everything under way is lost.
    pub fn end(&mut self, why: &Fault) {
        let why = why.to_string();
        (0..self.blocks.len()).for_each(|index| self.give_up(index, &why));
        self.flush();
    }

    fn due_of(&self, index: usize) -> Option<Tick> {
        let block = self.blocks.get(index).filter(|block| !block.over())?;
        let followed = index + 1 < self.blocks.len();
        let ms = match (self.shape.resends, followed) {
            (true, true) => SILENCE_MS,
            (true, false) if !block.early => SILENCE_MS,
            (false, true) => SILENCE_MS,
            _ => PICTURE_MS,
        };
        let silent = block.heard_at + Duration::from_millis(ms);
        Some(
            block
                .ask_at
                .filter(|_| self.shape.resends)
                .map_or(silent, |ask| ask.min(silent)),
        )
    }

    /// When [`Pictures::woken`] is due.
    pub fn due(&self) -> Option<Tick> {
        (0..self.blocks.len())
            .filter_map(|index| self.due_of(index))
            .min()
    }

    /// The time has come (or not).
    pub fn woken(&mut self, now: Tick) {
        for index in 0..self.blocks.len() {
            if self.due_of(index).is_none_or(|due| now < due) {
                continue;
            }
            let block = &mut self.blocks[index];
            if block.ask_at.take_if(|ask| now >= *ask).is_some() && self.shape.resends {
                let seen = block.seen_to;
                let from = block.asked_to;
                self.ask(index, from, seen);
                continue;
            }
            if !self.shape.resends {
                self.give_up(index, "the camera sends nothing again");
                continue;
            }
            if block.rounds >= ROUNDS_MAX {
                self.give_up(
                    index,
                    "the network or this computer loses packets (see docs/cameras.md)",
                );
                continue;
            }
            block.rounds += 1;
            block.heard_at = now;
            block.early = false;
            let end = self.trailer_id().saturating_add(1);
            self.ask(index, 0, end);
        }
        self.flush();
    }

    /// Asks for what is missing of packets `from` to before `end`.
    fn ask(&mut self, index: usize, from: u32, end: u32) {
        let counter = self.first + index as u64;
        let wide = self.wide == Some(true);
        let block = &mut self.blocks[index];
        let number = if wide {
            counter
        } else {
            (counter - 1) % SHORT_IDS + 1
        };
        block.asked_to = block.asked_to.max(end);
        if block.got.is_empty() {
            let range = (0, end.saturating_sub(1));
            self.told.push_back(Told::Resend {
                block: number,
                range,
                wide,
            });
            return;
        }
        let mut id = from;
        while id < end && block.gaps < GAPS_MAX {
            if block.has(id) {
                id += 1;
                continue;
            }
            let first = id;
            while id < end && !block.has(id) {
                id += 1;
            }
            block.gaps += 1;
            let range = (first, id - 1);
            self.told.push_back(Told::Resend {
                block: number,
                range,
                wide,
            });
        }
    }
}

fn lost(counter: u64, why: &str) -> Told {
    let why = format!("picture {counter} is lost: {why}");
    Told::Lost { counter, why }
}

fn wrong_length(id: u32, brought: usize, wanted: usize) -> String {
    let advice = match id == 1 && brought < wanted {
        true => {
            "; a camera that always sends smaller packets than it says needs packet= with the size it does send"
        }
        false => "",
    };
    format!("packet {id} brought {brought} bytes, not {wanted}{advice}")
}

fn check_leader(data: &[u8], shape: &Shape) -> Result<(), String> {
    let leader = Leader::parse(data)?;
    if leader.pixel_format != MONO8 {
        let found = pixel_format_name(leader.pixel_format);
        return Err(format!("its pixels are {found}; only Mono8 can be used"));
    }
    if (leader.width, leader.height) != (shape.width, shape.height) {
        let (width, height) = (leader.width, leader.height);
        return Err(format!(
            "it is {width} x {height} pixels, not {} x {}",
            shape.width, shape.height
        ));
    }
    Ok(())
}

fn check_trailer(data: &[u8], shape: &Shape) -> Result<(), String> {
    match gvsp::trailer_rows(data)? {
        // Aravis' fake camera says 0 and means nothing by it; the count of packets and bytes is checked all the same.
        0 => Ok(()),
        rows if rows == shape.height => Ok(()),
        rows => Err(format!("{rows} rows of {} were sent", shape.height)),
    }
}
