//! Story of the demo production: its title, its places and things, and what happens in its shots.

use rand::Rng;
use rand::rngs::StdRng;

use crate::pipeline::AssetKind;
use crate::remarks::pick;

/// Title of the first demo production; later ones have a number behind it.
pub const TITLE: &str = "Odda and the Salt Clock";

/// Short name of the production.
pub const CODE: &str = "OSC";

/// Synopsis of the production.
pub const SYNOPSIS: &str = "In a harbour where the tide follows a clock made of salt, young Odda finds the hands standing still. \
     With a tin heron and a ferrywoman who never learned to swim, she sets out to wind the sea.";

/// Events in a sequence, one after the other.
const BEATS: [&str; 24] = [
    "The harbour wakes up and Odda oils the clock.",
    "The hands stop in the middle of the market.",
    "The council blames the clockmaker.",
    "Wick falls off the roof and into the story.",
    "A map turns up in a barrel of herring.",
    "The ferry leaves without asking anybody.",
    "Fog, and a bell that should not be there.",
    "The lighthouse that walks.",
    "Odda trades her lantern for a name.",
    "Below the pier, where lost things queue.",
    "Captain Brill tells half of the truth.",
    "The chase through the rope works.",
    "Rain inside the museum of weather.",
    "A supper of soup and bad news.",
    "The mayor opens the wrong door.",
    "Wick remembers how to fly.",
    "The glass flats at night.",
    "The storm asks for a password.",
    "Odda meets the first keeper.",
    "The great wheel, seen from inside.",
    "Everybody pulls, and nothing moves.",
    "One grain of salt.",
    "The sea comes home.",
    "Breakfast on the quay.",
];

/// Events in the sequence of that number.
pub fn beat(number: usize) -> String {
    let beat = BEATS[number % BEATS.len()];
    match number / BEATS.len() {
        0 => beat.to_owned(),
        part => format!("{beat} Part {}.", part + 1),
    }
}

/// Name of the sequence or shot of that number, counted by tens and padded so that names sort.
pub fn numbered(prefix: &str, number: usize, of: usize) -> String {
    let digits = (of * 10).to_string().len().max(3);
    format!("{prefix}{:0digits$}", (number + 1) * 10)
}

/// Names of a kind of assets: some of its own, and words that more are made of.
struct Names {
    own: &'static [&'static str],
    first: &'static [&'static str],
    second: &'static [&'static str],
}

const CHARACTERS: Names = Names {
    own: &[
        "Odda",
        "Captain Brill",
        "Wick",
        "Mayor Tansy",
        "The Ferrywoman",
        "Old Perrin",
    ],
    first: &[
        "Baker",
        "Cooper",
        "Dockhand",
        "Eel Seller",
        "Fishwife",
        "Glazier",
        "Harbour Guard",
        "Inkmaker",
        "Juggler",
        "Kite Mender",
        "Lamplighter",
        "Milliner",
        "Net Maker",
        "Oyster Girl",
        "Pilot",
        "Quilter",
        "Rope Walker",
        "Sailmaker",
        "Tinker",
        "Usher",
        "Verger",
    ],
    second: &[
        "Alder", "Bess", "Corwin", "Dunja", "Edmer", "Fenna", "Grigor", "Hilde", "Ivo", "Jorun", "Kasimir", "Lotte",
        "Merek", "Nela", "Osk", "Pia", "Roderik", "Saskia", "Tilo", "Ulla", "Vesna", "Wim", "Yrsa",
    ],
};

