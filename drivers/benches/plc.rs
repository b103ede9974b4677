//! A PLC cycle over Modbus TCP on this machine: `cargo bench -p vidimus-drivers --bench plc`.
//!
//! The driver as the station runs it, against a peer that answers at once. Cycles follow each other without a pause, so
//! that from header to header is what a cycle takes: reading the header, what is new in the rings, writing verdicts and
//! the station's block, one request after the other. All rings are 64 deep. `one pack` has in every cycle what one pack
//! brings (four events, a gate entry, a verdict); `full rings` has 60 new entries in each ring in every cycle, which no
//! line brings: 60 packs in a few milliseconds.
//!
//! Criterion tells the mean; median, 99th percentile and requests a cycle stand in a line of their own.

use criterion::{Criterion, criterion_group, criterion_main};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;
use vidimus_drivers::Tick;
use vidimus_drivers::address::Address;
use vidimus_drivers::plc::map::Map;
use vidimus_drivers::plc::session::{PlcConfig, PlcSession};
use vidimus_drivers::plc::{
    GateOutcome, PlcCommand, PlcEvent, PlcEventKind, PlcGateEntry, PlcHeader, PlcRingEvent,
    StationLevels, modbus,
};
use vidimus_drivers::pump::{Clock, PumpHandle};

/// PLC_BOOT of the peer.
const BOOT: u16 = 7;
/// Slots of every ring.
const DEPTH: u16 = 64;

/// New entries of a cycle: events, and packs with a gate entry and a verdict each.
#[derive(Clone, Copy)]
struct Traffic {
    events: u32,
    packs: u32,
}

/// A PLC whose rings turn with every read of the header.
struct Peer {
    map: Arc<Map>,
    words: Vec<u16>,
    header: PlcHeader,
    traffic: Traffic,
    /// A header is read again to judge what was read of a ring: nothing happened meanwhile.
    ring_was_read: bool,
}

impl Peer {
    fn turn(&mut self) {
        let header = &mut self.header;
        for _ in 0..self.traffic.events {
            header.events += 1;
            let entry = PlcRingEvent {
                boot: BOOT,
                id: header.events,
                kind: PlcEventKind::CameraFired,
                count: header.events as u16,
                encoder: header.events,
            };
            let at = usize::from(self.map.event_register(header.events, DEPTH));
            let words = self.map.encode_event(&entry);
            self.words[at..at + words.len()].copy_from_slice(&words);
        }
        for _ in 0..self.traffic.packs {
            header.decided += 1;
            let (boot, id) = (BOOT, header.decided);
            let outcome = GateOutcome::Passed;
            let at = usize::from(self.map.gate_register(id, DEPTH));
            let words = self.map.encode_gate(&PlcGateEntry { boot, id, outcome });
            self.words[at..at + words.len()].copy_from_slice(&words);
        }
        header.heartbeat = header.heartbeat.wrapping_add(1);
    }

    fn read(&mut self, address: u16, count: u16) -> &[u16] {
        if address == 0 {
            if !std::mem::take(&mut self.ring_was_read) {
                self.turn();
            }
            for (register, word) in self.map.encode_header(&self.header) {
                self.words[usize::from(register)] = word;
            }
        }
        let event_base = self.map.event_register(0, DEPTH);
        let in_events = (event_base..event_base + 8 * DEPTH).contains(&address);
        self.ring_was_read = in_events;
        let at = usize::from(address);
        &self.words[at..at + usize::from(count)]
    }

    /// Answers until the station is gone; counts requests and cycles.
    fn serve(mut self, mut stream: TcpStream, counts: &Counts) -> std::io::Result<()> {
        stream.set_nodelay(true)?;
        let mut frame = [0; 300];
        loop {
            stream.read_exact(&mut frame[..6])?;
            let length = usize::from(u16::from_be_bytes([frame[4], frame[5]]));
            stream.read_exact(&mut frame[6..6 + length])?;
            counts.requests.fetch_add(1, Ordering::Relaxed);
            let turns = self.header.heartbeat;
            let word = |at: usize| u16::from_be_bytes([frame[at], frame[at + 1]]);
            let (address, count) = (word(8), word(10));
            let mut answer = frame[..4].to_vec();
            if frame[7] == 3 {
                let words = self.read(address, count);
                let bytes = 2 * words.len() as u8;
                answer.extend([0, bytes + 3, frame[6], 3, bytes]);
                answer.extend(words.iter().flat_map(|word| word.to_be_bytes()));
            } else {
                for (at, pair) in frame[13..6 + length].chunks_exact(2).enumerate() {
                    self.words[usize::from(address) + at] = u16::from_be_bytes([pair[0], pair[1]]);
                }
                answer.extend([0, 6]);
                answer.extend(&frame[6..12]);
            }
            if self.header.heartbeat != turns {
                counts.cycles.fetch_add(1, Ordering::Relaxed);
            }
            stream.write_all(&answer)?;
        }
    }
}

