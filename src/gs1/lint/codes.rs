//! Codes of other bodies: countries, currencies, package types, sexes, media, directions. PURE.
//!
//! The lists are those GS1's dictionary of 2026-01-27 refers to: sorted, one blank behind every code.

use super::characters::number;
use super::{Judged, found, whole};
use crate::gs1::error::Gs1Code;

/// Numbers of countries (ISO 3166-1).
const COUNTRIES: &str = "\
    004 008 010 012 016 020 024 028 031 032 036 040 044 048 050 051 052 056 060 064 068 070 072 074 076 084 086 090 \
    092 096 100 104 108 112 116 120 124 132 136 140 144 148 152 156 158 162 166 170 174 175 178 180 184 188 191 192 \
    196 203 204 208 212 214 218 222 226 231 232 233 234 238 239 242 246 248 250 254 258 260 262 266 268 270 275 276 \
    288 292 296 300 304 308 312 316 320 324 328 332 334 336 340 344 348 352 356 360 364 368 372 376 380 384 388 392 \
    398 400 404 408 410 414 417 418 422 426 428 430 434 438 440 442 446 450 454 458 462 466 470 474 478 480 484 492 \
    496 498 499 500 504 508 512 516 520 524 528 531 533 534 535 540 548 554 558 562 566 570 574 578 580 581 583 584 \
    585 586 591 598 600 604 608 612 616 620 624 626 630 634 638 642 643 646 652 654 659 660 662 663 666 670 674 678 \
    682 686 688 690 694 702 703 704 705 706 710 716 724 728 729 732 740 744 748 752 756 760 762 764 768 772 776 780 \
    784 788 792 795 796 798 800 804 807 818 826 831 832 833 834 840 850 854 858 860 862 876 882 887 894 \
";

/// Letters of countries (ISO 3166-1, alpha-2).
const COUNTRY_LETTERS: &str = "\
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ \
    CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO \
    FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE \
    JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO \
    MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW \
    PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM \
    TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW \
";

/// Numbers of currencies (ISO 4217).
const CURRENCIES: &str = "\
    008 012 032 036 044 048 050 051 052 060 064 068 072 084 090 096 104 108 116 124 132 136 144 152 156 170 174 188 \
    192 203 208 214 222 230 232 238 242 262 270 292 320 324 328 332 340 344 348 352 356 360 364 368 376 388 392 396 \
    398 400 404 408 410 414 417 418 422 426 430 434 446 454 458 462 480 484 496 498 504 512 516 524 532 533 548 554 \
    558 566 578 586 590 598 600 604 608 634 643 646 654 682 690 702 704 706 710 728 748 752 756 760 764 776 780 784 \
    788 800 807 818 826 834 840 858 860 882 886 901 924 925 926 927 928 929 930 933 934 936 938 940 941 943 944 946 \
    947 948 949 950 951 952 953 955 956 957 958 959 960 961 962 963 964 965 967 968 969 970 971 972 973 975 976 977 \
    978 979 980 981 984 985 986 990 994 997 999 \
";

/// Package types (UN/CEFACT recommendation 21 and what GS1 adds).
const PACKAGE_TYPES: &str = "\
    1A  1B  1D  1F  1G  1W  200 201 202 203 204 205 206 210 211 212 2C  3A  3H  43  44  4A  4B  4C  4D  4F  4G  4H  \
    5H  5L  5M  6H  6P  7A  7B  8   8A  8B  8C  9   AA  AB  AC  AD  AF  AG  AH  AI  AJ  AL  AM  AP  APE AT  AV  B4  \
    BB  BC  BD  BE  BF  BG  BGE BH  BI  BJ  BK  BL  BM  BME BN  BO  BP  BQ  BR  BRI BS  BT  BU  BV  BW  BX  BY  BZ  \
    CA  CB  CBL CC  CCE CD  CE  CF  CG  CH  CI  CJ  CK  CL  CM  CN  CO  CP  CQ  CR  CS  CT  CU  CV  CW  CX  CY  CZ  \
    DA  DB  DC  DG  DH  DI  DJ  DK  DL  DM  DN  DP  DPE DR  DS  DT  DU  DV  DW  DX  DY  E1  E2  E3  EC  ED  EE  EF  \
    EG  EH  EI  EN  FB  FC  FD  FE  FI  FL  FO  FOB FP  FPE FR  FT  FW  FX  GB  GI  GL  GR  GU  GY  GZ  HA  HB  HC  \
    HG  HN  HR  IA  IB  IC  ID  IE  IF  IG  IH  IK  IL  IN  IZ  JB  JC  JG  JR  JT  JY  KG  KI  LAB LE  LG  LT  LU  \
    LV  LZ  MA  MB  MC  ME  MPE MR  MS  MT  MW  MX  NA  NE  NF  NG  NS  NT  NU  NV  OA  OB  OC  OD  OE  OF  OK  OPE \
    OT  OU  P2  PA  PAE PB  PC  PD  PE  PF  PG  PH  PI  PJ  PK  PL  PLP PN  PO  POP PP  PPE PR  PT  PU  PUE PV  PX  \
    PY  PZ  QA  QB  QC  QD  QF  QG  QH  QJ  QK  QL  QM  QN  QP  QQ  QR  QS  RB1 RB2 RB3 RCB RD  RG  RJ  RK  RL  RO  \
    RT  RZ  S1  SA  SB  SC  SD  SE  SEC SH  SI  SK  SL  SM  SO  SP  SS  ST  STL SU  SV  SW  SX  SY  SZ  T1  TB  TC  \
    TD  TE  TEV TG  THE TI  TK  TL  TN  TO  TR  TRE TS  TT  TTE TU  TV  TW  TWE TY  TZ  UC  UN  UUE VA  VG  VI  VK  \
    VL  VN  VO  VP  VQ  VR  VS  VY  WA  WB  WC  WD  WF  WG  WH  WJ  WK  WL  WM  WN  WP  WQ  WR  WRP WS  WT  WU  WV  \
    WW  WX  WY  WZ  X11 X12 X15 X16 X17 X18 X19 X20 X3  XA  XB  XC  XD  XF  XG  XH  XJ  XK  YA  YB  YC  YD  YF  YG  \
    YH  YJ  YK  YL  YM  YN  YP  YQ  YR  YS  YT  YV  YW  YX  YY  YZ  ZA  ZB  ZC  ZD  ZF  ZG  ZH  ZJ  ZK  ZL  ZM  ZN  \
    ZP  ZQ  ZR  ZS  ZT  ZU  ZV  ZW  ZX  ZY  ZZ  \
";

