//! Demands on the machine from outside: memory for pictures, files on the disk, and news of its state.

use std::io::Write;

use harness::{Installation, On, id};
use serde_json::json;

/// A whole PNG file without a colour, in few bytes.
fn empty_picture(side: u32) -> Vec<u8> {
    let mut pixels = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    let row = vec![0; side as usize * 3 + 1];
    for _ in 0..side {
        pixels.write_all(&row).expect("memory");
    }
    let header = [side.to_be_bytes().as_slice(), &side.to_be_bytes(), &[8, 2, 0, 0, 0]].concat();
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, data) in [
        (b"IHDR", header),
        (b"IDAT", pixels.finish().expect("memory")),
        (b"IEND", Vec::new()),
    ] {
        let named = [kind.as_slice(), &data].concat();
        let mut sum = flate2::Crc::new();
        sum.update(&named);
        file.extend(u32::try_from(data.len()).expect("a length").to_be_bytes());
        file.extend(named);
        file.extend(sum.sum().to_be_bytes());
    }
    file
}

/// The database has no part in this, so one is enough.
#[tokio::test(flavor = "multi_thread")]
async fn a_small_file_does_not_fill_the_memory() {
    let installation = Installation::new(On::Sqlite, &[]).await;
    let server = installation.serve().await;
    let admin = server.admin().await;
    let me = id(&admin.get("/auth/authenticated").await.expect(200)["user"]);
    let avatar = format!("/pictures/thumbnails/persons/{me}");
    let bomb = empty_picture(16_000);
    assert!(bomb.len() < 8_000_000, "{} bytes", bomb.len());
    let refused = admin.send_file(&avatar, "me.png", &bomb).await.message(400);
    assert!(refused.contains("more than 102 MB"), "{refused}");
    let middling = empty_picture(6_200);
    let all = (0..4).map(|_| admin.send_file(&avatar, "me.png", &middling));
    for answer in futures::future::join_all(all).await {
        assert!(answer.message(400).contains("more than 102 MB"));
    }
    admin
        .send_file(&avatar, "me.png", &empty_picture(1_000))
        .await
        .expect(201);
    assert_eq!(
        admin.post("/auth/login", json!({"email": ""})).await.status,
        400,
        "the server is there"
    );
    let memory = server.most_memory();
    assert!(memory < 200, "{memory} MiB");
}

/// Files and folders below a folder that others than their owner may do something with.
#[cfg(unix)]
fn open_to_others(folder: &std::path::Path) -> Vec<String> {
    use std::os::unix::fs::PermissionsExt;
    let mut found = Vec::new();
    let mut paths = vec![folder.to_owned()];
    while let Some(path) = paths.pop() {
        let facts = std::fs::metadata(&path).expect("a file");
        let expected = if facts.is_dir() { 0o700 } else { 0o600 };
        let mode = facts.permissions().mode() & 0o777;
        if mode != expected {
            found.push(format!("{} {mode:o}", path.display()));
        }
        if facts.is_dir() {
            paths.extend(
                std::fs::read_dir(&path)
                    .expect("a folder")
                    .map(|entry| entry.expect("an entry").path()),
            );
        }
    }
    found
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_on_the_machine_reads_what_is_stored() {
    use std::os::unix::fs::PermissionsExt;
    let installation = Installation::new(On::Sqlite, &[]).await;
    let server = installation.serve().await;
    let admin = server.admin().await;
    let me = id(&admin.get("/auth/authenticated").await.expect(200)["user"]);
    admin
        .send_file(
            &format!("/pictures/thumbnails/persons/{me}"),
            "me.png",
            &empty_picture(10),
        )
        .await
        .expect(201);
    assert!(!installation.stored().is_empty());
    assert_eq!(open_to_others(&installation.data()), Vec::<String>::new());
    server.kill().await;

    // An earlier release left everything open.
    let opened = installation
        .stored()
        .into_iter()
        .map(|file| installation.data().join("previews").join(file));
    for file in opened
        .chain([installation.data().join("dailies.db")])
        .filter(|file| file.exists())
    {
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o644)).expect("our file");
    }
    for folder in ["", "previews", "previews/pictures"] {
        std::fs::set_permissions(installation.data().join(folder), std::fs::Permissions::from_mode(0o755))
            .expect("our folder");
    }
    let _server = installation.serve().await;
    assert_eq!(open_to_others(&installation.data()), Vec::<String>::new());
}
