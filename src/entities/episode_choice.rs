//! Episode that a listing is about. Clients know two that do not exist: `all`, and `main` for what belongs to none.

use dailies_definitions::failure::Failure;
use dailies_definitions::query::{Query, parse_id};
use uuid::Uuid;

/// An episode, or one of the two words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EpisodeChoice {
    All,
    Main,
    One(Uuid),
}

impl EpisodeChoice {
    /// The parameter `episode_id` of a query; an empty one counts as none.
    ///
    /// # Errors
    /// 400 for what is neither of the words nor an identifier.
    pub(super) fn read(query: &Query) -> Result<Option<Self>, Failure> {
        match query.get("episode_id") {
            None | Some("") => Ok(None),
            Some("all") => Ok(Some(Self::All)),
            Some("main") => Ok(Some(Self::Main)),
            Some(text) => match parse_id(text) {
                Some(id) => Ok(Some(Self::One(id))),
                None => Err(Failure::parameter(format!(
                    "Invalid UUID format for episode_id: {text}"
                ))),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_words_stand_beside_identifiers() {
        let read = |text: &str| EpisodeChoice::read(&Query::parse(text));
        assert_eq!(read("").ok(), Some(None));
        assert_eq!(read("episode_id=all").ok(), Some(Some(EpisodeChoice::All)));
        assert_eq!(read("episode_id=main").ok(), Some(Some(EpisodeChoice::Main)));
        assert!(read("episode_id=undefined").is_err());
    }
}
