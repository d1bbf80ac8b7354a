//! The flat picture of Photoshop files (PSD and PSB), which lies behind their layers.
//!
//! No library reads what studios have: zune-psd 0.5 knows neither PSB nor packed pictures of 16 bits, gives up beyond four channels,
//! and looks at no colour profile; psd 0.3 and rawpsd 0.2 hold the whole file with all its layers in memory, 8 bits a channel.

mod heading;

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use image::error::{DecodingError, ImageFormatHint};
use image::{ColorType, ImageDecoder, ImageError, ImageResult};

use self::heading::{Heading, Mode, number, skip, wrong};
use super::PictureError;
use super::light::{shade, share};
use super::press::{InkConversion, mix};

/// Beginning of every file.
pub(super) const SIGNATURE: &[u8] = b"8BPS";

/// Decoder of the flat picture.
pub(super) struct PsdDecoder {
    heading: Heading,
    /// Stands before the flat picture.
    reader: BufReader<File>,
}

impl PsdDecoder {
    /// Reads all that stands before the flat picture.
    ///
    /// # Errors
    /// The file is no such picture, or is of a kind that is not known.
    pub(super) fn open(path: &Path) -> Result<Self, PictureError> {
        let mut reader = BufReader::new(File::open(path)?);
        let heading = Heading::read(&mut reader).map_err(|error| match error.kind() {
            // A place that no file reaches is an invalid input to the system.
            io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => {
                PictureError::Unreadable(error.to_string())
            }
            _ => error.into(),
        })?;
        Ok(Self { heading, reader })
    }

    /// Bytes that it takes beside the picture that it gives: inks, lengths of rows, and a row.
    pub(super) fn beside(&self) -> u64 {
        let Heading {
            width, height, mode, ..
        } = &self.heading;
        let (width, height) = (u64::from(*width), u64::from(*height));
        let inks = if *mode == Mode::Inks { 4 } else { 0 };
        let inks = width.saturating_mul(height).saturating_mul(inks);
        inks.saturating_add((width + height) * 32)
    }

    /// Reads the channels one after the other, row by row.
    fn each_row(&mut self, mut put: impl FnMut(usize, usize, &[u8])) -> io::Result<()> {
        let length = self.heading.row();
        let rows = self.heading.height as usize;
        let packed = match u16::from_be_bytes(number(&mut self.reader)?) {
            0 => None,
            1 => Some(self.packed_lengths()?),
            _ => return Err(wrong("it is packed in no known way")),
        };
        let mut row = vec![0; length];
        let mut bytes = Vec::new();
        for channel in 0..self.heading.channels() as usize {
            for y in 0..rows {
                match &packed {
                    None => self.reader.read_exact(&mut row)?,
                    Some(lengths) => {
                        let packed = lengths[channel * rows + y];
                        if packed > 2 * length + 256 {
                            return Err(wrong("a row is too long"));
                        }
                        bytes.resize(packed, 0);
                        self.reader.read_exact(&mut bytes)?;
                        unpack(&bytes, &mut row);
                    }
                }
                put(channel, y, &row);
            }
        }
        Ok(())
    }

    /// Lengths of the packed rows of the channels that are needed; the reader stands behind those of all.
    fn packed_lengths(&mut self) -> io::Result<Vec<usize>> {
        let Heading {
            height,
            stored,
            is_large,
            ..
        } = self.heading;
        let rows = u64::from(height);
        let needed = rows * u64::from(self.heading.channels());
        let mut lengths = Vec::new();
        for _ in 0..needed {
            lengths.push(if is_large {
                u32::from_be_bytes(number(&mut self.reader)?) as usize
            } else {
                u16::from_be_bytes(number(&mut self.reader)?).into()
            });
        }
        let left = rows * u64::from(stored) - needed;
        skip(&mut self.reader, left * if is_large { 4 } else { 2 })?;
        Ok(lengths)
    }

    /// Reads the picture as inks, and mixes them.
    fn read_inks(&mut self, content: &mut [u8]) -> io::Result<()> {
        let (width, step) = (self.heading.width as usize, usize::from(self.heading.depth / 8));
        let mut inks = vec![0; content.len() / 3 * 4];
        self.each_row(|channel, y, row| {
            let row = row.iter().step_by(step);
            // The file stores how much of an ink is missing.
            for (pixel, missing) in inks[y * width * 4..].chunks_exact_mut(4).zip(row) {
                pixel[channel] = 255 - missing;
            }
        })?;
        let conversion = self.heading.profile.as_deref().and_then(InkConversion::of);
        if conversion.is_none_or(|conversion| conversion.apply(&inks, content).is_err()) {
            mix(&inks, content);
        }
        Ok(())
    }

