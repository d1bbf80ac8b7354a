//! Keys of metadata columns, made of their names.

use dailies_definitions::failure::Failure;

/// Most characters that the database takes.
const LONGEST_FIELD_NAME: usize = 120;

/// The key for a name: Latin letters in lower case and digits, whatever the script of the name, with one underscore for
/// what is between them.
///
/// # Errors
/// 400 for a name without a letter or digit.
pub(super) fn field_name(name: &str) -> Result<String, Failure> {
    let ascii = deunicode::deunicode(name).to_ascii_lowercase();
    let words: Vec<&str> = ascii
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let mut key = words.join("_");
    key.truncate(LONGEST_FIELD_NAME);
    let key = key.trim_end_matches('_');
    if key.is_empty() {
        Err(Failure::parameter("Name needs a letter or a digit.").naming("name"))
    } else {
        Ok(key.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_keys() {
        for (name, key) in [
            ("Équipe A / é", "equipe_a_e"),
            ("Delivery code", "delivery_code"),
            ("  Ship--code! ", "ship_code"),
            ("FX2", "fx2"),
            ("Straße", "strasse"),
        ] {
            assert_eq!(field_name(name).ok().as_deref(), Some(key));
        }
        assert!(field_name("?!").is_err());
        assert_eq!(
            field_name(&"a".repeat(200)).map(|key| key.len()).ok(),
            Some(LONGEST_FIELD_NAME)
        );
    }
}
