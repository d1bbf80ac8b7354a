//! The steps that assets and shots go through, and the states of the work on them.

use std::ops::RangeInclusive;

/// Things that a step is done on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    Asset,
    Shot,
}

impl Made {
    /// The word of task types for it.
    pub fn for_entity(self) -> &'static str {
        match self {
            Self::Asset => "Asset",
            Self::Shot => "Shot",
        }
    }
}

/// A step of the pipeline, one of the task types that a studio of computer animation starts with.
#[derive(Debug, PartialEq)]
pub struct Step {
    pub name: &'static str,
    pub made: Made,
    pub department: &'static str,
    /// Place in the pipeline of assets or of shots, from 1.
    pub place: i32,
    /// Days that the work usually takes.
    pub days: RangeInclusive<i64>,
}

const fn step(name: &'static str, made: Made, department: &'static str, place: i32, days: RangeInclusive<i64>) -> Step {
    Step {
        name,
        made,
        department,
        place,
        days,
    }
}

/// Steps that assets go through, in their order.
pub const ASSET_STEPS: [&Step; 4] = [&CONCEPT, &MODELING, &SHADING, &RIGGING];

/// Steps that shots go through, in their order.
pub const SHOT_STEPS: [&Step; 7] = [
    &STORYBOARD,
    &LAYOUT,
    &ANIMATION,
    &LIGHTING,
    &FX,
    &RENDERING,
    &COMPOSITING,
];

pub static CONCEPT: Step = step("Concept", Made::Asset, "Concept", 1, 1..=4);
pub static MODELING: Step = step("Modeling", Made::Asset, "Modeling", 2, 2..=8);
pub static SHADING: Step = step("Shading", Made::Asset, "Modeling", 3, 1..=5);
pub static RIGGING: Step = step("Rigging", Made::Asset, "Animation", 4, 2..=7);
pub static STORYBOARD: Step = step("Storyboard", Made::Shot, "Concept", 1, 1..=2);
pub static LAYOUT: Step = step("Layout", Made::Shot, "Layout", 2, 1..=3);
pub static ANIMATION: Step = step("Animation", Made::Shot, "Animation", 3, 2..=7);
pub static LIGHTING: Step = step("Lighting", Made::Shot, "Compositing", 4, 1..=4);
pub static FX: Step = step("FX", Made::Shot, "FX", 5, 2..=5);
pub static RENDERING: Step = step("Rendering", Made::Shot, "Compositing", 6, 1..=2);
pub static COMPOSITING: Step = step("Compositing", Made::Shot, "Compositing", 7, 1..=4);

/// Progress of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    Todo,
    Ready,
    Wip,
    Review,
    Retake,
    Done,
}

impl State {
    /// All states.
    pub const ALL: [Self; 6] = [
        Self::Todo,
        Self::Ready,
        Self::Wip,
        Self::Review,
        Self::Retake,
        Self::Done,
    ];

    /// Short name of the task status.
    pub fn short_name(self) -> &'static str {
        match self {
            Self::Todo => "todo",
            Self::Ready => "ready",
            Self::Wip => "wip",
            Self::Review => "wfa",
            Self::Retake => "retake",
            Self::Done => "done",
        }
    }
}

/// Kind of an asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AssetKind {
    Character,
    Prop,
    Environment,
    Fx,
}

impl AssetKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Character, Self::Prop, Self::Environment, Self::Fx];

    /// Name of the asset type.
    pub fn name(self) -> &'static str {
        match self {
            Self::Character => "Character",
            Self::Prop => "Prop",
            Self::Environment => "Environment",
            Self::Fx => "FX",
        }
    }

    /// The steps that the asset of that number goes through.
    pub fn steps(self, number: usize) -> Vec<&'static Step> {
        match self {
            Self::Character => ASSET_STEPS.to_vec(),
            // Few props have parts that move.
            Self::Prop if number.is_multiple_of(4) => ASSET_STEPS.to_vec(),
            Self::Prop | Self::Environment => vec![&CONCEPT, &MODELING, &SHADING],
            Self::Fx => vec![&CONCEPT, &SHADING],
        }
    }
}

/// The steps that the shot of that number goes through: every third one has effects.
pub fn shot_steps(number: usize) -> impl Iterator<Item = &'static Step> {
    SHOT_STEPS
        .into_iter()
        .filter(move |step| **step != FX || number % 3 == 1)
}
