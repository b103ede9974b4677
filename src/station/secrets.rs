//! Secrets: what is stored of them, how one is tried, and how one-time secrets and tokens are drawn.
//!
//! Stored is an argon2id text (PHC string). It takes tens of milliseconds and [`MEMORY_KIB`] to make or to try one, so
//! that guessing is slow; this never happens in the station's loop.

use crate::record::PersonName;
use crate::store::StoredSecret;
use crate::wire::Secret;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// Memory of one argon2id, in KiB. With [`PASSES`] and [`LANES`] the least that the OWASP Password Storage Cheat Sheet
/// allows for argon2id (19 MiB, two passes, one lane); RFC 9106, section 4, recommends 64 MiB with three passes and
/// four lanes where nothing else must run, and here packs are looked at meanwhile.
pub const MEMORY_KIB: u32 = 19_456;
/// Passes of one argon2id.
pub const PASSES: u32 = 2;
/// Lanes of one argon2id.
pub const LANES: u32 = 1;
/// Bytes of salt (RFC 9106, section 3.1).
const SALT_BYTES: usize = 16;

/// Letters of one-time secrets: no 0, 1, I, O, which are taken for each other.
const LETTERS: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
/// Letters of a one-time secret: 100 bits.
const ONE_TIME_LETTERS: usize = 20;
/// Bytes of a session's token.
const TOKEN_BYTES: usize = 16;

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).expect("argon2 allows these");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// Random bytes of the system.
fn random<const N: usize>() -> Result<Zeroizing<[u8; N]>, String> {
    let mut bytes = Zeroizing::new([0; N]);
    getrandom::fill(bytes.as_mut_slice())
        .map_err(|why| format!("The system gives no random numbers ({why}): try again."))?;
    Ok(bytes)
}

/// What is stored of a person's secret.
///
/// # Errors
/// The system has no random numbers or no memory for it.
pub fn stored(person: &PersonName, secret: &Secret) -> Result<StoredSecret, String> {
    let salt = random::<SALT_BYTES>()?;
    let made: PasswordHash = argon2()
        .hash_password_with_salt(secret.text().as_bytes(), salt.as_slice())
        .map_err(|why| format!("The secret cannot be stored ({why}): try again."))?;
    Ok(StoredSecret {
        person: person.clone(),
        phc: made.to_string(),
    })
}

/// Whether this is the secret that was stored. Takes as long for a wrong one as for the right one.
pub fn is_right(secret: &Secret, phc: &str) -> bool {
    // A text that is no PHC string was found damaged when the store was opened.
    let parsed = PasswordHash::new(phc);
    parsed.is_ok_and(|parsed| {
        let tried = Argon2::default().verify_password(secret.text().as_bytes(), &parsed);
        tried.is_ok()
    })
}

/// A one-time secret, in groups of four.
///
/// # Errors
/// The system has no random numbers.
pub fn one_time() -> Result<Secret, String> {
    let bytes = random::<ONE_TIME_LETTERS>()?;
    let mut text = String::with_capacity(ONE_TIME_LETTERS * 5 / 4);
    for (at, byte) in bytes.iter().enumerate() {
        if at > 0 && at % 4 == 0 {
            text.push('-');
        }
        text.push(char::from(LETTERS[usize::from(byte % 32)]));
    }
    Ok(Secret::new(text))
}

/// A session's token.
///
/// # Errors
/// The system has no random numbers.
pub fn token() -> Result<Secret, String> {
    let bytes = random::<TOKEN_BYTES>()?;
    let text = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Secret::new(text))
}

/// What is kept of a token: looking it up then tells nothing about it by the time it takes.
pub fn token_hash(token: &Secret) -> [u8; 32] {
    Sha256::digest(token.text().as_bytes()).into()
}

#[cfg(test)]
mod test {
    use super::*;

    fn secret(text: &str) -> Secret {
        Secret::new(text.to_owned())
    }

    #[test]
    fn a_stored_secret_is_salted_argon2id_with_the_named_cost_and_knows_only_its_own() {
        let name: PersonName = "M.Kowal".parse().expect("a name");
        let right = secret("correct horse");
        let (one, other) = (stored(&name, &right), stored(&name, &right));
        let (one, other) = (one.expect("made"), other.expect("made"));
        assert_ne!(one.phc, other.phc, "each has its salt");
        let cost = format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}$");
        assert!(one.phc.starts_with(&cost), "{}", one.phc);
        assert!(is_right(&right, &one.phc) && is_right(&right, &other.phc));
        for wrong in ["correct hors", "Correct horse", "", "correct horse "] {
            assert!(!is_right(&secret(wrong), &one.phc), "{wrong:?}");
        }
        assert!(!is_right(&right, "not a PHC string"));
        assert!(!format!("{one:?}").contains("argon2id"));
    }

    #[test]
    fn one_time_secrets_and_tokens_are_never_the_same() {
        let drawn: Vec<Secret> = (0..50).map(|_| one_time().expect("drawn")).collect();
        for (at, one) in drawn.iter().enumerate() {
            assert_eq!(one.text().len(), 24);
            assert!(one.text().split('-').all(|group| group.len() == 4));
            assert!(!drawn[..at].contains(one));
        }
        let (one, other) = (token().expect("drawn"), token().expect("drawn"));
        assert_ne!(token_hash(&one), token_hash(&other));
        assert_eq!(one.text().len(), 2 * TOKEN_BYTES);
    }
}
