//! `Content-Disposition`: whether a browser shows a file or saves it, and under which name.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Characters kept as they are in an extended parameter (RFC 5987, `attr-char`).
const ATTR_CHAR: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// Use that a browser makes of a file, with the name to save it under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition<'a> {
    /// Shown in place; the name may be empty.
    Inline(&'a str),
    /// Saved.
    Attachment(&'a str),
}

impl Disposition<'_> {
    /// Value of the header (RFC 6266). Control characters of the name become `_`; a name beyond
    /// ASCII is given twice, for old and for current clients.
    pub fn header(&self) -> String {
        let (kind, name) = match self {
            Self::Inline(name) => ("inline", name),
            Self::Attachment(name) => ("attachment", name),
        };
        let name: String = name.chars().map(|c| if c.is_control() { '_' } else { c }).collect();
        if !name.is_empty() && name.bytes().all(is_token) {
            return format!("{kind}; filename={name}");
        }
        let mut quoted = String::with_capacity(name.len());
        for c in name.chars() {
            match c {
                '"' | '\\' => quoted.extend(['\\', c]),
                c if c.is_ascii() => quoted.push(c),
                _ => quoted.push('_'),
            }
        }
        if name.is_ascii() {
            return format!("{kind}; filename=\"{quoted}\"");
        }
        let encoded = utf8_percent_encode(&name, ATTR_CHAR);
        format!("{kind}; filename=\"{quoted}\"; filename*=UTF-8''{encoded}")
    }
}

/// Characters of a name that needs no quotes (RFC 9110, `tchar`).
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::Disposition::{Attachment, Inline};

    #[test]
    fn plain_names_are_not_quoted() {
        assert_eq!(
            Attachment("props_tree_v1.mp4").header(),
            "attachment; filename=props_tree_v1.mp4"
        );
        assert_eq!(Inline("").header(), "inline; filename=\"\"");
    }

    #[test]
    fn other_names_are_quoted_and_escaped() {
        assert_eq!(
            Attachment("my \"best\" a\\b.pdf").header(),
            r#"attachment; filename="my \"best\" a\\b.pdf""#
        );
    }

    #[test]
    fn names_beyond_ascii_are_given_twice() {
        assert_eq!(
            Attachment("décor 1.pdf").header(),
            "attachment; filename=\"d_cor 1.pdf\"; filename*=UTF-8''d%C3%A9cor%201.pdf"
        );
    }

    #[test]
    fn a_name_cannot_end_the_header() {
        let header = Attachment("a\r\nSet-Cookie: x=1").header();
        assert_eq!(header, "attachment; filename=\"a__Set-Cookie: x=1\"");
    }
}
