//! The answer of a provider of SAML, and everything that is checked of it.
//!
//! The signatures and what is read are of one and the same document: a name counts when it stands in the element that a good
//! signature covers, and nowhere else. What is not signed is not read.

use std::collections::{HashMap, HashSet};

use bergshamra_dsig::verify::verify_all_document_with_source;
use bergshamra_dsig::{DsigContext, VerifyResult};
use bergshamra_keys::KeysManager;
use bergshamra_keys::loader::load_x509_cert_der;
use chrono::{DateTime, TimeDelta, Utc};
use uppsala::{Document, NodeId};

use super::metadata::Metadata;
use super::xml::{ASSERTION, PROTOCOL, SIGNATURE, attribute, is, only, parse, text};

const SUCCESS: &str = "urn:oasis:names:tc:SAML:2.0:status:Success";
/// Transformations of an element that are allowed before it is signed, as SAML has it.
const TRANSFORMS: [&str; 3] = [
    "http://www.w3.org/2000/09/xmldsig#enveloped-signature",
    "http://www.w3.org/2001/10/xml-exc-c14n#",
    "http://www.w3.org/2001/10/xml-exc-c14n#WithComments",
];
const BEARER: &str = "urn:oasis:names:tc:SAML:2.0:cm:bearer";
/// Difference that the clocks of the provider and of this server may be apart.
const SKEW: TimeDelta = TimeDelta::minutes(2);

/// Reason why an answer is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum AnswerProblem {
    #[error("it can't be read, or is not of the expected form")]
    Malformed,
    #[error("the certificates of the provider can't be read")]
    Certificates,
    #[error("a signature is wrong")]
    Signature,
    #[error("what it says is not signed")]
    Unsigned,
    #[error("it says that nobody signed in")]
    Status,
    #[error("it comes from another provider")]
    Issuer,
    #[error("it is for somebody else")]
    Audience,
    #[error("it is meant for another address")]
    Recipient,
    #[error("it is not good now")]
    Time,
    #[error("it says more than one thing")]
    Ambiguous,
}

/// Expectations that an answer is held against.
pub(super) struct Expected<'a> {
    pub provider: &'a Metadata,
    /// The name of this server at the provider.
    pub audience: &'a str,
    /// Address that answers are sent to.
    pub recipient: &'a str,
    pub now: DateTime<Utc>,
}

/// Statement that a provider vouches for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Statement {
    /// The request that it answers.
    pub request: String,
    pub name: String,
    /// Values by the names of attributes.
    pub attributes: HashMap<String, Vec<String>>,
}

/// Checks an answer, and gives what is signed of it.
pub(super) fn read_answer(xml: &str, expected: &Expected<'_>) -> Result<Statement, AnswerProblem> {
    let document = parse(xml).ok_or(AnswerProblem::Malformed)?;
    let root = document.document_element().ok_or(AnswerProblem::Malformed)?;
    if !is(&document, root, PROTOCOL, "Response") || attribute(&document, root, "Version") != Some("2.0") {
        return Err(AnswerProblem::Malformed);
    }
    let everywhere = |namespace: &str, name: &str| {
        document
            .descendants(root)
            .into_iter()
            .filter(|node| is(&document, *node, namespace, name))
            .count()
    };
    let assertion = only(&document, root, ASSERTION, "Assertion").ok_or(AnswerProblem::Ambiguous)?;
    if everywhere(ASSERTION, "Assertion") != 1 || everywhere(ASSERTION, "EncryptedAssertion") != 0 {
        return Err(AnswerProblem::Ambiguous);
    }
    let signed = signed(&document, xml, root, expected.provider)?;
    if !signed.contains(&assertion) && !signed.contains(&root) {
        return Err(AnswerProblem::Unsigned);
    }
    response(&document, root, expected)?;
    conditions(&document, assertion, expected)?;
    let subject = only(&document, assertion, ASSERTION, "Subject").ok_or(AnswerProblem::Malformed)?;
    let name = only(&document, subject, ASSERTION, "NameID")
        .and_then(|name| text(&document, name))
        .ok_or(AnswerProblem::Malformed)?;
    let request = confirmed(&document, subject, expected)?;
    if attribute(&document, root, "InResponseTo").is_some_and(|other| other != request) {
        return Err(AnswerProblem::Ambiguous);
    }
    Ok(Statement {
        request,
        name,
        attributes: attributes(&document, assertion)?,
    })
}