const PROPS: Names = Names {
    own: &[
        "Salt Clock",
        "Tide Lantern",
        "Herring Barrel",
        "Winding Key",
        "Brill's Spyglass",
        "Map of Hours",
        "Ferry Bell",
        "Tin Feather",
    ],
    first: &[
        "Amber", "Bent", "Brass", "Carved", "Chipped", "Copper", "Cracked", "Dented", "Faded", "Gilded", "Heavy",
        "Iron", "Knotted", "Leather", "Mended", "Narrow", "Oak", "Painted", "Patched", "Pewter", "Rusty", "Salted",
        "Striped", "Tall", "Tarred", "Tin", "Velvet", "Wicker",
    ],
    second: &[
        "Anchor",
        "Basket",
        "Bellows",
        "Bench",
        "Bottle",
        "Bucket",
        "Candlestick",
        "Cart",
        "Chest",
        "Compass",
        "Crate",
        "Drum",
        "Fishing Rod",
        "Funnel",
        "Goblet",
        "Hammock",
        "Hourglass",
        "Jug",
        "Kettle",
        "Ladder",
        "Mirror",
        "Net",
        "Oar",
        "Pulley",
        "Quill",
        "Rudder",
        "Satchel",
        "Stool",
        "Teapot",
        "Umbrella",
        "Wheel",
    ],
};

const ENVIRONMENTS: Names = Names {
    own: &["Clock Tower", "Fish Market", "Ferry Deck", "Glass Flats"],
    first: &[
        "Abandoned",
        "Crooked",
        "Drowned",
        "Eastern",
        "Flooded",
        "Foggy",
        "Hidden",
        "Lower",
        "Lantern",
        "Moonlit",
        "Northern",
        "Old",
        "Painted",
        "Sunken",
        "Upper",
        "Windy",
    ],
    second: &[
        "Alley",
        "Arcade",
        "Bakery",
        "Boathouse",
        "Bridge",
        "Cistern",
        "Courtyard",
        "Dry Dock",
        "Gatehouse",
        "Granary",
        "Harbour Wall",
        "Inn",
        "Jetty",
        "Lighthouse",
        "Museum",
        "Observatory",
        "Pier",
        "Rope Works",
        "Shipyard",
        "Square",
        "Stairway",
        "Tannery",
        "Warehouse",
    ],
};

const EFFECTS: Names = Names {
    own: &["Sea Spray", "Lantern Glow", "Salt Dust"],
    first: &[
        "Breaking", "Cold", "Creeping", "Drifting", "Falling", "Floating", "Glowing", "Golden", "Heavy", "Low",
        "Rising", "Rolling", "Slow", "Swirling", "Thin", "Violet",
    ],
    second: &[
        "Ash",
        "Bubbles",
        "Clouds",
        "Embers",
        "Feathers",
        "Fog",
        "Foam",
        "Leaves",
        "Lightning",
        "Mist",
        "Rain",
        "Ripples",
        "Sand",
        "Smoke",
        "Snow",
        "Sparks",
        "Steam",
        "Waves",
        "Wind",
    ],
};

/// Name of the asset of that number among those of its kind. No two of a kind are the same.
pub fn asset_name(kind: AssetKind, number: usize) -> String {
    let names = match kind {
        AssetKind::Character => CHARACTERS,
        AssetKind::Prop => PROPS,
        AssetKind::Environment => ENVIRONMENTS,
        AssetKind::Fx => EFFECTS,
    };
    let Some(number) = number.checked_sub(names.own.len()) else {
        return names.own[number].to_owned();
    };
    // Every first word meets every second word once before a name comes again, and neighbours share neither.
    let (firsts, seconds) = (names.first.len(), names.second.len());
    let first = names.first[number % firsts];
    let second = names.second[(number / firsts + number) % seconds];
    match number / (firsts * seconds) {
        0 => format!("{first} {second}"),
        again => format!("{first} {second} {}", again + 1),
    }
}

/// Description of an asset.
pub fn asset_description(rng: &mut StdRng, kind: AssetKind, name: &str) -> String {
    match kind {
        AssetKind::Character => character(rng, name),
        AssetKind::Prop => prop(rng, name),
        AssetKind::Environment => environment(rng, name),
        AssetKind::Fx => effect(rng, name),
    }
}

