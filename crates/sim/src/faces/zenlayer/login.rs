//! How a new machine is logged in to: exactly one of password and key.

use serde_json::Value;

use crate::Account;

use super::schema::{Wish, bad};
use super::stock::{KEYS, text, thing};
use super::wire::{BAD_VALUE, MISSING, Refused};

/// Checks password and key. The page demands one of them, and its own example has neither; neither is refused.
pub(super) fn check(account: &Account, wish: &Wish, image: &Value) -> Result<(), Refused> {
    match (wish.text("password"), wish.text("keyId")) {
        // Listed for bare metal [I].
        (Some(_), Some(_)) => Err(Refused::new(
            400,
            "INVALID_PARAMETER_INSTANCE_LOGIN_CONFLICT",
            "Password and key cannot be specified at the same time",
        )),
        (None, None) => Err(bad(MISSING, "password", "or `keyId` must be given")),
        (Some(password), None) if is_strong(password) => Ok(()),
        (Some(_), None) => Err(Refused::new(
            400,
            "INVALID_PASSWORD_MALFORMED",
            "The password must have 8 to 16 characters: lower and upper case letters, digits and symbols",
        )),
        (None, Some(_)) if text(image, "osType") == "windows" => {
            Err(bad(BAD_VALUE, "keyId", "is not supported with Windows"))
        }
        (None, Some(key)) if thing(account, KEYS, key).is_some() => Ok(()),
        // No code is documented [I].
        (None, Some(key)) => Err(Refused::unknown("INVALID_KEY_PAIR_NOT_FOUND", "keyId", key)),
    }
}

fn is_strong(password: &str) -> bool {
    const SYMBOLS: &str = "!@#$%^&*`~()-+=";
    let is_symbol = |letter: char| SYMBOLS.contains(letter);
    let has = |class: &dyn Fn(char) -> bool| password.chars().any(class);
    (8..=16).contains(&password.len())
        && password.chars().all(|letter| letter.is_ascii_alphanumeric() || is_symbol(letter))
        && has(&|letter| letter.is_ascii_lowercase())
        && has(&|letter| letter.is_ascii_uppercase())
        && has(&|letter| letter.is_ascii_digit())
        && has(&is_symbol)
}

#[cfg(test)]
mod tests {
    use super::is_strong;

    #[test]
    fn a_password_needs_all_four_classes_and_nothing_else() {
        for good in ["Abcdef1!", "Abcdefghijklm1`~", "aB3-aB3-aB3-"] {
            assert!(is_strong(good), "{good}");
        }
        for poor in [
            "Abcde1!",
            "Abcdefghijklmn12!",
            "abcdef1!",
            "ABCDEF1!",
            "Abcdefg!",
            "Abcdefg1",
            "Abcdef1_",
            "Abcdef1!ü",
        ] {
            assert!(!is_strong(poor), "{poor}");
        }
    }
}
