//! Drawings on small frames, pixel by pixel.

use image::{Rgb, RgbImage, Rgba, RgbaImage};
use serde_json::{Value, json};

use super::*;

const WHITE: [u8; 3] = [255, 255, 255];
const RED: [u8; 3] = [255, 0, 0];

/// Objects on a white frame of 100 by 50 pixels.
fn drawn(objects: Value) -> RgbImage {
    let frame = RgbImage::from_pixel(100, 50, Rgb(WHITE));
    draw(frame.into(), objects.as_array().unwrap(), LONGEST).unwrap()
}

fn at(picture: &RgbImage, x: u32, y: u32) -> [u8; 3] {
    picture.get_pixel(x, y).0
}

#[test]
fn shapes_lie_where_their_corner_is() {
    let picture = drawn(
        json!([{"type": "rect", "left": 10, "top": 5, "width": 20, "height": 10, "strokeWidth": 0, "fill": "red"}]),
    );
    assert_eq!(
        [
            at(&picture, 10, 5),
            at(&picture, 29, 14),
            at(&picture, 9, 5),
            at(&picture, 30, 10),
            at(&picture, 20, 15)
        ],
        [RED, RED, WHITE, WHITE, WHITE]
    );
    let picture = drawn(
        json!([{"type": "circle", "left": 40, "top": 10, "radius": 10, "strokeWidth": 0, "fill": "#ff0000", "originX": "center", "originY": "center"}]),
    );
    assert_eq!(
        [
            at(&picture, 40, 10),
            at(&picture, 32, 10),
            at(&picture, 48, 10),
            at(&picture, 31, 1)
        ],
        [RED, RED, RED, WHITE]
    );
    let picture = drawn(
        json!([{"type": "Ellipse", "left": 0, "top": 0, "rx": 50, "ry": 25, "strokeWidth": 0, "fill": "rgb(255,0,0)"}]),
    );
    assert_eq!(
        [at(&picture, 50, 25), at(&picture, 1, 25), at(&picture, 1, 1)],
        [RED, RED, WHITE]
    );
}

#[test]
fn sheets_of_another_size_are_scaled() {
    let rectangle = json!([{"type": "rect", "left": 100, "top": 50, "width": 200, "height": 100, "strokeWidth": 0, "fill": "red", "canvasWidth": 1000, "canvasHeight": 500}]);
    let picture = drawn(rectangle);
    assert_eq!(
        [
            at(&picture, 10, 5),
            at(&picture, 29, 14),
            at(&picture, 30, 15),
            at(&picture, 9, 4)
        ],
        [RED, RED, WHITE, WHITE]
    );
}

#[test]
fn lines_grow_with_their_object_unless_they_are_even() {
    let square = |uniform: bool| {
        drawn(
            json!([{"type": "rect", "left": 0, "top": 0, "width": 10, "height": 10, "scaleX": 8, "scaleY": 4, "strokeWidth": 1, "stroke": "red",
            "strokeUniform": uniform}]),
        )
    };
    let (grown, even) = (square(false), square(true));
    assert_eq!(
        [at(&grown, 5, 20), at(&grown, 80, 20), at(&grown, 40, 2)],
        [RED, RED, RED]
    );
    assert_eq!(
        [
            at(&even, 0, 20),
            at(&even, 80, 20),
            at(&even, 40, 0),
            at(&even, 3, 20),
            at(&even, 40, 2)
        ],
        [RED, RED, RED, WHITE, WHITE]
    );
}

#[test]
fn slanted_objects_begin_at_their_corner() {
    // Twenty pixels high, so that the upper edge is twenty to the left of the lower one; mirrored, it is to the right.
    let slanted = |mirrored: bool| {
        drawn(
            json!([{"type": "rect", "left": 10, "top": 5, "width": 30, "height": 20, "strokeWidth": 0, "fill": "red", "skewX": 45, "flipX": mirrored}]),
        )
    };
    let picture = slanted(false);
    assert_eq!(
        [
            at(&picture, 11, 5),
            at(&picture, 38, 5),
            at(&picture, 31, 24),
            at(&picture, 58, 24)
        ],
        [RED; 4]
    );
    assert_eq!([at(&picture, 11, 24), at(&picture, 58, 5)], [WHITE; 2]);
    let picture = slanted(true);
    assert_eq!(
        [
            at(&picture, 31, 5),
            at(&picture, 58, 5),
            at(&picture, 11, 24),
            at(&picture, 38, 24)
        ],
        [RED; 4]
    );
}

