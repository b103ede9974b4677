//! What the line is built for, worked out from the station file. PURE.

use crate::config::{Config, LaneDevices, Level as PointLevel, LevelLabel, Point, PointKind};
use crate::label::{container_template, container_text};
use crate::line::cadence::{INTERVAL_MIN, PictureTimes};
use crate::line::onward::PackReader;
use crate::line::packing::PackingPlan;
use crate::line::stacking::ScanPlan;
use crate::line::{HeadPlace, LanePlan, Limits, Plan};
use crate::packaging::{Hierarchy, LabelPlan, LevelCode, LevelPlan, SsccRange};
use crate::record::{LabelText, Level, PointId, QualityRules};
use crate::serial::{IndexRange, SerialKey};
use crate::wire::ProductView;
use std::sync::Arc;
use std::time::Duration;
use vidimus_drivers::plc::map::FAULT_BITS;

/// The station's part of the serials' indices.
pub fn range(config: &Config) -> IndexRange {
    IndexRange::new(config.serial.range_first, config.serial.range_last)
        .expect("a checked station file has a range with something in it")
}

/// What the line is built for, from the station file.
pub fn plan(config: &Config, label: LabelText, key: SerialKey, station_boot: u16) -> Plan {
    let line = &config.line;
    let limits = &config.limits;
    Plan {
        station: config.station.name.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        started_with: None,
        station_boot,
        lanes: config
            .lanes()
            .iter()
            .map(|lane| lane_plan(config, lane))
            .collect(),
        label: Arc::new(label),
        level_labels: level_labels(config),
        sign_in: config.people.sign_in,
        signing: config.people.signing.clone(),
        products: config
            .products
            .iter()
            .map(|product| ProductView {
                name: product.name.clone(),
                gtin: product.gtin.to_string(),
            })
            .collect(),
        key,
        range: range(config),
        low_water: config.serial.low_water,
        head: (line.detect_to_head_counts > 0).then_some(HeadPlace {
            counts: line.detect_to_head_counts as u32,
            margin: line.head_margin_counts as u32,
        }),
        fault_names: FAULT_BITS
            .iter()
            .map(|(_, text)| (*text).to_owned())
            .collect(),
        quality: QualityRules {
            grade_min: config.inspection.grade_min,
            text: config.inspection.text,
        },
        packing: packing(config),
        clearance: config.batch.line_clearance,
        course: config.batch.course,
        limits: Limits {
            verdict_deadline: Duration::from_millis(limits.verdict_deadline_ms),
            print_queue_max: limits.print_queue_max as usize,
            consecutive_rejects_max: limits.consecutive_rejects_stop as u32,
            no_symbol_max: limits.no_symbol_resync as u32,
            commit_wait_max: Duration::from_millis(limits.commit_wait_ms),
        },
    }
}

fn lane_plan(config: &Config, lane: &LaneDevices<'_>) -> LanePlan {
    LanePlan {
        no: lane.no,
        print: lane.print,
        inspect: lane.inspect,
        gate: lane.gate,
        camera_counts: lane.eyes.counts(),
        reads_only: lane.eyes.reads_only(),
        picture_times: picture_times(config, lane),
    }
}

/// The templates of the levels that print.
fn level_labels(config: &Config) -> Vec<(Level, Arc<LabelText>)> {
    let label = |(place, level): (usize, &crate::config::PackagingLevel)| match &level.label {
        LevelLabel::Print(name) => {
            let text = container_text(name).expect("the station file was checked");
            let label = LabelText::new(name.as_str(), text);
            Some((Level(place as u8 + 1), Arc::new(label)))
        }
        LevelLabel::None | LevelLabel::Scan => None,
    };
    config.levels.iter().enumerate().filter_map(label).collect()
}

/// What the station file says of packaging.
fn packing(config: &Config) -> PackingPlan {
    let level = |level: &crate::config::PackagingLevel| LevelPlan {
        name: level.name.clone(),
        holds: level.holds as u32,
        code: level.gtin.map_or(LevelCode::Sscc, LevelCode::Gtin),
        mixed_lots: level.mixed_lots,
        label: match &level.label {
            LevelLabel::None => LabelPlan::Unread,
            LevelLabel::Scan => LabelPlan::Read,
            LevelLabel::Print(name) => {
                let template = container_template(name).expect("the station file was checked");
                LabelPlan::Printed {
                    template: template.hash(),
                    ais: template.ais().into_iter().map(str::to_owned).collect(),
                }
            }
        },
        layer: level.layer,
    };
    PackingPlan {
        hierarchy: Hierarchy {
            levels: config.levels.iter().map(level).collect(),
        },
        sscc: config
            .packaging
            .sscc
            .map(|(first, last)| SsccRange { first, last }),
        automatic: config.packaging.automatic,
        reader: pack_reader(config),
        points: scan_plans(config),
    }
}

/// The scan points of the station file, by number.
fn scan_points(config: &Config) -> impl Iterator<Item = (PointId, &Point)> {
    let points = config.points.iter().enumerate();
    let numbered = points.map(|(place, point)| (PointId(place as u16 + 1), point));
    numbered.filter(|(_, point)| point.kind == PointKind::Scan)
}

/// The one that sees packs into containers of the first level.
fn pack_reader(config: &Config) -> Option<PackReader> {
    let mut points = scan_points(config);
    let (no, point) = points.find(|(_, point)| point.level == PointLevel::Pack)?;
    Some(PackReader {
        point: no,
        behind_gate_max: point.behind_gate_max as usize,
        behind_gate: Duration::from_millis(point.behind_gate_ms),
    })
}

/// What each scan point does.
fn scan_plans(config: &Config) -> Vec<ScanPlan> {
    let plans = scan_points(config).filter_map(|(no, point)| {
        let packs = point.level == PointLevel::Pack;
        let fills = match packs {
            true => 1,
            false => {
                let mut levels = config.levels.iter();
                let place = levels.position(|level| level.name == point.level.word())?;
                place as u8 + 1
            }
        };
        Some(ScanPlan {
            point: no,
            fills: Level(fills),
            closes: !packs,
            in_order: point.in_order,
        })
    });
    plans.collect()
}

/// Seven tenths of a pack interval after the camera's own time a picture is late; a whole interval means the next
/// pack's. As much before, less what two questions to the PLC take, it is the pack's ahead. Where these take longer
/// than that, time tells nothing.
fn picture_times(config: &Config, lane: &LaneDevices<'_>) -> Option<PictureTimes> {
    let interval = Duration::from_millis(config.line.shortest_pack_interval_ms);
    let own = Duration::from_millis(lane.eyes.latency_ms());
    let most = interval * 7 / 10;
    let unsure = 2 * Duration::from_millis(lane.plc.cycle_ms);
    (interval >= INTERVAL_MIN && unsure < most).then_some(PictureTimes {
        late_after: own + most,
        early_after: most.saturating_sub(own + unsure),
    })
}