/// Whether `list`, sorted cells of `width` characters and a blank, has `text`.
fn has(list: &str, width: usize, text: &[u8]) -> bool {
    let (cells, _) = list
        .as_bytes()
        .split_at(list.len() - list.len() % (width + 1));
    let cell = |place: usize| cells[place * (width + 1)..][..width].trim_ascii_end();
    let (mut low, mut high) = (0, cells.len() / (width + 1));
    while low < high {
        let middle = low.midpoint(high);
        match cell(middle).cmp(text) {
            std::cmp::Ordering::Equal => return true,
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Greater => high = middle,
        }
    }
    false
}

/// Whether these are the two letters of a country.
pub(super) fn is_country(letters: &[u8]) -> bool {
    has(COUNTRY_LETTERS, 2, letters)
}

fn listed(text: &[u8], right: bool, what: &str) -> Judged {
    match right {
        true => Ok(()),
        false => found(
            Gs1Code::UnknownCode,
            0..text.len(),
            format!("\"{}\" is not {what}.", String::from_utf8_lossy(text)),
        ),
    }
}

pub(super) fn country(text: &[u8]) -> Judged {
    listed(
        text,
        has(COUNTRIES, 3, text),
        "the number of a country (ISO 3166)",
    )
}

pub(super) fn country_or_999(text: &[u8]) -> Judged {
    let right = text == b"999" || has(COUNTRIES, 3, text);
    listed(text, right, "the number of a country (ISO 3166) or 999")
}

pub(super) fn country_letters(text: &[u8]) -> Judged {
    listed(text, is_country(text), "a country's two letters (ISO 3166)")
}

pub(super) fn currency(text: &[u8]) -> Judged {
    listed(
        text,
        has(CURRENCIES, 3, text),
        "the number of a currency (ISO 4217)",
    )
}

pub(super) fn package_type(text: &[u8]) -> Judged {
    listed(text, has(PACKAGE_TYPES, 3, text), "a package type")
}

pub(super) fn sex(text: &[u8]) -> Judged {
    let right = matches!(text, b"0" | b"1" | b"2" | b"9");
    whole(
        text,
        right,
        Gs1Code::OutOfRange,
        "The code for the sex is 0, 1, 2 or 9.",
    )
}

pub(super) fn winding(text: &[u8]) -> Judged {
    let right = matches!(text, b"0" | b"1" | b"9");
    whole(
        text,
        right,
        Gs1Code::OutOfRange,
        "The winding direction is 0, 1 or 9.",
    )
}

pub(super) fn yes_or_no(text: &[u8]) -> Judged {
    let right = matches!(text, b"0" | b"1");
    whole(
        text,
        right,
        Gs1Code::OutOfRange,
        "Only 0 (no) or 1 (yes) may stand here.",
    )
}

pub(super) fn media_type(text: &[u8]) -> Judged {
    let right = text.len() == 2
        && text.iter().all(u8::is_ascii_digit)
        && matches!(number(text), 1..=10 | 80..=99);
    let why = "The media type is 01 to 10 or 80 to 99.";
    whole(text, right, Gs1Code::OutOfRange, why)
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn lists_are_sorted_and_whole() {
        for (list, width, count) in [
            (COUNTRIES, 3, 249),
            (COUNTRY_LETTERS, 2, 249),
            (CURRENCIES, 3, 179),
            (PACKAGE_TYPES, 3, 431),
        ] {
            let cells: Vec<&[u8]> = list.as_bytes().chunks(width + 1).collect();
            assert!(cells.is_sorted() && cells.len() == count, "{}", cells.len());
            for cell in cells {
                assert!(has(list, width, cell.trim_ascii_end()));
            }
            assert!(
                !has(list, width, b"") && !has(list, width, b" ") && !has(list, width, b"zzzz")
            );
        }
    }
}
