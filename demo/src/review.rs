//! Chooses the comments that get a picture, and what is shown together in playlists.

use std::collections::HashMap;

use crate::pipeline::State;
use crate::scale::Scale;
use crate::work::{Task, TaskSubject};

/// A picture on a comment.
#[derive(Clone, Debug, PartialEq)]
pub struct Preview {
    pub task: usize,
    /// Place among the comments of the task.
    pub comment: usize,
    /// From 1.
    pub revision: i32,
    /// Number of the drawn picture.
    pub picture: usize,
    /// One of the words of `preview_file.validation_status`.
    pub verdict: &'static str,
    /// True if it is the last one of its task, and so stands for the asset or shot.
    pub last: bool,
}

/// A playlist.
#[derive(Debug, PartialEq)]
pub struct Playlist {
    pub name: &'static str,
    pub for_entity: &'static str,
    pub for_client: bool,
    /// Places of previews.
    pub entries: Vec<usize>,
}

/// Entries of a playlist.
const PLAYLIST_LENGTH: usize = 12;

/// The previews of a production: all revisions of the task of an asset or shot that was submitted last, for as many of
/// them as the scale allows. A quarter goes to assets, another to shots that wait for approval.
pub fn previews(tasks: &[Task], scale: &Scale) -> Vec<Preview> {
    let mut shown = Vec::new();
    let mut first = 0;
    for of_entity in tasks.chunk_by(|a, b| a.subject == b.subject) {
        shown.extend(last_submitted(of_entity).map(|at| first + at));
        first += of_entity.len();
    }
    let is_asset = |task: &Task| matches!(task.subject, TaskSubject::Asset(_));
    // Whether assets are chosen, whether only what waits for approval is, and up to how many previews.
    let passes = [
        (true, false, scale.previews / 4),
        (false, true, scale.previews / 2),
        (false, false, scale.previews),
    ];
    let mut previews: Vec<Preview> = Vec::new();
    for (assets, waiting, limit) in passes {
        shown.retain(|place| {
            let task = &tasks[*place];
            let found = of_task(task, *place, scale.pictures);
            let taken = is_asset(task) == assets
                && (!waiting || task.state == State::Review)
                && previews.len() + found.len() <= limit;
            if taken {
                previews.extend(found);
            }
            !taken
        });
    }
    previews.sort_by_key(|preview| (preview.task, preview.revision));
    previews
}

/// Task that was submitted last, if any was.
fn last_submitted(tasks: &[Task]) -> Option<usize> {
    let minute = |task: &Task| {
        task.comments
            .iter()
            .rfind(|comment| comment.state == State::Review)
            .map(|comment| comment.minute)
    };
    let submitted = tasks
        .iter()
        .enumerate()
        .filter_map(|(at, task)| Some((minute(task)?, at)));
    submitted.max().map(|(_, at)| at)
}

fn of_task(task: &Task, place: usize, pictures: usize) -> Vec<Preview> {
    let number = match task.subject {
        TaskSubject::Asset(number) => number,
        TaskSubject::Shot(number) => number + pictures / 2,
    };
    let submitted = (0..task.comments.len()).filter(|at| task.comments[*at].state == State::Review);
    let mut previews: Vec<Preview> = submitted
        .zip(1..)
        .map(|(comment, revision)| Preview {
            task: place,
            comment,
            revision,
            // Revisions of a shot look alike, as they do in real life.
            picture: number % pictures.max(1),
            verdict: match task.comments.get(comment + 1).map(|next| next.state) {
                Some(State::Done) => "validated",
                Some(State::Retake) => "rejected",
                _ => "neutral",
            },
            last: false,
        })
        .collect();
    if let Some(last) = previews.last_mut() {
        last.last = true;
    }
    previews
}

/// Playlists of what was shown last.
pub fn playlists(tasks: &[Task], previews: &[Preview]) -> Vec<Playlist> {
    let mut latest: HashMap<TaskSubject, usize> = HashMap::new();
    for (place, preview) in previews.iter().enumerate().filter(|(_, preview)| preview.last) {
        latest.insert(tasks[preview.task].subject, place);
    }
    let shown = |fits: &dyn Fn(&Task) -> bool| {
        let mut entries: Vec<usize> = latest
            .values()
            .copied()
            .filter(|place| fits(&tasks[previews[*place].task]))
            .collect();
        entries.sort_unstable();
        entries.truncate(PLAYLIST_LENGTH);
        entries
    };
    let is_shot = |task: &Task| matches!(task.subject, TaskSubject::Shot(_));
    let playlist = |name, for_entity, for_client, entries| Playlist {
        name,
        for_entity,
        for_client,
        entries,
    };
    vec![
        playlist(
            "Dailies",
            "shot",
            false,
            shown(&|task| is_shot(task) && task.state == State::Review),
        ),
        playlist(
            "Client screening",
            "shot",
            true,
            shown(&|task| is_shot(task) && task.state == State::Done),
        ),
        playlist("Asset review", "asset", false, shown(&|task| !is_shot(task))),
    ]
}
