//! Movies as players want them: H.264 in MP4, at a steady rate, with a key frame at least every second frame, so that a
//! player finds each frame at once.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::probe::MovieFacts;
use super::run;
use super::target::{Bitrates, MovieDemands, low};
use crate::app::App;
use crate::programs::{Allowance, Encoded, Program, ProgramError, file_argument};

/// Most channels of sound that the codec takes.
const MOST_CHANNELS: u32 = 8;
/// Most pixels of a line whose pixels are no squares, once they are.
const WIDEST: u32 = 16_384;
/// Brings the light of HDR to that of a screen.
const TONES: &str = "zscale=t=linear:npl=100,format=gbrpf32le,zscale=p=bt709,tonemap=tonemap=hable:desat=0,zscale=t=bt709:m=bt709:r=tv,format=yuv420p,";

/// Places of the movies that are made. Low definition is always made.
pub(in crate::previews) struct Definitions {
    pub high: Option<PathBuf>,
    pub low: PathBuf,
}

/// Ways of the encoder, whatever is asked of a movie.
pub(in crate::previews) struct Encoder<'a> {
    /// Preset in the words of x264.
    pub preset: &'a str,
    /// Buffer of the decoder in seconds of the bitrate.
    pub buffer: f64,
    /// Time that it may take.
    pub patience: Duration,
    pub encoded: Encoded<'a>,
}

/// Treatment of the light of a movie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Light {
    AsItIs,
    /// Brought from HDR to a screen.
    Adapted,
}

/// Makes the movies in high and low definition, within so much time.
///
/// # Errors
/// The movie can't be read, takes too long, or there is no program to read it with.
pub(in crate::previews) async fn encode(
    app: &App,
    movie: &Path,
    facts: &MovieFacts,
    asked: &MovieDemands,
    definitions: &Definitions,
    encoder: Encoder<'_>,
) -> Result<(), ProgramError> {
    let threads = app.programs.threads().to_string();
    let input = ["-threads", &threads];
    let allowance = Allowance::Encoder {
        budget: &app.pictures,
        patience: encoder.patience,
        encoded: encoder.encoded,
    };
    let output = |light| arguments(facts, asked, definitions, &encoder, &threads, light);
    let light = if facts.is_hdr { Light::Adapted } else { Light::AsItIs };
    let attempt = run(app, allowance, Program::Ffmpeg, &input, movie, &output(light)).await;
    match attempt {
        Err(ProgramError::Unreadable(reason)) if facts.is_hdr => {
            tracing::warn!(reason, "a movie in HDR is encoded without an adaptation of its light");
            run(app, allowance, Program::Ffmpeg, &input, movie, &output(Light::AsItIs)).await?;
        }
        attempt => {
            attempt?;
        }
    }
    Ok(())
}

/// Arguments of the program: the filters, and the settings of each movie that it makes.
fn arguments(
    facts: &MovieFacts,
    asked: &MovieDemands,
    definitions: &Definitions,
    encoder: &Encoder<'_>,
    threads: &str,
    light: Light,
) -> Vec<OsString> {
    let Bitrates { high, low } = asked.bitrates();
    let outputs: Vec<(&PathBuf, i32)> = definitions
        .high
        .iter()
        .map(|path| (path, high))
        .chain([(&definitions.low, low)])
        .collect();
    let filters = format!(
        "{};{}",
        pictures(facts, asked, outputs.len(), light),
        sound(facts, outputs.len())
    );
    let mut arguments: Vec<OsString> = ["-filter_complex_threads", threads, "-filter_complex", &filters]
        .map(OsString::from)
        .into();
    let rate = written(asked.rate());
    for (at, (path, megabits)) in outputs.into_iter().enumerate() {
        arguments.extend(words(&format!(
            "-map [v{at}] -map [a{at}] -map_metadata -1 -map_chapters -1"
        )));
        arguments.extend(words(&format!(
            "-c:v libx264 -preset {} -profile:v high -pix_fmt yuv420p",
            encoder.preset
        )));
        let buffer = (f64::from(megabits) * 1000.0 * encoder.buffer).round();
        arguments.extend(words(&format!(
            "-b:v {megabits}M -maxrate {megabits}M -bufsize {buffer}k"
        )));
        arguments.extend(words(&format!(
            "-r {rate} -x264-params keyint=2:scenecut=0 -threads {threads} -c:a aac"
        )));
        if facts.channels.is_none() && facts.duration <= 0.0 {
            // Silence goes on for ever.
            arguments.push("-shortest".into());
        }
        arguments.extend(words("-max_muxing_queue_size 4096 -movflags +faststart -f mp4 -y"));
        arguments.push(file_argument(path));
    }
    arguments
}

