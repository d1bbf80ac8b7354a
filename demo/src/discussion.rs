//! Plans what is written below a task, from the first note to where it stands now.

use rand::Rng;
use rand::rngs::StdRng;

use crate::people::{Crew, Role};
use crate::pipeline::State;
use crate::remarks::{self, About};

/// A comment on a task.
#[derive(Clone, Debug, PartialEq)]
pub struct Comment {
    /// Moment, in working minutes.
    pub minute: i64,
    pub author: usize,
    /// The state that the task takes.
    pub state: State,
    pub text: String,
    /// Points to work off, each with whether it is done.
    pub checklist: Vec<(String, bool)>,
    pub replies: Vec<Reply>,
    pub mention: Option<usize>,
    pub acknowledged_by: Option<usize>,
    pub for_client: bool,
    pub pinned: bool,
}

/// An answer to a comment.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    pub minute: i64,
    pub author: usize,
    pub text: String,
}

/// Talk: who speaks about what, and from when to when.
#[derive(Clone, Copy, Debug)]
pub struct Talk<'a> {
    pub about: About<'a>,
    /// State in which the task stands at the end.
    pub state: State,
    pub assignee: Option<usize>,
    pub reviewer: usize,
    pub manager: usize,
    /// Person of the client who looks at it.
    pub client: Option<usize>,
    pub crew: Crew,
    /// Working minutes between which the comments are written.
    pub begin: i64,
    pub end: i64,
}

impl Talk<'_> {
    /// Person who does the work: the reviewer where nobody is assigned.
    fn artist(&self) -> usize {
        self.assignee.unwrap_or(self.reviewer)
    }
}

/// Least working minutes for a comment.
const PACE: i64 = 12;

/// Purpose of a comment.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Turn {
    Waiting,
    Ready,
    Start,
    Submit,
    Retake,
    Approve,
    Note(State),
    Client,
}

impl Turn {
    fn state(self) -> State {
        match self {
            Self::Waiting => State::Todo,
            Self::Ready => State::Ready,
            Self::Start => State::Wip,
            Self::Submit => State::Review,
            Self::Retake => State::Retake,
            Self::Approve | Self::Client => State::Done,
            Self::Note(state) => state,
        }
    }
}

/// The comments of a task, oldest first. The last one leaves it in its state.
pub fn discuss(rng: &mut StdRng, talk: &Talk<'_>) -> Vec<Comment> {
    let turns = turns(rng, talk);
    let minutes = moments(rng, talk, turns.len());
    let mut revision = 0;
    let mut comments: Vec<Comment> = Vec::with_capacity(turns.len());
    for (at, (turn, minute)) in turns.iter().copied().zip(&minutes).enumerate() {
        revision += usize::from(turn == Turn::Submit);
        let next = minutes.get(at + 1).copied().unwrap_or(talk.end);
        comments.push(comment(rng, talk, turn, (*minute, next), revision));
    }
    // Lists that came back are worked off.
    let last = comments.len().saturating_sub(1);
    for (at, comment) in comments.iter_mut().enumerate() {
        for (_, checked) in &mut comment.checklist {
            *checked = at < last || rng.random_bool(0.3);
        }
    }
    comments
}

fn turns(rng: &mut StdRng, talk: &Talk<'_>) -> Vec<Turn> {
    let mut turns = Vec::new();
    match talk.state {
        State::Todo if rng.random_bool(0.06) => return vec![Turn::Waiting],
        State::Todo => return turns,
        State::Ready => return vec![Turn::Ready],
        State::Wip | State::Review | State::Retake | State::Done => {}
    }
    if rng.random_bool(0.2) {
        turns.push(Turn::Ready);
    }
    turns.push(Turn::Start);
    if rng.random_bool(0.15) {
        turns.push(Turn::Note(State::Wip));
    }
    for _ in 0..remarks::pick(rng, &[0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 3]) {
        turns.extend([Turn::Submit, Turn::Retake]);
        if rng.random_bool(0.1) {
            turns.push(Turn::Note(State::Retake));
        }
        if talk.state == State::Wip || rng.random_bool(0.4) {
            turns.push(Turn::Start);
        }
    }
    match talk.state {
        State::Review => turns.push(Turn::Submit),
        State::Retake if turns.last().is_none_or(|turn| turn.state() != State::Retake) => {
            turns.extend([Turn::Submit, Turn::Retake])
        }
        State::Done => {
            turns.extend([Turn::Submit, Turn::Approve]);
            if talk.client.is_some() && rng.random_bool(0.1) {
                turns.push(Turn::Client);
            }
        }
        _ => {}
    }
    turns
}