#[test]
fn corners_are_as_round_as_a_circle() {
    let picture = drawn(
        json!([{"type": "rect", "left": 0, "top": 0, "width": 80, "height": 40, "rx": 20, "strokeWidth": 0, "fill": "red"}]),
    );
    // The middle of the arc is 20 - 20 / sqrt(2) = 5.9 pixels from either side.
    assert_eq!(
        [
            at(&picture, 4, 4),
            at(&picture, 7, 7),
            at(&picture, 0, 20),
            at(&picture, 40, 0)
        ],
        [WHITE, RED, RED, RED]
    );
}

#[test]
fn objects_turn_around_their_corner() {
    let picture = drawn(
        json!([{"type": "rect", "left": 50, "top": 10, "width": 30, "height": 10, "strokeWidth": 0, "fill": "red", "angle": 90}]),
    );
    assert_eq!(
        [at(&picture, 45, 20), at(&picture, 45, 38), at(&picture, 60, 15)],
        [RED, RED, WHITE]
    );
}

#[test]
fn paths_have_a_line_and_no_filling() {
    let path = json!([{"type": "path", "path": [["M", 10, 10], ["Q", 30, 10, 50, 10], ["L", 50, 40]], "left": 8, "top": 8, "width": 40, "height": 30,
        "pathOffset": {"x": 30, "y": 25}, "strokeWidth": 4, "stroke": "red", "fill": null, "strokeLineCap": "round"}]);
    let picture = drawn(path);
    assert_eq!(
        [
            at(&picture, 30, 10),
            at(&picture, 50, 30),
            at(&picture, 40, 14),
            at(&picture, 20, 30)
        ],
        [RED, RED, WHITE, WHITE]
    );
}

#[test]
fn lines_are_black_unless_they_say_otherwise() {
    let line = json!([{"type": "line", "left": 10, "top": 20, "width": 40, "height": 0, "x1": -20, "y1": 0, "x2": 20, "y2": 0, "strokeWidth": 4}]);
    let picture = drawn(line);
    assert_eq!(
        [at(&picture, 30, 22), at(&picture, 12, 22), at(&picture, 60, 22)],
        [[0; 3], [0; 3], WHITE]
    );
    let arrow = json!([{"type": "arrow", "left": 10, "top": 18.5, "width": 40, "height": 15, "x1": 10, "y1": 25, "x2": 50, "y2": 25, "strokeWidth": 2, "stroke": "red"}]);
    let picture = drawn(arrow);
    assert!(picture.pixels().filter(|pixel| pixel.0 == RED).count() > 60);
}

#[test]
fn pressure_makes_lines_wider() {
    let points = json!([{"x": 10, "y": 25, "pressure": 0.1}, {"x": 90, "y": 25, "pressure": 1}, {"x": 10, "y": 25, "pressure": 0.1}]);
    let stroke = json!([{"type": "PSStroke", "left": 0, "top": 15, "strokeWidth": 20, "width": 80, "height": 0, "stroke": "rgba(255,0,0,0.5)", "strokePoints": points}]);
    let picture = drawn(stroke);
    let column = |x: u32| (0..50).filter(|y| at(&picture, x, *y) != WHITE).count();
    assert!(
        column(80) > column(50) && column(50) > column(15),
        "{} {} {}",
        column(80),
        column(50),
        column(15)
    );
    // A line that runs back over itself is no darker there.
    assert_eq!(at(&picture, 50, 25), at(&picture, 88, 25));
}

#[test]
fn groups_move_what_is_in_them() {
    let group = json!([{"type": "group", "left": 20, "top": 10, "width": 40, "height": 20, "scaleX": 0.5, "objects": [
        {"type": "rect", "left": -20, "top": -10, "width": 40, "height": 20, "strokeWidth": 0, "fill": "red"},
        {"type": "rect", "visible": false, "left": 0, "top": 0, "width": 900, "height": 900, "fill": "blue"},
    ]}]);
    let picture = drawn(group);
    assert_eq!(
        [
            at(&picture, 20, 10),
            at(&picture, 39, 29),
            at(&picture, 41, 20),
            at(&picture, 19, 20)
        ],
        [RED, RED, WHITE, WHITE]
    );
}

