//! Timelines in the formats of editors say the same.

use std::io::{Cursor, Write};

use rstest::rstest;
use serde_json::{Value, json};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use harness::{On, Studio};

/// Name, first and last frame and length of each shot.
fn shots(answer: &Value, key: &str) -> Vec<(String, i64, i64, i64)> {
    let number = |value: &Value| value.as_i64().expect("a number");
    let read = |shot: &Value| {
        let name = shot["name"].as_str().expect("a name").to_owned();
        (
            name,
            number(&shot["data"]["frame_in"]),
            number(&shot["data"]["frame_out"]),
            number(&shot["nb_frames"]),
        )
    };
    answer[key].as_array().expect("shots").iter().map(read).collect()
}

fn clip(name: &str, start: i64, duration: i64) -> Value {
    let time = |value: i64| json!({"OTIO_SCHEMA": "RationalTime.1", "value": value, "rate": 25.0});
    json!({"OTIO_SCHEMA": "Clip.2", "name": name, "source_range": {"OTIO_SCHEMA": "TimeRange.1", "start_time": time(start), "duration": time(duration)}})
}

/// An OTIO file in an archive, as editors that send their media along write it.
fn packed(otio: &[u8]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    archive
        .start_file("content.otio", SimpleFileOptions::default())
        .expect("a member");
    archive.write_all(otio).expect("its content");
    archive.finish().expect("an archive").into_inner()
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn all_formats_say_the_same(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    let path = format!("/import/otio/projects/{}", studio.project_id);
    let children = json!([
        clip("Wool_SQ01-SH010.mov", 100, 130),
        clip("Wool_SQ01-SH020.mov", 0, 73)
    ]);
    let otio = json!({"OTIO_SCHEMA": "Timeline.1", "tracks": {"OTIO_SCHEMA": "Stack.1", "children": [{"OTIO_SCHEMA": "Track.1", "kind": "Video", "children": children}]}});
    let item = |name: &str, start: i64, end: i64| {
        format!(
            "<clipitem><name>{name}</name><start>{start}</start><end>{end}</end><in>0</in><out>{}</out></clipitem>",
            end - start
        )
    };
    let items = [
        item("Wool_SQ01-SH010.mov", 0, 130),
        item("Wool_SQ01-SH020.mov", 130, 203),
    ]
    .concat();
    let xml = format!(
        "<?xml version=\"1.0\"?><xmeml version=\"4\"><sequence><media><video><track>{items}</track></video></media></sequence></xmeml>"
    );
    let edl = "001  A  V  C  00:00:00:00 00:00:05:05 01:00:00:00 01:00:05:05\r\n* FROM CLIP NAME: Wool_SQ01-SH010.mov\r\n\
               002  A  V  C  00:00:00:00 00:00:02:23 01:00:05:05 01:00:08:03\r\n* FROM CLIP NAME: Wool_SQ01-SH020.mov\r\n";
    let ale = "Heading\nFIELD_DELIM\tTABS\nFPS\t25\n\nColumn\nName\tTracks\tStart\tEnd\n\nData\n\
               Wool_SQ01-SH010.mov\tVA1\t10:00:00:00\t10:00:05:05\nWool_SQ01-SH020.mov\tV\t11:00:00:00\t11:00:02:23\n";
    let wanted = [("SH010".to_owned(), 0, 129, 130), ("SH020".to_owned(), 130, 202, 73)];

    let answer = studio
        .admin
        .send_file(&path, "cut.otio", otio.to_string().as_bytes())
        .await
        .expect(201);
    assert_eq!(shots(&answer, "created_shots"), wanted);
    let archive = packed(otio.to_string().as_bytes());
    let ids = |answer: &Value, key: &str| {
        answer[key]
            .as_array()
            .expect("shots")
            .iter()
            .map(|shot| shot["id"].clone())
            .collect::<Vec<_>>()
    };
    let made = ids(&answer, "created_shots");
    let otio = otio.to_string();
    for (name, content) in [
        ("cut.xml", xml.as_bytes()),
        ("cut.edl", edl.as_bytes()),
        ("cut.otio", otio.as_bytes()),
        ("cut.otioz", archive.as_slice()),
        // It has lengths alone: where the shots stand in the cut stays as it is.
        ("dailies.ale", ale.as_bytes()),
    ] {
        let answer = studio.admin.send_file(&path, name, content).await.expect(201);
        assert_eq!(
            (shots(&answer, "updated_shots"), ids(&answer, "updated_shots")),
            (wanted.to_vec(), made.clone()),
            "{name}"
        );
        assert_eq!(answer["created_shots"], json!([]), "{name}");
    }

    // Nothing of a timeline is kept that breaks off, and other keys of the data stay as they are.
    let broken = studio
        .admin
        .send_file(&path, "cut.xml", &xml.as_bytes()[..xml.len() / 2])
        .await;
    let message = broken.message(400);
    assert!(
        message.contains("it is no XML") || message.contains("it breaks off"),
        "{message}"
    );
    let shot = format!("/data/entities/{}", made[0].as_str().expect("an id"));
    studio
        .admin
        .put(
            &shot,
            json!({"data": {"frame_in": 1, "frame_out": 2, "camera": "wide"}}),
        )
        .await
        .expect(200);
    let answer = studio
        .admin
        .send_file(&path, "cut.edl", edl.as_bytes())
        .await
        .expect(201);
    assert_eq!(
        answer["updated_shots"][0]["data"],
        json!({"frame_in": 0, "frame_out": 129, "camera": "wide"})
    );
}
