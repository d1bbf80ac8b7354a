//! All frames of a movie in one picture, for players that show where the pointer is. Players work out by themselves where
//! a frame is, so the layout is fixed.

use std::path::Path;

use super::probe::MovieFacts;
use super::write_picture;
use crate::app::App;
use crate::programs::ProgramError;

/// Height of a cell in pixels.
const HEIGHT: u32 = 100;
const COLUMNS: u32 = 8;
/// Most rows. A longer movie is shown by every second frame, or every third, and so on.
const MOST_ROWS: u32 = 480;
/// Widest cell in pixels.
const WIDEST: u32 = 2000;

/// Places of the frames in the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct TileLayout {
    cell_width: u32,
    rows: u32,
    /// Every so-many-th frame is there.
    step: u32,
}

impl TileLayout {
    fn of(facts: &MovieFacts, rate: f64) -> Self {
        // Half a frame is no frame, but one less than a whole by rounding is.
        let frames = (facts.duration * rate + 0.01).floor().clamp(1.0, f64::from(u32::MAX)) as u32;
        let cell_width = (f64::from(HEIGHT) * facts.aspect).ceil().clamp(1.0, f64::from(WIDEST)) as u32;
        let step = frames.div_ceil(MOST_ROWS * COLUMNS);
        Self {
            cell_width,
            rows: frames.div_ceil(step).div_ceil(COLUMNS),
            step,
        }
    }
}

/// Writes the picture as PNG. `rate` counts where the movie does not say its own.
///
/// # Errors
/// The movie can't be read, or there is no program to read it with.
pub(in crate::previews) async fn write_tiles(
    app: &App,
    movie: &Path,
    facts: &MovieFacts,
    rate: f64,
    picture: &Path,
) -> Result<(), ProgramError> {
    let TileLayout { cell_width, rows, step } = TileLayout::of(facts, facts.rate.unwrap_or(rate));
    let every = if step > 1 {
        format!("select=not(mod(n\\,{step})),")
    } else {
        String::new()
    };
    let known = facts.colours.known();
    let filter = format!("{known}{every}scale={cell_width}:{HEIGHT},setsar=1,tile={COLUMNS}x{rows}");
    if write_picture(app, &["-threads", "1"], movie, &filter, picture).await? {
        Ok(())
    } else {
        Err(ProgramError::Unreadable("it has no frame".into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::programs::colours::{Colours, ToldColours};

    fn layout(duration: f64, rate: f64, aspect: f64) -> (u32, u32, u32) {
        let facts = MovieFacts {
            width: 1920,
            height: 1080,
            aspect,
            duration,
            rate: None,
            channels: None,
            is_hdr: false,
            colours: Colours::of(ToldColours::default()),
        };
        let TileLayout { cell_width, rows, step } = TileLayout::of(&facts, rate);
        (cell_width, rows, step)
    }

    #[test]
    fn frames_are_where_players_look_for_them() {
        let wide = 16.0 / 9.0;
        assert_eq!(layout(2.0, 25.0, wide), (178, 7, 1));
        assert_eq!(layout(2.002, 24_000.0 / 1001.0, wide), (178, 6, 1));
        assert_eq!(layout(0.0, 25.0, 1.0), (100, 1, 1));
        assert_eq!(layout(3840.0 / 25.0, 25.0, wide), (178, 480, 1));
        assert_eq!(layout(4000.0 / 25.0, 25.0, wide), (178, 250, 2));
        assert_eq!(layout(1.0, 25.0, 1e9), (2000, 4, 1));
    }
}