    /// Reads the picture as samples of its channels.
    fn read_samples(&mut self, content: &mut [u8]) -> io::Result<()> {
        let Heading {
            depth, mode, has_alpha, ..
        } = self.heading;
        let width = self.heading.width as usize;
        let channels = usize::from(self.color_type().channel_count());
        let bytes = usize::from(self.color_type().bytes_per_pixel()) / channels;
        let palette = std::mem::take(&mut self.heading.palette);
        self.each_row(|channel, y, row| {
            let line = &mut content[y * width * channels * bytes..][..width * channels * bytes];
            for (x, pixel) in line.chunks_exact_mut(channels * bytes).enumerate() {
                match (mode, depth) {
                    (Mode::Bitmap, _) => pixel[0] = if (row[x / 8] << (x % 8)) & 0x80 == 0 { 255 } else { 0 },
                    (Mode::Indexed, _) => {
                        let index = usize::from(row[x]);
                        pixel.copy_from_slice(&[0, 256, 512].map(|table| palette[table + index]));
                    }
                    (_, 16) => {
                        let sample = u16::from_be_bytes([row[2 * x], row[2 * x + 1]]);
                        pixel[2 * channel..][..2].copy_from_slice(&sample.to_ne_bytes());
                    }
                    (_, 32) => {
                        let light = f32::from_be_bytes([0, 1, 2, 3].map(|at| row[4 * x + at]));
                        let is_alpha = has_alpha && channel + 1 == channels;
                        pixel[channel] = if is_alpha { share(light) } else { shade(light) };
                    }
                    _ => pixel[channel] = row[x],
                }
            }
        })
    }
}

/// Unpacks a row: a byte tells how many follow as they are, or how often the next one is there. What is missing is nothing.
fn unpack(packed: &[u8], row: &mut [u8]) {
    row.fill(0);
    let (mut from, mut to) = (0, 0);
    while from < packed.len() && to < row.len() {
        let told = packed[from] as i8;
        from += 1;
        let count = usize::from(told.unsigned_abs()) + 1;
        if told >= 0 {
            let count = count.min(packed.len() - from).min(row.len() - to);
            row[to..to + count].copy_from_slice(&packed[from..from + count]);
            from += count;
            to += count;
        } else if told != i8::MIN {
            let count = count.min(row.len() - to);
            row[to..to + count].fill(packed.get(from).copied().unwrap_or_default());
            from += 1;
            to += count;
        }
    }
}

/// Takes the white away that lies below colours which show through.
fn without_white<T: Copy>(samples: &mut [T], channels: usize, white: f32, read: fn(T) -> f32, write: fn(f32) -> T) {
    for pixel in samples.chunks_exact_mut(channels) {
        let Some((alpha, colours)) = pixel.split_last_mut() else {
            continue;
        };
        let part = read(*alpha) / white;
        if part > 0.0 && part < 1.0 {
            for colour in colours {
                let own = (read(*colour) - (1.0 - part) * white) / part;
                *colour = write(own.clamp(0.0, white).round());
            }
        }
    }
}

impl ImageDecoder for PsdDecoder {
    fn dimensions(&self) -> (u32, u32) {
        (self.heading.width, self.heading.height)
    }

    fn color_type(&self) -> ColorType {
        self.heading.color_type()
    }

    /// Profile of the colours of a screen. A profile of inks is used up when the inks become such colours.
    fn icc_profile(&mut self) -> ImageResult<Option<Vec<u8>>> {
        let is_of_screen = self.heading.mode == Mode::Rgb && self.heading.depth < 32;
        Ok(self.heading.profile.clone().filter(|_| is_of_screen))
    }

    fn read_image(mut self, content: &mut [u8]) -> ImageResult<()> {
        let read = match self.heading.mode {
            Mode::Inks => self.read_inks(content),
            _ => self.read_samples(content),
        };
        // Half of it would be one colour without the others.
        read.map_err(|error| ImageError::Decoding(DecodingError::new(ImageFormatHint::Name("PSD".into()), error)))?;
        let channels = usize::from(self.color_type().channel_count());
        match (self.heading.has_alpha, self.heading.depth) {
            (true, 8) => without_white(content, channels, 255.0, f32::from, |sample| sample as u8),
            (true, 16) => {
                let samples = content.as_chunks_mut::<2>().0;
                let read = |sample| f32::from(u16::from_ne_bytes(sample));
                without_white(samples, channels, 65_535.0, read, |sample| {
                    (sample as u16).to_ne_bytes()
                });
            }
            _ => {}
        }
        Ok(())
    }

    fn read_image_boxed(self: Box<Self>, content: &mut [u8]) -> ImageResult<()> {
        (*self).read_image(content)
    }
}

#[cfg(test)]
mod tests;
