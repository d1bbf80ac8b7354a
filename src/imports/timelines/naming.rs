//! Patterns by which the names of clips tell of shots: a text with the words of a shot in it, such as
//! `${sequence_name}-${shot_name}`. What is between the words is a regular expression.

use std::sync::LazyLock;

use regex::{Captures, Regex, RegexBuilder};

use super::Wrong;

/// The words that may stand in the text, each for a name.
const WORDS: [&str; 4] = ["project_name", "episode_name", "sequence_name", "shot_name"];
/// Most bytes of the text.
const LONGEST_CONVENTION: usize = 1000;
/// Most bytes that the expression may take.
const LARGEST_EXPRESSION: usize = 1_000_000;

/// `$word`, `${word}`, or two dollars for one.
static PLACE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\$(?:(\$)|\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))").ok());

/// A text that says how clips are named.
pub(in crate::imports) struct Convention {
    text: String,
    expression: Regex,
    match_case: bool,
}

/// Contents of the name of a clip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ClipName<'a> {
    pub(super) sequence: &'a str,
    pub(super) shot: &'a str,
}

/// The names that belong to a shot.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ShotNames<'a> {
    pub(super) project: &'a str,
    pub(super) episode: &'a str,
    pub(super) sequence: &'a str,
    pub(super) shot: &'a str,
}

impl ShotNames<'_> {
    fn of(&self, word: &str) -> &str {
        match word {
            "project_name" => self.project,
            "episode_name" => self.episode,
            "sequence_name" => self.sequence,
            "shot_name" => self.shot,
            _ => "",
        }
    }
}

/// The word that stands at a place of the text; nothing for a dollar.
fn word<'a>(place: &Captures<'a>) -> Option<&'a str> {
    place.get(2).or_else(|| place.get(3)).map(|word| word.as_str())
}

/// The text with something in the place of each word.
fn filled(text: &str, mut fill: impl FnMut(&str) -> String) -> String {
    match &*PLACE {
        Some(places) => places
            .replace_all(text, |place: &Captures<'_>| {
                word(place).map_or_else(|| "$".to_owned(), &mut fill)
            })
            .into_owned(),
        None => text.to_owned(),
    }
}

impl Convention {
    /// Reads the text.
    ///
    /// # Errors
    /// It has words that are not known, or is no expression.
    pub(in crate::imports) fn read(text: &str, match_case: bool) -> Result<Self, Wrong> {
        if text.len() > LONGEST_CONVENTION {
            return Err(format!(
                "error: the naming convention has more than {LONGEST_CONVENTION} bytes"
            ));
        }
        let mut unknown = None;
        let pattern = filled(text, |word| {
            if !WORDS.contains(&word) {
                unknown.get_or_insert_with(|| word.to_owned());
            }
            format!(r"(?P<{word}>\w*)")
        });
        if let Some(word) = unknown {
            return Err(format!("KeyError: '{word}'"));
        }
        let expression = RegexBuilder::new(&format!("^(?:{pattern})"))
            .case_insensitive(!match_case)
            .size_limit(LARGEST_EXPRESSION)
            .build();
        // The last line says what is wrong, those before it show where.
        let wrong = |error: regex::Error| {
            format!(
                "error: {}",
                error
                    .to_string()
                    .lines()
                    .last()
                    .unwrap_or_default()
                    .trim_start_matches("error: ")
            )
        };
        Ok(Self {
            text: text.to_owned(),
            expression: expression.map_err(wrong)?,
            match_case,
        })
    }

    /// The key of a clip, or of a shot with these names.
    pub(super) fn key_of_clip(&self, clip: &str) -> String {
        if self.match_case {
            clip.to_owned()
        } else {
            clip.to_lowercase()
        }
    }

    pub(super) fn key_of_shot(&self, names: ShotNames<'_>) -> String {
        self.key_of_clip(&filled(&self.text, |word| names.of(word).to_owned()))
    }

    /// Contents of the name of a clip.
    ///
    /// # Errors
    /// It does not fit, or tells of no sequence or no shot.
    pub(super) fn told<'a>(&self, clip: &'a str) -> Result<ClipName<'a>, Wrong> {
        let lacks = |what: &str| format!("KeyError: 'No {what} while extracting shot informations.'");
        let found = self.expression.captures(clip).ok_or_else(|| lacks("matched value"))?;
        let part = |word: &str| {
            found
                .name(word)
                .map(|part| part.as_str())
                .filter(|part| !part.is_empty())
        };
        let sequence = part("sequence_name").ok_or_else(|| lacks("sequence name found"))?;
        let shot = part("shot_name").ok_or_else(|| lacks("shot name found"))?;
        Ok(ClipName { sequence, shot })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const USUAL: &str = "${project_name}_${sequence_name}-${shot_name}";

    fn told<'a>(text: &str, clip: &'a str) -> Result<(&'a str, &'a str), Wrong> {
        Convention::read(text, true)?
            .told(clip)
            .map(|told| (told.sequence, told.shot))
    }

    #[test]
    fn clips_tell_of_sequence_and_shot() {
        assert_eq!(told(USUAL, "lune_SQ01-SH010"), Ok(("SQ01", "SH010")));
        assert_eq!(
            told(
                "${project_name}_${episode_name}-${sequence_name}-${shot_name}",
                "lune_E01-SQ01-SH010"
            ),
            Ok(("SQ01", "SH010"))
        );
        assert_eq!(
            told("$sequence_name.v$shot_name", "SQ01.vSH010.more"),
            Ok(("SQ01", "SH010"))
        );
        assert_eq!(
            told(r"(?:old|new)\$$$sequence_name $shot_name", "new$SQ été"),
            Ok(("SQ", "été"))
        );
        let lacks = |what: &str| Err(format!("KeyError: 'No {what} while extracting shot informations.'"));
        assert_eq!(told(USUAL, "titles"), lacks("matched value"));
        assert_eq!(told(USUAL, "lune_-SH010"), lacks("sequence name found"));
        assert_eq!(told("${sequence_name}", "SQ01"), lacks("shot name found"));
    }

    #[test]
    fn texts_that_say_nothing_are_refused() {
        assert_eq!(told("${foo}", "x"), Err("KeyError: 'foo'".into()));
        assert!(told("(${shot_name}", "x").is_err_and(|wrong| wrong.starts_with("error: ") && !wrong.contains('\n')));
        assert!(told("${shot_name}-${shot_name}", "x").is_err());
        assert!(told(&"x".repeat(2000), "x").is_err());
        assert!(told("((((a{99}){99}){99}){99}", "x").is_err());
    }

    #[test]
    fn shots_are_known_by_their_names() {
        let names = ShotNames {
            project: "Lune",
            episode: "",
            sequence: "SQ01",
            shot: "SH010",
        };
        let exact = Convention::read(USUAL, true).unwrap();
        assert_eq!(exact.key_of_shot(names), "Lune_SQ01-SH010");
        assert_eq!(exact.key_of_clip("lune_SQ01-SH010"), "lune_SQ01-SH010");
        let close = Convention::read(USUAL, false).unwrap();
        assert_eq!(close.key_of_shot(names), close.key_of_clip("LUNE_sq01-SH010"));
        assert_eq!(close.told("LUNE_sq01-SH010").map(|told| told.sequence), Ok("sq01"));
    }
}
