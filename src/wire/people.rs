//! What a person proves with, and what administrators may ask for. Secrets are wiped from memory when they are dropped
//! and shown by nothing but the socket itself. PURE.

use crate::record::{Meaning, PersonName, Roles};
use serde::{Deserialize, Serialize};
use std::fmt;
use zeroize::Zeroizing;

/// Fewest characters of a chosen secret (NIST SP 800-63B, section 5.1.1.2; there are no rules for its mixture).
pub const SECRET_LETTERS_MIN: usize = 8;
/// Longest secret, in bytes.
pub const SECRET_BYTES_MAX: usize = 256;

/// A secret as it was typed. Whatever shows values shows nothing of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// A secret.
    pub fn new(text: String) -> Secret {
        Secret(Zeroizing::new(text))
    }

    /// Its text: for the hash, for the socket, and for the one time it is shown to its person.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// The person of this name may choose it instead of the old one.
    ///
    /// # Errors
    /// What it lacks.
    pub fn may_be_chosen(&self, name: &str, old: &Secret) -> Result<(), String> {
        let letters = self.text().chars().count();
        let bytes = self.text().len();
        if letters < SECRET_LETTERS_MIN {
            Err(format!(
                "A secret has {SECRET_LETTERS_MIN} characters at least: choose a longer one, some words for example."
            ))
        } else if bytes > SECRET_BYTES_MAX {
            Err(format!(
                "A secret has {SECRET_BYTES_MAX} bytes at most, this one has {bytes}."
            ))
        } else if self == old {
            Err("The new secret is the old one: choose another.".to_owned())
        } else if self.text().to_lowercase() == name.to_lowercase() {
            Err("The secret is the name: choose another.".to_owned())
        } else {
            Ok(())
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// How a person proves to be the one of a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Proof {
    /// By the secret.
    Secret(Secret),
    /// By the token of a session that was opened with the secret.
    Session(Secret),
    /// By the secret, and the person signs what is ordered.
    Signature {
        /// What the signature means.
        meaning: Meaning,
        /// The secret, again.
        secret: Secret,
        /// Whoever signs the same order besides.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        second: Option<Box<Second>>,
    },
}

/// A second person's signature under an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Second {
    /// Who, by name.
    pub by: String,
    /// What the signature means.
    pub meaning: Meaning,
    /// That person's secret.
    pub secret: Secret,
}

/// What may be asked about people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum PeopleCommand {
    /// Enrol somebody; the answer is a one-time secret.
    Add {
        /// Who.
        name: PersonName,
        /// As what.
        roles: Roles,
    },
    /// Give somebody other roles.
    SetRoles {
        /// Whom.
        name: PersonName,
        /// Which.
        roles: Roles,
    },
    /// Give somebody a new secret; the answer is a one-time secret.
    ResetSecret {
        /// Whom.
        name: PersonName,
    },
    /// Choose one's own secret.
    ChooseSecret {
        /// The new one.
        new: Secret,
    },
    /// Take all rights from somebody.
    Disable {
        /// Whom.
        name: PersonName,
    },
    /// Give them back, and end a lock.
    Enable {
        /// Whom.
        name: PersonName,
    },
}

/// How a person stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// May work.
    Active,
    /// Must choose a secret first.
    OneTimeSecret,
    /// Gave too many wrong secrets; none is taken for a while.
    Locked,
    /// May do nothing.
    Disabled,
}

/// A person as others see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonView {
    /// Name.
    pub name: PersonName,
    /// Roles.
    pub roles: Roles,
    /// How the person stands.
    pub standing: Standing,
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn nothing_that_shows_values_shows_a_secret() {
        let secret = Secret::new("correct horse".to_owned());
        let meaning = Meaning::Approved;
        let proofs = [
            Proof::Secret(secret.clone()),
            Proof::Session(secret.clone()),
            Proof::Signature {
                meaning,
                secret: secret.clone(),
                second: Some(Box::new(Second {
                    by: "N.Roe".to_owned(),
                    meaning,
                    secret: secret.clone(),
                })),
            },
        ];
        let new = secret;
        let shown = format!("{proofs:?} {:#?}", PeopleCommand::ChooseSecret { new });
        assert!(!shown.contains("horse"), "{shown}");
    }

    #[test]
    fn chosen_secrets_are_long_new_and_not_the_name() {
        let secret = |text: &str| Secret::new(text.to_owned());
        let old = secret("correct horse");
        let long = "x".repeat(SECRET_BYTES_MAX + 1);
        for bad in ["", "1234567", "correct horse", "magdalena", &long] {
            let judged = secret(bad).may_be_chosen("Magdalena", &old);
            assert!(judged.is_err(), "{bad:?}");
        }
        let good = secret("kłódka12").may_be_chosen("Magdalena", &old);
        assert_eq!(good, Ok(()));
    }
}
