//! Remarks below tasks: sentences put together from the words of each craft.

use rand::Rng;
use rand::rngs::StdRng;

/// One of several, at random.
pub fn pick<T: Copy>(rng: &mut StdRng, list: &[T]) -> T {
    list[rng.random_range(0..list.len())]
}

/// Words of the work of one step.
struct Craft {
    step: &'static str,
    /// Things that are handed over.
    work: &'static [&'static str],
    /// Faults, and what each does then.
    faults: &'static [&'static str],
    /// Remedies.
    wishes: &'static [&'static str],
}

const CRAFTS: [Craft; 11] = [
    Craft {
        step: "Concept",
        work: &[
            "a sheet of silhouettes",
            "the turnaround",
            "two colour variants",
            "the painted key",
            "a cleaner line version",
        ],
        faults: &[
            "the silhouette gets lost at a distance",
            "the palette drifts towards the villain's",
            "the proportions read older than written",
            "the details compete with the face",
        ],
        wishes: &[
            "push one shape and calm the rest",
            "try a version with half of the details",
            "keep the warm accents to one place",
            "bring it back to the second sketch",
        ],
    },
    Craft {
        step: "Modeling",
        work: &[
            "the blocked mesh",
            "clean topology",
            "the UV layout",
            "the final mesh with scale checked",
            "a lighter version for crowds",
        ],
        faults: &[
            "the edge flow pinches near the joints",
            "the scale does not match the set",
            "some normals are flipped underneath",
            "two UV shells overlap",
        ],
        wishes: &[
            "add a loop where it bends",
            "match the height chart",
            "freeze the transforms before publishing",
            "split the mesh by material",
        ],
    },
    Craft {
        step: "Shading",
        work: &[
            "the base materials",
            "wear and dirt maps",
            "the look under three lights",
            "reduced texture sizes",
            "the wet variant",
        ],
        faults: &[
            "the roughness is too even",
            "the seams show on the back",
            "the colour clips in direct sun",
            "the dirt stops at the UV border",
        ],
        wishes: &[
            "break up the speculars",
            "lower the saturation a touch",
            "check it in the dusk rig",
            "reuse the salt layer of the pier",
        ],
    },
    Craft {
        step: "Rigging",
        work: &[
            "the body rig",
            "the face controls",
            "the new squash setup",
            "a proxy rig for layout",
            "corrective shapes for the arms",
        ],
        faults: &[
            "the elbow collapses past ninety degrees",
            "the foot roll pops",
            "the scale control breaks the skirt",
            "the eyes drift when the head turns",
        ],
        wishes: &[
            "limit the twist to the forearm",
            "name the controls like on Odda",
            "add a space switch for the hands",
            "bake a test walk with it",
        ],
    },
    Craft {
        step: "Storyboard",
        work: &[
            "rough panels",
            "panels with camera moves",
            "the revised beats",
            "a tighter version of the gag",
            "clean panels",
        ],
        faults: &[
            "the geography is unclear",
            "the cut crosses the line",
            "the reaction comes before the reason",
            "the panel holds too long",
        ],
        wishes: &[
            "add one panel for the look",
            "start wider",
            "swap the last two panels",
            "leave room for the line",
        ],
    },
    Craft {
        step: "Layout",
        work: &[
            "cameras and staging",
            "the previs with proxy rigs",
            "a second lens test",
            "the published cameras",
            "set dressing for the wide",
        ],
        faults: &[
            "the horizon tilts without a reason",
            "the lens jumps from the shot before",
            "the set ends in frame left",
            "the character covers the clock",
        ],
        wishes: &[
            "drop the camera by half a metre",
            "hold the pan for eight frames",
            "use the 35 like in the previous shot",
            "clear the doorway",
        ],
    },
    Craft {
        step: "Animation",
        work: &[
            "blocking",
            "blocking plus breakdowns",
            "the first spline pass",
            "polish on the hands and face",
            "the lip sync",
        ],
        faults: &[
            "the weight shift comes too late",
            "the arcs of the right hand break",
            "the eyes arrive after the head",
            "the foot slides",
            "the anticipation is hidden by the camera",
        ],
        wishes: &[
            "hold the pose a little longer",
            "favour the second key",
            "take four frames out of the turn",
            "offset the overlap on the coat",
            "let the thought land first",
        ],
    },
    Craft {
        step: "Lighting",
        work: &[
            "the key light setup",
            "a rebalanced fill",
            "the master light rig",
            "the shot relit from the master",
            "a test without the rim",
        ],
        faults: &[
            "the rim burns out on the shoulder",
            "the face falls into shadow",
            "the fog hides the background shapes",
            "the noise crawls in the corners",
        ],
        wishes: &[
            "lift the fill by a third of a stop",
            "block the light behind the door",
            "match the colour script",
            "link the lantern to its own group",
        ],
    },
    Craft {
        step: "FX",
        work: &[
            "the first simulation",
            "a higher resolution cache",
            "the interaction with the feet",
            "a retimed version",
            "particles for the close-up",
        ],
        faults: &[
            "the spray starts before the impact",
            "the density flickers",
            "the scale reads like a toy",
            "the emitter is visible at the end",
        ],
        wishes: &[
            "add pre-roll",
            "slow it down by a fifth",
            "thin it out around the face",
            "cache it up to the last handle",
        ],
    },
    Craft {
        step: "Rendering",
        work: &[
            "a half-size pass",
            "the full frame range",
            "missing frames again",
            "the beauty with all layers",
            "a lighter set of passes",
        ],
        faults: &[
            "several frames came back black",
            "the motion blur is off in the second layer",
            "the mattes are empty",
            "the denoiser smears the nets",
        ],
        wishes: &[
            "raise the samples on the fog only",
            "render the handles too",
            "add the depth pass",
            "split the crowd into its own layer",
        ],
    },
    Craft {
        step: "Compositing",
        work: &[
            "the slap comp",
            "the first grade",
            "a version with all elements",
            "edges and grain",
            "the final for the conform",
        ],
        faults: &[
            "the edges shimmer",
            "the black level jumps at the cut",
            "the grain sits on top of the glow",
            "the sky banding shows on the projector",
        ],
        wishes: &[
            "lower the glow",
            "match the black point of the shot before",
            "soften the matte by a pixel",
            "check it on the big screen",
        ],
    },
];

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
    use crate::demo::pipeline::{ASSET_STEPS, SHOT_STEPS};

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
