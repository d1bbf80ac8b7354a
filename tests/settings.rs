//! Settings as people meet them: what `dailies config` prints, what is said of variables that are wrong, and what a first start
//! says to do.

use dailies::database::Database;
use dailies::server::prepare;
use rstest::rstest;

use harness::{Installation, On};

#[tokio::test(flavor = "multi_thread")]
async fn settings_are_told_with_where_they_come_from() {
    let studio = Installation::new(On::Sqlite, &[]).await;
    let variables = [
        ("DAILIES_PORT", "8000"),
        ("KV_HOST", "redis.example.com"),
        ("KV_PASSWORD", "sheep"),
    ];
    let told = studio.run_with(&variables, "config", &["--host", "0.0.0.0"]).await;
    assert!(told.success && told.complained.is_empty(), "{told:?}");
    let line = |name: &str| {
        told.printed
            .lines()
            .find(|line| line.trim_start().starts_with(name))
            .unwrap_or_default()
    };
    assert!(
        line("DAILIES_HOST ").ends_with("flag --host"),
        "{}",
        line("DAILIES_HOST ")
    );
    assert!(line("DAILIES_PORT ").contains(" 8000 ") && line("DAILIES_PORT ").ends_with("variable"));
    assert!(line("NB_RECORDS_PER_PAGE ").contains(" 100 ") && line("NB_RECORDS_PER_PAGE ").ends_with("default"));
    assert!(
        line("KV_PASSWORD ").contains("****") && !told.printed.contains("sheep"),
        "{}",
        told.printed
    );
    assert!(line("Redis").ends_with("redis.example.com"));
    assert!(line("Database  ").ends_with("dailies.db"), "{}", line("Database  "));
    assert!(!studio.data().exists(), "looking makes nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_file_of_all_variables_is_good_for_the_server() {
    let studio = Installation::new(On::Sqlite, &[]).await;
    let written = studio.run("config", &["--template"]).await;
    assert!(written.success, "{written:?}");
    // With every default set by its variable, nothing is wrong, and nothing is unknown.
    let lines = written
        .printed
        .lines()
        .filter_map(|line| line.strip_prefix('#')?.split_once('='));
    let set: Vec<(&str, &str)> = lines
        .filter(|(name, value)| !name.contains(' ') && !value.is_empty())
        .collect();
    assert!(set.len() > 50, "{}", set.len());
    let told = studio.run_with(&set, "config", &[]).await;
    assert!(told.success && told.complained.is_empty(), "{told:?}");
    assert!(
        told.printed.lines().filter(|line| line.ends_with(" variable")).count() > 50,
        "{}",
        told.printed
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn empty_variables_are_as_those_that_are_not_set() {
    let studio = Installation::new(On::Sqlite, &[]).await;
    let written = studio.run("config", &["--template"]).await;
    let lines = written.printed.lines().filter_map(|line| line.strip_prefix('#'));
    let names = lines.filter_map(|line| line.split_once('=')).map(|(name, _)| name);
    let empty: Vec<(&str, &str)> = names
        .filter(|name| !name.contains(' '))
        .map(|name| (name, ""))
        .collect();
    assert!(empty.len() > 50, "{}", empty.len());
    let told = studio.run_with(&empty, "config", &[]).await;
    assert!(told.success && told.complained.is_empty(), "{told:?}");
    assert!(
        !told.printed.lines().any(|line| line.ends_with(" variable")),
        "{}",
        told.printed
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_lack_others_are_told() {
    let studio = Installation::new(On::Sqlite, &[]).await;
    let told = studio.run("config", &["--oidc-enabled", "yes"]).await;
    assert!(
        told.success && told.complained.contains("OIDC_DISCOVERY_URL"),
        "{told:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn databases_that_can_not_be_opened_are_named() {
    let studio = Installation::on_database("postgres://ada:sheep@127.0.0.1:1/dailies", &[]);
    let refused = studio.run("init", &[]).await;
    assert!(
        !refused.success
            && refused
                .complained
                .contains("the database postgres://ada:********@127.0.0.1:1/dailies can't be opened"),
        "{refused:?}"
    );
    // The sign in the password ends the name of the host, so that the address is not read as it was meant.
    let torn = Installation::on_database("postgres://ada:sh#eep@127.0.0.1:1/dailies", &[]);
    for command in ["init", "config"] {
        let told = torn.run(command, &[]).await;
        assert!(!format!("{told:?}").contains("eep@"), "{command}: {told:?}");
    }
    let strange = Installation::on_database("mysql://ada:sheep@127.0.0.1:1/dailies", &[]);
    let wrong = strange.run("init", &[]).await;
    assert!(
        !wrong.success && wrong.complained.contains("expected sqlite://path"),
        "{wrong:?}"
    );
    assert!(
        !refused.complained.contains("sheep") && !wrong.complained.contains("sheep"),
        "{refused:?} {wrong:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn folders_may_have_any_name() {
    let studio = Installation::on_database("sqlite://my%20studio/100%25.db", &[]);
    let made = studio.run("init", &[]).await;
    assert!(made.success, "{made:?}");
    let copied = studio.run("backup", &["copy.db"]).await;
    assert!(copied.success, "{copied:?}");
    let folder = studio.data().parent().expect("a folder").to_owned();
    assert!(folder.join("my studio/100%.db").exists() && folder.join("copy.db").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_database_is_made_where_one_has_to_be() {
    let studio = Installation::new(On::Sqlite, &[]).await;
    let calls: [(&str, &[&str]); 3] = [
        ("upkeep", &["files"]),
        ("change-password", &["ada@example.com", "--password", "a long password"]),
        ("backup", &["copy.db"]),
    ];
    for (name, arguments) in calls {
        let refused = studio.run(name, arguments).await;
        assert!(
            !refused.success && refused.complained.contains("there is no database at"),
            "{name}: {refused:?}"
        );
    }
    assert!(!studio.data().exists());
    let made = studio
        .run("create-admin", &["ada@example.com", "--password", "a long password"])
        .await;
    assert!(
        made.success && made.complained.contains("so a new one was made"),
        "{made:?}"
    );
    let again = studio.run("init", &["--domain", "2d"]).await;
    assert!(
        again.success && again.printed.contains("was there already"),
        "{again:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_made_for_a_server_whose_port_is_taken() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port().to_string();
    let studio = Installation::new(On::Sqlite, &[]).await;
    let refused = studio.run("serve", &["--port", &port]).await;
    assert!(
        !refused.success
            && refused
                .complained
                .contains(&format!("127.0.0.1:{port} can't be listened on")),
        "{refused:?}"
    );
    assert!(
        !studio.data().exists(),
        "no database, and no password that nobody reads"
    );
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_first_start_that_was_broken_off_is_made_good(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Installation::new(on, &[]).await;
    let database = Database::connect(&studio.database_url, 1).await.expect("a database");
    assert!(prepare(&database).await.expect("a schema"));
    database.close().await;
    let mut server = studio.serve().await;
    assert_eq!(server.line().await.as_deref(), Some("What to do next:"));
    let types = server.admin().await.get("/data/task-types").await.expect(200);
    assert!(types.as_array().is_some_and(|types| !types.is_empty()), "{types}");
    server.kill().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_reads_a_part_of_the_output_is_no_fault() {
    let studio = Installation::new(On::Sqlite, &[]).await;
    let calls: [(&str, &[&str]); 3] = [("config", &[]), ("config", &["--template"]), ("openapi", &[])];
    for (name, arguments) in calls {
        let told = studio.run_unread(name, arguments).await;
        assert!(told.success && told.complained.is_empty(), "{name}: {told:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn variables_that_are_wrong_are_named() {
    let studio = Installation::new(On::Sqlite, &[]).await;
    let calls: [(&str, &[&str]); 3] = [
        ("serve", &[]),
        ("config", &[]),
        ("create-admin", &["ada@example.com", "--password", "a long password"]),
    ];
    for (name, arguments) in calls {
        let refused = studio.run_with(&[("DAILIES_PORT", "many")], name, arguments).await;
        assert!(
            !refused.success && refused.complained.contains("DAILIES_PORT"),
            "{name}: {refused:?}"
        );
    }
    let refused = studio
        .run_with(&[("DAILIES_PORT", "5001")], "config", &["--port", "many"])
        .await;
    assert!(
        !refused.success && !refused.complained.contains("DAILIES_PORT"),
        "the flag is wrong: {refused:?}"
    );
    let refused = studio.run_with(&[("MAIL_ENABLED", "perhaps")], "config", &[]).await;
    assert!(
        !refused.success && refused.complained.contains("MAIL_ENABLED"),
        "{refused:?}"
    );

    let told = studio.run_with(&[("DAILIES_PROT", "8000")], "config", &[]).await;
    assert!(
        told.success
            && told.complained.contains("DAILIES_PROT")
            && told.complained.contains("did you mean DAILIES_PORT?"),
        "{told:?}"
    );
    // A server says so in its log; this one ends because nothing is at that address.
    let told = studio
        .run_with(
            &[("DAILIES_PROT", "8000")],
            "serve",
            &["--port", "0", "--host", "203.0.113.1", "--mail-enabled", "no"],
        )
        .await;
    assert!(
        !told.success && told.complained.contains("did you mean DAILIES_PORT?"),
        "{told:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn passwords_need_not_stand_on_a_command_line() {
    let studio = Installation::new(On::Sqlite, &[]).await;
    let ada = "ada@example.com";
    let nothing = studio.run("create-admin", &[ada]).await;
    assert!(
        !nothing.success && nothing.complained.contains("DAILIES_PASSWORD"),
        "{nothing:?}"
    );
    let made = studio.run_on("typed into a pipe\n", "create-admin", &[ada]).await;
    assert!(made.success, "{made:?}");
    // Who is there needs none.
    assert!(studio.run("create-admin", &[ada]).await.success);
    let server = studio.serve().await;
    server.signed_in(ada, "typed into a pipe").await;
    let changed = studio
        .run_with(&[("DAILIES_PASSWORD", "of the environment")], "change-password", &[ada])
        .await;
    assert!(changed.success && changed.complained.is_empty(), "{changed:?}");
    server.signed_in(ada, "of the environment").await;
    let changed = studio.run_on("short\n", "change-password", &[ada]).await;
    assert!(
        !changed.success && changed.complained.contains("at least 8"),
        "{changed:?}"
    );
    server.signed_in(ada, "of the environment").await;
    assert!(
        studio
            .run_on("typed once more", "change-password", &[ada])
            .await
            .success
    );
    server.signed_in(ada, "typed once more").await;
}

#[rstest]
#[case(On::Sqlite, "dailies --data-dir")]
#[case(On::Postgres, "pg_dump")]
#[tokio::test(flavor = "multi_thread")]
async fn a_first_start_says_what_to_do(#[case] on: On, #[case] backup: &str) {
    let studio = Installation::new(on, &[]).await;
    let mut server = studio.serve().await;
    assert_eq!(server.line().await.as_deref(), Some("What to do next:"));
    let mut lines = Vec::new();
    while let Some(line) = server.line().await {
        lines.push(line);
    }
    assert_eq!(lines.len(), 5, "{lines:?}");
    assert!(lines[0].ends_with(&format!("{}/docs", server.url)), "{}", lines[0]);
    assert!(lines[4].contains(backup), "{}", lines[4]);
    server.kill().await;
    let mut again = studio.serve().await;
    assert_eq!(again.line().await, None);
    again.kill().await;
}
