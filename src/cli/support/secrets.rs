//! What must not leave the station, and texts without it. PURE.
//!
//! Twice, because each alone may fail: of a station file only keys that the program knows are taken over, and of their
//! values only what is no secret; and whatever was seen to be a secret is taken out of every text of the bundle.

use crate::config::keys::KEYS;
use toml::{Table, Value};

/// What stands in place of a secret.
pub const LEFT_OUT: &str = "(left out)";
/// Shorter ones are left out where they stand, and not looked for elsewhere: they would be found in any word.
const SHORTEST: usize = 4;
/// Names in an address's query that are no secrets.
const OPEN_QUERY: &[&str] = &["unit", "baud", "parity"];

/// Secrets that were seen.
#[derive(Debug, Default)]
pub struct Secrets(Vec<String>);

impl Secrets {
    /// This is one.
    pub fn add(&mut self, secret: &str) {
        let secret = secret.trim();
        if secret.len() >= SHORTEST && secret != LEFT_OUT {
            self.0.push(secret.to_owned());
            // As it stands inside of JSON.
            let quoted = serde_json::Value::from(secret).to_string();
            let inner = quoted.trim_matches('"');
            if inner != secret {
                self.0.push(inner.to_owned());
            }
        }
    }

    /// The file with the serial key.
    pub fn add_key_file(&mut self, text: &str) {
        self.add(text);
        self.add(&text.trim().to_ascii_uppercase());
        self.add(&text.trim().to_ascii_lowercase());
    }

    /// The file with HTTP headers: each value, and each word of it, such as the token behind `Bearer`.
    pub fn add_headers(&mut self, text: &str) {
        for line in text.lines() {
            let value = line.split_once(':').map_or(line, |(_, value)| value);
            self.add(value);
            let words = value.split_whitespace();
            let schemes = ["bearer", "basic", "digest"];
            words
                .filter(|word| !schemes.contains(&word.to_ascii_lowercase().as_str()))
                .for_each(|word| self.add(word));
        }
    }

    /// The text without any of them. The longest go first: one may be part of another.
    pub fn taken_out(&self, text: &str) -> String {
        let mut secrets: Vec<&String> = self.0.iter().collect();
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        let mut text = text.to_owned();
        for secret in secrets {
            if text.contains(secret.as_str()) {
                text = text.replace(secret.as_str(), LEFT_OUT);
            }
        }
        text
    }
}

/// The station file without comments, without keys that the program does not know, and without what in its values may
/// be a secret; what that was is added to `secrets`. `None` where it is no TOML.
pub fn station_file(text: &str, secrets: &mut Secrets) -> Option<String> {
    let mut file: Table = text.parse().ok()?;
    for (section, value) in &mut file {
        clean(section, "", value, secrets);
    }
    toml::to_string(&file).ok()
}

/// A value below a section; `key`: under which it stands there, none for the section itself.
fn clean(section: &str, key: &str, value: &mut Value, secrets: &mut Secrets) {
    let known = KEYS
        .iter()
        .any(|row| row.section == section && row.name == key);
    match value {
        Value::Array(all) if key.is_empty() => all
            .iter_mut()
            .for_each(|one| clean(section, key, one, secrets)),
        Value::Table(table) if key.is_empty() => {
            for (key, value) in table {
                clean(section, key, value, secrets);
            }
        }
        // A table in a value holds numbers.
        Value::Table(table) if known => {
            for (_, value) in table {
                if !matches!(value, Value::Integer(_) | Value::Float(_)) {
                    leave_out(value, secrets);
                }
            }
        }
        Value::String(text) if known => *text = address(text, key == "capture_url", secrets),
        Value::Integer(_) | Value::Float(_) | Value::Boolean(_) if known => {}
        other => leave_out(other, secrets),
    }
}

/// Whatever it is, it goes, and every text in it is a secret.
fn leave_out(value: &mut Value, secrets: &mut Secrets) {
    match value {
        Value::Array(all) => all.iter_mut().for_each(|one| leave_out(one, secrets)),
        Value::Table(table) => table
            .iter_mut()
            .for_each(|(_, one)| leave_out(one, secrets)),
        Value::String(text) => secrets.add(text),
        Value::Integer(number) => secrets.add(&number.to_string()),
        Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) => {}
    }
    *value = Value::String(LEFT_OUT.to_owned());
}

