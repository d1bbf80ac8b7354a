//! Documents of the search: names and texts of assets, shots and persons, taken apart into words.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use super::words::words;

/// Numbers of the fields that every document has. Those of metadata follow.
pub(super) const NAME: usize = 0;
const DESCRIPTION: usize = 1;
const BUILT_IN: [&str; 2] = ["name", "description"];

/// Bytes that a document and a text take beside their words, about.
const DOCUMENT_OVERHEAD: usize = 96;
const TEXT_OVERHEAD: usize = 32;

/// Something that can be found.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) id: Uuid,
    /// The folded name, with what stands before it: the type of an asset, the episode and sequence of a shot.
    pub(super) name: String,
    texts: Vec<DocumentText>,
}

/// Text of a field, as the numbers of its words on the shelf.
#[derive(Debug)]
pub(super) struct DocumentText {
    /// Number of the field: the less, the more important.
    pub(super) field: usize,
    pub(super) words: Vec<usize>,
}

impl Document {
    /// The texts, without those of fields that are hidden.
    pub(super) fn texts<'a>(&'a self, hidden: &'a HashSet<usize>) -> impl Iterator<Item = &'a DocumentText> {
        self.texts.iter().filter(move |text| !hidden.contains(&text.field))
    }

    /// Number of the words of the name.
    pub(super) fn name_length(&self) -> usize {
        self.texts
            .iter()
            .find(|text| text.field == NAME)
            .map_or(0, |text| text.words.len())
    }
}

/// Documents that are searched together. A word that many of them have is kept, and compared, once.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    words: Vec<String>,
    fields: Vec<String>,
    documents: Vec<Document>,
}

impl Shelf {
    /// The words of all documents, in the order of their numbers.
    pub(super) fn words(&self) -> &[String] {
        &self.words
    }

    pub(super) fn documents(&self) -> &[Document] {
        &self.documents
    }

    /// Name of a field.
    pub(super) fn field(&self, number: usize) -> &str {
        self.fields.get(number).map_or("", String::as_str)
    }

    /// Numbers of the fields of metadata with these names.
    pub(super) fn fields_named(&self, names: &[String]) -> HashSet<usize> {
        let metadata = self.fields.iter().enumerate().skip(BUILT_IN.len());
        metadata
            .filter(|(_, field)| names.contains(field))
            .map(|(number, _)| number)
            .collect()
    }

    /// Bytes of memory that it takes, about.
    pub(super) fn weight(&self) -> usize {
        let texts = |document: &Document| -> usize {
            let words = document.texts.iter().map(|text| text.words.len() * size_of::<usize>());
            words.map(|bytes| bytes + TEXT_OVERHEAD).sum()
        };
        let words: usize = self.words.iter().map(|word| word.len() + TEXT_OVERHEAD).sum();
        let documents = self.documents.iter();
        words
            + documents
                .map(|document| DOCUMENT_OVERHEAD + document.name.len() + texts(document))
                .sum::<usize>()
    }
}

/// A shelf that is being filled.
#[derive(Debug)]
pub(super) struct ShelfBuilder {
    shelf: Shelf,
    words: HashMap<String, usize>,
    metadata: HashMap<String, usize>,
}

impl ShelfBuilder {
    /// An empty one.
    pub(super) fn new() -> Self {
        Self {
            shelf: Shelf {
                fields: BUILT_IN.map(str::to_owned).into(),
                ..Shelf::default()
            },
            words: HashMap::new(),
            metadata: HashMap::new(),
        }
    }

    /// Adds a document by its folded texts. `metadata` has the name and the text of each field.
    pub(super) fn add(&mut self, id: Uuid, name: String, description: &str, metadata: &[(String, String)]) {
        let mut texts = Vec::with_capacity(1 + metadata.len());
        self.add_text(&mut texts, NAME, &name);
        self.add_text(&mut texts, DESCRIPTION, description);
        for (field, text) in metadata {
            let number = match self.metadata.get(field) {
                Some(number) => *number,
                None => {
                    self.shelf.fields.push(field.clone());
                    let number = self.shelf.fields.len() - 1;
                    self.metadata.insert(field.clone(), number);
                    number
                }
            };
            self.add_text(&mut texts, number, text);
        }
        self.shelf.documents.push(Document { id, name, texts });
    }

    fn add_text(&mut self, texts: &mut Vec<DocumentText>, field: usize, text: &str) {
        let words: Vec<usize> = words(text).map(|word| self.number(word)).collect();
        if !words.is_empty() {
            texts.push(DocumentText { field, words });
        }
    }

    fn number(&mut self, word: &str) -> usize {
        if let Some(number) = self.words.get(word) {
            return *number;
        }
        let number = self.shelf.words.len();
        self.shelf.words.push(word.to_owned());
        self.words.insert(word.to_owned(), number);
        number
    }

    /// The shelf.
    pub(super) fn finish(self) -> Shelf {
        self.shelf
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_kept_once() {
        let mut builder = ShelfBuilder::new();
        let mood = |text: &str| [("mood".to_owned(), text.to_owned())];
        builder.add(Uuid::from_u128(1), "sq01 sh010".into(), "fog", &mood("calm fog"));
        builder.add(Uuid::from_u128(2), "sq01 sh020".into(), "", &mood(""));
        let shelf = builder.finish();
        assert_eq!(shelf.words(), ["sq01", "sh010", "fog", "calm", "sh020"]);
        let [first, second] = shelf.documents() else {
            panic!("two documents")
        };
        let none = HashSet::new();
        let texts: Vec<(&str, usize)> = first
            .texts(&none)
            .map(|text| (shelf.field(text.field), text.words.len()))
            .collect();
        assert_eq!(texts, [("name", 2), ("description", 1), ("mood", 2)]);
        assert_eq!((second.name_length(), second.texts(&none).count()), (2, 1));
        let hidden = shelf.fields_named(&["mood".to_owned(), "name".to_owned()]);
        assert_eq!(first.texts(&hidden).count(), 2, "the name is no metadata");
        assert!(shelf.weight() > 0);
    }
}
