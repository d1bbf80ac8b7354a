//! Facts that stand before the flat picture of a Photoshop file: its kind, size, colours and profile.

use std::io::{self, Read, Seek, SeekFrom};

use image::ColorType;

use super::SIGNATURE;
use crate::pictures::decode::AROUND_PIXELS;

/// Number of the block with the colour profile, and of the one that tells whether there is a flat picture.
pub(super) const PROFILE: u16 = 1039;
pub(super) const VERSION: u16 = 1057;
/// Most blocks of facts that are looked through.
const MOST_FACTS: usize = 10_000;
/// Bytes of the colours of an indexed picture.
pub(super) const PALETTE: usize = 768;

/// Meaning of the channels of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Black and white, a bit each.
    Bitmap,
    Grey,
    Indexed,
    Rgb,
    Inks,
}

/// Facts that stand before the flat picture.
pub(super) struct Heading {
    /// True if it is the format for large pictures.
    pub(super) is_large: bool,
    pub(super) mode: Mode,
    /// Bits of a sample: 1, 8, 16 or 32.
    pub(super) depth: u16,
    pub(super) width: u32,
    pub(super) height: u32,
    /// Channels that are stored.
    pub(super) stored: u32,
    pub(super) has_alpha: bool,
    pub(super) palette: Vec<u8>,
    pub(super) profile: Option<Vec<u8>>,
}

impl Heading {
    /// Reads all that stands before the flat picture.
    pub(super) fn read(reader: &mut (impl Read + Seek)) -> io::Result<Self> {
        let signature: [u8; 4] = number(reader)?;
        let is_large = match u16::from_be_bytes(number(reader)?) {
            1 if signature == SIGNATURE => false,
            2 if signature == SIGNATURE => true,
            _ => return Err(wrong("it is of no known release")),
        };
        let _reserved: [u8; 6] = number(reader)?;
        let stored = u32::from(u16::from_be_bytes(number(reader)?));
        let height = u32::from_be_bytes(number(reader)?);
        let width = u32::from_be_bytes(number(reader)?);
        let depth = u16::from_be_bytes(number(reader)?);
        let mode = match (u16::from_be_bytes(number(reader)?), depth) {
            (0, 1) => Mode::Bitmap,
            (1 | 8, 8 | 16 | 32) => Mode::Grey,
            (2, 8) => Mode::Indexed,
            (3, 8 | 16 | 32) => Mode::Rgb,
            (4, 8 | 16) => Mode::Inks,
            _ => return Err(wrong("its colours are of no known kind")),
        };
        let palette = section(reader, PALETTE)?;
        if mode == Mode::Indexed && palette.len() < PALETTE {
            return Err(wrong("it has no table of colours"));
        }
        let profile = facts(reader)?;
        let layers = length(reader, is_large)?;
        let end = reader.stream_position()?.saturating_add(layers);
        let shows_through = layers > 0 && shows_through(reader, is_large)?;
        reader.seek(SeekFrom::Start(end))?;
        if width == 0 || height == 0 || stored < colours(mode) {
            return Err(wrong("it has no pixels"));
        }
        let has_alpha = shows_through && stored > colours(mode) && matches!(mode, Mode::Grey | Mode::Rgb);
        Ok(Self {
            is_large,
            mode,
            depth,
            width,
            height,
            stored,
            has_alpha,
            palette,
            profile,
        })
    }

    /// Channels that the picture needs of those that are stored.
    pub(super) fn channels(&self) -> u32 {
        colours(self.mode) + u32::from(self.has_alpha)
    }

    /// Bytes of a row of one channel.
    pub(super) fn row(&self) -> usize {
        (u64::from(self.width) * u64::from(self.depth)).div_ceil(8) as usize
    }

    /// The form of the picture that is made.
    pub(super) fn color_type(&self) -> ColorType {
        match (self.mode, self.depth, self.has_alpha) {
            (Mode::Grey, 16, false) => ColorType::L16,
            (Mode::Grey, 16, true) => ColorType::La16,
            (Mode::Grey, _, true) => ColorType::La8,
            (Mode::Grey | Mode::Bitmap, ..) => ColorType::L8,
            (Mode::Rgb, 16, false) => ColorType::Rgb16,
            (Mode::Rgb, 16, true) => ColorType::Rgba16,
            (Mode::Rgb, _, true) => ColorType::Rgba8,
            (Mode::Rgb | Mode::Indexed | Mode::Inks, ..) => ColorType::Rgb8,
        }
    }
}

/// Channels of the colours.
fn colours(mode: Mode) -> u32 {
    match mode {
        Mode::Bitmap | Mode::Grey | Mode::Indexed => 1,
        Mode::Rgb => 3,
        Mode::Inks => 4,
    }
}

/// The error of a file that can't be read.
pub(super) fn wrong(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

/// Bytes of a number.
pub(super) fn number<const N: usize>(reader: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    reader.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// Goes on so many bytes later.
pub(super) fn skip(reader: &mut impl Seek, bytes: u64) -> io::Result<()> {
    reader.seek_relative(i64::try_from(bytes).map_err(|_| wrong("a part is too long"))?)
}

/// Length of a part, which has twice as many bytes in the format for large pictures.
fn length(reader: &mut impl Read, is_large: bool) -> io::Result<u64> {
    Ok(if is_large {
        u64::from_be_bytes(number(reader)?)
    } else {
        u32::from_be_bytes(number(reader)?).into()
    })
}

/// Reads a part whose length stands before it: no more of it than so many bytes.
fn section(reader: &mut (impl Read + Seek), most: usize) -> io::Result<Vec<u8>> {
    let length = u32::from_be_bytes(number(reader)?);
    let mut content = vec![0; most.min(length as usize)];
    reader.read_exact(&mut content)?;
    skip(reader, u64::from(length) - content.len() as u64)?;
    Ok(content)
}

/// Reads the facts about a picture, and gives its colour profile.
fn facts(reader: &mut (impl Read + Seek)) -> io::Result<Option<Vec<u8>>> {
    let length = u32::from_be_bytes(number(reader)?);
    let end = reader.stream_position()? + u64::from(length);
    let mut profile = None;
    for _ in 0..MOST_FACTS {
        if reader.stream_position()?.saturating_add(12) > end {
            break;
        }
        let _signature: [u8; 4] = number(reader)?;
        let kind = u16::from_be_bytes(number(reader)?);
        let [name] = number(reader)?;
        // The name, with its length, takes an even number of bytes, and so does what follows.
        skip(reader, u64::from(name | 1))?;
        let size = u32::from_be_bytes(number(reader)?);
        let padded = u64::from(size) + u64::from(size % 2);
        match kind {
            PROFILE if u64::from(size) <= AROUND_PIXELS => {
                let mut content = vec![0; size as usize];
                reader.read_exact(&mut content)?;
                profile = Some(content);
                skip(reader, padded - u64::from(size))?;
            }
            VERSION if size >= 5 => {
                let [.., has_picture] = number::<5>(reader)?;
                if has_picture == 0 {
                    return Err(wrong("it was saved without a flat picture"));
                }
                skip(reader, padded - 5)?;
            }
            _ => skip(reader, padded)?,
        }
    }
    reader.seek(SeekFrom::Start(end))?;
    Ok(profile)
}

/// True if the flat picture shows through: the number of layers is told as a negative one then.
fn shows_through(reader: &mut impl Read, is_large: bool) -> io::Result<bool> {
    Ok(length(reader, is_large)? >= 2 && i16::from_be_bytes(number(reader)?) < 0)
}
