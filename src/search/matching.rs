//! Quality of a document as an answer to what somebody typed.

use super::documents::Document;
use super::words::{Match, MatchedPart, Term, fold, words};

/// Words that were typed, in their order.
pub(super) struct Question(Vec<Term>);

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

impl Question {
    /// Reads what was typed.
    pub(super) fn new(text: &str) -> Self {
        Self(words(&fold(text)).map(Term::new).collect())
    }

    /// Score of a document; nothing when the first word is not in it. Like other search engines this one rather does
    /// without the last words of a question than to answer nothing.
    pub(super) fn score(&mut self, document: &Document) -> Option<Score> {
        let asked = self.0.len();
        let mut score = Score {
            missing: asked,
            mistakes: 0,
            fields: 0,
            parts: 0,
            surplus: 0,
        };
        for term in &mut self.0 {
            let Some((found, field)) = look(term, document) else {
                break;
            };
            score.missing -= 1;
            score.mistakes += found.mistakes;
            score.fields += field;
            score.parts += match found.part {
                MatchedPart::Whole => 0,
                MatchedPart::Beginning => 1,
                MatchedPart::Inside => 2,
            };
        }
        if score.missing == asked {
            return None;
        }
        score.surplus = words(&document.name).count().saturating_sub(asked);
        Some(score)
    }

    /// Names of the fields of a document in which a word of the question is.
    pub(super) fn matched_fields(&mut self, document: &Document) -> Vec<String> {
        let mut fields = Vec::new();
        for (name, text) in document.fields() {
            if self.0.iter_mut().any(|term| best(term, text).is_some()) {
                fields.push(name.to_owned());
            }
        }
        fields
    }
}

/// The best match of a word in a document, and how far back the field stands that it is in.
fn look(term: &mut Term, document: &Document) -> Option<(Match, usize)> {
    let mut found: Option<(usize, usize, Match)> = None;
    for (at, (_, text)) in document.fields().enumerate() {
        let field = if at == 0 { 0 } else { 1 + usize::from(at > 1) };
        let better = best(term, text).map(|found| (found.mistakes, field, found));
        found = [found, better].into_iter().flatten().min();
        if found.is_some_and(|(mistakes, ..)| mistakes == 0) {
            break;
        }
    }
    found.map(|(_, field, found)| (found, field))
}

fn best(term: &mut Term, folded: &str) -> Option<Match> {
    words(folded).filter_map(|word| term.compare(word)).min()
}
