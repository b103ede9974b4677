//! The application identifiers this program carries: all of GS1's dictionary of 2026-01-27. PURE.
//!
//! Lengths, character sets, rules and data titles after the GS1 General Specifications. What the standard states for a
//! whole group is said once here: which prefixes have a length defined in advance, which AIs are no attributes of a
//! Digital Link, the families of measures. A dictionary from a file can replace this table (`--ai-dictionary`).

use super::ai::{Ai, AiPattern};
use super::dictionary::{AiEntry, Requirement, check_components};
use super::syntax::{parse_components, parse_range, parse_requirement};

/// First two digits of the AIs whose length is defined in advance (General Specifications, figure 7.8.5-2).
const PREDEFINED: &[&str] = &[
    "00", "01", "02", "03", "04", "11", "12", "13", "14", "15", "16", "17", "18", "19", "20", "31",
    "32", "33", "34", "35", "36", "41",
];

/// AIs that never stand in the query of a Digital Link URI.
const NO_ATTRIBUTES: &[&str] = &[
    "03", "21", "22", "235", "254", "7040", "7041", "8011", "8014", "8019", "8020", "8040", "8041",
    "8042", "8043", "8200",
];

/// Primary keys of Digital Link URIs, each with its sequences of qualifiers.
const LINK_KEYS: &[(&str, &[&[&str]])] = &[
    ("00", &[&[]]),
    ("01", &[&["22", "10", "21"], &["235"]]),
    ("253", &[&[]]),
    ("255", &[&[]]),
    ("401", &[&[]]),
    ("402", &[&[]]),
    ("414", &[&["254"], &["7040"]]),
    ("415", &[&["8020"]]),
    ("417", &[&["7040"]]),
    ("8003", &[&[]]),
    ("8004", &[&["7040"]]),
    ("8006", &[&["22", "10", "21"]]),
    ("8010", &[&["8011"]]),
    ("8013", &[&[]]),
    ("8017", &[&["8019"]]),
    ("8018", &[&["8019"]]),
];

// Values of the same form.
const GTIN_14: &str = "N14,csum,gcppos2";
const PIECES: &str = "N14,csum,gcppos2 N4,pieceoftotal";
const GLN: &str = "N13,csum,gcppos1";
const GSRN: &str = "N18,csum,gcppos1";
const DATE: &str = "N6,yymmd0";
const COUNTRIES: &str = "N3,iso3166 [N3],iso3166 [N3],iso3166 [N3],iso3166 [N3],iso3166";

// What many AIs need beside them: one of the AIs named, or all of those joined by `+`.
const GTIN: &str = "01";
const ITEM: &str = "01,02";
const PACKED: &str = "00,01";
const GOODS: &str = "01,02,8006,8026";
const BATCHED: &str = "01,02,03,8006,8026";
const PIECE: &str = "01,8006";
const SHIPMENT: &str = "00";
const PERSON: &str = "8018";
const SERVICE: &str = "8017,8018";
const MEASURED: &str = "30,31nn,32nn,35nn,36nn";
const CERTIFIED: &str = "01,8004";
const COUPON: &str = "255";
const PAID: &str = "8020";
const PAYEE: &str = "415";
const DEVICE: &str = "01+21+8040";

