//! `vidimus-sim line --station`: the factory that fits a station file.

use std::{io::Write as _, path::Path, process::ExitCode};

use vidimus_simulators::{
    factory::{FactoryAddresses, run_plant},
    serve::replace,
    station_file::{Places, StationPlan},
};

use super::{EXIT_DEVICE, LineArguments, belt, idle_end_ms, model};

/// The factory that fits a station file.
pub fn run_station(line: &LineArguments) -> ExitCode {
    let plan = match station_plan(line) {
        Ok(plan) => plan,
        Err(why) => {
            eprintln!("vidimus-sim: {why}");
            return ExitCode::from(2);
        }
    };
    let announce = |at: &FactoryAddresses| {
        let told = serde_json::to_string(at).unwrap_or_default();
        let written = match line.addresses.as_deref() {
            Some(file) if file != Path::new("-") => write(file, &format!("{told}\n")),
            _ => Ok(()),
        };
        let copy = line.write_station.as_deref();
        let copied = copy.map_or(Ok(()), |file| write(file, &plan.with_addresses(at)));
        // Nobody reads stdout: the addresses are in the folder as well.
        let _ = writeln!(std::io::stdout(), "{told}");
        written.and(copied)
    };
    match run_plant(plan.plant.clone(), announce) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("vidimus-sim: {why}");
            ExitCode::from(EXIT_DEVICE)
        }
    }
}

fn write(file: &Path, text: &str) -> Result<(), String> {
    let bad = |why| {
        let file = file.display();
        format!("{file} cannot be written: {why}. Name a file in a folder that can be written.")
    };
    replace(file, text.as_bytes()).map_err(bad)
}

fn station_plan(line: &LineArguments) -> Result<StationPlan, String> {
    let file = line.station.as_deref().unwrap_or(Path::new(""));
    let text = std::fs::read_to_string(file)
        .map_err(|why| format!("{} cannot be read: {why}.", file.display()))?;
    let dir = line.dir.clone().unwrap_or_default();
    // A camera's folder stands in an address, which is a whole path.
    let whole = std::path::absolute(&dir).map_err(|why| format!("{}: {why}.", dir.display()))?;
    let places = match line.addresses {
        Some(_) => Places::Free(whole),
        None => Places::AsWritten,
    };
    let folder = file.parent().unwrap_or(Path::new(""));
    let mut plan = StationPlan::read_beside(folder, &text, &places).map_err(|mistakes| {
        let lines = mistakes.iter().map(|mistake| format!("\n  {mistake}"));
        let lines: String = lines.collect();
        format!("No factory fits {}:{lines}", file.display())
    })?;
    for (number, lane) in (0..).zip(&mut plan.plant.lanes) {
        belt(lane, &line.belt, line.common.seed)?;
        lane.line.printer = model(lane.line.printer.language.name(), line.model.clone())?;
        // Lanes differ, and lane 1 is as a factory of one lane with this seed.
        lane.line.seed = line.common.seed.wrapping_add(number << 32);
    }
    plan.plant.has_way(line.way_ms);
    plan.plant.dir = Some(dir);
    plan.plant.control = line.common.control;
    plan.plant.idle_end_ms = idle_end_ms(line.idle_end);
    Ok(plan)
}
