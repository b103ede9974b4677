//! What a station answers to places that ask, in the worlds of the screens' tests.

use vidimus::record::{BatchNo, Modules, PackNo, Role, SettingChange, TemplateHash, Tenths};
use vidimus::wire::look::{
    AuditSight, BatchSeen, ChainSeen, Deed, ExchangeSeen, ExchangeWay, ExchangesSight, LifeSight,
    PackSeen, PacksSight, Preview, TemplateSeen, TemplateStanding, TemplatesSight,
};
use vidimus::wire::scan::UnitName;
use vidimus::wire::{PersonView, Standing};

/// 2026-11-20 14:32:07 UTC.
pub const NOW_MS: i64 = 1_795_185_127_000;

pub fn pack(no: u64) -> PackSeen {
    let serial = format!("7G4K2M9Q{no}");
    let good = no % 7 != 3;
    let verdict = if good { "pass" } else { "low_grade" };
    let fate = match good {
        true => "to the good bin",
        false => "rejected by its verdict",
    };
    PackSeen {
        pack: PackNo(no),
        code: format!("(01)09506000134352(21){serial}"),
        serial: Some(serial),
        state: if good { "active" } else { "rejected" }.to_owned(),
        verdict: Some(verdict.to_owned()),
        grade_tenths: Some(Tenths(if good { 34 } else { 9 })),
        grade_indicative: no.is_multiple_of(5),
        fate: Some(fate.to_owned()),
        utc_ms: Some(NOW_MS - (4_842 - no as i64) * 422),
        inside: good.then(|| UnitName {
            kind: "case".to_owned(),
            no: 12,
            code: "(00)106141412345678908".to_owned(),
        }),
    }
}

pub fn packs() -> PacksSight {
    let mut rows: Vec<PackSeen> = (4_783..=4_842).rev().map(pack).collect();
    // The newest is still in the line, one before it has no number and went nowhere known.
    rows[0] = PackSeen {
        state: "in-line".to_owned(),
        verdict: None,
        grade_tenths: None,
        fate: None,
        inside: None,
        ..pack(4_842)
    };
    rows[2] = PackSeen {
        serial: None,
        code: String::new(),
        state: "unknown".to_owned(),
        verdict: Some("no_picture".to_owned()),
        grade_tenths: None,
        fate: Some("nobody can say where it went".to_owned()),
        inside: None,
        ..pack(4_840)
    };
    PacksSight {
        batch: Some(BatchSeen {
            no: BatchNo(3),
            lot: "L2409A".to_owned(),
            open: true,
        }),
        rows,
        older: Some(PackNo(4_783)),
    }
}

pub fn deed(record: u64, who: &str, what: &str) -> Deed {
    Deed {
        record,
        utc_ms: NOW_MS - (9_400 - record as i64) * 1_000,
        who: who.to_owned(),
        what: what.to_owned(),
        why: None,
        with: None,
        changes: Vec::new(),
        changes_more: 0,
    }
}

pub fn life() -> LifeSight {
    let stands = [
        ("state", "active (in_transit)"),
        ("lot", "L2409A  GTIN 09506000134352  expiry 270930"),
        ("label", "pharma-pack (b0a1c2d3)"),
        (
            "inside",
            "case (00)106141412345678908 < pallet (00)106141412345678915",
        ),
        (
            "place",
            "away: shipped, partner 9521321000018, with case (00)106141412345678908 (record 9001)",
        ),
        (
            "recalled",
            "recalled, with case (00)106141412345678908 (record 9200)",
        ),
    ];
    let stands = stands.map(|(name, text)| (name.to_owned(), text.to_owned()));
    let mut deeds = vec![
        deed(8_700, "machine", "entered the line"),
        deed(8_701, "station", "took the number 7G4K2M9Q4841"),
        deed(8_714, "station", "verified good, grade 3.4"),
        deed(8_720, "machine", "to the good bin, into container 12"),
        deed(9_001, "M.Kowal", "shipped, partner 9521321000018, DN-4711"),
        deed(9_200, "Q.Wolf", "recalled"),
    ];
    deeds[5].why = Some("a customer complains of empty blisters".to_owned());
    for deed in &mut deeds[4..] {
        deed.with = Some("case (00)106141412345678908".to_owned());
    }
    LifeSight {
        of: "pack (01)09506000134352(21)7G4K2M9Q4841".to_owned(),
        stands: stands.to_vec(),
        deeds,
        seen: 0,
        all: 6,
    }
}

