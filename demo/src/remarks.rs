//! Remarks below tasks: sentences put together from the words of each craft.

use rand::Rng;
use rand::rngs::StdRng;

use crate::crafts::{CRAFTS, Craft};

/// One of several, at random.
pub fn pick<T: Copy>(rng: &mut StdRng, list: &[T]) -> T {
    list[rng.random_range(0..list.len())]
}

/// Place where the work that is talked about can be found.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    /// Name of the step.
    pub step: &'a str,
    /// First and last frame of a shot.
    pub frames: Option<(i32, i32)>,
}

impl About<'_> {
    fn craft(self) -> &'static Craft {
        CRAFTS
            .iter()
            .find(|craft| craft.step == self.step)
            .unwrap_or(&CRAFTS[0])
    }

    fn place(self, rng: &mut StdRng) -> String {
        match self.frames {
            Some((first, last)) if rng.random_bool(0.6) => {
                format!(" around frame {}", rng.random_range(first..=last))
            }
            _ => String::new(),
        }
    }
}

/// The task may be started.
pub fn ready(rng: &mut StdRng) -> String {
    pick(
        rng,
        &[
            "Everything it needs is published. Go ahead.",
            "You can start whenever you have time this week.",
            "The step before is approved, so this one is open.",
            "Briefing is done, references are on the server.",
            "",
        ],
    )
    .to_owned()
}

/// The work begins.
pub fn start(rng: &mut StdRng, about: About<'_>) -> String {
    let work = pick(rng, about.craft().work);
    match rng.random_range(0..6) {
        0 => format!("Starting today, first {work}."),
        1 => "On my desk now.".to_owned(),
        2 => format!("I will begin with {work} and show something early."),
        3 => "Picked this one up, scene opens fine.".to_owned(),
        4 => format!("Working on {work}; should be quick."),
        _ => String::new(),
    }
}

/// The work is shown.
pub fn submit(rng: &mut StdRng, about: About<'_>, revision: usize) -> String {
    let work = pick(rng, about.craft().work);
    let question = pick(
        rng,
        &[
            "",
            "",
            " Curious what you think.",
            " The end still needs love, I know.",
            " Happy to go further in either direction.",
            " Ready for a look.",
        ],
    );
    match (revision, rng.random_range(0..3)) {
        (1, 0) => format!("First version: {work}.{question}"),
        (1, 1) => format!("To look at: {work}.{question}"),
        (1, _) => format!("v001 is up with {work}.{question}"),
        (_, 0) => format!("All notes are in, plus {work}.{question}"),
        (_, 1) => format!("v{revision:03}: {work}.{question}"),
        _ => format!("Second look, please: {work}.{question}"),
    }
}

/// The work goes back.
pub fn retake(rng: &mut StdRng, about: About<'_>) -> String {
    let praise = pick(
        rng,
        &[
            "Good energy",
            "Nearly there",
            "Nice step forward",
            "I like where this goes",
            "The idea is clear now",
            "Strong start",
            "Much better",
        ],
    );
    let fault = pick(rng, about.craft().faults);
    let wish = pick(rng, about.craft().wishes);
    let place = about.place(rng);
    match rng.random_range(0..3) {
        0 => format!("{praise}, but {fault}{place}. Could you {wish}?"),
        1 => format!("{praise}. One thing: {fault}{place}, so {wish}."),
        _ => format!("Right now {fault}{place}. Please {wish} and send it back."),
    }
}

/// Points to work off before it comes back.
pub fn checklist(rng: &mut StdRng, about: About<'_>) -> Vec<String> {
    let wishes = about.craft().wishes;
    let first = rng.random_range(0..wishes.len());
    let items = rng.random_range(2..=3);
    (0..items)
        .map(|at| capital(wishes[(first + at) % wishes.len()]))
        .collect()
}

/// The work is accepted.
pub fn approve(rng: &mut StdRng) -> String {
    let first = pick(
        rng,
        &[
            "Approved",
            "That is it",
            "Lovely",
            "Final",
            "This works in the cut",
            "Signed off",
            "Great, no more notes",
        ],
    );
    let then = pick(
        rng,
        &[
            "",
            "",
            " Please publish.",
            " Thank you for the last push.",
            " On to the next one.",
            " The director is happy, too.",
        ],
    );
    format!("{first}.{then}")
}

