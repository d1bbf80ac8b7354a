//! Photoshop files of all kinds, put together byte by byte.

use image::DynamicImage;

use super::heading::{PALETTE, PROFILE, VERSION};
use super::*;
use crate::pictures::samples;

const LIMIT: u64 = 10_000;
const WIDTH: usize = 5;
const HEIGHT: usize = 3;

/// Parts of a file, whose channels have one value each.
#[derive(Clone)]
struct Sample<'a> {
    release: u16,
    mode: u16,
    depth: u16,
    /// Bytes of a sample of each channel.
    channels: &'a [&'a [u8]],
    is_packed: bool,
    /// Number of layers as it is stored.
    layers: i16,
    palette: &'a [u8],
    facts: Vec<(u16, Vec<u8>)>,
}

impl<'a> Sample<'a> {
    fn new(mode: u16, depth: u16, channels: &'a [&'a [u8]]) -> Self {
        Self {
            release: 1,
            mode,
            depth,
            channels,
            is_packed: false,
            layers: 0,
            palette: &[],
            facts: Vec::new(),
        }
    }

    fn packed(mut self) -> Self {
        self.is_packed = true;
        self
    }

    fn large(mut self) -> Self {
        self.release = 2;
        self
    }

    fn layers(mut self, layers: i16) -> Self {
        self.layers = layers;
        self
    }

    fn fact(mut self, kind: u16, content: &[u8]) -> Self {
        self.facts.push((kind, content.to_vec()));
        self
    }

    fn long(&self, length: usize) -> Vec<u8> {
        if self.release == 2 {
            (length as u64).to_be_bytes().into()
        } else {
            (length as u32).to_be_bytes().into()
        }
    }

    fn file(&self) -> Vec<u8> {
        let mut file = b"8BPS".to_vec();
        file.extend(self.release.to_be_bytes());
        file.extend([0; 6]);
        file.extend((self.channels.len() as u16).to_be_bytes());
        file.extend((HEIGHT as u32).to_be_bytes());
        file.extend((WIDTH as u32).to_be_bytes());
        file.extend(self.depth.to_be_bytes());
        file.extend(self.mode.to_be_bytes());
        file.extend((self.palette.len() as u32).to_be_bytes());
        file.extend(self.palette);
        let mut facts = Vec::new();
        for (kind, content) in &self.facts {
            facts.extend(b"8BIM");
            facts.extend(kind.to_be_bytes());
            facts.extend(b"\x04name\0");
            facts.extend((content.len() as u32).to_be_bytes());
            facts.extend(content);
            facts.extend(vec![0; content.len() % 2]);
        }
        file.extend((facts.len() as u32).to_be_bytes());
        file.extend(facts);
        if self.layers == 0 {
            file.extend(self.long(0));
        } else {
            let mut layers = self.long(2);
            layers.extend(self.layers.to_be_bytes());
            file.extend(self.long(layers.len()));
            file.extend(layers);
        }
        file.extend(u16::from(self.is_packed).to_be_bytes());
        self.pixels(&mut file);
        file
    }

    fn pixels(&self, file: &mut Vec<u8>) {
        let rows: Vec<Vec<u8>> = self
            .channels
            .iter()
            .flat_map(|sample| {
                let row = sample.repeat(if self.depth == 1 { 1 } else { WIDTH });
                vec![row; HEIGHT]
            })
            .collect();
        if !self.is_packed {
            file.extend(rows.concat());
            return;
        }
        // The first byte once, the rest as it is, and a mark that means nothing.
        let packed = rows.iter().map(|row| {
            let mut packed = vec![0x80, 0, row[0], (row.len() - 2) as u8];
            packed.extend(&row[1..]);
            packed
        });
        let packed: Vec<Vec<u8>> = packed.collect();
        for row in &packed {
            if self.release == 2 {
                file.extend((row.len() as u32).to_be_bytes());
            } else {
                file.extend((row.len() as u16).to_be_bytes());
            }
        }
        file.extend(packed.concat());
    }

    fn decoded(&self) -> DynamicImage {
        let picture = samples::decoded(&self.file(), LIMIT).unwrap();
        assert_eq!((picture.width(), picture.height()), (WIDTH as u32, HEIGHT as u32));
        picture
    }

    fn colour(&self) -> [u8; 4] {
        self.decoded().to_rgba8().get_pixel(3, 2).0
    }
}