/// An address without name and password, and without what its query gives away; of `host_only` nothing behind the host.
/// Another text is given back as it is.
fn address(text: &str, host_only: bool, secrets: &mut Secrets) -> String {
    let Some((scheme, rest)) = text.split_once("://") else {
        return text.to_owned();
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (mut host, behind) = rest.split_at(end);
    let mut clean = format!("{scheme}://");
    if let Some((person, server)) = host.rsplit_once('@') {
        person.split(':').for_each(|part| secrets.add(part));
        secrets.add(person);
        clean += LEFT_OUT;
        clean.push('@');
        host = server;
    }
    clean += host;
    if host_only && !behind.is_empty() {
        behind
            .split(['/', '?', '&', '=', '#'])
            // Ordinary words of such an address tell nothing, and would be missed in every other text.
            .filter(|part| part.len() >= 12 || part.chars().any(|c| c.is_ascii_digit()))
            .for_each(|part| secrets.add(part));
        return clean + "/" + LEFT_OUT;
    }
    let (path, query) = behind.split_once('?').unwrap_or((behind, ""));
    clean += path;
    for (at, part) in query.split('&').filter(|part| !part.is_empty()).enumerate() {
        clean.push(if at == 0 { '?' } else { '&' });
        match part.split_once('=') {
            Some((name, _)) if OPEN_QUERY.contains(&name) => clean += part,
            Some((name, value)) => {
                secrets.add(value);
                clean += &format!("{name}={LEFT_OUT}");
            }
            None => {
                secrets.add(part);
                clean += LEFT_OUT;
            }
        }
    }
    clean
}

/// A log without one-time secrets, which stand in a line of their own, and without headers that open something.
pub fn log(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut follows = false;
    for line in text.lines() {
        let lower = line.to_ascii_lowercase();
        let opens = [
            "authorization",
            "cookie",
            "password",
            "secret=",
            "token",
            "bearer ",
        ];
        if follows || opens.iter().any(|word| lower.contains(word)) {
            clean += LEFT_OUT;
        } else {
            clean += line;
        }
        clean.push('\n');
        follows = lower.contains("one-time secret");
    }
    clean
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn of_a_station_file_only_what_is_known_and_open_is_taken_over() {
        let text = r#"
# the camera's password is hunter2-comment
[station]
name = "station-1"
line = "Line 3"
data_dir = "vidimus-data"
pin = 123456

[[camera]]
name = "camera-1"
address = "http://admin:hunter2-user@10.0.0.7/stream?token=hunter2-query&unit=1"

[[plc]]
address = "modbus+tcp://10.0.0.5:502?unit=1"
heartbeat_depth = { password = "hunter2-inner" }

[epcis]
capture_url = "https://partner.example/tenants/hunter2-path-0815/capture?key=hunter2-0816"
header_file = "headers"
password = "hunter2-key"

[vault]
keys = ["hunter2-array", { deep = "hunter2-deep" }]
"#;
        let mut secrets = Secrets::default();
        let clean = station_file(text, &mut secrets).expect("TOML");
        assert!(
            !clean.contains("hunter2") && !clean.contains("123456"),
            "{clean}"
        );
        for kept in [
            "station-1",
            "Line 3",
            "unit=1",
            "10.0.0.7/stream",
            "https://partner.example/",
            "header_file = \"headers\"",
            "password = \"(left out)\"",
        ] {
            assert!(clean.contains(kept), "{kept}: {clean}");
        }
        // What was seen is found wherever else it stands; what nobody knows of, the comment's, is not.
        let elsewhere = text.replace("# the camera's password is hunter2-comment", "");
        let elsewhere = secrets.taken_out(&elsewhere);
        assert!(!elsewhere.contains("hunter2"), "{elsewhere}");
        assert_eq!(station_file("not = [toml", &mut secrets), None);
    }

    #[test]
    fn every_text_of_the_demos_station_file_stays() {
        let text = include_str!("../../../templates/stations/demo.toml");
        let mut secrets = Secrets::default();
        let clean = station_file(text, &mut secrets).expect("TOML");
        assert!(!clean.contains(LEFT_OUT), "{clean}");
        assert!(secrets.0.is_empty(), "{secrets:?}");
        let (before, after) = (text.parse::<Table>(), clean.parse::<Table>());
        assert_eq!(before.expect("TOML"), after.expect("TOML"));
    }

    #[test]
    fn files_with_secrets_and_logs_are_understood() {
        let mut secrets = Secrets::default();
        secrets.add_key_file("00112233445566778899aabbccddeeff\n");
        secrets.add_headers("Authorization: Bearer to\"ken-0815\nX-Api-Key:key-0816\n");
        let text = "00112233445566778899AABBCCDDEEFF to\"ken-0815 {\"x\":\"to\\\"ken-0815\"} key-0816 bearer";
        let clean = secrets.taken_out(text);
        assert_eq!(clean.matches(LEFT_OUT).count(), 4, "{clean}");
        assert!(!clean.contains("0815") && !clean.contains("0816") && clean.ends_with("bearer"));
        let told =
            log("One-time secret of \"administrator\", shown now:\nABCD-EFGH\nA line\nCookie: x\n");
        assert_eq!(told.lines().nth(1), Some(LEFT_OUT));
        assert_eq!(told.lines().nth(2), Some("A line"));
        assert_eq!(told.lines().nth(3), Some(LEFT_OUT));
    }
}
