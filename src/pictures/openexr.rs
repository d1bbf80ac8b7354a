//! Pictures in OpenEXR: the first layer with colours, in the window that is to be shown.
//!
//! The library `image` reads them too, but as four floats a pixel that it holds twice; it finds no layers within a part, and leaves
//! the primaries of the light alone. So `exr`, which it builds on, is called from here.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use exr::block::reader::Reader;
use exr::meta::MetaData;
use exr::meta::header::Header;
use exr::prelude::{ReadChannels, ReadLayers, ReadSpecificChannel, Text, Vec2, read};
use image::error::{DecodingError, ImageFormatHint};
use image::{ColorType, ImageDecoder, ImageError, ImageFormat, ImageResult};

use super::PictureError;
use super::decode::{AROUND_PIXELS, Bounds, unreadable};
use super::light::{Primaries, shade, share};

/// Beginning of every file.
pub(super) const SIGNATURE: &[u8] = &[0x76, 0x2f, 0x31, 0x01];

/// Bytes of a pixel while a line is read: the light of four channels.
const LINE_PIXEL: u64 = 16;
/// Bytes for each block of a file: its place, twice.
const BLOCK_PLACE: u64 = 16;

/// Decoder that gives the colours of a screen.
pub(super) struct ExrDecoder {
    reader: Reader<BufReader<File>>,
    width: u32,
    height: u32,
    canvas: Canvas,
    colours: Colours,
    alpha: Text,
    beside: u64,
}

/// Channels with the colours of a layer.
enum Colours {
    Rgb([Text; 3]),
    /// Brightness alone.
    Grey(Text),
}

impl ExrDecoder {
    /// Reads the header of a file.
    ///
    /// # Errors
    /// The file is no such picture, or is too large.
    pub(super) fn open(path: &Path, bounds: Bounds) -> Result<Self, PictureError> {
        // Its decoder keeps all that is told beside the pixels, however long it is.
        MetaData::read_from_buffered(BufReader::new(File::open(path)?.take(AROUND_PIXELS)), false)
            .map_err(broken)
            .map_err(unreadable)?;
        let reader = exr::block::read(BufReader::new(File::open(path)?), false)
            .map_err(broken)
            .map_err(unreadable)?;
        let refused = |why: &str| PictureError::Unreadable(why.to_owned());
        let Some((header, prefix, colours)) = shown(reader.headers()) else {
            return Err(refused("it has no channels with colours"));
        };
        if header
            .channels
            .list
            .iter()
            .any(|channel| channel.sampling != Vec2(1, 1))
        {
            return Err(refused("its colours have fewer samples than pixels"));
        }
        let window = header.shared_attributes.display_window;
        let side = |pixels: usize| u32::try_from(pixels).ok().filter(|pixels| *pixels > 0);
        let (Some(width), Some(height)) = (side(window.size.width()), side(window.size.height())) else {
            return Err(refused("it has no size"));
        };
        if area(header.layer_size) > bounds.pixels {
            return Err(bounds.too_large());
        }
        let alpha = format!("{prefix}A");
        let canvas = Canvas::of(header, has(header, &alpha));
        let beside = beside(reader.headers());
        Ok(Self {
            width,
            height,
            canvas,
            colours,
            alpha: name(&alpha),
            beside,
            reader,
        })
    }

    /// Bytes that it takes beside the picture that it gives.
    pub(super) fn beside(&self) -> u64 {
        self.beside.saturating_add(self.total_bytes())
    }
}

fn broken(error: exr::error::Error) -> ImageError {
    ImageError::Decoding(DecodingError::new(ImageFormatHint::Exact(ImageFormat::OpenExr), error))
}

fn area(size: Vec2<usize>) -> u64 {
    let [width, height] = [size.width(), size.height()].map(|side| side as u64);
    width.saturating_mul(height)
}

/// Bytes of the largest block, packed, unpacked and sorted, of the widest line of pixels, and of the places of all blocks. A block
/// of any part may stand where one of the shown part should: each says by itself which part it is of.
fn beside(headers: &[Header]) -> u64 {
    let largest = |bytes: fn(&Header) -> u64| headers.iter().map(bytes).max().unwrap_or_default();
    let block =
        largest(|header| area(header.max_block_pixel_size()).saturating_mul(header.channels.bytes_per_pixel as u64));
    let line = largest(|header| (header.layer_size.width() as u64).saturating_mul(LINE_PIXEL));
    let blocks: u64 = headers.iter().map(|header| header.chunk_count as u64).sum();
    block
        .saturating_mul(3)
        .saturating_add(line)
        .saturating_add(blocks.saturating_mul(BLOCK_PLACE))
}

fn has(header: &Header, name: &str) -> bool {
    header.channels.list.iter().any(|channel| channel.name.eq(name))
}