/// Measures of six digits, the last digit of the AI (0 to 5) saying where the decimal point stands; one of a kind only.
/// First three digits, what it needs, title.
const MEASURES: &[(&str, &str, &str)] = &[
    ("310", ITEM, "NET WEIGHT (kg)"),
    ("311", ITEM, "LENGTH (m)"),
    ("312", ITEM, "WIDTH (m)"),
    ("313", ITEM, "HEIGHT (m)"),
    ("314", ITEM, "AREA (m²)"),
    ("315", ITEM, "NET VOLUME (l)"),
    ("316", ITEM, "NET VOLUME (m³)"),
    ("320", ITEM, "NET WEIGHT (lb)"),
    ("321", ITEM, "LENGTH (in)"),
    ("322", ITEM, "LENGTH (ft)"),
    ("323", ITEM, "LENGTH (yd)"),
    ("324", ITEM, "WIDTH (in)"),
    ("325", ITEM, "WIDTH (ft)"),
    ("326", ITEM, "WIDTH (yd)"),
    ("327", ITEM, "HEIGHT (in)"),
    ("328", ITEM, "HEIGHT (ft)"),
    ("329", ITEM, "HEIGHT (yd)"),
    ("330", PACKED, "GROSS WEIGHT (kg)"),
    ("331", PACKED, "LENGTH (m), log"),
    ("332", PACKED, "WIDTH (m), log"),
    ("333", PACKED, "HEIGHT (m), log"),
    ("334", PACKED, "AREA (m²), log"),
    ("335", PACKED, "VOLUME (l), log"),
    ("336", PACKED, "VOLUME (m³), log"),
    ("337", GTIN, "KG PER m²"),
    ("340", PACKED, "GROSS WEIGHT (lb)"),
    ("341", PACKED, "LENGTH (in), log"),
    ("342", PACKED, "LENGTH (ft), log"),
    ("343", PACKED, "LENGTH (yd), log"),
    ("344", PACKED, "WIDTH (in), log"),
    ("345", PACKED, "WIDTH (ft), log"),
    ("346", PACKED, "WIDTH (yd), log"),
    ("347", PACKED, "HEIGHT (in), log"),
    ("348", PACKED, "HEIGHT (ft), log"),
    ("349", PACKED, "HEIGHT (yd), log"),
    ("350", ITEM, "AREA (in²)"),
    ("351", ITEM, "AREA (ft²)"),
    ("352", ITEM, "AREA (yd²)"),
    ("353", PACKED, "AREA (in²), log"),
    ("354", PACKED, "AREA (ft²), log"),
    ("355", PACKED, "AREA (yd²), log"),
    ("356", ITEM, "NET WEIGHT (tr oz)"),
    ("357", ITEM, "NET VOLUME (oz)"),
    ("360", ITEM, "NET VOLUME (qt (US))"),
    ("361", ITEM, "NET VOLUME (gal.)"),
    ("362", PACKED, "VOLUME (qt (US)), log"),
    ("363", PACKED, "VOLUME (gal (US)), log"),
    ("364", ITEM, "NET VOLUME (in³)"),
    ("365", ITEM, "NET VOLUME (ft³)"),
    ("366", ITEM, "NET VOLUME (yd³)"),
    ("367", PACKED, "VOLUME (in³), log"),
    ("368", PACKED, "VOLUME (ft³), log"),
    ("369", PACKED, "VOLUME (yd³), log"),
];

/// An AI or a range, the form of its value, what it needs (all of the list), what it excludes, title. A title that ends
/// in a number counts up through its range.
type Row = (
    &'static str,
    &'static str,
    &'static [&'static str],
    &'static str,
    &'static str,
);

