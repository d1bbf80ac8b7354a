//! Lines of the table that people read.

use super::figures::{Figures, Summary};

/// Name of the lines of the second server.
pub const AGAINST: &str = "  against";

/// Heading of the columns.
pub fn head() -> String {
    format!(
        "{:<40} {:>7} {:>11} {:>9} {:>11} {:>11} {:>11} {:>11} {:>11} {:>10} {:>8}",
        "line", "clients", "bytes", "unchanged", "cold", "first byte", "mean", "p50", "p99", "/s", "ratio"
    )
}

/// Figures of a line and a server.
pub fn line(name: &str, clients: usize, figures: &Figures, ratio: Option<f64>) -> String {
    let Figures {
        bytes,
        unchanged,
        cold_ms,
        first_byte_ms,
        mean_ms,
        p50_ms,
        p99_ms,
        per_second,
        ..
    } = figures;
    let [bytes, unchanged] = [*bytes, *unchanged].map(|number| cell(number, |number| number.to_string()));
    let [cold, first_byte, mean, p50, p99] = [*cold_ms, *first_byte_ms, Some(*mean_ms), Some(*p50_ms), Some(*p99_ms)]
        .map(|time| cell(time, |time| format!("{time:.2} ms")));
    let rate = cell(*per_second, |rate| format!("{rate:.1}"));
    let ratio = ratio.map(|ratio| format!("{ratio:.2}")).unwrap_or_default();
    let text = format!(
        "{name:<40} {clients:>7} {bytes:>11} {unchanged:>9} {cold:>11} {first_byte:>11} {mean:>11} {p50:>11} {p99:>11} {rate:>10} {ratio:>8}"
    );
    text.trim_end().to_owned()
}

/// Line that was not measured.
pub fn left_out(name: &str, why: &str) -> String {
    format!("{name:<40} {why}")
}

/// The last line.
pub fn summary(summary: &Summary) -> String {
    let Summary {
        lines,
        geometric_mean,
        least,
        least_line,
    } = summary;
    format!("{lines} lines: {geometric_mean:.2} in the geometric mean, {least:.2} at the least ({least_line})")
}

fn cell<T>(value: Option<T>, text: impl Fn(T) -> String) -> String {
    value.map_or_else(|| "-".to_owned(), text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_below_their_headings() {
        let figures = Figures {
            bytes: Some(512),
            unchanged: Some(97),
            p99_ms: 3.0,
            per_second: Some(12.34),
            ..Figures::default()
        };
        let text = line("one task", 8, &figures, Some(2.5));
        assert_eq!(text.len(), head().len());
        for (heading, value) in [
            ("clients", "8"),
            ("bytes", "512"),
            ("unchanged", "97"),
            ("cold", "-"),
            ("p99", "3.00 ms"),
            ("/s", "12.3"),
            ("ratio", "2.50"),
        ] {
            let end = |text: &str, word: &str| text.find(word).map(|at| at + word.len());
            assert!(
                text[..end(&head(), heading).expect("a heading")].ends_with(value),
                "{heading}: {text}"
            );
        }
        assert!(line("one task", 8, &figures, None).ends_with("12.3"));
    }
}
