//! The paths that every request goes through, and the listings that clients ask for most, without the network: on a small
//! demo production in an embedded database. `cargo bench -p dailies` runs them in half a minute.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use dailies::access::AccessGuard;
use dailies::app::SharedApp;
use dailies::database::{self, RecordWriter, Sql};
use dailies::demo::{self, DemoArgs, Size};
use dailies::pictures;
use dailies::server::routes;
use dailies::web::{Application, Extras, application};
use dailies_definitions::query::Query;
use harness::unbound_server;
use poem::http::{HeaderMap, HeaderValue, StatusCode, header};
use poem::{Endpoint, Request};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use uuid::Uuid;

/// A server that listens to nobody.
struct Bench {
    runtime: Runtime,
    app: SharedApp,
    application: Application,
    token: String,
    folder: TempDir,
}

impl Bench {
    fn new(flags: &[&str]) -> Self {
        let folder = TempDir::new().expect("a folder");
        let runtime = Runtime::new().expect("a runtime");
        let (app, application, token) = runtime.block_on(async {
            let path = folder.path().to_str().expect("a name in UTF-8");
            let url = format!("sqlite://{path}/bench.db");
            let (app, _) = unbound_server(path, &url, 4, flags).await;
            demo::run(
                &app,
                &DemoArgs {
                    size: Size::Small,
                    seed: 2026,
                },
            )
            .await
            .expect("a production");
            let application = application(routes(&app), &app.settings, Extras::default()).expect("an application");
            let admin = first(&app, "SELECT id FROM person WHERE role = 'manager' LIMIT 1").await;
            let token = app.tokens.session(admin, false).expect("a token").access;
            (app, application, token)
        });
        Self {
            runtime,
            app,
            application,
            token,
            folder,
        }
    }

    fn first(&self, sql: &str) -> Uuid {
        self.runtime.block_on(first(&self.app, sql))
    }

    async fn get(&self, path: &str) -> Vec<u8> {
        let request = Request::builder()
            .uri(path.parse().expect("an address"))
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token));
        let response = self.application.call(request.finish()).await.expect("an answer");
        let status = response.status();
        let body = response.into_body().into_vec().await.expect("the whole answer");
        assert_eq!(status, StatusCode::OK, "{path}: {}", String::from_utf8_lossy(&body));
        body
    }

    fn route(&self, criterion: &mut Criterion, name: &str, path: &str) {
        criterion.bench_function(name, |bencher| bencher.iter(|| self.runtime.block_on(self.get(path))));
    }
}

async fn first(app: &SharedApp, sql: &str) -> Uuid {
    database::read_value(&app.database, &Sql::new(sql))
        .await
        .expect("an answer")
        .expect("a row")
}

/// Answers that are made each time, and the same ones from memory.
fn listings(criterion: &mut Criterion) {
    answers(criterion, "", &["--cache-memory", "0"]);
    answers(criterion, ", kept", &[]);
}

fn answers(criterion: &mut Criterion, how: &str, flags: &[&str]) {
    let bench = Bench::new(flags);
    let project = bench.first("SELECT id FROM project LIMIT 1");
    let task = bench.first("SELECT object_id FROM comment LIMIT 1");
    let task_type = bench.first("SELECT task_type_id FROM task LIMIT 1");
    for (name, path) in [
        (
            "shots with tasks",
            format!("/data/shots/with-tasks?project_id={project}"),
        ),
        (
            "assets with tasks",
            format!("/data/assets/with-tasks?project_id={project}"),
        ),
        ("CRUD get", format!("/data/tasks/{task}")),
        ("CRUD list", "/data/task-types".to_owned()),
        (
            "CRUD list with filters",
            format!("/data/tasks?project_id={project}&task_type_id={task_type}&relations=true"),
        ),
        ("task, full", format!("/data/tasks/{task}/full")),
        ("context of a person", "/data/user/context".to_owned()),
    ] {
        bench.route(criterion, &format!("{name}{how}"), &path);
    }
}

fn parts(criterion: &mut Criterion) {
    let bench = Bench::new(&[]);
    rows(criterion, &bench);
    let mut headers = HeaderMap::new();
    headers.insert(
        header::AUTHORIZATION,
        HeaderValue::from_str(&format!("Bearer {}", bench.token)).expect("a header"),
    );
    let guard = AccessGuard(bench.app.clone());
    criterion.bench_function("token", |bencher| {
        bencher.iter(|| bench.app.tokens.verify(black_box(&bench.token)))
    });
    criterion.bench_function("caller, kept in mind", |bencher| {
        bencher.iter(|| {
            bench
                .runtime
                .block_on(guard.identify(&headers, "/data/tasks", true))
                .expect("a caller")
        });
    });
    let query = "project_id=5b9d2a3e-6f0c-4a53-9a37-6f1a1e0c8d11&name=tree%25&relations=true&page=2&is_shared=false";
    criterion.bench_function("query", |bencher| bencher.iter(|| Query::parse(black_box(query))));
    thumbnails(criterion, &bench);
}

/// Rows of a table, from the database to JSON.
fn rows(criterion: &mut Criterion, bench: &Bench) {
    let writer = RecordWriter::new(&entity::task::TABLE, "t", "Task");
    let sql = Sql::new(format!("SELECT {} FROM task t", writer.columns()));
    let rows = bench.runtime.block_on(bench.app.database.rows(&sql)).expect("rows");
    let mut out = Vec::with_capacity(1024 * rows.len());
    criterion.bench_function(&format!("{} rows to JSON", rows.len()), |bencher| {
        bencher.iter(|| {
            out.clear();
            for row in &rows {
                writer.write(&mut out, row).expect("a row");
            }
            out.len()
        });
    });
    criterion.bench_function(&format!("{} rows from the database to JSON", rows.len()), |bencher| {
        bencher.iter(|| {
            out.clear();
            bench
                .runtime
                .block_on(bench.app.database.each_row(&sql, |row| writer.write(&mut out, row)))
                .expect("rows");
            out.len()
        });
    });
}

/// The pictures that are made of an upload.
fn thumbnails(criterion: &mut Criterion, bench: &Bench) {
    let source = bench.folder.path().join("frame.png");
    let frame = image::DynamicImage::ImageRgb8(image::RgbImage::from_fn(1920, 1080, |x, y| {
        image::Rgb([(x % 256) as u8, (y % 256) as u8, ((x * y) % 256) as u8])
    }));
    std::fs::write(&source, pictures::png(&frame).expect("a picture")).expect("a file");
    criterion.bench_function("previews of a picture of 1920 x 1080", |bencher| {
        bencher.iter(|| {
            let admitted = bench
                .runtime
                .block_on(bench.app.pictures.admit(&source, pictures::Purpose::Preview))
                .expect("a picture");
            pictures::variants(&admitted, bench.folder.path()).expect("pictures")
        });
    });
}

criterion_group! {
    name = hot_paths;
    config = Criterion::default().warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(2)).sample_size(20);
    targets = parts, listings
}
criterion_main!(hot_paths);