#[test]
fn pictures_of_all_kinds_are_read() {
    let rgb: [&[u8]; 3] = [&[200], &[100], &[50]];
    let expected = [200, 100, 50, 255];
    let plain = Sample::new(3, 8, &rgb);
    for sample in [
        plain.clone(),
        plain.clone().packed(),
        plain.clone().large(),
        plain.clone().large().packed(),
        plain.clone().layers(3).large(),
        plain.clone().fact(1005, b"odd").fact(VERSION, &[0, 0, 0, 1, 1]),
    ] {
        assert_eq!(sample.colour(), expected);
    }
    let fine: [&[u8]; 3] = [&[0x12, 0x34], &[0x56, 0x78], &[0, 1]];
    for sample in [Sample::new(3, 16, &fine), Sample::new(3, 16, &fine).packed()] {
        let picture = sample.decoded();
        assert_eq!(picture.color(), ColorType::Rgb16);
        assert_eq!(picture.into_rgb16().get_pixel(3, 2).0, [0x1234, 0x5678, 1]);
    }
    let half = 0.5_f32.to_be_bytes();
    let light: [&[u8]; 3] = [&half, &[0; 4], &half];
    assert_eq!(Sample::new(3, 32, &light).colour(), [188, 0, 188, 255]);
    assert_eq!(Sample::new(1, 8, &[&[77]]).colour(), [77, 77, 77, 255]);
    assert_eq!(Sample::new(0, 1, &[&[0b0001_0000]]).colour(), [0, 0, 0, 255]);
    let mut palette = [0; PALETTE];
    (palette[9], palette[256 + 9], palette[512 + 9]) = (1, 2, 3);
    let indexed = Sample {
        palette: &palette,
        ..Sample::new(2, 8, &[&[9]])
    };
    assert_eq!(indexed.colour(), [1, 2, 3, 255]);
}

#[test]
fn inks_look_as_their_profile_says() {
    let cyan: [&[u8]; 5] = [&[0], &[255], &[255], &[255], &[255]];
    let fine: [&[u8]; 4] = [&[0, 0], &[255, 255], &[255, 255], &[255, 255]];
    assert_eq!(Sample::new(4, 8, &cyan).colour(), [0, 255, 255, 255]);
    let profile = samples::press_profile();
    for sample in [Sample::new(4, 8, &cyan), Sample::new(4, 16, &fine).packed()] {
        let [red, green, blue, _] = sample.fact(PROFILE, &profile).colour();
        assert!(
            red <= 28 && green.abs_diff(175) <= 8 && blue.abs_diff(239) <= 8,
            "{red} {green} {blue}"
        );
    }
}

#[test]
fn what_shows_through_is_not_mixed_with_white() {
    // Half of (200, 100, 0), over white.
    let mixed: [&[u8]; 4] = [&[228], &[178], &[128], &[127]];
    let through = Sample::new(3, 8, &mixed).layers(-1).colour();
    for (found, expected) in through.into_iter().zip([200_u8, 100, 0, 127]) {
        assert!(found.abs_diff(expected) <= 3, "{through:?}");
    }
    assert_eq!(
        Sample::new(3, 8, &mixed).layers(1).colour(),
        [228, 178, 128, 255],
        "another channel is no alpha"
    );
}

#[test]
fn profiles_of_screens_are_honoured() {
    let wide = moxcms::ColorProfile::new_adobe_rgb().encode().unwrap();
    let green: [&[u8]; 3] = [&[0], &[200], &[0]];
    assert!(Sample::new(3, 8, &green).fact(PROFILE, &wide).colour()[1] > 200);
}

#[test]
fn what_has_no_flat_picture_or_is_broken_is_refused() {
    let rgb: [&[u8]; 3] = [&[200], &[100], &[50]];
    let plain = Sample::new(3, 8, &rgb);
    let whole = plain.file();
    let mut large = whole.clone();
    large[14..22].copy_from_slice(&[0, 0, 100, 0, 0, 0, 100, 0]);
    assert!(matches!(
        samples::decoded(&large, LIMIT),
        Err(PictureError::TooLarge { .. })
    ));
    let inks: [&[u8]; 4] = [&[0]; 4];
    let mut largest = Sample::new(4, 8, &inks).file();
    largest[14..22].fill(0xff);
    assert!(matches!(
        samples::decoded(&largest, LIMIT),
        Err(PictureError::TooLarge { .. })
    ));
    // The length of the layers follows the sizes of two empty parts.
    let mut endless = plain.clone().large().file();
    endless[34..42].fill(0xff);
    let mut long = plain.clone().packed().file();
    let rows = long.len() - 9 * (WIDTH + 3);
    long[rows - 18..rows].fill(0xff);
    for content in [
        plain.clone().fact(VERSION, &[0, 0, 0, 1, 0]).file(),
        whole[..whole.len() - 1].to_vec(),
        whole[..30].to_vec(),
        Sample::new(9, 8, &rgb).file(),
        Sample::new(4, 8, &rgb).file(),
        endless,
        long,
    ] {
        let refused = samples::decoded(&content, LIMIT).unwrap_err();
        assert!(refused.is_fault_of_input(), "{refused:?}");
    }
}
