//! Pictures in Radiance HDR.

use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::Path;

use image::codecs::hdr::HdrDecoder;
use image::{ColorType, ImageDecoder, ImageResult};

use super::PictureError;
use super::decode::unreadable;
use super::light::shade;

/// Beginning of a file. Some programs write another word behind it than the usual one.
pub(super) const SIGNATURE: &[u8] = b"#?";

/// Most bytes of the text before the pixels: the decoder keeps each line of it.
const MOST_TEXT: u64 = 64 * 1024;
/// Bytes of the light of a pixel.
const LIGHT: usize = 12;

/// The decoder of a file, which gives light.
///
/// # Errors
/// The file is no such picture.
pub(super) fn light(path: &Path) -> Result<HdrDecoder<BufReader<File>>, PictureError> {
    let mut reader = BufReader::new(File::open(path)?);
    let mut text = Vec::new();
    reader.by_ref().take(MOST_TEXT).read_to_end(&mut text)?;
    let size = text
        .windows(2)
        .position(|letters| letters == b"\n\n")
        .map(|end| &text[end + 2..]);
    if !size.is_some_and(|size| size.contains(&b'\n')) {
        return Err(PictureError::Unreadable("it tells no size".into()));
    }
    reader.rewind()?;
    // Files of some programs begin with another signature than the standard one.
    HdrDecoder::new_nonstrict(reader).map_err(unreadable)
}

/// Decoder that gives the colours of a screen.
pub(super) struct RadianceDecoder(HdrDecoder<BufReader<File>>);

impl RadianceDecoder {
    /// Reads the header of a file.
    ///
    /// # Errors
    /// The file is no such picture.
    pub(super) fn open(path: &Path) -> Result<Self, PictureError> {
        light(path).map(Self)
    }

    /// Bytes that it takes beside the picture that it gives.
    pub(super) fn beside(&self) -> u64 {
        self.0.total_bytes()
    }
}

impl ImageDecoder for RadianceDecoder {
    fn dimensions(&self) -> (u32, u32) {
        self.0.dimensions()
    }

    fn color_type(&self) -> ColorType {
        ColorType::Rgb8
    }

    fn read_image(self, content: &mut [u8]) -> ImageResult<()> {
        let mut light = vec![0; content.len() / 3 * LIGHT];
        self.0.read_image(&mut light)?;
        for (shown, light) in content.iter_mut().zip(light.as_chunks::<4>().0) {
            *shown = shade(f32::from_ne_bytes(*light));
        }
        Ok(())
    }

    fn read_image_boxed(self: Box<Self>, content: &mut [u8]) -> ImageResult<()> {
        (*self).read_image(content)
    }
}

#[cfg(test)]
mod tests {
    use image::codecs::hdr::HdrEncoder;
    use image::{Rgb, Rgb32FImage};

    use super::*;
    use crate::pictures::samples;

    #[test]
    fn light_is_shown_as_on_a_screen() {
        let light = Rgb32FImage::from_pixel(16, 8, Rgb([0.5, 8.0, 0.0]));
        let light: Vec<_> = light.pixels().copied().collect();
        let mut content = Vec::new();
        HdrEncoder::new(&mut content).encode(&light, 16, 8).unwrap();
        let picture = samples::decoded(&content, 1000).unwrap();
        assert_eq!(
            (picture.width(), picture.height(), picture.color()),
            (16, 8, ColorType::Rgb8)
        );
        assert_eq!(picture.into_rgb8().get_pixel(9, 5).0, [188, 255, 0]);
        let large = samples::decoded(&content, 100).unwrap_err();
        assert!(matches!(large, PictureError::TooLarge { .. }), "{large:?}");
    }

    #[test]
    fn a_text_without_an_end_is_not_kept() {
        let mut content = b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe".to_vec();
        for end in [&b""[..], &[b'x'; 200_000], b"\n\n-Y 8 +X 8"] {
            content.extend(end);
            let refused = samples::decoded(&content, 1000).unwrap_err();
            assert!(refused.is_fault_of_input(), "{refused:?}");
        }
    }
}
