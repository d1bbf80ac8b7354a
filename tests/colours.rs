//! Colours of movies: they stay in all that is made of a movie, whether it tells how they are coded or not.

use harness::On;

use crate::movies::{SIZES, frame, made, streams, studio};
use crate::processing::preview;

/// Movies of one colour, coded in several ways: names, and how ffmpeg makes them. COLOUR stands for pictures of that colour.
const CODED: [(&str, &str); 6] = [
    (
        "large.mkv",
        "COLOUR=1280x536 -vf format=gbrp,scale=out_color_matrix=bt709,format=yuv420p -c:v ffv1",
    ),
    (
        "small.mkv",
        "COLOUR=160x90 -vf format=gbrp,scale=out_color_matrix=bt601,format=yuv420p -c:v ffv1",
    ),
    (
        "small, of high definition.mkv",
        "COLOUR=160x90 -vf format=gbrp,scale=out_color_matrix=bt709,format=yuv420p,setparams=colorspace=bt709 -c:v ffv1",
    ),
    (
        "large, of standard definition.mkv",
        "COLOUR=1280x720 -vf format=gbrp,scale=out_color_matrix=bt601,format=yuv420p,setparams=colorspace=smpte170m -c:v ffv1",
    ),
    ("red, green and blue.mkv", "COLOUR=160x90 -c:v ffv1 -pix_fmt gbrp"),
    (
        "misnamed.mp4",
        "COLOUR=1280x720 -vf format=gbrp,scale=out_color_matrix=bt709,format=yuv420p -c:v libx264 \
         -bsf:v h264_metadata=matrix_coefficients=0",
    ),
];

/// Movies of one colour, of a fifth of a second each, with their names.
pub fn coded() -> Vec<(&'static str, Vec<u8>)> {
    let colour = "-f lavfi -i color=0xbcc906:rate=25:duration=0.2:size";
    CODED
        .into_iter()
        .map(|(name, arguments)| (name, made(name, &arguments.replacen("COLOUR", colour, 1))))
        .collect()
}

/// True if a pixel has the colour of these movies.
pub fn is_coded(pixel: [u8; 3]) -> bool {
    pixel
        .into_iter()
        .zip([188_u8, 201, 6])
        .all(|(light, wanted)| light.abs_diff(wanted) < 8)
}

#[tokio::test(flavor = "multi_thread")]
async fn colours_stay_however_they_are_coded() {
    let studio = studio(On::Sqlite, "25").await;
    for (name, content) in coded() {
        for normalize in [true, false] {
            let id = preview(&studio).await;
            let path = format!("/pictures/preview-files/{id}?normalize={normalize}");
            let record = studio.admin.send_file(&path, name, &content).await.expect(201);
            assert_eq!(record["status"], "ready", "{name}");
            let picture = frame(&studio, id).await;
            let found = picture.get_pixel(picture.width() / 2, picture.height() / 2).0;
            assert!(is_coded(found), "{name} became {found:?}, normalized: {normalize}");
            let tiles = format!("/movies/tiles/preview-files/{id}.png");
            let tiles = image::load_from_memory(&studio.admin.get(&tiles).await.bytes).expect("a picture");
            let found = tiles.into_rgb8().get_pixel(20, 50).0;
            assert!(
                is_coded(found),
                "{name} became {found:?} as a tile, normalized: {normalize}"
            );
            if !normalize {
                continue;
            }
            for (place, _) in SIZES {
                let path = format!("/movies/{place}/preview-files/{id}.mp4");
                let (video, _) = streams(&studio.admin.get(&path).await.bytes);
                assert_eq!(video["color_space"], "bt709", "{name} in {place}");
            }
        }
    }
}