/// The elements that good signatures cover. A wrong one spoils the answer, whatever others there are.
fn signed(
    document: &Document<'_>,
    xml: &str,
    root: NodeId,
    provider: &Metadata,
) -> Result<HashSet<NodeId>, AnswerProblem> {
    let elements = document.descendants(root);
    if elements.iter().all(|node| !is(document, *node, SIGNATURE, "Signature")) {
        return Err(AnswerProblem::Unsigned);
    }
    if !elements.iter().all(|node| is_plain(document, *node)) {
        return Err(AnswerProblem::Signature);
    }
    let mut keys = KeysManager::new();
    for certificate in &provider.certificates {
        keys.add_key(load_x509_cert_der(certificate).map_err(|_| AnswerProblem::Certificates)?);
    }
    let context = DsigContext::new(keys);
    let results =
        verify_all_document_with_source(&context, document, Some(xml)).map_err(|_| AnswerProblem::Signature)?;
    let mut signed = HashSet::new();
    for result in results {
        let VerifyResult::Valid { references, .. } = result else {
            return Err(AnswerProblem::Signature);
        };
        signed.extend(
            references
                .into_iter()
                .filter(|reference| reference.digest_verified)
                .filter_map(|reference| reference.resolved_node),
        );
    }
    Ok(signed)
}

/// True if an element may be part of a signature: it covers a whole element of this document by its name, so that nothing is
/// fetched or computed to find out what is signed, and does so with a hash that nobody can forge.
fn is_plain(document: &Document<'_>, node: NodeId) -> bool {
    let has = |name: &str| is(document, node, SIGNATURE, name);
    let algorithm = attribute(document, node, "Algorithm").unwrap_or_default();
    if has("Reference") {
        attribute(document, node, "URI").is_some_and(|name| name.len() > 1 && name.starts_with('#'))
    } else if has("Transform") {
        TRANSFORMS.contains(&algorithm)
    } else if has("SignatureMethod") || has("DigestMethod") {
        !algorithm.ends_with("sha1") && !algorithm.ends_with("md5")
    } else {
        true
    }
}

/// Checks what goes around the statement.
fn response(document: &Document<'_>, root: NodeId, expected: &Expected<'_>) -> Result<(), AnswerProblem> {
    let status =
        only(document, root, PROTOCOL, "Status").and_then(|status| only(document, status, PROTOCOL, "StatusCode"));
    if status.and_then(|code| attribute(document, code, "Value")) != Some(SUCCESS) {
        return Err(AnswerProblem::Status);
    }
    if attribute(document, root, "Destination").is_some_and(|address| address != expected.recipient) {
        return Err(AnswerProblem::Recipient);
    }
    let issuers = document.child_elements_by_name_ns(root, ASSERTION, "Issuer");
    let is_known = |issuer: &NodeId| text(document, *issuer).as_deref() == Some(expected.provider.entity_id.as_str());
    if issuers.iter().all(is_known) {
        Ok(())
    } else {
        Err(AnswerProblem::Issuer)
    }
}