/// The layer whose colours are shown, what the names of its channels begin with, and these: colours without a layer before those of
/// the finished picture, and these before those of any other layer; brightness where there are no colours.
fn shown(headers: &[Header]) -> Option<(&Header, String, Colours)> {
    let layers = headers.iter().flat_map(|header| {
        prefixes(header, &["R", "G", "B"])
            .into_iter()
            .map(move |prefix| (header, prefix))
    });
    if let Some((header, prefix)) = layers.min_by_key(|(_, prefix)| distance(prefix)) {
        let names = ["R", "G", "B"].map(|channel| name(&format!("{prefix}{channel}")));
        return Some((header, prefix, Colours::Rgb(names)));
    }
    let mut layers = headers
        .iter()
        .flat_map(|header| prefixes(header, &["Y"]).into_iter().map(move |prefix| (header, prefix)));
    let (header, prefix) = layers.next()?;
    let grey = name(&format!("{prefix}Y"));
    Some((header, prefix, Colours::Grey(grey)))
}

/// Beginnings of the names of channels that a layer has, with all these endings.
fn prefixes(header: &Header, endings: &[&str]) -> Vec<String> {
    let names: Vec<String> = header
        .channels
        .list
        .iter()
        .map(|channel| channel.name.to_string())
        .collect();
    let first = endings.first().copied().unwrap_or_default();
    let begins = names.iter().filter_map(|name| name.strip_suffix(first));
    begins
        .filter(|prefix| prefix.is_empty() || prefix.ends_with('.'))
        .filter(|prefix| {
            endings
                .iter()
                .all(|ending| names.contains(&format!("{prefix}{ending}")))
        })
        .map(str::to_owned)
        .collect()
}

/// Distance of a layer from the one that is the picture, by its name.
fn distance(prefix: &str) -> u8 {
    let name = prefix.to_lowercase();
    if name.is_empty() {
        0
    } else if ["combined", "beauty", "rgba"].iter().any(|word| name.contains(word)) {
        1
    } else {
        2
    }
}

/// The name of a channel, which was one before.
fn name(text: &str) -> Text {
    Text::new_or_none(text).unwrap_or_default()
}

impl ImageDecoder for ExrDecoder {
    fn dimensions(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    fn color_type(&self) -> ColorType {
        if self.canvas.channels == 4 {
            ColorType::Rgba8
        } else {
            ColorType::Rgb8
        }
    }

    fn read_image(self, content: &mut [u8]) -> ImageResult<()> {
        let Self {
            reader,
            canvas,
            colours,
            alpha,
            ..
        } = self;
        let length = content.len();
        let pixels = match colours {
            Colours::Rgb(channels) => read_light(reader, channels, alpha, canvas, length)?,
            Colours::Grey(channel) => read_brightness(reader, channel, alpha, canvas, length)?,
        };
        content.copy_from_slice(&pixels);
        Ok(())
    }

    fn read_image_boxed(self: Box<Self>, content: &mut [u8]) -> ImageResult<()> {
        (*self).read_image(content)
    }
}

/// Pixels of a layer with three colours, in so many bytes. One block at a time takes little memory.
fn read_light(
    reader: Reader<BufReader<File>>,
    [red, green, blue]: [Text; 3],
    alpha: Text,
    canvas: Canvas,
    length: usize,
) -> ImageResult<Vec<u8>> {
    let picture = read()
        .no_deep_data()
        .largest_resolution_level()
        .specific_channels()
        .required::<f32>(red)
        .required::<f32>(green)
        .required::<f32>(blue)
        .optional(alpha, 1.0_f32)
        .collect_pixels(
            move |_size, _channels| vec![0_u8; length],
            move |pixels, place, (red, green, blue, alpha): (f32, f32, f32, f32)| {
                canvas.set(pixels, place, [red, green, blue], alpha);
            },
        )
        .first_valid_layer()
        .all_attributes()
        .non_parallel()
        .from_chunks(reader)
        .map_err(broken)?;
    Ok(picture.layer_data.channel_data.pixels)
}

/// Pixels of a layer with brightness alone, in so many bytes. One block at a time takes little memory.
fn read_brightness(
    reader: Reader<BufReader<File>>,
    grey: Text,
    alpha: Text,
    canvas: Canvas,
    length: usize,
) -> ImageResult<Vec<u8>> {
    let picture = read()
        .no_deep_data()
        .largest_resolution_level()
        .specific_channels()
        .required::<f32>(grey)
        .optional(alpha, 1.0_f32)
        .collect_pixels(
            move |_size, _channels| vec![0_u8; length],
            move |pixels, place, (light, alpha): (f32, f32)| {
                canvas.set(pixels, place, [light; 3], alpha);
            },
        )
        .first_valid_layer()
        .all_attributes()
        .non_parallel()
        .from_chunks(reader)
        .map_err(broken)?;
    Ok(picture.layer_data.channel_data.pixels)
}

/// The picture, and the place of the layer in it. What lies outside of it is cut; what the layer leaves open is empty.
#[derive(Clone, Copy)]
struct Canvas {
    width: usize,
    height: usize,
    /// Pixels from the left edge of the picture to that of the layer, and from its top to that of the layer.
    left: i64,
    top: i64,
    channels: usize,
    primaries: Option<Primaries>,
}

impl Canvas {
    /// The canvas of a layer.
    fn of(header: &Header, has_alpha: bool) -> Self {
        let window = header.shared_attributes.display_window;
        let corner = header.own_attributes.layer_position;
        Self {
            width: window.size.width(),
            height: window.size.height(),
            left: i64::from(corner.x()) - i64::from(window.position.x()),
            top: i64::from(corner.y()) - i64::from(window.position.y()),
            channels: if has_alpha { 4 } else { 3 },
            primaries: header.shared_attributes.chromaticities.and_then(|light| {
                let place = |at: Vec2<f32>| (at.x(), at.y());
                Primaries::of([light.red, light.green, light.blue, light.white].map(place))
            }),
        }
    }

