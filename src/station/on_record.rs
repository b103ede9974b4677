//! What a station is started with, for the record: who started it, every key of its station file, and what stands in
//! the files that it names. Of a secret the record says only that it changed.

use crate::config::Config;
use crate::line::StartedWith;
use crate::record::Settings;
use crate::serial::{INDEX_COUNT, SerialKey};
use sha2::{Digest, Sha256};
use std::io::Read;
use std::path::Path;

/// Parts of an address's query that are secrets, by what their names hold.
const SECRET_NAMES: [&str; 7] = ["pass", "pwd", "secret", "token", "key", "auth", "user"];

/// So many bytes of a file are looked at.
const LOOKED_AT: u64 = 16 << 20;

/// A GTIN that no product has: what is made of a secret is no number of a pack.
const NO_PRODUCT: &str = "00000000000000";

/// Makes a mark of a secret.
type Seal<'s> = &'s dyn Fn(&[u8]) -> String;

/// What this station is started with, and by whom.
pub fn started_with(config: &Config, key: &SerialKey) -> StartedWith {
    let seal = |secret: &[u8]| sealed(key, secret);
    let mut values: Vec<(String, String)> = config
        .settings
        .iter()
        .map(|(key, value)| (key.to_owned(), without_secrets(value, &seal)))
        .collect();
    for plc in &config.plcs {
        let content = plc.map.as_ref().map(|file| content(Path::new(file), None));
        values.extend(content.map(|said| (format!("plc[{}].map content", plc.name), said)));
    }
    let (headers, certificates) = (&config.epcis.header_file, &config.epcis.ca_file);
    if let Some(file) = headers {
        let said = content(file, Some(&seal));
        values.push(("epcis.header_file content".to_owned(), said));
    }
    if let Some(file) = certificates {
        values.push(("epcis.ca_file content".to_owned(), content(file, None)));
    }
    StartedWith {
        by: system_user(),
        settings: values.into_iter().collect::<Settings>(),
    }
}

/// The user of the system that this process belongs to: the name, or the number where it has none.
fn system_user() -> String {
    let uid = rustix::process::getuid().as_raw();
    let text = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let named = text.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(uid)).then(|| name.to_owned())
    });
    named.unwrap_or_else(|| format!("uid {uid}"))
}

/// Tells one secret from another and nothing more: who has not the site's key cannot try out what it may be.
fn sealed(key: &SerialKey, secret: &[u8]) -> String {
    let hash = Sha256::digest(secret);
    let mut first = [0; 8];
    first.copy_from_slice(&hash[..8]);
    let gtin = NO_PRODUCT.parse().expect("fourteen digits");
    let mark = key.text(&gtin, u64::from_be_bytes(first) % INDEX_COUNT);
    format!("secret ({mark})")
}

/// An address without the secrets in its query.
fn without_secrets(value: &str, seal: Seal<'_>) -> String {
    let Some((place, query)) = value
        .split_once('?')
        .filter(|(place, _)| place.contains("://"))
    else {
        return value.to_owned();
    };
    let part = |part: &str| match part.split_once('=') {
        Some((name, secret)) if is_secret(name) => format!("{name}={}", seal(secret.as_bytes())),
        _ => part.to_owned(),
    };
    let parts: Vec<String> = query.split('&').map(part).collect();
    format!("{place}?{}", parts.join("&"))
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET_NAMES.iter().any(|part| name.contains(part))
}

/// What tells the content of a file from another: its SHA-256, or a sealed mark of it.
fn content(file: &Path, seal: Option<Seal<'_>>) -> String {
    let mut bytes = Vec::new();
    let read = std::fs::File::open(file);
    let read = read.and_then(|file| file.take(LOOKED_AT).read_to_end(&mut bytes));
    match (read, seal) {
        (Err(why), _) => format!("unreadable ({})", why.kind()),
        (Ok(_), Some(seal)) => seal(&bytes),
        (Ok(_), None) => Sha256::digest(&bytes)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect(),
    }
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn of_a_secret_it_is_seen_that_it_changed_and_nothing_else() {
        let key = SerialKey::new(*b"0123456789abcdef");
        let other = SerialKey::new(*b"0123456789abcdeX");
        let said = |address: &str, key: &SerialKey| {
            without_secrets(address, &|secret| sealed(key, secret))
        };
        let address = |password: &str| format!("http://cam/video?user=admin&size=3&pwd={password}");
        let told = said(&address("hunter2"), &key);
        assert!(
            !told.contains("hunter2") && !told.contains("admin"),
            "{told}"
        );
        assert!(told.starts_with("http://cam/video?user=secret (") && told.contains("&size=3&"));
        assert_eq!(
            told,
            said(&address("hunter2"), &key),
            "the same is the same"
        );
        assert_ne!(told, said(&address("hunter3"), &key), "another is another");
        assert_ne!(
            told,
            said(&address("hunter2"), &other),
            "only with the site's key"
        );
        for plain in ["modbus+tcp://plc:502?unit=1", "is it? password=x", "none"] {
            assert_eq!(said(plain, &key), plain);
        }
    }

    #[test]
    fn a_file_is_told_by_its_content() {
        let dir = tempfile::tempdir().expect("a folder");
        let file = dir.path().join("map.toml");
        assert_eq!(content(&file, None), "unreadable (entity not found)");
        std::fs::write(&file, "abc").expect("written");
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(content(&file, None), abc);
        assert_eq!(
            content(&file, Some(&|bytes| format!("{} bytes", bytes.len()))),
            "3 bytes"
        );
        assert!(!system_user().is_empty());
    }
}
