//! One factory process: its folder, its servers, its threads. IO.

use std::{
    io,
    sync::{Arc, mpsc},
    thread,
};

use tokio::task::JoinSet;

use super::{
    CameraLink, Factory, FactoryAddresses, FactoryError, FactoryOptions, HallOptions, PlantOptions,
    PlcLink, PrinterLink,
    folder::Folder,
    ports::{DeviceLink, LanePorts, Ports, ReaderEnd},
};
use crate::{
    camera::Coding,
    packing::Packer,
    plc::Retained,
    serve::{
        Books, Hall, House, Plant, ReaderBench, Screen, Shared, Viewers, draw, serve_camera,
        serve_control, serve_line, serve_modbus, serve_printer, serve_pty, serve_reader,
        serve_rtu_pty, serve_rtu_tcp, step,
    },
    truth::{RunStart, TruthWriter},
};

/// Pictures that may wait to be drawn; one beyond them is lost.
const PICTURES_WAITING_MAX: usize = 64;

/// Runs a factory of one lane until it is shut down or nobody has spoken to it for a while.
///
/// # Errors
/// When it cannot start, or can no longer write the truth.
pub fn run(options: FactoryOptions) -> Result<(), FactoryError> {
    run_announced(options, |_| ())
}

/// Like [`run`], and tells where everything listens as soon as it does.
///
/// # Errors
/// As [`run`].
pub fn run_announced(
    options: FactoryOptions,
    announce: impl FnOnce(&FactoryAddresses),
) -> Result<(), FactoryError> {
    run_plant(options.into(), |addresses| {
        announce(addresses);
        Ok(())
    })
}

/// Runs a factory of any number of lanes; tells where everything listens as soon as it does. What it was told about may
/// not be to somebody's liking: then it ends.
///
/// # Errors
/// As [`run`]; [`FactoryError::Failed`] with what `announce` says.
pub fn run_plant(
    options: PlantOptions,
    announce: impl FnOnce(&FactoryAddresses) -> Result<(), String>,
) -> Result<(), FactoryError> {
    let folder = options.dir.as_deref().map(Folder::enter).transpose()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|why| FactoryError::Listen {
            what: "factory",
            why,
        })?;
    let ports = runtime.block_on(Ports::open(&options))?;
    let house = Arc::new(House::default());
    let (lanes, truth) = switch_on(&options, &house, folder.as_ref())?;
    let labeller = options.labeller.as_ref().map(|printer| {
        let factory = Factory::new(printer.line.clone(), Retained::default());
        let retained = factory.plc_retained();
        Arc::new(Shared::new(
            &house,
            factory,
            printer.devices,
            None,
            retained,
        ))
    });
    let addresses = ports.addresses(&options)?;
    let Ports {
        lanes: lane_ports,
        labeller: label_ports,
        readers,
        control,
    } = ports;
    let hall = options.hall.as_ref();
    let hall = hall.map(|hall| open_hall(hall, &house, folder.as_ref(), labeller.clone()));
    let eyes = options.lanes.iter().zip(0..);
    let eyes = eyes.map(|(lane, seed)| match &lane.camera {
        CameraLink::Reader(reader) if lane.devices.camera => {
            let bench = ReaderBench::new(&house, reader.setup.clone(), seed);
            Some((reader.name.clone(), Arc::new(bench)))
        }
        _ => None,
    });
    let eyes = eyes.collect();
    let plant = Arc::new(Plant {
        house,
        lanes,
        eyes,
        labeller,
        hall: hall.transpose()?.map(Arc::new),
    });
    announce(&addresses).map_err(FactoryError::Failed)?;
    if let Some(folder) = &folder {
        folder.publish(&addresses)?;
    }
    let everything = Everything {
        options: &options,
        plant: &plant,
        books: Books::new(truth, plant.hall.clone()),
    };
    everything.serve(lane_ports, label_ports, readers, control, &runtime);
    if let Some(folder) = &folder {
        folder.withdraw();
    }
    plant
        .house
        .failure()
        .map_or(Ok(()), |why| Err(FactoryError::Failed(why)))
}

