//! The whole of a demo production before any of it is stored: who, what, when, and in which words. People, assets, shots
//! and tasks are known by their places in the lists.

use std::collections::HashSet;

use chrono::NaiveDateTime;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};

use crate::calendar::Calendar;
use crate::following::{self, Notice};
use crate::people::Crew;
use crate::pipeline::{
    ANIMATION, ASSET_STEPS, AssetKind, COMPOSITING, LAYOUT, MODELING, RIGGING, SHOT_STEPS, State, Step, shot_steps,
};
use crate::remarks::pick;
use crate::review::{self, Playlist, Preview};
use crate::scale::Scale;
use crate::story;
use crate::work::{Planner, Task, TaskSubject};

/// Everything that a production is made of.
#[derive(Debug, PartialEq)]
pub struct Plan {
    pub calendar: Calendar,
    pub sequences: Vec<Sequence>,
    pub assets: Vec<Asset>,
    pub shots: Vec<Shot>,
    pub tasks: Vec<Task>,
    pub previews: Vec<Preview>,
    pub playlists: Vec<Playlist>,
    /// Subscriptions of persons to tasks.
    pub subscriptions: Vec<(usize, usize)>,
    pub notices: Vec<Notice>,
}

/// A sequence.
#[derive(Debug, PartialEq)]
pub struct Sequence {
    pub name: String,
    pub description: String,
}

/// An asset.
#[derive(Debug, PartialEq)]
pub struct Asset {
    pub kind: AssetKind,
    pub name: String,
    pub description: String,
    /// Value of a metadata column.
    pub complexity: &'static str,
    pub canceled: bool,
    /// The last step of shots that it can be used in.
    pub ready_for: Option<&'static Step>,
    pub casting: Vec<Cast>,
    pub status: &'static str,
}

/// A shot.
#[derive(Debug, PartialEq)]
pub struct Shot {
    pub sequence: usize,
    pub name: String,
    pub description: String,
    pub frame_in: i32,
    pub frame_out: i32,
    /// Value of a metadata column.
    pub camera_move: &'static str,
    /// Value of a metadata column.
    pub stereo: bool,
    pub canceled: bool,
    pub casting: Vec<Cast>,
    pub status: &'static str,
}

/// An asset in a shot or in another asset.
#[derive(Debug, PartialEq)]
pub struct Cast {
    pub asset: usize,
    pub count: i32,
    pub label: &'static str,
}

/// Values of the column of that name on shots.
pub const CAMERA_MOVES: [&str; 6] = ["Static", "Pan", "Tilt", "Dolly", "Crane", "Handheld"];

/// Values of the column of that name on assets.
pub const COMPLEXITIES: [&str; 3] = ["Simple", "Medium", "Complex"];

/// Kinds of the assets, over and over.
const MIX: [AssetKind; 10] = {
    use AssetKind::{Character, Environment, Fx, Prop};
    [
        Character,
        Prop,
        Environment,
        Prop,
        Fx,
        Character,
        Prop,
        Environment,
        Prop,
        Character,
    ]
};

impl Plan {
    /// Plans a production. The same arguments give the same plan.
    pub fn new(scale: &Scale, crew: Crew, seed: u64, now: NaiveDateTime) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let calendar = Calendar::new(now, scale.weeks_before);
        let mut assets = assets(&mut rng, scale.assets);
        let sequences: Vec<Sequence> = (0..scale.sequences)
            .map(|number| Sequence {
                name: story::numbered("SQ", number, scale.sequences),
                description: story::beat(number),
            })
            .collect();
        let mut shots = shots(&mut rng, scale, &assets);
        let mut planner = Planner::new(scale, crew, calendar);
        let mut tasks = tasks(&mut rng, &mut planner, &assets, &shots);
        settle(&mut tasks, &mut assets, &mut shots);
        let previews = review::previews(&tasks, scale);
        let playlists = review::playlists(&tasks, &previews);
        let (subscriptions, notices) = following::follow(&mut rng, &tasks, crew, scale, calendar.now());
        Self {
            calendar,
            sequences,
            assets,
            shots,
            tasks,
            previews,
            playlists,
            subscriptions,
            notices,
        }
    }
}

