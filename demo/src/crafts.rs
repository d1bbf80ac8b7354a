//! Words of the crafts, of which remarks are made.

/// Words of the work of one step.
pub struct Craft {
    /// Name of the step.
    pub step: &'static str,
    /// Things that are handed over.
    pub work: &'static [&'static str],
    /// Faults, and what each does then.
    pub faults: &'static [&'static str],
    /// Remedies.
    pub wishes: &'static [&'static str],
}

/// The crafts, one for each step.
pub const CRAFTS: [Craft; 11] = [
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
