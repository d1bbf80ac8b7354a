//! Words of a text without accents and letter case, and how near one comes to what somebody typed.

use std::borrow::Cow;

use strsim::osa_distance;

/// Shortest piece of a word that is looked for inside of it.
const SHORTEST_PIECE: usize = 3;

/// Match of a word with what was typed. The less the better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Match {
    /// Letters that are wrong, missing, too many or swapped.
    pub(super) mistakes: usize,
    pub(super) part: MatchedPart,
}

/// Part of the word that was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum MatchedPart {
    Whole,
    Beginning,
    Inside,
}

/// A text in lower case and in letters of ASCII.
pub(super) fn fold(text: &str) -> Cow<'_, str> {
    let mut folded = if text.is_ascii() {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(deunicode::deunicode(text))
    };
    if folded.bytes().any(|byte| byte.is_ascii_uppercase()) {
        folded.to_mut().make_ascii_lowercase();
    }
    folded
}

/// The words of a folded text.
pub(super) fn words(folded: &str) -> impl Iterator<Item = &str> {
    folded
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
}

/// A word that somebody typed, and how many mistakes it is forgiven.
pub(super) struct Term {
    text: String,
    mistakes: usize,
}

impl Term {
    /// A folded word. From four letters on one mistake is forgiven, from nine on two; in short words with digits none, where
    /// another digit is another shot.
    pub(super) fn new(word: &str) -> Self {
        let mistakes = match word.len() {
            0..=3 => 0,
            4 if word.bytes().any(|byte| byte.is_ascii_digit()) => 0,
            4..=8 => 1,
            _ => 2,
        };
        Self {
            text: word.to_owned(),
            mistakes,
        }
    }

    /// Match of a folded word, if it does.
    pub(super) fn compare(&self, word: &str) -> Option<Match> {
        let text = self.text.as_str();
        let found = |mistakes, part| Some(Match { mistakes, part });
        if word == text {
            return found(0, MatchedPart::Whole);
        }
        if word.starts_with(text) {
            return found(0, MatchedPart::Beginning);
        }
        if text.len() >= SHORTEST_PIECE && word.contains(text) {
            return found(0, MatchedPart::Inside);
        }
        if self.mistakes == 0 || word.len() + self.mistakes < text.len() {
            return None;
        }
        let whole = Some((osa_distance(text, word), MatchedPart::Whole));
        let lengths = text.len() - self.mistakes..(text.len() + self.mistakes + 1).min(word.len());
        let beginnings = lengths.map(|length| (osa_distance(text, &word[..length]), MatchedPart::Beginning));
        let (mistakes, part) = whole.into_iter().chain(beginnings).min()?;
        if mistakes <= self.mistakes {
            found(mistakes, part)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compared(typed: &str, word: &str) -> Option<(usize, MatchedPart)> {
        Term::new(typed).compare(word).map(|found| (found.mistakes, found.part))
    }

    #[test]
    fn texts_are_folded_and_split() {
        assert_eq!(
            words(&fold("L'Élan_vert-2")).collect::<Vec<_>>(),
            ["l", "elan", "vert", "2"]
        );
        assert_eq!(words(&fold("Straße  ŁÓDŹ")).collect::<Vec<_>>(), ["strasse", "lodz"]);
        assert_eq!(words("?!").count(), 0);
    }

    #[test]
    fn words_match_as_a_whole_by_their_beginning_and_inside() {
        assert_eq!(compared("rabbit", "rabbit"), Some((0, MatchedPart::Whole)));
        assert_eq!(compared("rab", "rabbit"), Some((0, MatchedPart::Beginning)));
        assert_eq!(compared("010", "sh010"), Some((0, MatchedPart::Inside)));
        assert_eq!(compared("10", "sh010"), None);
    }

    #[test]
    fn mistakes_are_forgiven_in_long_words() {
        assert_eq!(compared("girafe", "giraffe"), Some((1, MatchedPart::Whole)));
        assert_eq!(compared("rabibt", "rabbit"), Some((1, MatchedPart::Whole)));
        assert_eq!(compared("charcte", "character"), Some((1, MatchedPart::Beginning)));
        assert_eq!(compared("enviromnet", "environment"), Some((2, MatchedPart::Whole)));
        assert_eq!(compared("rat", "cat"), None);
        assert_eq!(compared("sh10", "sh20"), None);
        assert_eq!(compared("rabbit", "robots"), None);
    }
}
