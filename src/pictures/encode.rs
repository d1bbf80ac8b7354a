//! Writes pictures as PNG.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::Path,
};

use image::{
    DynamicImage, ImageError,
    codecs::png::{CompressionType, FilterType, PngEncoder},
};

use super::PictureError;

/// The picture as the bytes of a PNG file.
///
/// # Errors
/// The picture cannot be encoded.
pub fn png(picture: &DynamicImage) -> Result<Vec<u8>, PictureError> {
    let mut content = Vec::new();
    write(picture, &mut content)?;
    Ok(content)
}

/// Writes the picture to a PNG file, and returns its size in bytes.
pub(super) fn write_png(picture: &DynamicImage, path: &Path) -> Result<u64, PictureError> {
    let mut file = BufWriter::new(File::create(path)?);
    write(picture, &mut file)?;
    file.flush()?;
    Ok(file.get_ref().metadata()?.len())
}

fn write(picture: &DynamicImage, out: impl Write) -> Result<(), PictureError> {
    let encoder = PngEncoder::new_with_quality(out, CompressionType::Default, FilterType::Adaptive);
    let encoded = picture.write_with_encoder(encoder);
    encoded.map_err(|error| match error {
        ImageError::IoError(error) => PictureError::Io(error),
        error => PictureError::Production(error.to_string()),
    })
}
