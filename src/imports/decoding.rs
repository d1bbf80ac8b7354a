//! Text from the bytes of a file, in whichever of the usual ways a spreadsheet wrote them.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// The text of a file. A mark at the beginning says how it is written; without one it is UTF-16 when every other of its
/// first bytes is zero, UTF-8 when it can be, and else Windows-1252, which any bytes can be.
pub(super) fn text(bytes: &[u8]) -> String {
    let (encoding, mark) = Encoding::for_bom(bytes).unwrap_or_else(|| (guess(bytes), 0));
    encoding.decode_without_bom_handling(&bytes[mark..]).0.into_owned()
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    let head = &bytes[..bytes.len().min(64) & !1];
    let zeros = |offset: usize| head.iter().skip(offset).step_by(2).filter(|byte| **byte == 0).count();
    // Headings are mostly letters of the Latin alphabet, whose other byte is zero.
    if zeros(1) * 4 > head.len() && zeros(0) == 0 {
        UTF_16LE
    } else if zeros(0) * 4 > head.len() && zeros(1) == 0 {
        UTF_16BE
    } else if std::str::from_utf8(bytes).is_ok() {
        UTF_8
    } else {
        WINDOWS_1252
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_usual_ways_give_the_same_text() {
        let wanted = "Type;Name\nDécor;Forêt — 5 €\n";
        let utf_16 = |order: fn(u16) -> [u8; 2]| wanted.encode_utf16().flat_map(order).collect::<Vec<u8>>();
        let windows = WINDOWS_1252.encode(wanted).0.into_owned();
        let little = utf_16(u16::to_le_bytes);
        let big = utf_16(u16::to_be_bytes);
        let marked = |mark: &[u8], bytes: &[u8]| [mark, bytes].concat();
        for bytes in [
            wanted.as_bytes().to_vec(),
            marked(&[0xEF, 0xBB, 0xBF], wanted.as_bytes()),
            marked(&[0xFF, 0xFE], &little),
            marked(&[0xFE, 0xFF], &big),
            little,
            big,
            windows,
        ] {
            assert_eq!(text(&bytes), wanted, "{bytes:?}");
        }
        assert_eq!(text(b""), "");
    }
}