#[test]
fn erasers_take_from_their_object_alone() {
    let stroke = json!({"type": "path", "path": [["M", -50, 0], ["L", 50, 0]], "left": 0, "top": 0, "originX": "center", "originY": "center",
        "width": 100, "height": 0, "strokeWidth": 10, "stroke": "rgb(0,0,0)", "fill": null, "pathOffset": {"x": 0, "y": 0}});
    let objects = json!([
        {"type": "rect", "left": 0, "top": 0, "width": 100, "height": 50, "strokeWidth": 0, "fill": "blue"},
        {"type": "rect", "left": 0, "top": 0, "width": 100, "height": 50, "strokeWidth": 0, "fill": "red",
         "eraser": {"type": "eraser", "originX": "center", "originY": "center", "left": 0, "top": 0, "width": 100, "height": 50, "objects": [stroke]}},
    ]);
    let picture = drawn(objects);
    assert_eq!(
        [at(&picture, 50, 25), at(&picture, 50, 10), at(&picture, 50, 40)],
        [[0, 0, 255], RED, RED]
    );
}

#[test]
fn texts_are_as_wide_as_they_were() {
    let text = |more: &Value| {
        let mut object = json!({"type": "i-text", "text": "WOOL", "left": 10, "top": 5, "width": 60, "height": 22.6, "fontSize": 20, "fill": "red", "strokeWidth": 0});
        object
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        drawn(json!([object]))
    };
    let coloured = |picture: &RgbImage| {
        picture
            .enumerate_pixels()
            .filter(|(.., pixel)| pixel.0 != WHITE)
            .map(|(x, ..)| x)
            .collect::<Vec<_>>()
    };
    let columns = coloured(&text(&json!({})));
    let (first, last) = (columns.iter().min().unwrap(), columns.iter().max().unwrap());
    assert!((9..15).contains(first) && (64..71).contains(last), "{first} {last}");
    assert!(coloured(&text(&json!({"fontWeight": "bold"}))).len() > columns.len());
    assert!(coloured(&text(&json!({"text": "  "}))).is_empty());
    let ground = text(&json!({"backgroundColor": "#00f"}));
    assert_eq!(at(&ground, 11, 6), [0, 0, 255]);
}

#[test]
fn malformed_drawings_are_passed_over() {
    let mut nested = json!({"type": "rect", "width": 100, "height": 50, "fill": "red", "strokeWidth": 0});
    for _ in 0..40 {
        nested = json!({"type": "group", "objects": [nested]});
    }
    let objects = json!([nested, 7, {"type": "sheep"}, {"type": "path", "path": "M 0 0"}, {"type": "path", "path": [["M"], [], ["L", "x", 1]]},
        {"type": "rect", "width": 1e300, "height": 5, "fill": "red"}, {"type": "line"}, {"type": "psstroke", "strokePoints": []}, {"type": "circle", "radius": -5, "fill": "red"}]);
    assert!(drawn(objects).pixels().all(|pixel| pixel.0 == WHITE));
}

#[test]
fn transparent_frames_become_black() {
    let frame = RgbaImage::from_pixel(4, 4, Rgba([200, 200, 200, 0]));
    assert_eq!(draw(frame.into(), &[], LONGEST).unwrap().get_pixel(1, 1).0, [0; 3]);
}

#[test]
fn endless_drawings_come_to_an_end() {
    let frame = || RgbImage::from_pixel(100, 50, Rgb(WHITE)).into();
    let sheet = json!({"type": "rect", "width": 100, "height": 50, "fill": "red"});
    let many = vec![sheet; 100];
    assert!(draw(frame(), &many, LONGEST).is_ok());
    let refused = draw(frame(), &many, Duration::ZERO).unwrap_err();
    assert!(refused.is_fault_of_input(), "{refused}");

    // Only so much of one object is drawn: the end of this line is missing.
    let line = |steps: usize| {
        let still = (0..steps).map(|_| json!(["L", 1, 10]));
        let path: Vec<Value> = std::iter::once(json!(["M", 0, 10]))
            .chain(still)
            .chain([json!(["L", 99, 10])])
            .collect();
        drawn(
            json!([{"type": "path", "path": path, "pathOffset": {"x": 0, "y": 0}, "stroke": "red", "strokeWidth": 4,
            "originX": "center", "originY": "center"}]),
        )
    };
    assert_eq!(at(&line(10), 50, 10), RED);
    assert_eq!(at(&line(MOST_STEPS), 50, 10), WHITE);
}