#[rustfmt::skip] // a table
const ROWS: &[Row] = &[
    ("00", "N18,csum,gcppos2", &[], "", "SSCC"),
    ("01", GTIN_14, &[], "255,37", "GTIN"),
    ("02", GTIN_14, &["37"], "01,03", "CONTENT"),
    ("03", GTIN_14, &[], "01,02,37", "MTO GTIN"),
    ("10", "X..20", &[BATCHED], "", "BATCH/LOT"),
    ("11", DATE, &[BATCHED], "", "PROD DATE"),
    ("12", DATE, &[PAID], "", "DUE DATE"),
    ("13", DATE, &[BATCHED], "", "PACK DATE"),
    ("15", DATE, &[BATCHED], "", "BEST BEFORE or BEST BY"),
    ("16", DATE, &[BATCHED], "", "SELL BY"),
    ("17", DATE, &["01,02,03,255,8006,8026"], "", "USE BY or EXPIRY"),
    ("20", "N2", &[GOODS], "", "VARIANT"),
    ("21", "X..20", &["01,03,8006"], "235", "SERIAL"),
    ("22", "X..20", &[GTIN], "", "CPV"),
    ("235", "X..28", &[GTIN], "", "TPX"),
    ("240", "X..30", &[GOODS], "", "ADDITIONAL ID"),
    ("241", "X..30", &[GOODS], "", "CUST. PART No."),
    ("242", "N..6", &[GOODS], "", "MTO VARIANT"),
    ("243", "X..20", &[GTIN], "", "PCN"),
    ("250", "X..30", &[PIECE, "21"], "", "SECONDARY SERIAL"),
    ("251", "X..30", &[PIECE], "", "REF. TO SOURCE"),
    ("253", "N13,csum,gcppos1 [X..17]", &[], "", "GDTI"),
    ("254", "X..20", &["414"], "", "GLN EXTENSION COMPONENT"),
    ("255", "N13,csum,gcppos1 [N..12]", &[], "01,02,415,8006,8020,8026", "GCN"),
    ("30", "N..8", &[ITEM], "", "VAR. COUNT"),
    ("37", "N..8", &[SHIPMENT, "02,8026"], "", "COUNT"),
    ("3900-3909", "N..15", &["255,8020"], "390n,391n,394n,8111", "AMOUNT"),
    ("3910-3919", "N3,iso4217 N..15", &[PAID], "391n", "AMOUNT"),
    ("3920-3929", "N..15", &[GTIN, MEASURED], "392n,393n", "PRICE"),
    ("3930-3939", "N3,iso4217 N..15", &[MEASURED], "393n", "PRICE"),
    ("3940-3943", "N4", &[COUPON], "394n,8111", "PRCNT OFF"),
    ("3950-3955", "N6", &[MEASURED], "392n,393n,395n,8005", "PRICE/UoM"),
    ("400", "X..30", &[], "", "ORDER NUMBER"),
    ("401", "X..30,gcppos1", &[], "", "GINC"),
    ("402", "N17,csum,gcppos1", &[], "", "GSIN"),
    ("403", "X..30", &[SHIPMENT], "", "ROUTE"),
    ("410", GLN, &[], "", "SHIP TO LOC"),
    ("411", GLN, &[], "", "BILL TO"),
    ("412", GLN, &[], "", "PURCHASE FROM"),
    ("413", GLN, &[], "", "SHIP FOR LOC"),
    ("414", GLN, &[], "", "LOC No."),
    ("415", GLN, &[PAID], "", "PAY TO"),
    ("416", GLN, &[], "", "PROD/SERV LOC"),
    ("417", GLN, &[], "", "PARTY"),
    ("420", "X..20", &[], "421", "SHIP TO POST"),
    ("421", "N3,iso3166 X..9", &[], "4307", "SHIP TO POST"),
    ("422", "N3,iso3166", &[GOODS], "426", "ORIGIN"),
    ("423", COUNTRIES, &[ITEM], "426", "COUNTRY - INITIAL PROCESS"),
    ("424", "N3,iso3166", &[ITEM], "426", "COUNTRY - PROCESS"),
    ("425", COUNTRIES, &[ITEM], "426", "COUNTRY - DISASSEMBLY"),
    ("426", "N3,iso3166", &[ITEM], "", "COUNTRY - FULL PROCESS"),
    ("427", "X..3", &[ITEM, "422"], "", "ORIGIN SUBDIVISION"),
    ("4300", "X..35,pcenc", &[SHIPMENT], "", "SHIP TO COMP"),
    ("4301", "X..35,pcenc", &[SHIPMENT], "", "SHIP TO NAME"),
    ("4302", "X..70,pcenc", &[SHIPMENT], "", "SHIP TO ADD1"),
    ("4303", "X..70,pcenc", &["4302"], "", "SHIP TO ADD2"),
    ("4304", "X..70,pcenc", &[SHIPMENT], "", "SHIP TO SUB"),
    ("4305", "X..70,pcenc", &[SHIPMENT], "", "SHIP TO LOC"),
    ("4306", "X..70,pcenc", &[SHIPMENT], "", "SHIP TO REG"),
    ("4307", "X2,iso3166alpha2", &[SHIPMENT], "", "SHIP TO COUNTRY"),
    ("4308", "X..30", &[SHIPMENT], "", "SHIP TO PHONE"),
    ("4309", "N10,latitude N10,longitude", &[SHIPMENT], "", "SHIP TO GEO"),
    ("4310", "X..35,pcenc", &[SHIPMENT], "", "RTN TO COMP"),
    ("4311", "X..35,pcenc", &[SHIPMENT], "", "RTN TO NAME"),
    ("4312", "X..70,pcenc", &[SHIPMENT], "", "RTN TO ADD1"),
    ("4313", "X..70,pcenc", &["4312"], "", "RTN TO ADD2"),
    ("4314", "X..70,pcenc", &[SHIPMENT], "", "RTN TO SUB"),
    ("4315", "X..70,pcenc", &[SHIPMENT], "", "RTN TO LOC"),
    ("4316", "X..70,pcenc", &[SHIPMENT], "", "RTN TO REG"),
    ("4317", "X2,iso3166alpha2", &[SHIPMENT], "", "RTN TO COUNTRY"),
    ("4318", "X..20", &[SHIPMENT], "", "RTN TO POST"),
    ("4319", "X..30", &[SHIPMENT], "", "RTN TO PHONE"),
    ("4320", "X..35,pcenc", &[SHIPMENT], "", "SRV DESCRIPTION"),
    ("4321", "N1,yesno", &[SHIPMENT], "", "DANGEROUS GOODS"),
    ("4322", "N1,yesno", &[SHIPMENT], "", "AUTH TO LEAVE"),
    ("4323", "N1,yesno", &[SHIPMENT], "", "SIG REQUIRED"),
    ("4324", "N6,yymmd0 N4,hhmi", &[SHIPMENT], "", "NOT BEF DEL DT"),
    ("4325", "N6,yymmd0 N4,hhmi", &[SHIPMENT], "", "NOT AFT DEL DT"),
    ("4326", "N6,yymmdd", &[SHIPMENT], "", "REL DATE"),
    ("4330", "N6 [X1],hyphen", &[SHIPMENT], "4331", "MAX TEMP F."),
    ("4331", "N6 [X1],hyphen", &[SHIPMENT], "4330", "MAX TEMP C."),
    ("4332", "N6 [X1],hyphen", &[SHIPMENT], "4333", "MIN TEMP F."),
    ("4333", "N6 [X1],hyphen", &[SHIPMENT], "4332", "MIN TEMP C."),
    ("7001", "N13", &[GOODS], "", "NSN"),
    ("7002", "X..30", &[ITEM], "", "MEAT CUT"),
    ("7003", "N6,yymmdd N4,hhmi", &[ITEM], "", "EXPIRY TIME"),
    ("7004", "N..4", &["01+10"], "", "ACTIVE POTENCY"),
    ("7005", "X..12", &[ITEM], "", "CATCH AREA"),
    ("7006", "N6,yymmdd", &[ITEM], "", "FIRST FREEZE DATE"),
    ("7007", "N6,yymmdd [N6],yymmdd", &[ITEM], "", "HARVEST DATE"),
    ("7008", "X..3", &[ITEM], "", "AQUATIC SPECIES"),
    ("7009", "X..10", &[ITEM], "", "FISHING GEAR TYPE"),
    ("7010", "X..2", &[ITEM], "", "PROD METHOD"),
    ("7011", "N6,yymmdd [N4],hhmi", &[ITEM], "", "TEST BY DATE"),
    ("7020", "X..20", &[PIECE, "416"], "", "REFURB LOT"),
    ("7021", "X..20", &[PIECE], "", "FUNC STAT"),
    ("7022", "X..20", &["7021"], "", "REV STAT"),
    ("7023", "X..30,gcppos1", &[], "", "GIAI - ASSEMBLY"),
    ("7030-7039", "N3,iso3166999 X..27", &[ITEM], "", "PROCESSOR # 0"),
    ("7040", "N1 X1 X1 X1,importeridx", &[], "", "UIC+EXT"),
    ("7041", "X..4,packagetype", &[SHIPMENT], "", "UFRGT UNIT TYPE"),
    ("710", "X..20", &[GTIN], "", "NHRN PZN"),
    ("711", "X..20", &[GTIN], "", "NHRN CIP"),
    ("712", "X..20", &[GTIN], "", "NHRN CN"),
    ("713", "X..20", &[GTIN], "", "NHRN DRN"),
    ("714", "X..20", &[GTIN], "", "NHRN AIM"),
    ("715", "X..20", &[GTIN], "", "NHRN NDC"),
    ("716", "X..20", &[GTIN], "", "NHRN AIC"),
    ("717", "X..20", &[GTIN], "", "NHRN SRN"),
    ("7230-7239", "X2 X..28", &[CERTIFIED], "", "CERT # 1"),
    ("7240", "X..20", &[PIECE], "", "PROTOCOL"),
    ("7241", "N2,mediatype", &[SERVICE], "", "AIDC MEDIA TYPE"),
    ("7242", "X..25", &[SERVICE], "", "VCN"),
    ("7250", "N8,yyyymmdd", &[PERSON], "7251", "DOB"),
    ("7251", "N8,yyyymmdd N4,hhmi", &[PERSON], "7250", "DOB TIME"),
    ("7252", "N1,iso5218", &[PERSON], "", "BIO SEX"),
    ("7253", "X..40,pcenc", &[SERVICE], "7256,7259", "FAMILY NAME"),
    ("7254", "X..40,pcenc", &[SERVICE], "7256,7259", "GIVEN NAME"),
    ("7255", "X..10", &[SERVICE], "7256,7259", "SUFFIX"),
    ("7256", "X..90,pcenc", &[SERVICE], "", "FULL NAME"),
    ("7257", "X..70,pcenc", &[PERSON], "", "PERSON ADDR"),
    ("7258", "X3,posinseqslash", &["8018+7259"], "", "BIRTH SEQUENCE"),
    ("7259", "X..40,pcenc", &[PERSON], "7256", "BABY"),
    ("8001", "N4,nonzero N5,nonzero N3,nonzero N1,winding N1", &[GTIN], "", "DIMENSIONS"),
    ("8002", "X..20", &[], "", "CMT No."),
    ("8003", "N1,zero N13,csum,gcppos1 [X..16]", &[], "", "GRAI"),
    ("8004", "X..30,gcppos1", &[], "", "GIAI"),
    ("8005", "N6", &[ITEM], "", "PRICE PER UNIT"),
    ("8006", PIECES, &[], "01,37", "ITIP"),
    ("8007", "X..34,iban", &[PAYEE], "", "IBAN"),
    ("8008", "N6,yymmdd N2,hh [N2],mi [N2],ss", &[ITEM], "", "PROD TIME"),
    ("8009", "X..50", &[PACKED], "", "OPTSEN"),
    ("8010", "Y..30,gcppos1", &[], "", "CPID"),
    ("8011", "N..12,nozeroprefix", &["8010"], "", "CPID SERIAL"),
    ("8012", "X..20", &[PIECE], "", "VERSION"),
    ("8013", "X..25,csumalpha,gcppos1", &[], "", "GMN"),
    ("8014", "X..25,csumalpha,gcppos1,hasnondigit", &[GTIN], "", "MUDI"),
    ("8017", GSRN, &[], "8018", "GSRN - PROVIDER"),
    ("8018", GSRN, &[], "8017", "GSRN - RECIPIENT"),
    ("8019", "N..10", &[SERVICE], "", "SRIN"),
    ("8020", "X..25", &[PAYEE], "", "REF No."),
    ("8026", PIECES, &["37"], "02,8006", "ITIP CONTENT"),
    ("8030", "Z..90", &["00,01+21,253,255,8003,8004,8006+21,8010+8011,8017,8018"], "", "DIGSIG"),
    ("8040", "N15", &["01+21"], "", "IMEI"),
    ("8041", "N15", &[DEVICE], "", "IMEI2"),
    ("8042", "N32", &[DEVICE], "", "ESIM"),
    ("8043", "N18 [N..2]", &[DEVICE], "", "PSIM"),
    ("8110", "X..70,couponcode", &[], "", ""),
    ("8111", "N4", &[COUPON], "", "POINTS"),
    ("8112", "X..70,couponposoffer", &[], "", ""),
    ("8200", "X..70", &[GTIN], "", "PRODUCT URL"),
    ("90", "X..30", &[], "", "INTERNAL"),
    ("91-99", "X..90", &[], "", "INTERNAL"),
];

