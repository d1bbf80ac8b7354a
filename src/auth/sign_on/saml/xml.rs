//! Reading of XML that strangers send: without a document type, so that nothing in it is expanded, and without guesses.

use uppsala::{Document, NodeId, NodeKind, Parser};

/// Namespaces.
pub(super) const PROTOCOL: &str = "urn:oasis:names:tc:SAML:2.0:protocol";
pub(super) const ASSERTION: &str = "urn:oasis:names:tc:SAML:2.0:assertion";
pub(super) const METADATA: &str = "urn:oasis:names:tc:SAML:2.0:metadata";
pub(super) const SIGNATURE: &str = "http://www.w3.org/2000/09/xmldsig#";

/// Deepest element that is read.
const DEPTH: u32 = 64;

/// A document, if it is one.
pub(super) fn parse(text: &str) -> Option<Document<'_>> {
    Parser::new()
        .with_forbid_dtd(true)
        .with_max_depth(DEPTH)
        .parse(text)
        .ok()
}

/// True if an element has that name.
pub(super) fn is(document: &Document<'_>, node: NodeId, namespace: &str, name: &str) -> bool {
    document
        .element(node)
        .is_some_and(|element| element.matches_name_ns(namespace, name))
}

/// The only child of that name.
pub(super) fn only(document: &Document<'_>, parent: NodeId, namespace: &str, name: &str) -> Option<NodeId> {
    match document.child_elements_by_name_ns(parent, namespace, name).as_slice() {
        [child] => Some(*child),
        _ => None,
    }
}

/// The value of an attribute without a namespace.
pub(super) fn attribute<'d>(document: &'d Document<'_>, node: NodeId, name: &str) -> Option<&'d str> {
    let attributes = &document.element(node)?.attributes;
    let found = attributes
        .iter()
        .find(|attribute| attribute.name.namespace_uri.is_none() && attribute.name.local_name == name);
    found.map(|attribute| attribute.value.as_ref())
}

/// The text of an element that holds nothing else. A comment in it would let programs read different texts.
pub(super) fn text(document: &Document<'_>, node: NodeId) -> Option<String> {
    let mut text = String::new();
    for child in document.children(node) {
        match document.node_kind(child)? {
            NodeKind::Text(part) | NodeKind::CData(part) => text.push_str(part),
            _ => return None,
        }
    }
    Some(text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_and_document_types_of_xml_are_refused() {
        assert!(parse("<a>&lt;</a>").is_some());
        for text in [
            "",
            "<a",
            "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
            "<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>",
            "<a>&b;</a>",
        ] {
            assert!(parse(text).is_none(), "{text}");
        }
        let deep = "<a>".repeat(1000) + &"</a>".repeat(1000);
        assert!(parse(&deep).is_none());
    }

    #[test]
    fn a_text_is_one_text() {
        let read = |xml: &str| parse(xml).and_then(|document| text(&document, document.document_element()?));
        assert_eq!(read("<a> ada@example.com </a>").as_deref(), Some("ada@example.com"));
        assert_eq!(read("<a>ada@example.com<!-- -->.evil.net</a>"), None);
        assert_eq!(read("<a>ada<b/></a>"), None);
        assert_eq!(read("<a/>").as_deref(), Some(""));
    }
}
