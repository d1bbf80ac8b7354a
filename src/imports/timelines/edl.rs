//! Lists of events, as CMX 3600 edited by them and as all editors still write them.

use std::collections::BTreeMap;

use super::timecode::{Clock, is_timecode};
use super::{Clip, Wrong};

/// Names of sources that are no clips.
const BLANK: [&str; 3] = ["BL", "BLACK", "BARS"];

/// An event of a track of pictures.
#[derive(Debug)]
struct Event {
    reel: String,
    /// Frames over which it takes the place of what was before it.
    transition: Option<i64>,
    source: (i64, i64),
    record: (i64, i64),
    notes: Notes,
}

/// Contents of the lines below an event.
#[derive(Debug, Default)]
struct Notes {
    /// Clip that a transition comes from; of a cut, the clip itself.
    from: Option<String>,
    /// Clip that a transition leads to.
    to: Option<String>,
    file: Option<String>,
}

impl Notes {
    fn read(&mut self, line: &str) {
        let text = line.trim_start_matches(['*', ' ', '\t']);
        let Some((key, value)) = text.split_once(':') else {
            return;
        };
        let value = value.trim();
        let place = match key.trim().to_ascii_uppercase().as_str() {
            "FROM CLIP NAME" | "CLIP NAME" => &mut self.from,
            "TO CLIP NAME" => &mut self.to,
            "SOURCE FILE" | "FROM CLIP" | "MEDIA NAME" => &mut self.file,
            _ => return,
        };
        if !value.is_empty() {
            place.get_or_insert_with(|| value.to_owned());
        }
    }
}

impl Event {
    fn is_blank(&self) -> bool {
        BLANK.contains(&self.reel.to_ascii_uppercase().as_str())
    }

    /// The name of what the event shows. `after_clip` says whether a transition comes from another clip.
    fn name(&self, after_clip: bool) -> String {
        let Notes { from, to, file } = &self.notes;
        let own = match self.transition {
            Some(_) if after_clip => to.as_ref(),
            Some(_) => to.as_ref().or(from.as_ref()),
            None => from.as_ref(),
        };
        let of_file = || {
            file.as_deref()
                .map(|path| path.rsplit(['/', '\\']).next().unwrap_or(path).to_owned())
        };
        own.cloned().or_else(of_file).unwrap_or_else(|| self.reel.clone())
    }
}

/// The clips of a list of events, whose time codes count frames of that rate.
///
/// # Errors
/// It is no list of events.
pub(super) fn read_clips(text: &str, rate: f64) -> Result<Vec<Clip>, Wrong> {
    let clock = Clock::of(rate);
    let mut tracks: BTreeMap<String, Vec<Event>> = BTreeMap::new();
    // The last event, if it is one of pictures: notes belong to it.
    let mut last: Option<String> = None;
    let mut begun = false;
    let mut drops = false;
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        let upper = line.to_ascii_uppercase();
        if let Some(mode) = upper.strip_prefix("FCM:") {
            drops = !mode.contains("NON") && mode.contains("DROP");
        } else if line.is_empty() || upper.starts_with("TITLE:") || upper.starts_with("SPLIT:") {
            continue;
        } else if line.starts_with(|letter: char| letter.is_ascii_digit()) {
            begun = true;
            last = None;
            let read = event(line, clock, drops).map_err(|wrong| format!("{wrong} (line {})", at + 1))?;
            if let Some((track, event)) = read {
                tracks.entry(track.clone()).or_default().push(event);
                last = Some(track);
            }
        } else if !begun {
            return Err(format!("Unknown event type (line {})", at + 1));
        } else if let Some(event) = last
            .as_ref()
            .and_then(|track| tracks.get_mut(track))
            .and_then(|events| events.last_mut())
        {
            event.notes.read(line);
        }
    }
    let start = tracks
        .values()
        .flatten()
        .map(|event| event.record.0)
        .min()
        .unwrap_or_default();
    Ok(tracks.into_values().flat_map(|events| clips(events, start)).collect())
}