/// Arguments that are written with blanks between them.
fn words(text: &str) -> impl Iterator<Item = OsString> {
    text.split(' ').map(OsString::from)
}

/// Frames in a second, as they are written for the program.
fn written(rate: f64) -> String {
    format!("{rate:.3}")
}

/// Pictures of one movie, or of two in high and low definition, of a size and rate: whole, upright, with square pixels, with
/// colours as high definition codes them, and black where their shape leaves some over. The program turns what is to be turned
/// by itself.
fn pictures(facts: &MovieFacts, asked: &MovieDemands, copies: usize, light: Light) -> String {
    let both = copies == 2;
    let (size, rate) = (asked.size(facts.aspect), asked.rate());
    // The filter counts frames by the clock, the encoder's own way adds some at the end; a movie shorter than a frame is one.
    let end = if facts.duration * rate < 1.0 {
        ":eof_action=pass"
    } else {
        ""
    };
    let rate = written(rate);
    let (width, height) = if both { size } else { low(size) };
    let tones = match light {
        Light::AsItIs => "",
        Light::Adapted => TONES,
    };
    let (known, scaled, told) = (facts.colours.known(), facts.colours.scaled(), facts.colours.told());
    let fitted = format!(
        "[0:V:0]{known}{tones}scale=max(trunc(min(iw*sar\\,{WIDEST})/2)*2\\,2):ih,\
         scale={width}:{height}:force_original_aspect_ratio=decrease:force_divisible_by=2{scaled},\
         pad={width}:{height}:(ow-iw)/2:(oh-ih)/2,setsar=1{told},fps={rate}{end}"
    );
    if !both {
        return format!("{fitted}[v0]");
    }
    let (low_width, low_height) = low(size);
    format!("{fitted},split=2[v0][half];[half]scale={low_width}:{low_height},setsar=1[v1]")
}