/// Switches all lanes on and opens the truth.
fn switch_on(
    options: &PlantOptions,
    house: &Arc<House>,
    folder: Option<&Folder>,
) -> Result<(Vec<Arc<Shared>>, Option<TruthWriter>), FactoryError> {
    let (mut lanes, mut boots) = (Vec::new(), Vec::new());
    for lane in &options.lanes {
        let number = lane.line.lane;
        let before = folder.map_or(Ok(Retained::default()), |folder| folder.memory(number))?;
        let mut factory = Factory::new(lane.line.clone(), before);
        factory.feed(lane.packs);
        let retained = factory.plc_retained();
        if let Some(folder) = folder {
            folder.remember(number, retained)?;
        }
        boots.push(retained.boot);
        let memory = folder.map(|folder| folder.memory_file(number));
        let shared = Shared::new(house, factory, lane.devices, memory, retained);
        lanes.push(Arc::new(shared));
    }
    let line = options.lanes.first().map(|lane| lane.line.clone());
    let line = line.unwrap_or_default();
    let start = RunStart {
        seed: line.seed,
        rate: line.rate.to_string(),
        faults: line.faults.to_string(),
        boot: boots.first().copied().unwrap_or_default(),
        boots: if boots.len() > 1 { boots } else { Vec::new() },
    };
    let truth = folder.map(|folder| folder.truth(&start)).transpose()?;
    Ok((lanes, truth))
}

/// The packing hall with its readers; what they hang on stays with the caller.
fn open_hall(
    options: &HallOptions,
    house: &Arc<House>,
    folder: Option<&Folder>,
    labeller: Option<Arc<Shared>>,
) -> Result<Hall, FactoryError> {
    let readers = &options.readers;
    let packing = folder.map(|folder| folder.packing(&options.packing));
    let (rows, first) = match packing.transpose()? {
        Some((rows, first)) => (Some(rows), first),
        None => (None, 1),
    };
    let benches = readers.iter().zip(0..).map(|(reader, seed)| {
        let bench = ReaderBench::new(house, reader.setup.clone(), seed);
        (reader.clone(), Arc::new(bench))
    });
    let packer = Packer::new(options.packing.clone(), first);
    Ok(Hall::new(packer, rows, benches.collect(), labeller))
}

/// Servers under way.
type Servers = JoinSet<io::Result<()>>;

/// What all threads of the process see.
struct Everything<'a> {
    options: &'a PlantOptions,
    plant: &'a Arc<Plant>,
    books: Books,
}

