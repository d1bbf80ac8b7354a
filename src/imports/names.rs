//! Names as rows give them: compared exactly first, and then without regard to case, accents and punctuation.

use std::collections::HashMap;
use std::hash::Hash;

/// A name in small letters of the Latin alphabet, with a hyphen for whatever is between words.
pub(super) fn slug(name: &str) -> String {
    let ascii = deunicode::deunicode(name).to_lowercase();
    let words: Vec<&str> = ascii
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    words.join("-")
}

/// Things by the names that they have, such as a type with a name.
#[derive(Debug)]
pub(super) struct Index<T, const N: usize> {
    exact: HashMap<[String; N], T>,
    close: HashMap<[String; N], T>,
}

impl<T: Copy + Eq + Hash, const N: usize> Index<T, N> {
    /// The first one of a name counts.
    pub(super) fn of(things: impl IntoIterator<Item = ([String; N], T)>) -> Self {
        let (mut exact, mut close) = (HashMap::new(), HashMap::new());
        for (names, thing) in things {
            close.entry(names.each_ref().map(|name| slug(name))).or_insert(thing);
            exact.entry(names).or_insert(thing);
        }
        Self { exact, close }
    }

    /// Item that has these names, exactly or at least closely.
    pub(super) fn find(&self, names: [&str; N]) -> Option<T> {
        let exact = self.exact.get(&names.map(str::to_owned));
        exact.or_else(|| self.close.get(&names.map(slug))).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_plain() {
        assert_eq!(
            (slug("Big Lab_el").as_str(), slug(" Été! ").as_str(), slug("").as_str()),
            ("big-lab-el", "ete", "")
        );
    }

    #[test]
    fn exact_names_come_first() {
        let named = |kind: &str, name: &str| [kind.to_owned(), name.to_owned()];
        let index = Index::of([
            (named("Prop", "oak 1"), 1),
            (named("Prop", "Oak-1"), 2),
            (named("S1", "1A"), 3),
        ]);
        assert_eq!(index.find(["Prop", "Oak-1"]), Some(2));
        assert_eq!(index.find(["prop", "OAK 1"]), Some(1));
        assert_eq!(index.find(["S11", "A"]), None);
    }
}