/// The sound of the movie, or silence that is as long as the movie.
fn sound(facts: &MovieFacts, copies: usize) -> String {
    let source = match facts.channels {
        Some(channels) if channels > MOST_CHANNELS => "[0:a:0]pan=stereo|c0=c0|c1=c1".to_owned(),
        Some(_) => "[0:a:0]anull".to_owned(),
        None if facts.duration > 0.0 => format!("anullsrc=r=48000:cl=stereo,atrim=end={:.6}", facts.duration),
        None => "anullsrc=r=48000:cl=stereo".to_owned(),
    };
    let labels: String = (0..copies).map(|at| format!("[a{at}]")).collect();
    format!("{source},asplit={copies}{labels}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::programs::colours::{Colours, ToldColours};

    fn colours(pixels: &str) -> Colours {
        Colours::of(ToldColours {
            pixels,
            size: (642, 362),
            ..ToldColours::default()
        })
    }

    fn facts() -> MovieFacts {
        MovieFacts {
            width: 642,
            height: 362,
            aspect: 642.0 / 362.0,
            duration: 2.0,
            rate: Some(24.0),
            channels: Some(2),
            is_hdr: false,
            colours: colours("yuv420p"),
        }
    }

    fn words(facts: &MovieFacts, high: bool, light: Light) -> String {
        let asked =
            MovieDemands::read(&json!({"fps": "23.976"}), Some("1920x1080"), None).with(Bitrates { high: 28, low: 6 });
        let definitions = Definitions {
            high: high.then(|| "/high.mp4".into()),
            low: "/low.mp4".into(),
        };
        let encoder = Encoder {
            preset: "medium",
            buffer: 1.5,
            patience: Duration::ZERO,
            encoded: &|_| {},
        };
        let arguments = arguments(facts, &asked, &definitions, &encoder, "2", light);
        arguments
            .iter()
            .map(|argument| argument.to_string_lossy())
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn both_definitions_are_made_at_once() {
        let told = words(&facts(), true, Light::AsItIs);
        assert!(
            told.contains(
                "scale=1920:1080:force_original_aspect_ratio=decrease:force_divisible_by=2:out_color_matrix=bt709:flags=bicubic\
                 +accurate_rnd+full_chroma_int+full_chroma_inp,pad=1920:1080"
            ),
            "{told}"
        );
        assert!(
            told.contains("[half]scale=1280:720,setsar=1[v1];[0:a:0]anull,asplit=2[a0][a1]"),
            "{told}"
        );
        assert!(
            told.contains("-preset medium") && told.contains("-b:v 28M -maxrate 28M -bufsize 42000k -r 23.976"),
            "{told}"
        );
        assert!(told.contains("-b:v 6M -maxrate 6M -bufsize 9000k -r 23.976"), "{told}");
        assert!(
            told.contains("file:/high.mp4 -map [v1]") && told.ends_with("file:/low.mp4") && !told.contains("-shortest"),
            "{told}"
        );
    }

    #[test]
    fn low_definition_may_be_alone() {
        let told = words(&facts(), false, Light::AsItIs);
        assert!(
            told.contains("pad=1280:720:(ow-iw)/2:(oh-ih)/2,setsar=1,setparams=colorspace=bt709:")
                && told.contains(",fps=23.976[v0];[0:a:0]anull,asplit=1[a0]"),
            "{told}"
        );
        assert!(!told.contains("28M") && told.ends_with("file:/low.mp4"), "{told}");
    }

    #[test]
    fn silence_is_as_long_as_the_movie() {
        let silent = MovieFacts {
            channels: None,
            ..facts()
        };
        assert!(words(&silent, true, Light::AsItIs).contains("anullsrc=r=48000:cl=stereo,atrim=end=2.000000,asplit=2"));
        let endless = MovieFacts {
            duration: 0.0,
            ..silent
        };
        assert!(words(&endless, true, Light::AsItIs).contains("-c:a aac -shortest"));
        assert!(
            words(
                &MovieFacts {
                    channels: Some(16),
                    ..facts()
                },
                true,
                Light::AsItIs
            )
            .contains("pan=stereo|c0=c0|c1=c1")
        );
    }

    #[test]
    fn the_shortest_movie_has_a_frame() {
        let flash = MovieFacts {
            duration: 0.008,
            ..facts()
        };
        assert!(words(&flash, true, Light::AsItIs).contains(",fps=23.976:eof_action=pass,split=2"));
        assert!(words(&facts(), true, Light::AsItIs).contains(",fps=23.976,split=2"));
    }

    #[test]
    fn light_and_colours_are_brought_to_those_of_a_screen() {
        assert!(
            words(&facts(), true, Light::Adapted).contains("[0:V:0]setparams=colorspace=smpte170m,zscale=t=linear")
        );
        let rgb = MovieFacts {
            colours: colours("gbrp"),
            ..facts()
        };
        assert!(words(&rgb, true, Light::AsItIs).contains("[0:V:0]scale="));
        assert!(words(&rgb, true, Light::AsItIs).contains("setparams=colorspace=bt709:color_primaries=bt709"));
    }
}