/// One event with its track; nothing for sound.
fn event(line: &str, clock: Clock, drops: bool) -> Result<Option<(String, Event)>, Wrong> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let Some(times) = fields
        .len()
        .checked_sub(4)
        .filter(|times| *times >= 4 && fields[*times..].iter().all(|field| is_timecode(field)))
    else {
        return Err("An event has a number, a reel, a track, a kind and four time codes".to_owned());
    };
    // The name of a reel may have blanks in it.
    let kind = fields[..times]
        .iter()
        .rposition(|field| transition_of(field).is_some())
        .filter(|kind| *kind >= 3);
    let Some(kind) = kind else {
        return Err("Unknown event type".to_owned());
    };
    let Some(track) = picture_track(fields[kind - 1]) else {
        return Ok(None);
    };
    let frames = |at: usize| clock.read(fields[times + at], drops);
    let mut record = (frames(2)?, frames(3)?);
    if record.1 < record.0 {
        // Past midnight.
        record.1 += clock.day();
    }
    let moves = transition_of(fields[kind]).unwrap_or_default();
    let length = fields[kind + 1..times]
        .iter()
        .find_map(|field| field.parse::<i64>().ok());
    let event = Event {
        reel: fields[1..kind - 1].join(" "),
        transition: moves.then(|| length.unwrap_or_default().clamp(0, record.1 - record.0)),
        source: (frames(0)?, frames(1)?),
        record,
        notes: Notes::default(),
    };
    Ok(Some((track, event)))
}

/// True if a kind of event leads over from the one before it; nothing for what is no kind of event.
fn transition_of(field: &str) -> Option<bool> {
    let wipe = field
        .strip_prefix('W')
        .is_some_and(|number| !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit()));
    match field {
        "C" => Some(false),
        "D" => Some(true),
        _ if wipe => Some(true),
        // Keys lie over another track.
        "K" | "KB" | "KO" => Some(false),
        _ => None,
    }
}

/// The track of pictures that a channel names, alone or with sound.
fn picture_track(channel: &str) -> Option<String> {
    let channel = channel.to_ascii_uppercase();
    if channel == "B" {
        return Some("V".to_owned());
    }
    let track = channel.split('/').find(|part| part.starts_with('V'))?;
    Some(if track == "V1" {
        "V".to_owned()
    } else {
        track.to_owned()
    })
}