/// A question or remark that changes nothing.
pub fn note(rng: &mut StdRng, about: About<'_>) -> String {
    let fault = pick(rng, about.craft().faults);
    match rng.random_range(0..5) {
        0 => "Is the version in the edit still the one from last week?".to_owned(),
        1 => format!("Heads-up: in an older take {fault}. Should not happen again."),
        2 => format!("Do we want to keep it as it is{}?", about.place(rng)),
        3 => "Moved the reference clip next to the scene file.".to_owned(),
        _ => "I need one more day, the machine was busy with the night renders.".to_owned(),
    }
}

/// Reason why nothing has begun.
pub fn waiting(rng: &mut StdRng) -> String {
    pick(
        rng,
        &[
            "On hold until the edit is locked.",
            "Waiting for the new set dressing.",
            "Please do not start yet, the script changes here.",
            "Comes after the screening on Thursday.",
        ],
    )
    .to_owned()
}

/// Remark of a client.
pub fn client(rng: &mut StdRng) -> String {
    pick(
        rng,
        &[
            "We watched it twice and smiled both times.",
            "Could the clock be seen a little earlier?",
            "The broadcaster asks for a brighter version of the night scenes.",
            "No remarks from our side.",
            "Is the bell going to be in the mix?",
        ],
    )
    .to_owned()
}

/// An answer below a comment.
pub fn reply(rng: &mut StdRng) -> String {
    pick(
        rng,
        &[
            "On it.",
            "Will do, thanks.",
            "Understood, tomorrow morning.",
            "Fixed locally, rendering now.",
            "Good catch, I had not seen it.",
            "Can we talk about it at the desk?",
            "Yes, that one is current.",
            "Let me check with the others first.",
            "Makes sense.",
        ],
    )
    .to_owned()
}

/// A call for somebody's help.
pub fn call(rng: &mut StdRng, full_name: &str) -> String {
    let words = pick(
        rng,
        &[
            "could you have a look?",
            "this touches your shots, too.",
            "do you have the newer file?",
            "what do you think?",
        ],
    );
    format!("@{full_name} {words}")
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use rand::SeedableRng;

    use super::*;
    use crate::pipeline::{ASSET_STEPS, SHOT_STEPS};

    #[test]
    fn every_step_has_words_of_its_own() {
        for step in ASSET_STEPS.iter().chain(&SHOT_STEPS) {
            let about = About {
                step: step.name,
                frames: None,
            };
            assert_eq!(about.craft().step, step.name);
        }
    }

    #[test]
    fn remarks_vary_and_are_whole_sentences() {
        let mut rng = StdRng::seed_from_u64(1);
        let about = About {
            step: "Animation",
            frames: Some((1001, 1080)),
        };
        let mut seen = HashSet::new();
        for _ in 0..200 {
            let text = retake(&mut rng, about);
            assert!(
                text.ends_with(['.', '?']) && text.starts_with(char::is_uppercase),
                "{text}"
            );
            seen.insert(text);
        }
        assert!(seen.len() > 100, "{}", seen.len());
        assert_eq!(
            retake(&mut StdRng::seed_from_u64(9), about),
            retake(&mut StdRng::seed_from_u64(9), about)
        );
    }

    #[test]
    fn checklists_do_not_repeat_themselves() {
        let mut rng = StdRng::seed_from_u64(2);
        for _ in 0..50 {
            let items = checklist(
                &mut rng,
                About {
                    step: "FX",
                    frames: None,
                },
            );
            assert_eq!(items.iter().collect::<HashSet<_>>().len(), items.len());
            assert!(items.iter().all(|item| item.starts_with(char::is_uppercase)));
        }
    }

    #[test]
    fn calls_name_people() {
        assert!(call(&mut StdRng::seed_from_u64(1), "Hana Novotná").starts_with("@Hana Novotná "));
    }
}
