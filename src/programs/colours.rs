//! Colours of movies. A file may keep to itself what the numbers of its pixels mean; players guess it then by the size of the
//! pictures. What is made of such a movie may have another size, so that the guess about the movie itself is made here, once,
//! and written into what is made.

/// Beginnings of the names of pixel formats that are red, green and blue.
const RGB_FORMATS: [&str; 8] = ["rgb", "bgr", "gbr", "argb", "abgr", "0rgb", "0bgr", "pal8"];
/// Least sides of pictures that players take for high definition.
const HIGH_DEFINITION: (i32, i32) = (1280, 720);

/// Way in which numbers stand for colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Coding {
    /// Red, green and blue.
    Rgb,
    /// High definition: BT.709.
    High,
    /// Standard definition: BT.601.
    Standard,
    /// Wide colours: BT.2020.
    Wide,
    /// Any other that the file tells.
    Other,
}

/// Meaning of the numbers of a movie's pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colours {
    coding: Coding,
    /// True if the file tells it.
    is_told: bool,
}

/// Facts about the colours of a movie in the words of `ffprobe`.
#[derive(Clone, Copy, Debug, Default)]
pub struct ToldColours<'a> {
    /// Format of the pixels.
    pub pixels: &'a str,
    /// Coding of colours.
    pub space: &'a str,
    /// Primary colours.
    pub primaries: &'a str,
    /// Width and height of the pictures.
    pub size: (i32, i32),
}

impl Colours {
    /// The meaning that a movie tells, or else the one that players guess.
    #[must_use]
    pub fn of(told: ToldColours<'_>) -> Self {
        if RGB_FORMATS.iter().any(|name| told.pixels.starts_with(name)) {
            return Self {
                coding: Coding::Rgb,
                is_told: false,
            };
        }
        let told_coding = match told.space {
            "bt709" => Some(Coding::High),
            "smpte170m" | "bt470bg" => Some(Coding::Standard),
            "bt2020nc" => Some(Coding::Wide),
            // Some editors say that colours are red, green and blue when they are not.
            "" | "unknown" | "unspecified" | "reserved" | "gbr" => None,
            _ => Some(Coding::Other),
        };
        let coding = told_coding.unwrap_or(match told.primaries {
            "bt709" => Coding::High,
            "smpte170m" | "bt470bg" => Coding::Standard,
            "bt2020" => Coding::Wide,
            _ if told.size.0 >= HIGH_DEFINITION.0 || told.size.1 >= HIGH_DEFINITION.1 => Coding::High,
            _ => Coding::Standard,
        });
        Self {
            coding,
            is_told: told_coding.is_some(),
        }
    }

    /// True if the same numbers are the same colours, whether that is told or guessed.
    #[must_use]
    pub fn are_coded_like(self, other: Self) -> bool {
        self.coding == other.coding
    }

    /// Beginning of a chain of filters, by which those behind it know the coding.
    #[must_use]
    pub fn known(self) -> &'static str {
        match (self.is_told, self.coding) {
            (false, Coding::High) => "setparams=colorspace=bt709,",
            (false, Coding::Standard) => "setparams=colorspace=smpte170m,",
            (false, Coding::Wide) => "setparams=colorspace=bt2020nc,",
            _ => "",
        }
    }

    /// Options of a scaling that gives BT.709. A conversion rounds as exactly as it can, or greys become darker.
    #[must_use]
    pub fn scaled(self) -> &'static str {
        match self.coding {
            Coding::High => ":out_color_matrix=bt709",
            _ => ":out_color_matrix=bt709:flags=bicubic+accurate_rnd+full_chroma_int+full_chroma_inp",
        }
    }

    /// End of a chain of filters whose last scaling gave BT.709: it tells so, and which colours are meant.
    #[must_use]
    pub fn told(self) -> &'static str {
        match (self.is_told, self.coding) {
            (false, Coding::Rgb | Coding::High) => ",setparams=colorspace=bt709:color_primaries=bt709:color_trc=bt709",
            (false, Coding::Standard) => ",setparams=colorspace=bt709:color_primaries=smpte170m:color_trc=smpte170m",
            _ => ",setparams=colorspace=bt709",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colours(pixels: &str, space: &str, size: (i32, i32)) -> Colours {
        Colours::of(ToldColours {
            pixels,
            space,
            primaries: "",
            size,
        })
    }

    #[test]
    fn the_coding_is_told_or_guessed_by_the_size() {
        for (space, size, known) in [
            ("", (1920, 804), "setparams=colorspace=bt709,"),
            ("unknown", (1280, 536), "setparams=colorspace=bt709,"),
            ("", (720, 1280), "setparams=colorspace=bt709,"),
            ("", (720, 576), "setparams=colorspace=smpte170m,"),
            ("gbr", (1920, 1080), "setparams=colorspace=bt709,"),
            ("bt709", (640, 360), ""),
            ("bt2020nc", (640, 360), ""),
        ] {
            assert_eq!(colours("yuv420p", space, size).known(), known, "{space} {size:?}");
        }
        for (primaries, known) in [
            ("bt709", "setparams=colorspace=bt709,"),
            ("bt2020", "setparams=colorspace=bt2020nc,"),
        ] {
            let by_primaries = ToldColours {
                primaries,
                size: (640, 360),
                ..ToldColours::default()
            };
            assert_eq!(Colours::of(by_primaries).known(), known);
        }
    }

    #[test]
    fn a_guess_is_told_by_what_is_made_of_it() {
        let told = |pixels, space| colours(pixels, space, (640, 360)).told();
        assert_eq!(told("yuv420p", "smpte170m"), ",setparams=colorspace=bt709");
        assert!(told("yuv420p", "").ends_with("color_trc=smpte170m"));
        assert!(told("gbrp10le", "gbr").ends_with("color_trc=bt709"));
    }

    #[test]
    fn movies_are_coded_alike_whether_they_tell_it_or_not() {
        let (large, small) = ((1920, 1080), (640, 360));
        let told = colours("yuv420p", "bt709", small);
        assert!(told.are_coded_like(colours("yuv420p", "", large)));
        assert!(!told.are_coded_like(colours("yuv420p", "", small)));
        assert!(colours("yuv420p", "", small).are_coded_like(colours("yuv420p", "bt470bg", large)));
    }
}
