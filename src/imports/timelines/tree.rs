//! XML as a tree of elements; attributes are left out, because timelines need none.

use quick_xml::Reader;
use quick_xml::events::Event;

use super::Wrong;

/// Elements that may lie in one another.
const DEPTH: usize = 64;

/// An element with its text and what lies in it.
#[derive(Debug, Default)]
pub(super) struct Element {
    pub(super) name: String,
    text: String,
    pub(super) children: Vec<Element>,
}

impl Element {
    /// Reads a document, and gives its outermost element.
    ///
    /// # Errors
    /// It is no XML.
    pub(super) fn read(text: &str) -> Result<Self, Wrong> {
        let mut reader = Reader::from_str(text);
        let mut open = vec![Self::default()];
        loop {
            let event = reader.read_event().map_err(|error| {
                let read = usize::try_from(reader.error_position())
                    .ok()
                    .and_then(|end| text.get(..end));
                let line = read.map_or(1, |read| read.matches('\n').count() + 1);
                format!("it is no XML: {error} (line {line})")
            });
            match event? {
                Event::Start(tag) => {
                    if open.len() > DEPTH {
                        return Err("its elements lie too deep in one another".to_owned());
                    }
                    open.push(Self::named(tag.local_name().as_ref()));
                }
                Event::Empty(tag) => {
                    if let Some(parent) = open.last_mut() {
                        parent.children.push(Self::named(tag.local_name().as_ref()));
                    }
                }
                Event::End(_) => {
                    if let Some(element) = open.pop()
                        && let Some(parent) = open.last_mut()
                    {
                        parent.children.push(element);
                    }
                }
                Event::Text(text) => add(&mut open, &text.decode().map_err(|error| error.to_string())?),
                Event::CData(text) => add(&mut open, &text.decode().map_err(|error| error.to_string())?),
                Event::GeneralRef(reference) => {
                    let letter = reference.resolve_char_ref().map_err(|error| error.to_string())?;
                    let name = reference.decode().map_err(|error| error.to_string())?;
                    add(
                        &mut open,
                        letter.map_or_else(|| entity(&name).to_owned(), String::from).as_str(),
                    );
                }
                Event::Eof => break,
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
            }
        }
        let [root] = open.as_mut_slice() else {
            return Err("it breaks off".to_owned());
        };
        root.children.pop().ok_or_else(|| "it is empty".to_owned())
    }

    fn named(name: &[u8]) -> Self {
        Self {
            name: String::from_utf8_lossy(name).into_owned(),
            ..Self::default()
        }
    }

    /// The first element of a name that lies directly in this one.
    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// All elements of a name that lie directly in this one.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The text of an element that lies directly in this one.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.child(name)
            .map(|child| child.text.trim())
            .filter(|text| !text.is_empty())
    }

    /// The whole number in an element that lies directly in this one.
    pub(super) fn number(&self, name: &str) -> Option<i64> {
        self.text(name).and_then(|text| text.parse().ok())
    }

    /// The elements of a name, wherever they lie in this one, but not in one another.
    pub(super) fn everywhere<'a>(&'a self, name: &str, found: &mut Vec<&'a Self>) {
        for child in &self.children {
            if child.name == name {
                found.push(child)
            } else {
                child.everywhere(name, found)
            }
        }
    }
}

fn add(open: &mut [Element], text: &str) {
    if let Some(element) = open.last_mut() {
        element.text.push_str(text);
    }
}

/// The letter that a name stands for; others are left out.
fn entity(name: &str) -> &'static str {
    match name {
        "amp" => "&",
        "lt" => "<",
        "gt" => ">",
        "quot" => "\"",
        "apos" => "'",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_found_by_their_names() {
        let root = Element::read(
            "<?xml version=\"1.0\"?><!DOCTYPE a><a><b>1</b><b> x &amp; &#65;<![CDATA[<y>]]> </b><c/></a>",
        )
        .unwrap();
        assert_eq!(
            (root.name.as_str(), root.number("b"), root.all("b").count()),
            ("a", Some(1), 2)
        );
        assert_eq!(root.children[1].text.trim(), "x & A<y>");
        assert!(root.child("c").is_some() && root.text("c").is_none());
    }

    #[test]
    fn what_is_no_xml_is_refused() {
        for text in ["", "TITLE: LUNE", "<a>", "<a></b>", &"<a>".repeat(200)] {
            assert!(Element::read(text).is_err(), "{text}");
        }
    }
}