impl Everything<'_> {
    /// Runs threads and servers until the end was ordered and all threads are done.
    fn serve(
        &self,
        lanes: Vec<LanePorts>,
        labeller: Option<LanePorts>,
        readers: Vec<(super::ReaderOptions, ReaderEnd)>,
        control: tokio::net::TcpListener,
        runtime: &tokio::runtime::Runtime,
    ) {
        let house = &self.plant.house;
        let mut links = Vec::new();
        thread::scope(|scope| {
            let _inside = runtime.enter();
            let mut servers = JoinSet::new();
            let lanes = self.plant.lanes.iter().zip(lanes).zip(&self.plant.eyes);
            for (((shared, mut ports), eyes), options) in lanes.zip(&self.options.lanes) {
                links.append(&mut ports.links);
                let eyes = eyes.as_ref().map(|(_, bench)| bench);
                if let (Some(bench), Some(end)) = (eyes, ports.reader.take()) {
                    links.extend(read(scope, &mut servers, Arc::clone(bench), end));
                }
                self.lane(scope, &mut servers, options, (shared, eyes), ports);
            }
            if let (Some(mut ports), Some(shared), Some(options)) =
                (labeller, &self.plant.labeller, &self.options.labeller)
            {
                links.append(&mut ports.links);
                printer(scope, &mut servers, options, shared, &mut ports);
            }
            let bench = |name: &str| self.plant.hall.as_ref()?.reader(name).cloned();
            for (reader, end) in readers {
                if let Some(bench) = bench(&reader.name) {
                    links.extend(read(scope, &mut servers, bench, end));
                }
            }
            servers.spawn(serve_control(Arc::clone(self.plant), control));
            if let Some(hall) = &self.plant.hall {
                scope.spawn(|| hall.run(house));
            }
            runtime.block_on(async {
                while let Some(ended) = servers.join_next().await {
                    match ended {
                        Ok(Ok(())) => {}
                        Ok(Err(why)) => {
                            house.fail(format!("A server of the factory failed: {why}."))
                        }
                        Err(why) => house.fail(format!("A server of the factory broke: {why}.")),
                    }
                }
            });
        });
        if let Some(hall) = &self.plant.hall {
            hall.leave(house);
        }
    }

    /// The threads and servers of one lane.
    fn lane<'scope, 'env>(
        &'env self,
        scope: &'scope thread::Scope<'scope, 'env>,
        servers: &mut Servers,
        options: &'env FactoryOptions,
        (shared, eyes): (&'env Arc<Shared>, Option<&Arc<ReaderBench>>),
        mut ports: LanePorts,
    ) {
        let viewers = Arc::new(Viewers::default());
        let (screen, coding) = match (eyes, &ports.gige, &options.camera) {
            (Some(reader), ..) => (Screen::Reader(Arc::clone(reader)), options.coding),
            (_, Some(camera), _) => (Screen::Gige(Arc::clone(camera)), Coding::Pgm),
            (.., CameraLink::Folder(folder)) => (Screen::Folder(folder.clone()), options.coding),
            _ => {
                let header = options.stream.counter_header.clone();
                (Screen::Http(Arc::clone(&viewers), header), options.coding)
            }
        };
        let (orders, ordered) = mpsc::sync_channel(PICTURES_WAITING_MAX);
        scope.spawn(move || step(shared, &{ orders }, &self.books, self.options.idle_end_ms));
        scope.spawn(move || draw(shared, &{ ordered }, &screen, &options.optics, coding));
        if let Some(camera) = ports.gige.take() {
            let sender = Arc::clone(&camera);
            scope.spawn(move || sender.send(shared));
            scope.spawn(move || {
                if let Err(why) = camera.listen(shared) {
                    shared.fail(format!("The camera's control port failed: {why}."));
                }
            });
        }
        printer(scope, servers, options, shared, &mut ports);
        let unit = options.unit;
        if let (Some(pty), PlcLink::RtuPty { baud }) = (ports.plc_pty, options.plc) {
            scope.spawn(move || serve_rtu_pty(shared, unit, &pty, baud));
        }
        if let Some(listener) = ports.plc {
            let shared = Arc::clone(shared);
            match options.plc {
                PlcLink::RtuTcp => servers.spawn(serve_rtu_tcp(shared, unit, listener)),
                _ => servers.spawn(serve_modbus(shared, unit, listener)),
            };
        }
        if let Some(listener) = ports.camera {
            let path = options.stream.path.clone();
            servers.spawn(serve_camera(Arc::clone(shared), viewers, path, listener));
        }
    }
}

/// Thread or server of a reader; the link to its terminal, where it has one.
fn read<'scope>(
    scope: &'scope thread::Scope<'scope, '_>,
    servers: &mut Servers,
    bench: Arc<ReaderBench>,
    end: ReaderEnd,
) -> Option<DeviceLink> {
    match end {
        ReaderEnd::Tcp(listener) => {
            servers.spawn(serve_reader(bench, listener));
            None
        }
        ReaderEnd::Serial(pty, baud, link) => {
            scope.spawn(move || serve_line(&bench, &pty, baud));
            link
        }
    }
}

/// Thread or server of a printer.
fn printer<'scope>(
    scope: &'scope thread::Scope<'scope, '_>,
    servers: &mut Servers,
    options: &FactoryOptions,
    shared: &Arc<Shared>,
    ports: &mut LanePorts,
) {
    if let (Some(pty), PrinterLink::Serial { baud }) = (ports.pty.take(), options.printer) {
        let shared = Arc::clone(shared);
        scope.spawn(move || serve_pty(&shared, &pty, baud));
    }
    if let Some(listener) = ports.printer.take() {
        servers.spawn(serve_printer(Arc::clone(shared), listener));
    }
}
