//! Files to send.

use std::io::Cursor;
use std::process::Command;

use tempfile::TempDir;

/// A picture of 300 by 200 pixels, as PNG.
pub fn picture() -> Vec<u8> {
    let mut content = Cursor::new(Vec::new());
    image::RgbImage::new(300, 200)
        .write_to(&mut content, image::ImageFormat::Png)
        .expect("a picture");
    content.into_inner()
}

/// A movie of one second, as MP4.
pub fn movie() -> Vec<u8> {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("movie.mp4");
    let mut command = Command::new("ffmpeg");
    command
        .args([
            "-v",
            "error",
            "-f",
            "lavfi",
            "-i",
            "testsrc=size=320x180:rate=25:duration=1",
            "-c:v",
            "mpeg4",
        ])
        .arg(&path);
    assert!(command.status().expect("ffmpeg").success());
    std::fs::read(path).expect("a movie")
}