/// Different moments in their order, spread over the time that there is.
fn moments(rng: &mut StdRng, talk: &Talk<'_>, count: usize) -> Vec<i64> {
    let count = i64::try_from(count).unwrap_or(i64::MAX).max(1);
    let begin = talk.begin.min(talk.end - PACE * count);
    let slot = (talk.end - begin) / count;
    (0..count)
        .map(|at| begin + slot * at + rng.random_range(0..slot))
        .collect()
}

fn comment(rng: &mut StdRng, talk: &Talk<'_>, turn: Turn, (minute, next): (i64, i64), revision: usize) -> Comment {
    let (author, text) = remark(rng, talk, turn, revision);
    let retake = turn == Turn::Retake;
    let note = matches!(turn, Turn::Note(_));
    let mut comment = Comment {
        minute,
        author,
        state: turn.state(),
        text,
        checklist: Vec::new(),
        replies: Vec::new(),
        mention: None,
        acknowledged_by: None,
        for_client: turn == Turn::Client || (talk.client.is_some() && turn == Turn::Submit && rng.random_bool(0.3)),
        pinned: note && rng.random_bool(0.1),
    };
    if retake && rng.random_bool(0.3) {
        comment.checklist = remarks::checklist(rng, talk.about)
            .into_iter()
            .map(|item| (item, false))
            .collect();
    }
    if retake && talk.assignee.is_some() && rng.random_bool(0.4) {
        comment.acknowledged_by = talk.assignee;
    }
    if (note || retake) && rng.random_bool(0.12) {
        call(rng, talk.crew, &mut comment);
    }
    comment.replies = reply(rng, talk, turn, &comment, next).into_iter().collect();
    comment
}

/// Author and text of a comment. Work that is submitted has that revision.
fn remark(rng: &mut StdRng, talk: &Talk<'_>, turn: Turn, revision: usize) -> (usize, String) {
    let artist = talk.artist();
    match turn {
        Turn::Waiting => (talk.manager, remarks::waiting(rng)),
        Turn::Ready => (talk.manager, remarks::ready(rng)),
        Turn::Start => (artist, remarks::start(rng, talk.about)),
        Turn::Submit => (artist, remarks::submit(rng, talk.about, revision)),
        Turn::Retake => (talk.reviewer, remarks::retake(rng, talk.about)),
        Turn::Approve => (talk.reviewer, remarks::approve(rng)),
        Turn::Note(_) => (
            remarks::pick(rng, &[artist, talk.reviewer]),
            remarks::note(rng, talk.about),
        ),
        Turn::Client => (talk.client.unwrap_or(talk.reviewer), remarks::client(rng)),
    }
}

/// The answer that some comments get before the next one is written.
fn reply(rng: &mut StdRng, talk: &Talk<'_>, turn: Turn, comment: &Comment, next: i64) -> Option<Reply> {
    let artist = talk.artist();
    let author = if comment.author == artist {
        talk.reviewer
    } else {
        artist
    };
    let note = matches!(turn, Turn::Note(_));
    let likely = if note { 0.6 } else { 0.3 };
    let wants_answer = note || matches!(turn, Turn::Retake | Turn::Client);
    let answered = wants_answer && author != comment.author && rng.random_bool(likely) && next - comment.minute > 2;
    answered.then(|| Reply {
        minute: comment.minute + rng.random_range(1..(next - comment.minute).min(180)),
        author,
        text: remarks::reply(rng),
    })
}

/// Calls somebody of the studio who has not written the comment.
fn call(rng: &mut StdRng, crew: Crew, comment: &mut Comment) {
    let called = rng.random_range(0..crew.size);
    let member = crew.member(called);
    if called != comment.author && member.role != Role::Client {
        comment.mention = Some(called);
        comment.text = format!("{} {}", comment.text, remarks::call(rng, &member.full_name()));
    }
}
