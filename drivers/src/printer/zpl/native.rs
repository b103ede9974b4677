//! Formats written in ZPL by someone else: how they are stored, and what their fields are. PURE.

use super::super::words::Carries;
use std::collections::BTreeMap;

/// Commands that a format must not hold, and why.
const FORBIDDEN: [(&str, &str); 8] = [
    ("^CC", "it changes the prefix of commands"),
    ("^CT", "it changes the prefix of control commands"),
    ("^CD", "it changes the delimiter"),
    (
        "^JZ",
        "whether a spoilt label is printed again is the station's to say",
    ),
    ("^SN", "the printer would count by itself"),
    ("^SF", "the printer would count by itself"),
    ("^XF", "it calls another format"),
    ("~J", "it is an order to the printer and no part of a label"),
];

/// The text that stores the format under this name: `^DF` is put in where it is missing.
///
/// # Errors
/// It is not one format, or holds what a format must not; a sentence without its full stop.
pub(super) fn stored(name: &str, text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.matches("^XA").count() != 1 || !text.ends_with("^XZ") {
        return Err(format!(
            "the format {name} is not one text of the form ^XA…^XZ"
        ));
    }
    if text.matches("^XZ").count() != 1 {
        return Err(format!("the format {name} ends more than once (^XZ)"));
    }
    if let Some((command, why)) = FORBIDDEN.iter().find(|(command, _)| text.contains(command)) {
        return Err(format!("the format {name} has {command}: {why}"));
    }
    for quantity in text.split("^PQ").skip(1) {
        let quantity = quantity.split(['^', '~']).next().unwrap_or_default();
        if !matches!(
            quantity.trim(),
            "1" | "1,0,1,Y" | "1,0,1,N" | "1,0,0,Y" | "1,0,0,N"
        ) {
            return Err(format!(
                "the format {name} prints other than one label (^PQ{quantity}); write ^PQ1,0,1,Y"
            ));
        }
    }
    fields(text)?;
    let stored = format!("^DFR:{name}.ZPL^FS");
    match text.split_once("^DF") {
        None => Ok(text.replacen("^XA", &format!("^XA{stored}"), 1)),
        Some((_, after)) => {
            let named = after.split(['^', '~']).next().unwrap_or_default().trim();
            let named = named.strip_suffix(".ZPL").unwrap_or(named);
            match named.strip_prefix("R:") == Some(name) {
                true => Ok(text.to_owned()),
                false => Err(format!(
                    "the format {name} stores itself under another name (^DF{named}); leave ^DF out"
                )),
            }
        }
    }
}

/// What each numbered field of the text carries.
///
/// # Errors
/// A `^BX` without the parameters that have no usable default; a sentence without its full stop.
pub(super) fn fields(text: &str) -> Result<BTreeMap<u16, Carries>, String> {
    let mut fields = BTreeMap::new();
    for field in text.split("^FS") {
        let Some((before, after)) = field.rsplit_once("^FN") else {
            continue;
        };
        let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
        let Ok(number) = digits.parse() else { continue };
        let carries = if let Some((_, symbol)) = before.rsplit_once("^BX") {
            let symbol = symbol.split('^').next().unwrap_or_default();
            let parameters: Vec<&str> = symbol.split(',').map(str::trim).collect();
            match (parameters.get(2), parameters.get(6)) {
                (Some(&"200"), Some(&"_")) => Carries::DataMatrix,
                _ => {
                    return Err(format!(
                        "field {number} is a Data Matrix ^BX{symbol}; give it quality 200 and the escape \
                         character _, as in ^BXN,6,200,,,,_,1"
                    ));
                }
            }
        } else if let Some((_, bars)) = before.rsplit_once("^BC") {
            let bars = bars.split('^').next().unwrap_or_default();
            match bars.split(',').nth(5).map(str::trim) {
                None | Some("" | "N") => Carries::Gs1128,
                Some(mode) => {
                    return Err(format!(
                        "field {number} is a Code 128 in mode {mode}; the station gives its start character and FNC1 \
                         itself, as in ^BCN,80,N,N,N,N"
                    ));
                }
            }
        } else {
            Carries::Text
        };
        fields.insert(number, carries);
    }
    Ok(fields)
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn a_format_of_someone_else_is_stored_and_its_fields_are_known() {
        let text = "^XA^PW400^LL200\n^FO8,8^BXN,4,200,,,,_,1^FN1^FS\n^FO9,60^BCN,40,N,N,N,N^FN2\"bars\"^FS\
                    ^FO1,1^A0N,12,12^FN3^FS^FO2,2^FDfixed^FS^PQ1,0,1,Y^XZ\n";
        let kept = stored("ART", text).unwrap();
        assert!(kept.starts_with("^XA^DFR:ART.ZPL^FS^PW400"), "{kept}");
        assert_eq!(stored("ART", &kept).unwrap(), kept, "stored once");
        let fields = fields(text).unwrap();
        let expected = [
            (1, Carries::DataMatrix),
            (2, Carries::Gs1128),
            (3, Carries::Text),
        ];
        assert_eq!(fields, expected.into());
    }

    #[test]
    fn what_would_harm_is_refused_by_name() {
        for (text, part) in [
            ("^FO1,1^FDx^FS", "not one text of the form"),
            ("^XA^XZ^XA^XZ", "not one text"),
            ("^XA^XZ^FS^XZ", "ends more than once"),
            ("^XA^PQ2^XZ", "other than one label (^PQ2)"),
            ("^XA^PQ10,0,1,Y^XZ", "other than one label"),
            ("^XA^CC!^XZ", "prefix"),
            ("^XA^JZY^XZ", "printed again"),
            ("^XA^FN1^SN001,1,Y^FS^XZ", "count by itself"),
            ("^XA^XFR:B^FS^XZ", "another format"),
            ("~JR^XA^XZ", "order to the printer"),
            ("^XA^DFR:OTHER.ZPL^FS^XZ", "another name (^DFR:OTHER)"),
            ("^XA^BXN,4^FN1^FS^XZ", "quality 200"),
            ("^XA^BXN,4,200^FN1^FS^XZ", "escape"),
            ("^XA^BCN,80,Y,N,N,D^FN1^FS^XZ", "mode D"),
        ] {
            let why = stored("ART", text).unwrap_err();
            assert!(why.contains(part), "{text}: {why}");
        }
    }
}