/// The entries of the table.
pub(super) fn entries() -> Vec<AiEntry> {
    let mut entries = Vec::new();
    for (family, needs, title) in MEASURES {
        let (ais, excluded) = (format!("{family}0-{family}5"), format!("{family}n"));
        push(&mut entries, (&ais, "N6", &[needs], &excluded, title));
    }
    for row in ROWS {
        push(&mut entries, *row);
    }
    entries
}

fn push(
    entries: &mut Vec<AiEntry>,
    (ais, form, needs, excluded, title): (&str, &str, &[&str], &str, &str),
) {
    let right = "the built-in table is right";
    let required: Result<Vec<Requirement>, String> =
        needs.iter().map(|text| parse_requirement(text)).collect();
    let components = parse_components(form).expect(right);
    check_components(&components).expect(right);
    let named = |ai: Ai, list: &[&str]| list.contains(&ai.as_str());
    let excluded = excluded.split(',').filter(|text| !text.is_empty());
    let template = AiEntry {
        ai: Ai::new(&ais.as_bytes()[..2]).expect(right),
        predefined: PREDEFINED.contains(&&ais[..2]),
        link_attribute: true,
        components,
        required: required.expect(right),
        excluded: excluded
            .map(|text| AiPattern::new(text.as_bytes()).expect(right))
            .collect(),
        link_key: None,
        title: title.to_owned(),
    };
    for (offset, ai) in parse_range(ais).expect(right).into_iter().enumerate() {
        entries.push(AiEntry {
            ai,
            link_attribute: !named(ai, NO_ATTRIBUTES),
            link_key: link_key(ai),
            title: numbered(title, offset),
            ..template.clone()
        });
    }
}

fn link_key(ai: Ai) -> Option<Vec<Vec<Ai>>> {
    let (_, sequences) = LINK_KEYS.iter().find(|(key, _)| *key == ai.as_str())?;
    let qualifier = |text: &&str| Ai::new(text.as_bytes()).expect("the built-in table is right");
    let sequence = |one: &&[&str]| one.iter().map(qualifier).collect();
    Some(sequences.iter().map(sequence).collect())
}

/// `PROCESSOR # 0` of the first AI of a range is `PROCESSOR # 3` of its fourth.
fn numbered(title: &str, offset: usize) -> String {
    let counted = title
        .rsplit_once("# ")
        .and_then(|(name, number)| Some((name, number.parse::<usize>().ok()?)));
    match counted {
        Some((name, number)) => format!("{name}# {}", number + offset),
        None => title.to_owned(),
    }
}
