//! Quality of a document as an answer to what somebody typed.

use std::collections::HashSet;

use super::documents::{Document, Shelf};
use super::words::{Match, MatchedPart, Term, fold, words};

/// Words that were typed, in their order.
pub(super) struct Question(Vec<Term>);

/// Matches of each word of a question with each word of a shelf.
pub(super) struct Fits(Vec<Vec<Option<Match>>>);

/// Score of a document. The less the better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Score {
    /// Words at the end of the question that are not in the document.
    missing: usize,
    mistakes: usize,
    /// Words that are in no name, but in a description (1) or in metadata (2).
    fields: usize,
    /// Words of which only a beginning (1) or a piece (2) was typed.
    parts: usize,
    /// Words of the name that nobody asked for.
    surplus: usize,
}

/// Distance of the fields of metadata from the name.
const METADATA: usize = 2;

impl Question {
    /// Reads what was typed.
    pub(super) fn new(text: &str) -> Self {
        Self(words(&fold(text)).map(Term::new).collect())
    }

    /// Compares its words with those of a shelf, each once.
    pub(super) fn fits(&self, shelf: &Shelf) -> Fits {
        let fits =
            |term: &Term| -> Vec<Option<Match>> { shelf.words().iter().map(|word| term.compare(word)).collect() };
        Fits(self.0.iter().map(fits).collect())
    }
}

impl Fits {
    /// Score of a document; nothing when the first word is not in it. Like other search engines this one rather does
    /// without the last words of a question than to answer nothing.
    pub(super) fn score(&self, document: &Document, hidden: &HashSet<usize>) -> Option<Score> {
        let asked = self.0.len();
        let mut score = Score {
            missing: asked,
            mistakes: 0,
            fields: 0,
            parts: 0,
            surplus: 0,
        };
        for fits in &self.0 {
            let Some((mistakes, field, part)) = best(fits, document, hidden) else {
                break;
            };
            score.missing -= 1;
            score.mistakes += mistakes;
            score.fields += field;
            score.parts += match part {
                MatchedPart::Whole => 0,
                MatchedPart::Beginning => 1,
                MatchedPart::Inside => 2,
            };
        }
        if score.missing == asked {
            return None;
        }
        score.surplus = document.name_length().saturating_sub(asked);
        Some(score)
    }

    /// Numbers of the fields of a document in which a word of the question is.
    pub(super) fn matched_fields(&self, document: &Document, hidden: &HashSet<usize>) -> Vec<usize> {
        let matches = |words: &[usize]| {
            self.0
                .iter()
                .any(|fits| words.iter().any(|word| fit(fits, *word).is_some()))
        };
        let texts = document.texts(hidden).filter(|text| matches(&text.words));
        texts.map(|text| text.field).collect()
    }
}

/// The best match of a word in a document: its mistakes, how far back the field stands that it is in, and the part.
fn best(fits: &[Option<Match>], document: &Document, hidden: &HashSet<usize>) -> Option<(usize, usize, MatchedPart)> {
    let in_texts = document.texts(hidden).filter_map(|text| {
        let found = text.words.iter().filter_map(|word| fit(fits, *word)).min()?;
        Some((found.mistakes, text.field.min(METADATA), found.part))
    });
    in_texts.min()
}

fn fit(fits: &[Option<Match>], word: usize) -> Option<Match> {
    fits.get(word).copied().flatten()
}
