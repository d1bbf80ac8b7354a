//! Timelines of editors: lists of events (EDL, CMX 3600), OpenTimelineIO, alone or in an archive, the XML of Final Cut Pro 7, and
//! logs of Avid. Their clips become shots of a production, or change those that there are.

mod ale;
mod edl;
mod naming;
mod otio;
mod otioz;
mod shots;
mod timecode;
mod tree;
mod xmeml;

pub(super) use self::naming::Convention;
pub(super) use self::shots::{TimelinePlace, import};
use super::decoding;

/// A clip of a track of pictures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Clip {
    /// As the timeline has it, mostly the name of a file.
    name: String,
    /// First frame in the track, whose first one is 0.
    first: i64,
    /// Last frame in the track.
    last: i64,
    /// Frames that are taken of the clip's source, where the timeline says.
    length: Option<i64>,
    /// True if the file says where in a cut the clip stands.
    is_placed: bool,
}

/// Fault in a timeline, in words.
type Wrong = String;

/// A way to write timelines, by the extension of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Ale,
    Edl,
    Otio,
    /// An OTIO file in an archive.
    Otioz,
    Xml,
}

impl Format {
    const ALL: [(&'static str, Self); 5] = [
        ("ale", Self::Ale),
        ("edl", Self::Edl),
        ("otio", Self::Otio),
        ("otioz", Self::Otioz),
        ("xml", Self::Xml),
    ];

    /// The format that the name of a file tells of.
    ///
    /// # Errors
    /// It is none that is known.
    pub(super) fn of(file_name: &str) -> Result<Self, Wrong> {
        let extension: String = crate::pictures::extension_of(file_name)
            .chars()
            .filter(|letter| letter.is_alphanumeric())
            .collect();
        let found = Self::ALL
            .iter()
            .find(|(name, _)| *name == extension)
            .map(|(_, format)| *format);
        found.ok_or_else(|| {
            let known = Self::ALL.map(|(name, _)| name).join(", ");
            format!("Unsupported file type '.{extension}'. Supported formats: {known}.")
        })
    }

    /// The clips of a timeline, track by track. `rate` is that of the production, for formats that don't say their own.
    ///
    /// # Errors
    /// It is no timeline of this format.
    pub(super) fn read(self, content: &[u8], rate: f64) -> Result<Vec<Clip>, Wrong> {
        match self {
            Self::Ale => ale::read_clips(&decoding::text(content), rate),
            Self::Edl => edl::read_clips(&decoding::text(content), rate),
            Self::Otio => otio::read_clips(&decoding::text(content)),
            Self::Otioz => otio::read_clips(&decoding::text(&otioz::timeline(content)?)),
            Self::Xml => xmeml::read_clips(&decoding::text(content)),
        }
    }
}

/// A length of time as frames: what comes from other rates may be off by a little.
fn whole(frames: f64) -> i64 {
    (frames + 1e-6).floor() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_known_by_their_extension() {
        assert_eq!(Format::of("cut.v2.EDL"), Ok(Format::Edl));
        assert_eq!(Format::of("dailies.ale"), Ok(Format::Ale));
        assert_eq!(Format::of("cut.otio"), Ok(Format::Otio));
        assert_eq!(Format::of("cut.otioz"), Ok(Format::Otioz));
        assert_eq!(
            Format::of("cut.csv"),
            Err("Unsupported file type '.csv'. Supported formats: ale, edl, otio, otioz, xml.".into())
        );
        assert_eq!(
            Format::of("a.<b>"),
            Err("Unsupported file type '.b'. Supported formats: ale, edl, otio, otioz, xml.".into())
        );
    }
}
