//! The text of an e-mail for those who read no HTML, made from the HTML of our own templates.

/// Tags gone, links written out as `text (address)`, and no more than one empty line in a row.
pub(super) fn plain(html: &str) -> String {
    let body = html
        .split_once("<body")
        .map_or(html, |(_, body)| body.split_once('>').map_or(body, |(_, body)| body));
    let mut text = String::new();
    let mut link = None;
    let mut rest = body;
    while let Some((before, after)) = rest.split_once('<') {
        push_words(&mut text, before);
        let Some((tag, after)) = after.split_once('>') else {
            break;
        };
        match tag.split_whitespace().next().unwrap_or_default() {
            "br" | "br/" => text.push('\n'),
            "/p" | "/h1" | "/div" => text.push_str("\n\n"),
            "a" => {
                link = tag
                    .split_once("href=\"")
                    .and_then(|(_, value)| value.split_once('"'))
                    .map(|(value, _)| unescape(value))
            }
            "/a" => {
                if let Some(address) = link.take() {
                    text.push_str(&format!(" ({address})"));
                }
            }
            _ => {}
        }
        rest = after;
    }
    push_words(&mut text, rest);
    tidy(&text)
}

/// Line breaks of the template mean nothing, and neither do its indents.
fn push_words(text: &mut String, html: &str) {
    if html.starts_with(char::is_whitespace) && !text.ends_with(char::is_whitespace) {
        text.push(' ');
    }
    let words: Vec<&str> = html.split_whitespace().collect();
    text.push_str(&unescape(&words.join(" ")));
    if !words.is_empty() && html.ends_with(char::is_whitespace) {
        text.push(' ');
    }
}

fn tidy(text: &str) -> String {
    let mut tidy = String::new();
    for line in text.lines().map(str::trim) {
        if !(line.is_empty() && (tidy.is_empty() || tidy.ends_with("\n\n"))) {
            tidy.push_str(line);
            tidy.push('\n');
        }
    }
    tidy.truncate(tidy.trim_end().len());
    tidy.push('\n');
    tidy
}

/// Text without the escapes of the template engine. The ampersand comes last, so that nothing is unescaped twice.
fn unescape(html: &str) -> String {
    let escapes = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#x27;", "'"),
        ("&#x2f;", "/"),
        ("&amp;", "&"),
    ];
    escapes
        .iter()
        .fold(html.to_owned(), |text, (escape, meaning)| text.replace(escape, meaning))
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn links_are_written_out_and_tags_go() {
        let html = "<html><head><style>p { color: red }</style></head><body style=\"x\">\n  <h1>Title</h1>\n\n  <p>One\n  <b>two</b>.</p>\n\
                    <p><a class=\"b\" href=\"https:&#x2f;&#x2f;a.example?b=1&amp;c=2\">Go</a></p>\n<p></p><p>A &lt;b&gt; &amp;lt;</p></body></html>";
        assert_eq!(
            plain(html),
            "Title\n\nOne two.\n\nGo (https://a.example?b=1&c=2)\n\nA <b> &lt;\n"
        );
    }
}