/// Checks from whom, for whom and when a statement is good.
fn conditions(document: &Document<'_>, assertion: NodeId, expected: &Expected<'_>) -> Result<(), AnswerProblem> {
    let issuer = only(document, assertion, ASSERTION, "Issuer").and_then(|issuer| text(document, issuer));
    if issuer.as_deref() != Some(expected.provider.entity_id.as_str()) {
        return Err(AnswerProblem::Issuer);
    }
    let conditions = only(document, assertion, ASSERTION, "Conditions").ok_or(AnswerProblem::Malformed)?;
    in_time(document, conditions, expected.now)?;
    let restrictions = document.child_elements_by_name_ns(conditions, ASSERTION, "AudienceRestriction");
    let is_ours = |restriction: &NodeId| {
        let audiences = document.child_elements_by_name_ns(*restriction, ASSERTION, "Audience");
        audiences
            .into_iter()
            .any(|audience| text(document, audience).as_deref() == Some(expected.audience))
    };
    if restrictions.is_empty() || !restrictions.iter().all(is_ours) {
        return Err(AnswerProblem::Audience);
    }
    let statements = document.child_elements_by_name_ns(assertion, ASSERTION, "AuthnStatement");
    if statements.is_empty() {
        return Err(AnswerProblem::Status);
    }
    let ended = |node: &NodeId| {
        attribute(document, *node, "SessionNotOnOrAfter")
            .is_some_and(|end| moment(end).is_none_or(|end| end + SKEW <= expected.now))
    };
    if statements.iter().any(ended) {
        Err(AnswerProblem::Time)
    } else {
        Ok(())
    }
}

/// Checks the moments between which an element is good, where it says so.
fn in_time(document: &Document<'_>, node: NodeId, now: DateTime<Utc>) -> Result<(), AnswerProblem> {
    let read = |name: &str| {
        attribute(document, node, name)
            .map(|text| moment(text).ok_or(AnswerProblem::Malformed))
            .transpose()
    };
    let too_early = read("NotBefore")?.is_some_and(|start| now + SKEW < start);
    let too_late = read("NotOnOrAfter")?.is_some_and(|end| end + SKEW <= now);
    if too_early || too_late {
        Err(AnswerProblem::Time)
    } else {
        Ok(())
    }
}

fn moment(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text).ok().map(|moment| moment.to_utc())
}

/// Checks that whoever brings the statement is meant, and gives the request that it answers.
fn confirmed(document: &Document<'_>, subject: NodeId, expected: &Expected<'_>) -> Result<String, AnswerProblem> {
    let confirmations = document.child_elements_by_name_ns(subject, ASSERTION, "SubjectConfirmation");
    let bearer = confirmations
        .into_iter()
        .find(|node| attribute(document, *node, "Method") == Some(BEARER))
        .ok_or(AnswerProblem::Malformed)?;
    let data = only(document, bearer, ASSERTION, "SubjectConfirmationData").ok_or(AnswerProblem::Malformed)?;
    if attribute(document, data, "Recipient") != Some(expected.recipient) {
        return Err(AnswerProblem::Recipient);
    }
    if attribute(document, data, "NotOnOrAfter").is_none() {
        return Err(AnswerProblem::Time);
    }
    in_time(document, data, expected.now)?;
    let request = attribute(document, data, "InResponseTo").filter(|request| !request.is_empty());
    request.map(str::to_owned).ok_or(AnswerProblem::Malformed)
}

/// Values by the names of attributes, and by the names that people know them by.
fn attributes(document: &Document<'_>, assertion: NodeId) -> Result<HashMap<String, Vec<String>>, AnswerProblem> {
    let mut found: HashMap<String, Vec<String>> = HashMap::new();
    for statement in document.child_elements_by_name_ns(assertion, ASSERTION, "AttributeStatement") {
        for node in document.child_elements_by_name_ns(statement, ASSERTION, "Attribute") {
            let values = document.child_elements_by_name_ns(node, ASSERTION, "AttributeValue");
            let values: Vec<String> = values
                .into_iter()
                .map(|value| text(document, value).ok_or(AnswerProblem::Malformed))
                .collect::<Result<_, _>>()?;
            let names: HashSet<&str> = ["Name", "FriendlyName"]
                .into_iter()
                .filter_map(|key| attribute(document, node, key))
                .collect();
            for name in names {
                found.entry(name.to_owned()).or_default().extend(values.iter().cloned());
            }
        }
    }
    Ok(found)
}
