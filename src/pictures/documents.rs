//! Pictures with words below them as a PDF, a page for each.

use std::collections::BTreeMap;
use std::io::{Cursor, Write};

use flate2::Compression;
use flate2::write::ZlibEncoder;
use image::RgbImage;
use image::codecs::jpeg::JpegEncoder;
use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Content, Filter, Finish, Name, Pdf, Rect, Ref, Str, TextStr};

use super::PictureError;
use super::typeface::{self, Typeface};

/// Points of a page (72 to an inch) for each dot of a picture at 150 to an inch.
const POINTS: f32 = 72.0 / 150.0;
/// Narrowest page: words need some room even below a small picture.
const NARROWEST: f32 = 360.0;
const MARGIN: f32 = 24.0;
/// Height of the letters of the first line below a picture, and of the others.
const SIZES: (f32, f32) = (12.0, 9.0);
/// Distance of lines, as a share of the height of letters.
const LINE: f32 = 1.4;
/// Most lines below one picture.
const MOST_LINES: usize = 60;
/// Quality of pictures, of 100.
const QUALITY: u8 = 90;
const FONT: Name<'static> = Name(b"DejaVuSans");
const FONT_RESOURCE: Name<'static> = Name(b"F1");
const PICTURE_RESOURCE: Name<'static> = Name(b"P1");
const SYSTEM: SystemInfo<'static> = SystemInfo {
    registry: Str(b"Adobe"),
    ordering: Str(b"Identity"),
    supplement: 0,
};

/// Text below a picture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DocumentPage {
    /// In larger letters.
    pub title: String,
    /// Each begins on a line of its own, and goes on below it where it is long.
    pub lines: Vec<String>,
}

/// A document that is being made. It holds its pictures as JPEG.
pub struct Document {
    pdf: Pdf,
    typeface: Typeface,
    pages: Vec<Ref>,
    next: i32,
    /// Letters that were set, by their shapes.
    letters: BTreeMap<u16, char>,
}

/// The objects that every document has, by their numbers.
const CATALOG: Ref = Ref::new(1);
const TREE: Ref = Ref::new(2);
const ABOUT: Ref = Ref::new(3);
const FONT_OBJECT: Ref = Ref::new(4);
const SHAPES: Ref = Ref::new(5);
const DESCRIPTION: Ref = Ref::new(6);
const FILE: Ref = Ref::new(7);
const MEANINGS: Ref = Ref::new(8);
const FIRST_FREE: i32 = 9;

/// A line as it is set.
struct PageLine {
    text: String,
    size: f32,
}

impl Document {
    /// A document without pages.
    ///
    /// # Errors
    /// The built-in typeface is broken.
    pub fn new(title: &str) -> Result<Self, PictureError> {
        let mut pdf = Pdf::new();
        pdf.catalog(CATALOG).pages(TREE);
        pdf.document_info(ABOUT)
            .title(TextStr(title))
            .producer(TextStr("Dailies"));
        Ok(Self {
            pdf,
            typeface: Typeface::open()?,
            pages: Vec::new(),
            next: FIRST_FREE,
            letters: BTreeMap::new(),
        })
    }

    fn reference(&mut self) -> Ref {
        let reference = Ref::new(self.next);
        self.next += 1;
        reference
    }

