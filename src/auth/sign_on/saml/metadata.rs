//! Facts of a provider of SAML about itself: its name, the address for browsers, and the certificates that it signs
//! with.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use uppsala::{Document, NodeId};

use super::xml::{METADATA, SIGNATURE, attribute, is, only, parse, text};

const REDIRECT: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect";

/// Knowledge about the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Metadata {
    pub entity_id: String,
    /// Address that browsers are sent to.
    pub address: String,
    pub certificates: Vec<Vec<u8>>,
}

/// Reads the description of one provider.
pub(super) fn read_metadata(xml: &str) -> Option<Metadata> {
    let document = parse(xml)?;
    let root = document.document_element()?;
    // Some providers wrap the description of themselves.
    let entity = if is(&document, root, METADATA, "EntitiesDescriptor") {
        only(&document, root, METADATA, "EntityDescriptor")?
    } else {
        root
    };
    if !is(&document, entity, METADATA, "EntityDescriptor") {
        return None;
    }
    let provider = only(&document, entity, METADATA, "IDPSSODescriptor")?;
    let services = document.child_elements_by_name_ns(provider, METADATA, "SingleSignOnService");
    let service = services
        .into_iter()
        .find(|service| attribute(&document, *service, "Binding") == Some(REDIRECT))?;
    let certificates = certificates(&document, provider);
    let entity_id = attribute(&document, entity, "entityID")
        .filter(|id| !id.is_empty())?
        .to_owned();
    let address = attribute(&document, service, "Location")
        .filter(|address| url::Url::parse(address).is_ok())?
        .to_owned();
    if certificates.is_empty() {
        None
    } else {
        Some(Metadata {
            entity_id,
            address,
            certificates,
        })
    }
}

fn certificates(document: &Document<'_>, provider: NodeId) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for key in document.child_elements_by_name_ns(provider, METADATA, "KeyDescriptor") {
        if attribute(document, key, "use").is_some_and(|purpose| purpose != "signing") {
            continue;
        }
        for node in document
            .descendants(key)
            .into_iter()
            .filter(|node| is(document, *node, SIGNATURE, "X509Certificate"))
        {
            let bytes = text(document, node).map(|text| text.split_whitespace().collect::<String>());
            found.extend(bytes.and_then(|bytes| STANDARD.decode(bytes).ok()));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described(keys: &str, binding: &str) -> String {
        format!(
            r#"<md:EntityDescriptor xmlns:md="{METADATA}" xmlns:ds="{SIGNATURE}" entityID="https://idp.example"><md:IDPSSODescriptor>{keys}<md:SingleSignOnService Binding="{binding}" Location="https://idp.example/sso"/></md:IDPSSODescriptor></md:EntityDescriptor>"#
        )
    }

    fn key(purpose: &str, certificate: &str) -> String {
        format!(
            "<md:KeyDescriptor{purpose}><ds:KeyInfo><ds:X509Data><ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
        )
    }

    #[test]
    fn keys_for_signatures_are_taken() {
        let keys = [
            key("", " AA\nAA "),
            key(" use=\"signing\"", "AQEB"),
            key(" use=\"encryption\"", "AgIC"),
        ]
        .concat();
        let metadata = read_metadata(&described(&keys, REDIRECT)).expect("a provider");
        assert_eq!(metadata.certificates, [vec![0, 0, 0], vec![1, 1, 1]]);
        assert_eq!(
            (metadata.entity_id.as_str(), metadata.address.as_str()),
            ("https://idp.example", "https://idp.example/sso")
        );
        assert!(read_metadata(&described("", REDIRECT)).is_none());
        assert!(read_metadata(&described(&keys, "urn:other")).is_none());
        assert!(read_metadata("<a/>").is_none());
    }
}