/// What the peer saw.
#[derive(Default)]
struct Counts {
    requests: AtomicU64,
    cycles: AtomicU64,
}

/// A station's driver at such a peer.
struct Bench {
    pump: PumpHandle<PlcCommand>,
    headers: Receiver<(Tick, PlcHeader)>,
    counts: Arc<Counts>,
    traffic: Traffic,
    last: Tick,
    took: Vec<Duration>,
}

impl Bench {
    fn start(traffic: Traffic) -> Bench {
        let map = Map::contract().expect("the contract is sound");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let at = listener.local_addr().expect("it has one");
        let peer = Peer {
            words: vec![0; 10_000],
            header: PlcHeader {
                boot: BOOT,
                state: 6,
                verdict_depth: DEPTH,
                event_depth: DEPTH,
                gate_depth: DEPTH,
                max_in_flight: DEPTH - 2,
                ..PlcHeader::default()
            },
            map,
            traffic,
            ring_was_read: false,
        };
        let counts = Arc::<Counts>::default();
        let counted = Arc::clone(&counts);
        std::thread::spawn(move || {
            let (stream, _) = listener.accept().expect("the station comes");
            // It ends when the station leaves.
            let _ = peer.serve(stream, &counted);
        });
        let config = PlcConfig {
            cycle_ms: 0,
            ..PlcConfig::default()
        };
        let session = PlcSession::new(config).expect("the contract is sound");
        let address = format!("modbus+tcp://{at}?unit=1");
        let Ok(Address::Modbus(address)) = address.parse() else {
            panic!("{address} is a PLC's address");
        };
        let (tell, headers) = mpsc::channel();
        let pump = modbus::spawn(session, address, Clock::start(), move |event| match event {
            PlcEvent::Header { header, asked_at } => drop(tell.send((asked_at, header))),
            PlcEvent::EventsLost { .. } | PlcEvent::GateLost { .. } => {
                panic!("{event:?}")
            }
            _ => {}
        });
        let pump = pump.expect("a thread");
        let levels = StationLevels {
            station_boot: 9,
            echo_plc_boot: BOOT,
            ..StationLevels::default()
        };
        pump.send(PlcCommand::Levels(levels)).expect("it runs");
        let mut bench = Bench {
            pump,
            headers,
            counts,
            traffic,
            last: Tick::default(),
            took: Vec::new(),
        };
        for _ in 0..200 {
            bench.cycle();
        }
        bench.took.clear();
        bench
    }

    /// Forgets the cycles that nobody looked at.
    fn catch_up(&mut self) {
        while let Ok((asked_at, _)) = self.headers.try_recv() {
            self.last = asked_at;
        }
    }

    /// Waits for the next header, gives the verdicts of a cycle, and says how long the cycle before it took.
    fn cycle(&mut self) -> Duration {
        let waited = self.headers.recv_timeout(Duration::from_secs(5));
        let (asked_at, header) = waited.expect("the peer answers");
        for back in 0..self.traffic.packs {
            let (boot, code) = (BOOT, 1);
            let id = header.decided + DEPTH as u32 - back;
            while self
                .pump
                .send(PlcCommand::Verdict { boot, id, code })
                .is_err()
            {
                std::thread::yield_now();
            }
        }
        let took = asked_at.since(self.last);
        self.last = asked_at;
        self.took.push(took);
        took
    }

    fn told(mut self, name: &str) {
        let counted = |count: &AtomicU64| count.load(Ordering::Relaxed) as f64;
        let requests = counted(&self.counts.requests) / counted(&self.counts.cycles);
        self.took.sort_unstable();
        let at = |percent: usize| self.took[(self.took.len() - 1) * percent / 100];
        println!(
            "plc/cycle {name}: {} cycles, {requests:.1} requests each; median {:?}, p99 {:?}, longest {:?}",
            self.took.len(),
            at(50),
            at(99),
            at(100)
        );
        assert!(self.pump.join(), "the pump ends in order");
    }
}

fn cycles(criterion: &mut Criterion) {
    for (name, traffic) in [
        (
            "one pack",
            Traffic {
                events: 4,
                packs: 1,
            },
        ),
        (
            "full rings",
            Traffic {
                events: 60,
                packs: 60,
            },
        ),
    ] {
        let mut bench = Bench::start(traffic);
        criterion.bench_function(&format!("plc/cycle {name}"), |bencher| {
            bencher.iter_custom(|count| {
                bench.catch_up();
                (0..count).map(|_| bench.cycle()).sum()
            });
        });
        bench.told(name);
    }
}

criterion_group!(benches, cycles);
criterion_main!(benches);