    /// Adds a page with a picture.
    ///
    /// # Errors
    /// The picture can't be encoded.
    pub fn add(&mut self, picture: &RgbImage, page: &DocumentPage) -> Result<(), PictureError> {
        let (width, height) = picture.dimensions();
        let encoded = jpeg(picture)?;
        let [page_id, picture_id, content_id] = [self.reference(), self.reference(), self.reference()];
        let (shown_width, shown_height) = (width as f32 * POINTS, height as f32 * POINTS);
        let page_width = (shown_width + 2.0 * MARGIN).max(NARROWEST);
        let lines = self.lines(page, page_width - 2.0 * MARGIN);
        let words: f32 = lines.iter().map(|line| line.size * LINE).sum();
        let page_height = shown_height + words + 3.0 * MARGIN;

        self.add_picture(picture_id, (width, height), &encoded);

        let mut marks = Content::new();
        marks.save_state();
        marks.transform([
            shown_width,
            0.0,
            0.0,
            shown_height,
            (page_width - shown_width) / 2.0,
            page_height - MARGIN - shown_height,
        ]);
        marks.x_object(PICTURE_RESOURCE);
        marks.restore_state();
        self.write_lines(&mut marks, &lines, page_height - 2.0 * MARGIN - shown_height);
        self.pdf
            .stream(content_id, &deflate(&marks.finish())?)
            .filter(Filter::FlateDecode);

        let mut leaf = self.pdf.page(page_id);
        leaf.parent(TREE)
            .media_box(Rect::new(0.0, 0.0, page_width, page_height))
            .contents(content_id);
        let mut resources = leaf.resources();
        resources.x_objects().pair(PICTURE_RESOURCE, picture_id);
        resources.fonts().pair(FONT_RESOURCE, FONT_OBJECT);
        resources.finish();
        leaf.finish();
        self.pages.push(page_id);
        Ok(())
    }

    fn add_picture(&mut self, id: Ref, (width, height): (u32, u32), encoded: &[u8]) {
        let mut image = self.pdf.image_xobject(id, encoded);
        image.filter(Filter::DctDecode);
        image.width(side(width)).height(side(height)).bits_per_component(8);
        image.color_space().device_rgb();
        image.finish();
    }

    /// Writes lines on a page, from that height downward.
    fn write_lines(&mut self, marks: &mut Content, lines: &[PageLine], top: f32) {
        let mut baseline = top;
        for line in lines {
            baseline -= line.size * LINE;
            let text = self.set(&line.text);
            marks.begin_text();
            marks.set_font(FONT_RESOURCE, line.size);
            marks.next_line(MARGIN, baseline);
            marks.show(Str(&text));
            marks.end_text();
        }
    }

    /// Text of a page, broken into lines.
    fn lines(&self, page: &DocumentPage, width: f32) -> Vec<PageLine> {
        let broken = |text: &str, size: f32| {
            self.typeface
                .wrap(text, width / size)
                .into_iter()
                .map(move |text| PageLine { text, size })
        };
        let mut lines: Vec<PageLine> = broken(&page.title, SIZES.0).collect();
        lines.extend(page.lines.iter().flat_map(|line| broken(line, SIZES.1)));
        lines.truncate(MOST_LINES);
        lines
    }

    /// A line as numbers of shapes, two bytes each.
    fn set(&mut self, text: &str) -> Vec<u8> {
        let mut set = Vec::with_capacity(text.len() * 2);
        for letter in text.chars() {
            if let Some(glyph) = self.typeface.glyph(letter) {
                self.letters.entry(glyph.0).or_insert(letter);
                set.extend(glyph.0.to_be_bytes());
            }
        }
        set
    }

    /// The bytes of the file.
    ///
    /// # Errors
    /// A part can't be compressed.
    pub fn finish(mut self) -> Result<Vec<u8>, PictureError> {
        let count = i32::try_from(self.pages.len()).unwrap_or(i32::MAX);
        self.pdf.pages(TREE).kids(self.pages.iter().copied()).count(count);
        self.embed()?;
        Ok(self.pdf.finish())
    }

    /// Embeds the typeface as a whole: it is small.
    fn embed(&mut self) -> Result<(), PictureError> {
        self.pdf
            .type0_font(FONT_OBJECT)
            .base_font(FONT)
            .encoding_predefined(Name(b"Identity-H"))
            .descendant_font(SHAPES)
            .to_unicode(MEANINGS);
        self.embed_shapes();
        self.describe_typeface();
        self.pdf
            .stream(FILE, &deflate(typeface::FILE)?)
            .filter(Filter::FlateDecode);
        let mut meanings = UnicodeCmap::new(Name(b"Meanings"), SYSTEM);
        for (glyph, letter) in &self.letters {
            meanings.pair(*glyph, *letter);
        }
        self.pdf.cmap(MEANINGS, &meanings.finish());
        Ok(())
    }

