//! The order of what was found, and the part of it that is asked for.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::sync::Arc;

use uuid::Uuid;

use super::documents::{Document, Shelf};
use super::matching::{Fits, Question, Score};

/// A part of a list.
#[derive(Clone, Copy, Debug)]
pub(super) struct HitPage {
    pub(super) offset: usize,
    pub(super) limit: usize,
}

/// A shelf as the caller sees it.
pub(super) struct SeenShelf {
    pub(super) shelf: Arc<Shelf>,
    /// Numbers of the fields that are hidden from the caller.
    pub(super) hidden: HashSet<usize>,
    /// The only documents that the caller sees, where those are not all.
    pub(super) visible: Option<Arc<HashSet<Uuid>>>,
}

impl SeenShelf {
    /// A shelf that is seen as a whole.
    pub(super) fn whole(shelf: Shelf) -> Self {
        Self {
            shelf: Arc::new(shelf),
            hidden: HashSet::new(),
            visible: None,
        }
    }

    fn documents(&self) -> impl Iterator<Item = &Document> {
        let seen = move |document: &&Document| self.visible.as_ref().is_none_or(|ids| ids.contains(&document.id));
        self.shelf.documents().iter().filter(seen)
    }
}

/// Something that was found, with the names of the fields that it was found by.
#[derive(Debug)]
pub(super) struct Hit {
    pub(super) id: Uuid,
    pub(super) matched_terms: Vec<String>,
}

/// A document that answers a question.
struct Found<'a> {
    score: Score,
    document: &'a Document,
    seen: &'a SeenShelf,
    fits: &'a Fits,
}

impl Found<'_> {
    /// The best answers first; equal ones by name.
    fn order(&self, other: &Self) -> Ordering {
        self.score
            .cmp(&other.score)
            .then_with(|| self.document.name.cmp(&other.document.name))
            .then_with(|| self.document.id.cmp(&other.document.id))
    }

    fn hit(&self) -> Hit {
        let fields = self.fits.matched_fields(self.document, &self.seen.hidden);
        Hit {
            id: self.document.id,
            matched_terms: fields
                .into_iter()
                .map(|field| self.seen.shelf.field(field).to_owned())
                .collect(),
        }
    }
}

/// A page of the documents that answer a question.
pub(super) fn rank(question: &Question, shelves: &[SeenShelf], page: HitPage) -> Vec<Hit> {
    let fits: Vec<Fits> = shelves.iter().map(|seen| question.fits(&seen.shelf)).collect();
    let mut found: Vec<Found<'_>> = Vec::new();
    for (seen, fits) in shelves.iter().zip(&fits) {
        found.extend(seen.documents().filter_map(|document| {
            let score = fits.score(document, &seen.hidden)?;
            Some(Found {
                score,
                document,
                seen,
                fits,
            })
        }));
    }
    // Only what comes before the end of the page has to be in order.
    let end = page.offset.saturating_add(page.limit);
    if found.len() > end {
        found.select_nth_unstable_by(end, Found::order);
        found.truncate(end);
    }
    found.sort_unstable_by(Found::order);
    found.iter().skip(page.offset).map(Found::hit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::documents::ShelfBuilder;

    fn shelf(names: &[(u128, &str, &str)]) -> SeenShelf {
        let mut builder = ShelfBuilder::new();
        for (id, name, mood) in names {
            let metadata = [("mood".to_owned(), (*mood).to_owned())];
            builder.add(Uuid::from_u128(*id), (*name).to_owned(), "", &metadata);
        }
        SeenShelf::whole(builder.finish())
    }

    fn found(text: &str, shelves: &[SeenShelf], offset: usize, limit: usize) -> Vec<u128> {
        let hits = rank(&Question::new(text), shelves, HitPage { offset, limit });
        hits.iter().map(|hit| hit.id.as_u128()).collect()
    }

    #[test]
    fn the_best_answers_of_all_shelves_come_first() {
        let shelves = [
            shelf(&[
                (1, "props rabbits", ""),
                (2, "props dog", "like a rabbit"),
                (3, "props cat", ""),
            ]),
            shelf(&[(4, "characters rabbit", ""), (5, "characters rabibt", "")]),
        ];
        assert_eq!(found("Rabbit", &shelves, 0, 10), [4, 1, 2, 5]);
        assert_eq!(found("rabbit", &shelves, 1, 2), [1, 2]);
        assert_eq!(found("rabbit", &shelves, 9, 2), [0_u128; 0]);
        assert_eq!(
            found("rabbit unheard", &shelves, 0, 1),
            [4],
            "last words are passed over"
        );
        assert_eq!(found("?!", &shelves, 0, 10), [0_u128; 0]);
    }

    #[test]
    fn what_is_hidden_is_not_found() {
        let mut seen = shelf(&[(1, "props dog", "calm"), (2, "props calm", "")]);
        seen.hidden = seen.shelf.fields_named(&["mood".to_owned()]);
        assert_eq!(found("calm", std::slice::from_ref(&seen), 0, 10), [2]);
        seen.visible = Some(Arc::new(HashSet::from([Uuid::from_u128(1)])));
        assert_eq!(found("props", std::slice::from_ref(&seen), 0, 10), [1]);
        seen.hidden.clear();
        let hits = rank(&Question::new("calm"), &[seen], HitPage { offset: 0, limit: 3 });
        assert_eq!(hits[0].matched_terms, ["mood"]);
    }
}
