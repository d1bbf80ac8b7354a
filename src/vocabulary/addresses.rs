//! Addresses that people give, and that pages of clients make links of.

use dailies_definitions::failure::Failure;

/// Beginnings of addresses that a browser runs instead of opening.
const SCRIPT_SCHEMES: [&str; 3] = ["javascript:", "data:", "vbscript:"];

/// Refuses an address that a browser would run.
///
/// # Errors
/// 400 that names the field.
pub fn require_harmless(field: &str, address: &str) -> Result<(), Failure> {
    // Browsers pass over what is not seen.
    let seen = address
        .chars()
        .filter(|letter| !letter.is_whitespace() && !letter.is_control());
    let begin = seen.take(16).collect::<String>().to_ascii_lowercase();
    if SCRIPT_SCHEMES.iter().any(|scheme| begin.starts_with(scheme)) {
        return Err(Failure::parameter(format!(
            "{field}: an address that a browser would run is no link."
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_browsers_run_is_no_link() {
        for harmless in [
            "https://example.com",
            "rvlink://x",
            "file:///a",
            "notes",
            "",
            "database/x",
        ] {
            assert!(require_harmless("links", harmless).is_ok(), "{harmless}");
        }
        for trap in [
            "javascript:alert(1)",
            "  JavaScript:x",
            "java\nscript:x",
            "\u{1}data:text/html,x",
            "vbscript:x",
        ] {
            assert!(require_harmless("links", trap).is_err(), "{trap}");
        }
    }
}
