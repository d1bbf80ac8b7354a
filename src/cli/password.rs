//! Passwords that are not given on the command line: they are typed unseen, or come by standard input.

use std::io::{self, BufRead, IsTerminal};

/// Reason why there is no password.
#[derive(Debug, thiserror::Error)]
pub(super) enum PasswordError {
    #[error("a password is needed: by standard input, in the variable DAILIES_PASSWORD, or as --password")]
    Missing,
    #[error("the two passwords are not the same")]
    Different,
    #[error("the password can't be read: {0}")]
    Io(#[from] io::Error),
}

/// The password that somebody types twice, or the first line of standard input where that is no terminal.
///
/// # Errors
/// There is none, or it was typed differently the second time.
pub(super) fn ask() -> Result<String, PasswordError> {
    let input = io::stdin();
    if !input.is_terminal() {
        return first_line(input.lock());
    }
    let password = rpassword::prompt_password("Password: ")?;
    if password.is_empty() {
        return Err(PasswordError::Missing);
    }
    if rpassword::prompt_password("The same again: ")? == password {
        Ok(password)
    } else {
        Err(PasswordError::Different)
    }
}

/// The first line, without its end. Blanks belong to a password.
fn first_line(mut input: impl BufRead) -> Result<String, PasswordError> {
    let mut line = String::new();
    input.read_line(&mut line)?;
    let end = line.trim_end_matches(['\r', '\n']).len();
    line.truncate(end);
    if line.is_empty() {
        Err(PasswordError::Missing)
    } else {
        Ok(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_a_line() {
        for (input, password) in [
            ("a long one\n", "a long one"),
            (" with blanks \r\nmore", " with blanks "),
            ("no end", "no end"),
        ] {
            assert_eq!(first_line(input.as_bytes()).expect("a password"), password);
        }
        for nothing in ["", "\n", "\r\nlater"] {
            assert!(
                matches!(first_line(nothing.as_bytes()), Err(PasswordError::Missing)),
                "{nothing:?}"
            );
        }
    }
}
