//! The XML of Final Cut Pro 7, which Premiere and Resolve write, too.

use super::tree::Element;
use super::{Clip, Wrong};

/// The clips of a timeline.
///
/// # Errors
/// It is no timeline.
pub(super) fn read_clips(text: &str) -> Result<Vec<Clip>, Wrong> {
    let root = Element::read(text)?;
    if root.name != "xmeml" {
        return Err(format!("its outermost element is '{}', not 'xmeml'", root.name));
    }
    let mut sequences = Vec::new();
    root.everywhere("sequence", &mut sequences);
    if sequences.is_empty() {
        return Err("it has no sequence".to_owned());
    }
    let tracks = sequences
        .iter()
        .filter_map(|sequence| sequence.child("media")?.child("video"))
        .flat_map(|video| video.all("track"));
    tracks
        .map(clips)
        .collect::<Result<Vec<_>, _>>()
        .map(|tracks| tracks.concat())
}

/// The clips of a track. A clip next to a transition has its edge in the middle of that.
fn clips(track: &Element) -> Result<Vec<Clip>, Wrong> {
    let items: Vec<&Element> = track
        .children
        .iter()
        .filter(|child| matches!(child.name.as_str(), "clipitem" | "transitionitem"))
        .collect();
    let cut = |at: Option<usize>| {
        let transition = items.get(at?).filter(|item| item.name == "transitionitem")?;
        Some((transition.number("start")? + transition.number("end")?) / 2)
    };
    let edge = |item: &Element, name: &str, neighbour: Option<usize>| {
        item.number(name).filter(|frame| *frame >= 0).or_else(|| cut(neighbour))
    };
    let mut clips = Vec::new();
    for (at, item) in items.iter().enumerate().filter(|(_, item)| item.name == "clipitem") {
        let name = name(item);
        let edges = (edge(item, "start", at.checked_sub(1)), edge(item, "end", Some(at + 1)));
        let (Some(first), Some(end)) = edges else {
            return Err(format!("the clip '{name}' has no beginning or no end"));
        };
        let length = item
            .number("out")
            .zip(item.number("in"))
            .map(|(out, within)| out - within)
            .filter(|length| *length > 0);
        clips.push(Clip {
            name,
            first,
            last: (end - 1).max(first),
            length,
            is_placed: true,
        });
    }
    Ok(clips)
}

/// The name of a clip, or that of its file.
fn name(item: &Element) -> String {
    let file = || item.child("file").and_then(|file| file.text("name"));
    item.text("name").or_else(file).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timeline(items: &str) -> String {
        let rate = "<rate><timebase>25</timebase><ntsc>FALSE</ntsc></rate>";
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE xmeml>\n<xmeml version=\"5\"><project><children><sequence>{rate}<media>\
             <video><track>{items}</track></video><audio><track><clipitem><name>sound</name></clipitem></track></audio></media></sequence></children></project></xmeml>"
        )
    }

    fn item(name: &str, start: i64, end: i64, within: i64, out: i64) -> String {
        format!(
            "<clipitem id=\"x\"><name>{name}</name><duration>500</duration><start>{start}</start><end>{end}</end><in>{within}</in><out>{out}</out></clipitem>"
        )
    }

    fn ranges(items: &str) -> Vec<(String, i64, i64, Option<i64>)> {
        read_clips(&timeline(items))
            .unwrap()
            .into_iter()
            .map(|clip| (clip.name, clip.first, clip.last, clip.length))
            .collect()
    }

    fn found(name: &str, first: i64, last: i64, length: i64) -> (String, i64, i64, Option<i64>) {
        (name.to_owned(), first, last, Some(length))
    }

    #[test]
    fn clips_are_where_they_start() {
        let items = [
            item("lune_SQ01-SH010.mov", 0, 130, 10, 140),
            item("a &amp; b", 150, 223, 0, 73),
        ]
        .concat();
        assert_eq!(
            ranges(&items),
            [found("lune_SQ01-SH010.mov", 0, 129, 130), found("a & b", 150, 222, 73)]
        );
    }

    #[test]
    fn edges_lie_in_the_middle_of_transitions() {
        let transition =
            "<transitionitem><start>90</start><end>110</end><alignment>center</alignment></transitionitem>";
        let items = [
            item("a", 0, -1, 0, 110),
            transition.to_owned(),
            item("b", -1, 200, 0, 110),
        ]
        .concat();
        assert_eq!(ranges(&items), [found("a", 0, 99, 110), found("b", 100, 199, 110)]);
    }

    #[test]
    fn what_is_no_timeline_is_refused() {
        for text in ["", "<fcpxml/>", "<xmeml/>", "{}"] {
            assert!(read_clips(text).is_err(), "{text}");
        }
        assert!(read_clips(&timeline("<clipitem><name>a</name></clipitem>")).is_err());
    }
}
