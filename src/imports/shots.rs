//! Tables of shots.

use async_trait::async_trait;
use dailies_definitions::access::{Caller, ProjectManager};
use dailies_definitions::failure::Failure;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::built_in::BuiltInTable;
use super::entities::LONGEST_NAME;
use super::import::EntityImport;
use super::metadata;
use super::problem::{RowProblem, excerpt};
use super::sheet::{SheetRow, short_enough};
use super::task_columns::read_task_cells;
use super::values::integer;
use crate::crud::require_frame_rate;
use crate::events::{Payload, Work};
use crate::export::cells::plain;
use crate::export::headings;
use crate::vocabulary::kinds::EntityKind;

/// A table of shots.
pub(super) struct ShotImport(BuiltInTable);

#[async_trait]
impl EntityImport for ShotImport {
    async fn load(work: &mut Work<'_>, access: &ProjectManager, update: bool) -> Result<Self, Failure> {
        BuiltInTable::load(work, access, EntityKind::Shot, update)
            .await
            .map(Self)
    }

    fn line(&mut self, work: &mut Work<'_>, line: &SheetRow<'_>) -> Result<Uuid, RowProblem> {
        let table = &mut self.0;
        let episode = if table.production.is_show {
            part(line, "Episode")?
        } else {
            line.filled("Episode")
        };
        let sequence = part(line, "Sequence")?;
        let name = line.name("Name", LONGEST_NAME)?;
        let frames = Frames::read(line)?;
        let cells = read_task_cells(&table.production, EntityKind::Shot, line)?;
        let (id, episode_id) = shot(table, work, [episode, sequence], name)?;
        let Some(entry) = table.stock.entry(id) else {
            return Ok(id);
        };
        let is_new = entry.is_new();
        let writes = is_new || table.update;
        let stored = entry.take_data();
        let mut data = stored.clone();
        metadata::apply(&mut data, &table.production, line, &headings(EntityKind::Shot), is_new)?;
        if let Some(rate) = line
            .get("FPS")
            .filter(|rate| plain(data.get("fps")) != *rate && require_frame_rate("FPS", &(*rate).into()).is_err())
        {
            return Err(RowProblem::invalid("FPS", rate, "a frame rate is a number above 0"));
        }
        metadata::apply_text(&mut data, "fps", line.get("FPS"), is_new);
        metadata::apply_text(&mut data, "resolution", line.get("Resolution"), is_new);
        if writes {
            entry.model.nb_frames = frames.apply(&mut data, entry.model.nb_frames);
            entry.describe(line);
        }
        entry.put_data(if writes { data } else { stored });
        let more = if is_new {
            Payload::from_iter([("episode_id".to_owned(), json!(episode_id))])
        } else {
            Payload::default()
        };
        table.stock.emit_change(work, EntityKind::Shot, id, more);
        table.settle_tasks(work, id, is_new, cells, line.number);
        Ok(id)
    }

    async fn store(self, work: &mut Work<'_>, caller: &Caller) -> Result<(), Failure> {
        self.0.store(work, caller).await
    }
}

/// The name of what a shot is part of; nothing where the cell is empty.
fn part<'a>(line: &SheetRow<'a>, column: &str) -> Result<Option<&'a str>, RowProblem> {
    let name = line.required(column)?;
    if name.is_empty() {
        Ok(None)
    } else {
        short_enough(column, name, LONGEST_NAME).map(Some)
    }
}

/// The shot that a row means, with its episode. It is made with what it is part of when it is missing; without a sequence, or in a
/// show without an episode, it has to be there already.
fn shot(
    table: &mut BuiltInTable,
    work: &mut Work<'_>,
    [episode, sequence]: [Option<&str>; 2],
    name: &str,
) -> Result<(Uuid, Option<Uuid>), RowProblem> {
    let BuiltInTable {
        production,
        stock,
        by_parent,
        ..
    } = table;
    let empty = |column: &str| RowProblem(format!("{column} cannot be empty"));
    let Some(sequence) = sequence else {
        let id = by_parent.known(None, name).ok_or_else(|| empty("Sequence"))?;
        return Ok((id, None));
    };
    if production.is_show && episode.is_none() {
        let sequence_id = stock.known_sequence(None, sequence).ok_or_else(|| empty("Episode"))?;
        let id = by_parent
            .known(Some(sequence_id), name)
            .ok_or_else(|| empty("Episode"))?;
        return Ok((id, None));
    }
    let episode_id = if production.is_show {
        episode.map(|name| stock.episode(work, "Episode", name)).transpose()?
    } else {
        // A production that was a TV show before may have episodes.
        let known = episode.and_then(|name| stock.known_episode(name));
        known.filter(|id| stock.known_sequence(Some(*id), sequence).is_some())
    };
    let sequence_id = stock.sequence(work, episode_id, sequence);
    Ok((by_parent.require(stock, Some(sequence_id), name), episode_id))
}

/// Contents of a row about the frames of a shot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Frames {
    count: Option<i32>,
    first: Option<i32>,
    last: Option<i32>,
}

impl Frames {
    fn read(line: &SheetRow<'_>) -> Result<Self, RowProblem> {
        let number = |names: [&str; 2], key: &str| {
            let Some((column, cell)) = names.into_iter().find_map(|name| Some((name, line.filled(name)?))) else {
                return Ok(None);
            };
            let wrong = || RowProblem::about(column, format!("{key} must be an integer, got '{}'", excerpt(cell)));
            integer(cell).ok_or_else(wrong).map(Some)
        };
        Ok(Self {
            count: number(["Nb Frames", "Frames"], "nb_frames")?,
            first: number(["Frame In", "In"], "frame_in")?,
            last: number(["Frame Out", "Out"], "frame_out")?,
        })
    }

    /// Brings the first and last frame into `data`, and gives the number of frames: what the row says, or what follows from
    /// another first or last frame, or what is stored.
    fn apply(self, data: &mut Map<String, Value>, stored: Option<i32>) -> Option<i32> {
        let mut moved = false;
        for (key, number) in [("frame_in", self.first), ("frame_out", self.last)] {
            if let Some(number) = number.filter(|number| plain(data.get(key)) != number.to_string()) {
                data.insert(key.into(), number.into());
                moved = true;
            }
        }
        let frame = |key: &str| integer(&plain(data.get(key)));
        let between = match (frame("frame_in"), frame("frame_out")) {
            (Some(first), Some(last)) if moved && last > first => {
                last.checked_sub(first).and_then(|length| length.checked_add(1))
            }
            _ => None,
        };
        self.count.or(between).or(stored)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(frames: Frames, before: &Value, stored: Option<i32>) -> (Value, Option<i32>) {
        let mut data = before.as_object().cloned().unwrap_or_default();
        let count = frames.apply(&mut data, stored);
        (data.into(), count)
    }

    #[test]
    fn the_count_follows_from_first_and_last_frame() {
        let frames = |count, first, last| Frames { count, first, last };
        let range = json!({"frame_in": 1001, "frame_out": 1100});
        assert_eq!(
            applied(frames(None, Some(1001), Some(1100)), &json!({}), None),
            (range.clone(), Some(100))
        );
        assert_eq!(
            applied(frames(None, Some(1001), Some(1100)), &range, None),
            (range.clone(), None),
            "nothing moved"
        );
        assert_eq!(applied(frames(Some(7), Some(1), Some(9)), &json!({}), None).1, Some(7));
        assert_eq!(applied(frames(None, Some(5), Some(5)), &json!({}), Some(3)).1, Some(3));
        assert_eq!(applied(frames(None, None, Some(1010)), &range, Some(100)).1, Some(10));
    }
}