    /// Writes the shapes of letters, and how wide those are that were set.
    fn embed_shapes(&mut self) {
        let mut shapes = self.pdf.cid_font(SHAPES);
        shapes
            .subtype(CidFontType::Type2)
            .base_font(FONT)
            .system_info(SYSTEM)
            .font_descriptor(DESCRIPTION)
            .default_width(0.0);
        shapes.cid_to_gid_map_predefined(Name(b"Identity"));
        let mut widths = shapes.widths();
        for glyph in self.letters.keys() {
            widths.consecutive(*glyph, [self.typeface.advance(ttf_parser::GlyphId(*glyph)) * 1000.0]);
        }
        widths.finish();
        shapes.finish();
    }

    /// Writes the measures of the typeface, in thousandths of the height of letters.
    fn describe_typeface(&mut self) {
        let face = self.typeface.face();
        let units = f32::from(face.units_per_em().max(1)) / 1000.0;
        let measure = |value: i16| f32::from(value) / units;
        let bounds = face.global_bounding_box();
        let mut description = self.pdf.font_descriptor(DESCRIPTION);
        description
            .name(FONT)
            .flags(FontFlags::SYMBOLIC)
            .italic_angle(0.0)
            .stem_v(80.0)
            .font_file2(FILE);
        description.bbox(Rect::new(
            measure(bounds.x_min),
            measure(bounds.y_min),
            measure(bounds.x_max),
            measure(bounds.y_max),
        ));
        description
            .ascent(measure(face.ascender()))
            .descent(measure(face.descender()));
        description.cap_height(measure(face.capital_height().unwrap_or_else(|| face.ascender())));
        description.finish();
    }
}

fn side(pixels: u32) -> i32 {
    i32::try_from(pixels).unwrap_or(i32::MAX)
}

fn jpeg(picture: &RgbImage) -> Result<Vec<u8>, PictureError> {
    let mut content = Cursor::new(Vec::new());
    let encoder = JpegEncoder::new_with_quality(&mut content, QUALITY);
    let written = picture.write_with_encoder(encoder);
    written.map_err(|error| PictureError::Production(error.to_string()))?;
    Ok(content.into_inner())
}

fn deflate(content: &[u8]) -> Result<Vec<u8>, PictureError> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content)?;
    Ok(encoder.finish()?)
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;

    fn contains(file: &[u8], text: &str) -> bool {
        file.windows(text.len()).any(|bytes| bytes == text.as_bytes())
    }

    #[test]
    fn each_picture_has_a_page() {
        let mut document = Document::new("Été").unwrap();
        let picture = RgbImage::from_pixel(300, 150, Rgb([255, 0, 0]));
        let page = DocumentPage {
            title: "SQ010 / SH020".into(),
            lines: vec!["Frame 12".into(), "word ".repeat(200)],
        };
        document.add(&picture, &page).unwrap();
        document.add(&picture, &DocumentPage::default()).unwrap();
        let file = document.finish().unwrap();
        assert!(
            file.starts_with(b"%PDF-") && file.ends_with(b"%%EOF"),
            "{}",
            String::from_utf8_lossy(&file[file.len() - 20..])
        );
        assert!(contains(&file, "/Count 2") && contains(&file, "/DCTDecode") && contains(&file, "/FontFile2 7 0 R"));
    }

    #[test]
    fn long_words_do_not_make_endless_pages() {
        let document = Document::new("").unwrap();
        let lines = document.lines(
            &DocumentPage {
                title: "x".repeat(100_000),
                lines: Vec::new(),
            },
            300.0,
        );
        assert_eq!(lines.len(), MOST_LINES);
        assert!(
            lines
                .iter()
                .all(|line| document.typeface.width(&line.text) * line.size <= 301.0)
        );
    }
}