/// The clips of a track. A transition is cut in its middle, because the list does not say where the cut would be.
fn clips(mut events: Vec<Event>, start: i64) -> Vec<Clip> {
    events.sort_by_key(|event| event.record.0);
    let mut clips: Vec<Clip> = Vec::new();
    // End of the clip before, from which a transition may lead over.
    let mut before: Option<i64> = None;
    for event in events {
        let (first, end) = (event.record.0 - start, event.record.1 - start);
        let after_clip = before == Some(first);
        if event.is_blank() {
            before = None;
        }
        if event.is_blank() || end <= first {
            continue;
        }
        let half = event.transition.filter(|_| after_clip).unwrap_or_default() / 2;
        if let Some(outgoing) = clips.last_mut().filter(|_| half > 0) {
            outgoing.last += half;
            outgoing.length = outgoing.length.map(|length| length + half);
        }
        let source = event.source.1 - event.source.0;
        let length = if source > 0 { source } else { end - first };
        clips.push(Clip {
            name: event.name(after_clip),
            first: first + half,
            last: end - 1,
            length: Some((length - half).max(1)),
            is_placed: true,
        });
        before = Some(end);
    }
    clips
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranges(text: &str, rate: f64) -> Vec<(String, i64, i64, Option<i64>)> {
        read_clips(text, rate)
            .unwrap()
            .into_iter()
            .map(|clip| (clip.name, clip.first, clip.last, clip.length))
            .collect()
    }

    fn range(name: &str, first: i64, last: i64, length: i64) -> (String, i64, i64, Option<i64>) {
        (name.to_owned(), first, last, Some(length))
    }

    #[test]
    fn the_first_record_time_may_be_any() {
        for hour in ["01", "10", "00"] {
            let list = format!(
                "TITLE: LUNE\nFCM: NON-DROP FRAME\n\n\
                 001  LUNE     V     C        00:00:00:00 00:00:05:05 {hour}:00:00:00 {hour}:00:05:05\n* FROM CLIP NAME: lune_SQ01-SH010.mov\n\
                 002  LUNE     V     C        00:00:00:00 00:00:02:23 {hour}:00:05:05 {hour}:00:08:03\n* FROM CLIP NAME: lune_SQ01-SH020.mov\n"
            );
            assert_eq!(
                ranges(&list, 25.0),
                [
                    range("lune_SQ01-SH010.mov", 0, 129, 130),
                    range("lune_SQ01-SH020.mov", 130, 202, 73)
                ]
            );
        }
    }

    #[test]
    fn sound_and_black_are_no_clips() {
        let list = "001  BL   V     C   00:00:00:00 00:00:01:00 01:00:00:00 01:00:01:00\r\n\
                    002  A    AA/V  C   00:00:00:00 00:00:01:00 01:00:01:00 01:00:02:00\r\n* FROM CLIP NAME: a\r\n\
                    003  S    A     C   00:00:00:00 00:00:04:00 00:59:00:00 00:59:04:00\r\n* FROM CLIP NAME: sound\r\n\
                    004  S    NONE  C   00:00:00:00 00:00:04:00 01:00:00:00 01:00:04:00\r\n\
                    005  B    B     C   00:00:00:00 00:00:01:00 01:00:02:00 01:00:03:00\r\n";
        assert_eq!(ranges(list, 25.0), [range("a", 25, 49, 25), range("B", 50, 74, 25)]);
    }

    #[test]
    fn dissolves_are_cut_in_their_middle() {
        let list = "001  A   V     C        00:00:00:00 00:00:02:00 01:00:00:00 01:00:02:00\n* FROM CLIP NAME: a\n\
                    002  A   V     C        00:00:02:00 00:00:02:00 01:00:02:00 01:00:02:00\n\
                    002  B   V     D    010 00:00:10:00 00:00:12:00 01:00:02:00 01:00:04:00\n* FROM CLIP NAME: a\n* TO CLIP NAME: b\n\
                    003  C   V     W001 004 00:00:10:00 00:00:12:00 01:00:04:00 01:00:06:00\n* TO CLIP NAME: c\n";
        assert_eq!(
            ranges(list, 25.0),
            [range("a", 0, 54, 55), range("b", 55, 101, 47), range("c", 102, 149, 48)]
        );
    }

    #[test]
    fn fades_from_black_keep_their_clip_whole() {
        let list = "001  BL  V     C        00:00:00:00 00:00:00:00 01:00:00:00 01:00:00:00\n\
                    001  A   V     D    024 00:00:10:00 00:00:12:00 01:00:00:00 01:00:02:00\n* FROM CLIP NAME: a\n";
        assert_eq!(ranges(list, 25.0), [range("a", 0, 49, 50)]);
    }

    #[test]
    fn clocks_that_drop_frames_are_kept_apart() {
        let list = |mode: &str| {
            format!(
                "FCM: {mode}\n001  A   V  C  00:00:00:00 00:01:00:02 01:00:00:00 01:01:00:02\n002  B   V  C  00:00:00:00 00:00:01:00 01:01:00:02 01:01:01:02\n"
            )
        };
        assert_eq!(ranges(&list("DROP FRAME"), 29.97)[1].1, 1800);
        assert_eq!(ranges(&list("NON-DROP FRAME"), 29.97)[1].1, 1802);
    }

    #[test]
    fn clips_go_on_past_midnight_and_reels_have_blanks() {
        let list = "001  MY REEL 7 V  C  00:00:00:00 00:00:02:00 23:59:59:00 00:00:01:00\nM2   MY REEL 7  025.0  00:00:00:00\n* COMMENT: MY REEL 7: NICE\n";
        assert_eq!(ranges(list, 25.0), [range("MY REEL 7", 0, 49, 50)]);
        let list =
            "0001  A  V2  C  00:00:00:00 00:00:02:00 01:00:00:00 01:00:02:00\n* SOURCE FILE: /mnt/shots/sh010.exr\n";
        assert_eq!(ranges(list, 25.0), [range("sh010.exr", 0, 49, 50)]);
    }

    #[test]
    fn what_is_no_list_is_refused() {
        assert_eq!(
            read_clips("\nDear all,\n", 25.0),
            Err("Unknown event type (line 2)".into())
        );
        assert!(read_clips("001  A  V  X  00:00:00:00 00:00:02:00 01:00:00:00 01:00:02:00\n", 25.0).is_err());
        assert!(read_clips("001  A  V  C  00:00:00:00\n", 25.0).is_err());
        assert!(
            read_clips("001  A  V  C  00:00:00:00 00:00:02:30 01:00:00:00 01:00:02:00\n", 25.0)
                .is_err_and(|wrong| wrong.ends_with("(line 1)"))
        );
        assert_eq!(read_clips("", 25.0), Ok(Vec::new()));
    }
}
