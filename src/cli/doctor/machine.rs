//! The machine under a station: program and system, cores, memory, receive buffers.

use super::finding::{Finding, State, Topic};
use super::said::said;
use crate::config::Config;
use crate::store;
use vidimus_drivers::camera::gige::RECEIVE_BUFFER;

/// Memory of a station without its pictures, in MB.
const STATION_MB: u64 = 200;
/// Memory of a worker with the picture it looks at, and of pictures that wait for it, in MB.
const WORKER_MB: u64 = 100;

fn versions() -> Finding {
    let read = |path: &str| std::fs::read_to_string(path).ok();
    let kernel = read("/proc/sys/kernel/osrelease");
    let mut text = format!(
        "vidimus {}, SQLite {}, Linux {}",
        env!("CARGO_PKG_VERSION"),
        store::sqlite_version(),
        kernel.as_deref().unwrap_or("of unknown version").trim()
    );
    if let Some(libc) = said("getconf", &["GNU_LIBC_VERSION"]) {
        text = format!("{text}, {}", libc.trim());
    }
    Finding::new(Topic::Machine, "versions", State::Ok, text)
}

fn judge_cores(cores: u64, workers: u64) -> Finding {
    let finding = |state, text| Finding::new(Topic::Machine, "cores", state, text);
    match cores >= workers {
        true => finding(State::Ok, format!("{cores}, workers = {workers}")),
        false => finding(
            State::Wrong,
            format!("{workers} workers share {cores} cores: verdicts come later, not sooner"),
        )
        .act(format!(
            "Write workers = {cores} under [limits] in the station file."
        )),
    }
}

/// One figure of `/proc/meminfo`, in MB.
fn memory_mb(meminfo: &str, name: &str) -> Option<u64> {
    let line = meminfo
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024 / 1_000_000)
}

fn judge_memory(free_mb: Option<u64>, workers: u64, running: bool) -> Finding {
    let need = STATION_MB + WORKER_MB * workers;
    let finding = |state, text| Finding::new(Topic::Machine, "memory", state, text);
    match free_mb {
        Some(free) if running || free >= need => finding(
            State::Ok,
            format!("{free} MB available, a station needs about {need} MB"),
        ),
        Some(free) => finding(
            State::Wrong,
            format!("{free} MB available, a station with {workers} workers needs about {need} MB"),
        )
        .act("End other programs, give the machine more memory, or use fewer workers.")
        .run("ps -eo rss,comm --sort=-rss | head"),
        None => finding(State::Unknown, "the system does not say".to_owned()).run("free -m"),
    }
}

fn judge_buffer(most: Option<usize>) -> Finding {
    let finding = |state, text| Finding::new(Topic::Machine, "receive buffer", state, text);
    let kib = RECEIVE_BUFFER / 1024;
    match most {
        Some(most) if most >= RECEIVE_BUFFER => finding(
            State::Ok,
            format!("up to {} KiB, {kib} KiB are asked for", most / 1024),
        ),
        most => {
            let given = most.map_or("nobody knows how many".to_owned(), |most| {
                (most / 1024).to_string()
            });
            finding(
                State::Wrong,
                format!(
                    "the system gives a GigE camera's pictures {given} KiB, not {kib} KiB: packets are lost when the \
                     machine is busy"
                ),
            )
            .run(format!("sudo sysctl -w net.core.rmem_max={RECEIVE_BUFFER}"))
            .run(format!(
                "echo net.core.rmem_max={RECEIVE_BUFFER} | sudo tee /etc/sysctl.d/60-vidimus.conf"
            ))
        }
    }
}

/// Looks at the machine; `running`: the station is part of what uses it.
pub fn examine(config: &Config, running: bool) -> Vec<Finding> {
    let workers = config.limits.workers;
    let cores = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    let meminfo = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let mut findings = vec![
        versions(),
        judge_cores(cores, workers),
        judge_memory(memory_mb(&meminfo, "MemAvailable"), workers, running),
    ];
    let is_gige = |address: &str| address.starts_with("gige://");
    if config.cameras.iter().any(|one| is_gige(&one.address)) {
        let text = std::fs::read_to_string("/proc/sys/net/core/rmem_max");
        let most = text.ok().and_then(|text| text.trim().parse().ok());
        findings.push(judge_buffer(most));
    }
    findings
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn too_little_of_anything_is_named() {
        assert_eq!(judge_cores(2, 2).state, State::Ok);
        assert_eq!(judge_cores(2, 3).state, State::Wrong);
        let text = "MemTotal:        8000000 kB\nMemAvailable:    1000000 kB\nMemFree: x kB\n";
        assert_eq!(memory_mb(text, "MemAvailable"), Some(1024));
        assert_eq!(memory_mb(text, "MemFree"), None);
        assert_eq!(judge_memory(Some(400), 2, false).state, State::Ok);
        assert_eq!(judge_memory(Some(399), 2, false).state, State::Wrong);
        assert_eq!(judge_memory(Some(399), 2, true).state, State::Ok);
        assert_eq!(judge_memory(None, 2, false).state, State::Unknown);
        assert_eq!(judge_buffer(Some(RECEIVE_BUFFER)).state, State::Ok);
        let small = judge_buffer(Some(212_992));
        assert_eq!(small.state, State::Wrong);
        assert!(small.found.contains("208 KiB, not 16384 KiB"), "{small:?}");
    }
}
