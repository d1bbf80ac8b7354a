//! Random texts that nobody can guess.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::{Rng, RngCore};

pub(super) const CAPITALS_AND_DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
/// Without the letters and digits that are read for one another.
const READABLE: &[u8] = b"abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// A text of that many characters, from a generator that is fit for secrets.
fn draw(length: usize, alphabet: &[u8]) -> String {
    let mut random = rand::rng();
    (0..length)
        .map(|_| char::from(alphabet[random.random_range(0..alphabet.len())]))
        .collect()
}

/// A text of capitals and digits.
pub(super) fn capitals_and_digits(length: usize) -> String {
    draw(length, CAPITALS_AND_DIGITS)
}

/// A text of that many random bytes, as addresses and cookies take it.
pub(super) fn url_safe(bytes: usize) -> String {
    let mut drawn = vec![0; bytes];
    rand::rng().fill_bytes(&mut drawn);
    URL_SAFE_NO_PAD.encode(drawn)
}

/// A set of recovery codes.
pub(super) fn recovery_codes() -> Vec<String> {
    (0..16).map(|_| draw(10, CAPITALS_AND_DIGITS)).collect()
}

/// A password for somebody who has to copy it once.
#[must_use]
pub fn made_up_password() -> String {
    draw(20, READABLE)
}

/// A password of an account that several people share for an hour: short enough to be read out.
#[must_use]
pub fn handed_out_password() -> String {
    draw(16, READABLE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_long_and_differ() {
        let codes = recovery_codes();
        assert_eq!(codes.len(), 16);
        assert!(
            codes
                .iter()
                .all(|code| code.len() == 10 && code.bytes().all(|byte| CAPITALS_AND_DIGITS.contains(&byte)))
        );
        assert_eq!(capitals_and_digits(25).len(), 25);
        assert_ne!(capitals_and_digits(25), capitals_and_digits(25));
        assert_eq!(made_up_password().len(), 20);
        assert_eq!(url_safe(32).len(), 43);
        assert_ne!(url_safe(32), url_safe(32));
    }
}