/// The tasks of the assets, then those of the shots.
fn tasks(rng: &mut StdRng, planner: &mut Planner, assets: &[Asset], shots: &[Shot]) -> Vec<Task> {
    let mut tasks = Vec::new();
    for (number, asset) in assets.iter().enumerate() {
        let steps = asset.kind.steps(number);
        let window = (0.02 + 0.45 * share(number, assets.len()), 0.2);
        planner.plan(rng, TaskSubject::Asset(number), &steps, window, None, &mut tasks);
    }
    for (number, shot) in shots.iter().enumerate() {
        let steps: Vec<&Step> = shot_steps(number).collect();
        let window = (0.12 + 0.5 * share(number, shots.len()), 0.33);
        let frames = Some((shot.frame_in, shot.frame_out));
        planner.plan(rng, TaskSubject::Shot(number), &steps, window, frames, &mut tasks);
    }
    tasks
}

fn share(number: usize, of: usize) -> f64 {
    number as f64 / of.max(1) as f64
}

fn assets(rng: &mut StdRng, count: usize) -> Vec<Asset> {
    let mut made = [0; AssetKind::ALL.len()];
    let mut assets: Vec<Asset> = (0..count)
        .map(|number| {
            let kind = MIX[number % MIX.len()];
            let of_kind = &mut made[kind as usize];
            let name = story::asset_name(kind, *of_kind);
            *of_kind += 1;
            Asset {
                kind,
                description: story::asset_description(rng, kind, &name),
                name,
                complexity: pick(rng, &COMPLEXITIES),
                canceled: number % 37 == 18,
                ready_for: None,
                casting: Vec::new(),
                status: "running",
            }
        })
        .collect();
    // Props stand around in environments.
    let props: Vec<usize> = of_kind(&assets, AssetKind::Prop);
    for asset in assets.iter_mut().filter(|asset| asset.kind == AssetKind::Environment) {
        let mut choice = props.clone();
        let count = rng.random_range(1..=3).min(choice.len());
        let (chosen, _) = choice.partial_shuffle(rng, count);
        asset.casting = chosen
            .iter()
            .map(|prop| Cast {
                asset: *prop,
                count: rng.random_range(1..=4),
                label: "fixed",
            })
            .collect();
    }
    assets
}

fn of_kind(assets: &[Asset], kind: AssetKind) -> Vec<usize> {
    (0..assets.len()).filter(|place| assets[*place].kind == kind).collect()
}

fn shots(rng: &mut StdRng, scale: &Scale, assets: &[Asset]) -> Vec<Shot> {
    let by_kind = AssetKind::ALL.map(|kind| of_kind(assets, kind));
    let mut shots = Vec::with_capacity(scale.shots);
    for sequence in 0..scale.sequences {
        let pool = pool(rng, &by_kind);
        // What does not divide evenly goes to the first sequences.
        let in_sequence = scale.shots / scale.sequences + usize::from(sequence < scale.shots % scale.sequences);
        for number in 0..in_sequence {
            let casting = casting(rng, &pool, scale);
            let named = |kind: AssetKind| {
                casting
                    .iter()
                    .map(|cast| &assets[cast.asset])
                    .find(|asset| asset.kind == kind)
            };
            let who = named(AssetKind::Character).map_or("Odda", |asset| asset.name.as_str());
            let place = named(AssetKind::Environment).map_or("harbour", |asset| asset.name.as_str());
            let thing = named(AssetKind::Prop).map(|asset| asset.name.as_str());
            let frame_in = 1001;
            shots.push(Shot {
                sequence,
                name: story::numbered("SH", number, 99),
                description: story::action(rng, who, place, thing),
                frame_in,
                frame_out: frame_in + rng.random_range(35..=180),
                camera_move: pick(rng, &CAMERA_MOVES),
                stereo: rng.random_bool(0.2),
                canceled: shots.len() % 43 == 27,
                casting,
                status: "running",
            });
        }
    }
    shots
}

