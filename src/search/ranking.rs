//! The order of what was found, and the part of it that is asked for.

use uuid::Uuid;

use super::documents::Document;
use super::matching::Question;

/// A part of a list.
#[derive(Clone, Copy, Debug)]
pub(super) struct HitPage {
    pub(super) offset: usize,
    pub(super) limit: usize,
}

/// Something that was found, with the names of the fields that it was found by.
#[derive(Debug)]
pub(super) struct Hit {
    pub(super) id: Uuid,
    pub(super) matched_terms: Vec<String>,
}

/// The best answers first; equal ones by name.
pub(super) fn rank(question: &mut Question, documents: &[Document], page: HitPage) -> Vec<Hit> {
    let mut found: Vec<_> = documents
        .iter()
        .filter_map(|document| Some((question.score(document)?, &document.name, document.id, document)))
        .collect();
    found.sort_unstable_by(|a, b| (a.0, a.1, a.2).cmp(&(b.0, b.1, b.2)));
    let hit = |document: &Document| Hit {
        id: document.id,
        matched_terms: question.matched_fields(document),
    };
    found
        .into_iter()
        .skip(page.offset)
        .take(page.limit)
        .map(|(.., document)| document)
        .map(hit)
        .collect()
}