fn character(rng: &mut StdRng, name: &str) -> String {
    let look = pick(
        rng,
        &[
            "round shapes",
            "long limbs and small hands",
            "a heavy coat",
            "a face like a wet map",
            "restless shoulders",
            "a crooked smile",
        ],
    );
    let habit = pick(
        rng,
        &[
            "never finishes a sentence",
            "walks as if the ground moved",
            "looks down when lying",
            "hums while working",
            "counts everything twice",
        ],
    );
    format!("{name} has {look} and {habit}.")
}

fn prop(rng: &mut StdRng, name: &str) -> String {
    let wear = pick(
        rng,
        &[
            "worn at the edges",
            "repaired with wire",
            "wet most of the time",
            "older than the town",
            "polished by many hands",
        ],
    );
    let demand = pick(
        rng,
        &[
            "It is held in close-ups.",
            "Background only.",
            "Needs a broken version.",
            "Two sizes.",
            "It opens.",
        ],
    );
    format!("{name}, {wear}. {demand}")
}

fn environment(rng: &mut StdRng, name: &str) -> String {
    let light = pick(
        rng,
        &["morning light", "late sun", "lantern light", "fog", "rain", "moonlight"],
    );
    let scope = pick(
        rng,
        &[
            "Seen from one side only.",
            "Full set, cameras go everywhere.",
            "Wide views from the sea.",
            "Needs room for a crowd.",
        ],
    );
    format!("{name} in {light}. {scope}")
}

fn effect(rng: &mut StdRng, name: &str) -> String {
    let pace = pick(
        rng,
        &[
            "slow and thick",
            "quick and thin",
            "hand-drawn in feeling",
            "barely visible",
            "full of grain",
        ],
    );
    format!("{name}, {pace}. Library element, cached in loops.")
}

/// Events in a shot with that character at that place.
pub fn action(rng: &mut StdRng, who: &str, place: &str, thing: Option<&str>) -> String {
    let place = format!("the {}", place.strip_prefix("The ").unwrap_or(place));
    let frame = pick(
        rng,
        &[
            "Wide.",
            "Medium shot.",
            "Close on the hands.",
            "Over the shoulder.",
            "Low angle.",
            "Tracking.",
            "Two-shot.",
            "High angle.",
        ],
    );
    let what = match (thing, rng.random_range(0..4)) {
        (Some(thing), 0) => format!("{who} carries the {thing} across {place}."),
        (Some(thing), 1) => format!("{who} looks for the {thing} near {place}."),
        (Some(thing), 2) => format!("The {thing} slips out of sight; {who} does not notice."),
        (Some(thing), _) => format!("{who} turns the {thing} over and listens."),
        (None, 0) => format!("{who} crosses {place} without looking back."),
        (None, 1) => format!("{who} waits at {place} until the light changes."),
        (None, 2) => format!("{who} runs into frame and stops at {place}."),
        (None, _) => format!("{who} leaves; we stay with {place}."),
    };
    format!("{frame} {what}")
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use rand::SeedableRng;

    use super::*;

    #[test]
    fn names_of_a_kind_differ() {
        for kind in AssetKind::ALL {
            let names: HashSet<String> = (0..900).map(|number| asset_name(kind, number)).collect();
            assert_eq!(names.len(), 900, "{kind:?}");
            assert!(
                (0..300).all(|number| !asset_name(kind, number).ends_with(|last: char| last.is_ascii_digit())),
                "{kind:?}"
            );
        }
    }

    #[test]
    fn numbers_sort_like_names() {
        assert_eq!(numbered("SQ", 0, 3), "SQ010");
        assert_eq!(numbered("SQ", 109, 110), "SQ1100");
        assert_eq!(numbered("SQ", 0, 110), "SQ0010");
        assert_eq!(beat(0), BEATS[0]);
        assert!(beat(24).ends_with("Part 2."));
    }

    #[test]
    fn shots_are_told_in_sentences() {
        let mut rng = StdRng::seed_from_u64(5);
        for thing in [None, Some("Tide Lantern")] {
            for _ in 0..20 {
                let text = action(&mut rng, "Odda", "The Crooked Pier", thing);
                assert!(text.ends_with('.') && !text.contains("the The"), "{text}");
            }
        }
    }
}