/// Assets that the shots of a sequence choose from: two places, and some of all other kinds.
fn pool(rng: &mut StdRng, by_kind: &[Vec<usize>; 4]) -> [Vec<usize>; 4] {
    let [characters, props, environments, effects] = by_kind;
    let mut some = |of: &[usize], count: usize, always: usize| {
        let (first, rest) = of.split_at(always.min(of.len()));
        let mut rest = rest.to_vec();
        let count = count.min(rest.len());
        let (chosen, _) = rest.partial_shuffle(rng, count);
        first.iter().chain(chosen.iter()).copied().collect::<Vec<_>>()
    };
    // Odda and the bird are nearly everywhere.
    [
        some(characters, 5, 2),
        some(props, 9, 1),
        some(environments, 2, 0),
        some(effects, 3, 0),
    ]
}

fn casting(rng: &mut StdRng, pool: &[Vec<usize>; 4], scale: &Scale) -> Vec<Cast> {
    let [characters, props, environments, effects] = pool;
    let wanted = rng.random_range(scale.cast.clone());
    let mut chosen = vec![pick(rng, environments), pick(rng, characters)];
    let mut rest: Vec<usize> = characters.iter().chain(props).chain(effects).copied().collect();
    rest.shuffle(rng);
    let mut seen: HashSet<usize> = chosen.iter().copied().collect();
    chosen.extend(
        rest.into_iter()
            .filter(|asset| seen.insert(*asset))
            .take(wanted.saturating_sub(2)),
    );
    chosen
        .into_iter()
        .map(|asset| Cast {
            asset,
            count: if props.contains(&asset) {
                rng.random_range(1..=3)
            } else {
                1
            },
            label: if characters.contains(&asset) || rng.random_bool(0.3) {
                "animate"
            } else {
                "fixed"
            },
        })
        .collect()
}

/// Sets what follows from the states of the tasks: what assets are ready for, how many of them are ready for the tasks of
/// the shots that cast them, and which entities are complete or not begun.
fn settle(tasks: &mut [Task], assets: &mut [Asset], shots: &mut [Shot]) {
    for of_entity in tasks.chunk_by(|a, b| a.subject == b.subject) {
        let done = |step: &Step| {
            of_entity
                .iter()
                .any(|task| task.step.name == step.name && task.state == State::Done)
        };
        let complete = of_entity.iter().all(|task| task.state == State::Done);
        let begun = of_entity
            .iter()
            .any(|task| !matches!(task.state, State::Todo | State::Ready));
        let status = if complete {
            "complete"
        } else {
            ["standby", "running"][usize::from(begun)]
        };
        match of_entity[0].subject {
            TaskSubject::Shot(shot) => shots[shot].status = status,
            TaskSubject::Asset(asset) => {
                let asset = &mut assets[asset];
                asset.status = status;
                asset.ready_for = match (complete, done(&RIGGING), done(&MODELING)) {
                    (true, _, _) => Some(&COMPOSITING),
                    (_, true, _) => Some(&ANIMATION),
                    (_, _, true) => Some(&LAYOUT),
                    _ => None,
                };
            }
        }
    }
    for task in tasks {
        if let TaskSubject::Shot(shot) = task.subject {
            let place = task.step.place;
            let ready = |cast: &&Cast| {
                let asset = &assets[cast.asset];
                !asset.canceled && asset.ready_for.is_some_and(|step| step.place >= place)
            };
            task.assets_ready = shots[shot].casting.iter().filter(ready).count();
        }
    }
}

/// All steps: those of assets, then those of shots.
pub fn steps() -> impl Iterator<Item = &'static Step> {
    ASSET_STEPS.into_iter().chain(SHOT_STEPS)
}