pub fn audit() -> AuditSight {
    let change = |key: &str, old: &str, new: &str| SettingChange {
        key: key.to_owned(),
        old: Some(old.to_owned()),
        new: Some(new.to_owned()),
    };
    let mut acked = deed(9_310, "M.Kowal", "alarm camera-link acknowledged");
    acked.changes = vec![change(
        "alarm camera-link",
        "unacknowledged",
        "acknowledged",
    )];
    let mut configured = deed(
        9_350,
        "root (name only)",
        "22 settings of the station file changed",
    );
    configured.changes = vec![
        change("limits.workers", "2", "3"),
        change(
            "printer[zebra].address",
            "zpl+tcp://10.0.0.4:9100",
            "zpl+tcp://10.0.0.5:9100",
        ),
    ];
    configured.changes_more = 20;
    configured.why = Some("the printer was replaced".to_owned());
    AuditSight {
        deeds: vec![
            deed(9_380, "M.Kowal", "signed in"),
            configured,
            acked,
            deed(
                9_100,
                "A.Nowak",
                "batch 3 of lot L2409A, GTIN 09506000134352 opened",
            ),
        ],
        older: Some(7_000),
        chain: Some(ChainSeen {
            record: 9_400,
            head: "3f2a91c05d77e4b1".repeat(4),
            broken: None,
        }),
    }
}

pub fn template(name: &str, no: u8, standing: TemplateStanding) -> TemplateSeen {
    let recorded = standing != TemplateStanding::BuiltIn;
    TemplateSeen {
        name: name.to_owned(),
        template: TemplateHash([no; 32]),
        standing,
        since_utc_ms: recorded.then_some(NOW_MS - 86_400_000),
        by: recorded.then(|| "A.Nowak".to_owned()),
        why: None,
    }
}

/// Some label with a symbol of 22 modules and two lines of what text is at this scale.
pub fn sketch() -> Modules {
    let (columns, rows) = (60u16, 30u16);
    let dark = (0..rows).flat_map(|y| {
        (0..columns).map(move |x| {
            let symbol = (2..24).contains(&x) && (4..26).contains(&y);
            let finder = x == 2 || y == 25 || (x * 7 + y * 5) % 3 == 0;
            let text = (28..56).contains(&x) && [8, 9, 16, 17].contains(&y) && x % 4 != 0;
            (symbol && finder) || text
        })
    });
    Modules {
        columns,
        rows,
        dark: dark.collect(),
    }
}

pub fn templates(shown: u8) -> TemplatesSight {
    let mut tried = template("pharma-pack-2027", 2, TemplateStanding::OnTrial);
    tried.why = Some("the authority wants a longer word from January on".to_owned());
    let says = [
        (
            "symbol",
            "(01)09521234543213(21)W3KTQAJMQTX4(17)271231(10)LOT2026A",
        ),
        ("text", "LOT LOT2026A"),
        ("text", "EXP 12/2027"),
    ];
    TemplatesSight {
        rows: vec![
            template("pharma-pack", 1, TemplateStanding::InForce),
            tried,
            template("eu-pack", 3, TemplateStanding::Former),
            template("lot-pack", 4, TemplateStanding::BuiltIn),
        ],
        more: 0,
        shown: Some(Preview {
            template: Some(TemplateHash([shown; 32])),
            size: "40 × 20 mm".to_owned(),
            says: says.map(|(a, b)| (a.to_owned(), b.to_owned())).to_vec(),
            picture: Some(sketch()),
            wrong: None,
        }),
    }
}

pub fn person(name: &str, roles: &[Role], standing: Standing) -> PersonView {
    PersonView {
        name: name.parse().expect("a name"),
        roles: roles.iter().copied().collect(),
        standing,
    }
}

pub fn people() -> Vec<PersonView> {
    vec![
        person("administrator", &[Role::Administrator], Standing::Active),
        person("M. Kowal", &[Role::Technician], Standing::Locked),
        person(
            "N. Maint",
            &[Role::Technician, Role::Maintenance],
            Standing::Active,
        ),
        person("Q. Wolf", &[Role::Quality], Standing::OneTimeSecret),
        person("S. Gone", &[Role::Supervisor], Standing::Disabled),
    ]
}

pub fn exchanges(device: &str) -> ExchangesSight {
    let row = |ms, way, times, what: &str| ExchangeSeen {
        utc_ms: NOW_MS - ms,
        way,
        what: what.to_owned(),
        times,
    };
    let mut rows = vec![
        row(
            310,
            ExchangeWay::Happened,
            12,
            "its link is down: connecting to 127.0.0.1:8080: Connection refused",
        ),
        row(
            6_123,
            ExchangeWay::Heard,
            1,
            "picture 4842, PGM, 307215 bytes",
        ),
        row(
            6_544,
            ExchangeWay::Heard,
            1,
            "picture 4841, PGM, 307215 bytes",
        ),
        row(7_002, ExchangeWay::Sent, 1, "fired"),
        row(7_950, ExchangeWay::Sent, 4_840, "~HS"),
        row(
            7_960,
            ExchangeWay::Heard,
            4_840,
            "<STX>030,0,0<ETX><CR><LF>\u{9b}31m",
        ),
    ];
    for ms in 0..14 {
        let text = format!("wrote 6 from 100: 7 {ms} 1 0 8 17");
        rows.push(row(8_000 + ms, ExchangeWay::Sent, 1, &text));
    }
    ExchangesSight {
        device: device.to_owned(),
        rows,
        answer_us: Some(2_140),
        heard_utc_ms: Some(NOW_MS - 6_123),
    }
}