    fn set(&self, pixels: &mut [u8], place: Vec2<usize>, light: [f32; 3], alpha: f32) {
        let (Some(x), Some(y)) = (
            moved(place.x(), self.left, self.width),
            moved(place.y(), self.top, self.height),
        ) else {
            return;
        };
        let first = (y * self.width + x) * self.channels;
        pixels[first..first + self.channels].copy_from_slice(&self.colour(light, alpha)[..self.channels]);
    }

    fn colour(&self, light: [f32; 3], alpha: f32) -> [u8; 4] {
        let light = self.primaries.map_or(light, |primaries| primaries.to_screen(light));
        // Light is kept as much of it as comes through. Where nothing does, it is a glow.
        let part = if self.channels == 4 && alpha > 0.0 {
            alpha.min(1.0)
        } else {
            1.0
        };
        let [red, green, blue] = light.map(|light| shade(light / part));
        [red, green, blue, share(alpha)]
    }
}

fn moved(pixel: usize, by: i64, size: usize) -> Option<usize> {
    let moved = i64::try_from(pixel).ok()?.checked_add(by)?;
    usize::try_from(moved).ok().filter(|pixel| *pixel < size)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use exr::math::RoundingMode;
    use exr::meta::BlockDescription;
    use exr::meta::attribute::{ChannelDescription, Chromaticities, LevelMode, LineOrder, SampleType, TileDescription};
    use exr::prelude::{
        AnyChannel, AnyChannels, Compression, Encoding, FlatSamples, Image, IntegerBounds, Layer, LayerAttributes,
        SmallVec, WritableImage, f16,
    };
    use image::{DynamicImage, Rgba, RgbaImage};

    use super::*;
    use crate::pictures::samples;

    const LIMIT: u64 = 10_000;
    const SIZE: (usize, usize) = (8, 4);

    /// A file with a layer of these channels at a place of the picture, each of one number.
    fn file(channels: &[(&str, f32)], at: (i32, i32), primaries: Option<Chromaticities>) -> Vec<u8> {
        let pixels = SIZE.0 * SIZE.1;
        let channel = |(name, light): &(&str, f32)| {
            // Some are halves, and some are whole.
            let samples = if name.ends_with('G') {
                FlatSamples::F16(vec![f16::from_f32(*light); pixels])
            } else {
                FlatSamples::F32(vec![*light; pixels])
            };
            AnyChannel::new(*name, samples)
        };
        let channels = AnyChannels::sort(SmallVec::from_vec(channels.iter().map(channel).collect()));
        let attributes = LayerAttributes::named("layer").with_position(Vec2(at.0, at.1));
        let mut picture = Image::from_layer(Layer::new(SIZE, attributes, Encoding::default(), channels));
        picture.attributes.display_window = IntegerBounds::new((0, 0), SIZE);
        picture.attributes.chromaticities = primaries;
        let mut content = Cursor::new(Vec::new());
        picture.write().to_buffered(&mut content).unwrap();
        content.into_inner()
    }

    fn decoded(channels: &[(&str, f32)], at: (i32, i32)) -> DynamicImage {
        samples::decoded(&file(channels, at, None), LIMIT).unwrap()
    }

    fn colour(picture: &DynamicImage, x: u32, y: u32) -> [u8; 4] {
        let pixels: RgbaImage = picture.to_rgba8();
        let Rgba(colour) = *pixels.get_pixel(x, y);
        colour
    }

    #[test]
    fn light_is_shown_with_what_comes_through() {
        let plain = decoded(&[("R", 0.18), ("G", 0.5), ("B", 7.0)], (0, 0));
        assert_eq!((plain.width(), plain.height(), plain.color()), (8, 4, ColorType::Rgb8));
        assert_eq!(colour(&plain, 3, 2), [118, 188, 255, 255]);
        let half = decoded(&[("R", 0.25), ("G", 0.25), ("B", 0.0), ("A", 0.5)], (0, 0));
        assert_eq!(colour(&half, 3, 2), [188, 188, 0, 128]);
        let grey = decoded(&[("Y", 0.5)], (0, 0));
        assert_eq!(colour(&grey, 3, 2), [188, 188, 188, 255]);
    }

    #[test]
    fn layers_are_cut_to_the_picture() {
        let moved = decoded(&[("R", 1.0), ("G", 0.0), ("B", 0.0), ("A", 1.0)], (5, -1));
        assert_eq!((moved.width(), moved.height()), (8, 4));
        assert_eq!(colour(&moved, 4, 0), [0; 4]);
        assert_eq!(colour(&moved, 5, 0), [255, 0, 0, 255]);
        assert_eq!(colour(&moved, 7, 3), [0; 4]);
    }

    #[test]
    fn the_finished_layer_is_found() {
        let layers = [
            ("main.Albedo.R", 0.0),
            ("main.Albedo.G", 0.0),
            ("main.Albedo.B", 1.0),
            ("main.Combined.R", 1.0),
            ("main.Combined.G", 0.0),
            ("main.Combined.B", 0.0),
            ("main.Combined.A", 1.0),
            ("main.Depth.Z", 10.0),
        ];
        assert_eq!(colour(&decoded(&layers, (0, 0)), 1, 1), [255, 0, 0, 255]);
        assert_eq!(colour(&decoded(&layers[..3], (0, 0)), 1, 1), [0, 0, 255, 255]);
        let depth = samples::decoded(&file(&layers[7..], (0, 0), None), LIMIT).unwrap_err();
        assert!(matches!(depth, PictureError::Unreadable(_)), "{depth:?}");
    }

    #[test]
    fn wide_primaries_are_brought_to_the_screen() {
        let primaries = Chromaticities {
            red: Vec2(0.713, 0.293),
            green: Vec2(0.165, 0.830),
            blue: Vec2(0.128, 0.044),
            white: Vec2(0.32168, 0.33767),
        };
        let content = file(&[("R", 0.2), ("G", 0.4), ("B", 0.2)], (0, 0), Some(primaries));
        let wide = colour(&samples::decoded(&content, LIMIT).unwrap(), 1, 1);
        let [red, green, blue, _] = colour(&decoded(&[("R", 0.2), ("G", 0.4), ("B", 0.2)], (0, 0)), 1, 1);
        assert!(wide[0] < red && wide[1] > green && wide[2] < blue, "{wide:?}");
    }

    #[test]
    fn sizes_beyond_the_limit_and_broken_files_are_refused() {
        let content = file(&[("R", 0.0), ("G", 0.0), ("B", 0.0)], (0, 0), None);
        let large = samples::decoded(&content, 31).unwrap_err();
        assert!(matches!(large, PictureError::TooLarge { pixels: 31, .. }), "{large:?}");
        for end in [4, 40, content.len() - 5] {
            let broken = samples::decoded(&content[..end], LIMIT).unwrap_err();
            assert!(broken.is_fault_of_input(), "{end}: {broken:?}");
        }
        // The first attribute follows the signature and the release.
        let long = vec![b'-'; AROUND_PIXELS as usize];
        let note = [&b"note\0string\0"[..], &(long.len() as u32).to_le_bytes(), &long[..]].concat();
        let talkative = [&content[..8], &note[..], &content[8..]].concat();
        let refused = samples::decoded(&talkative, LIMIT).unwrap_err();
        assert!(matches!(refused, PictureError::Unreadable(_)), "{refused:?}");
    }

    #[test]
    fn every_part_counts_for_the_memory_that_blocks_take() {
        let part = |size: (usize, usize), tile: usize| {
            let tiles = TileDescription {
                tile_size: Vec2(tile, tile),
                level_mode: LevelMode::Singular,
                rounding_mode: RoundingMode::Down,
            };
            let channels = SmallVec::from_vec(vec![ChannelDescription::named("Y", SampleType::F16)]);
            let blocks = BlockDescription::Tiles(tiles);
            Header::new(name("part"), size, channels).with_encoding(Compression::ZIP16, blocks, LineOrder::Increasing)
        };
        let small = part((8, 4), 8);
        let few = 8 * 8 * 2 * 3 + 8 * LINE_PIXEL + BLOCK_PLACE;
        assert_eq!(beside(std::slice::from_ref(&small)), few);
        assert!(beside(&[small, part((1_000_000, 1_000_000), 1_000_000)]) > 2_000_000_000_000);
    }
}
