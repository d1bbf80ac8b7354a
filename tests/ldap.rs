//! Passwords that the directory of the studio checks, and persons that are taken over from it.

use dailies_definitions::access::Role;
use entity::person;
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use harness::rows::update;
use harness::{Client, Directory, DirectoryEntry, Installation, On, Studio};

const READER: &str = "uid=reader,dc=wool";

fn somebody(uid: &str, password: &str, more: &[(&str, &str)]) -> DirectoryEntry {
    let attributes = [
        ("objectClass", "person"),
        ("uid", uid),
        ("organizationalStatus", "active"),
        ("sn", "Byron"),
    ];
    let attributes: Vec<(&str, &str)> = attributes
        .into_iter()
        .filter(|(name, _)| more.iter().all(|(other, _)| other != name))
        .chain(more.iter().copied())
        .collect();
    DirectoryEntry::new(&format!("uid={uid},dc=wool"), password, &attributes)
}

/// A studio whose artist is of the directory, under that name.
async fn studio_with(on: On, directory: &Directory, login: &str, more: &[&str]) -> Studio {
    let flags = directory.flags();
    let flags: Vec<&str> = ["--auth-strategy", "auth_remote_ldap"]
        .into_iter()
        .chain(flags.iter().map(String::as_str))
        .chain(more.iter().copied())
        .collect();
    let studio = Studio::open_with(on, &flags).await;
    let hash = studio.server.app.passwords.hash("the local one").await.expect("a hash");
    let database = &studio.server.app.database;
    let values = vec![
        ("desktop_login", login.into()),
        ("is_generated_from_ldap", true.into()),
        ("password", hash.clone().into()),
    ];
    update(database, &person::TABLE, studio.member_id(Role::Artist), values)
        .await
        .expect("a person");
    update(
        database,
        &person::TABLE,
        studio.admin_id,
        vec![("password", hash.into())],
    )
    .await
    .expect("a person");
    studio
}

async fn sign_in(studio: &Studio, email: &str, password: &str) -> (u16, Value) {
    let answer = studio
        .server
        .nobody()
        .post("/auth/login", json!({"email": email, "password": password}))
        .await;
    (answer.status, answer.json)
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn the_directory_checks_passwords_of_its_persons(#[values(On::Sqlite, On::Postgres)] on: On) {
    let directory = Directory::open(vec![somebody("ada", "wool and felt", &[])]).await;
    let studio = studio_with(on, &directory, "ada", &["--ldap-fallback", "true"]).await;
    let email = "tim.team.user@example.com";
    for identifier in [email, "ada"] {
        assert_eq!(sign_in(&studio, identifier, "wool and felt").await.0, 200);
    }
    let (status, wrong) = sign_in(&studio, email, "the local one").await;
    assert_eq!(
        (status, wrong),
        (400, json!({"login": false, "message": "Wrong email or password."}))
    );
    // The directory takes nobody's password for a visitor's.
    assert_eq!(sign_in(&studio, email, "").await.0, 400);
    assert_eq!(sign_in(&studio, "nobody@example.com", "wool and felt").await.0, 400);
    // Who is not of the directory has a password here.
    assert_eq!(sign_in(&studio, "ada.admin@example.com", "the local one").await.0, 200);
    assert_eq!(sign_in(&studio, "ada.admin@example.com", "wool and felt").await.0, 400);
    let change = json!({"old_password": "wool and felt", "password": "another one", "password_2": "another one"});
    studio
        .member(Role::Artist)
        .post("/auth/change-password", change)
        .await
        .expect(400);
    // Guesses count as they do elsewhere.
    for _ in 0..5 {
        sign_in(&studio, email, "wrong").await;
    }
    assert_eq!(
        sign_in(&studio, email, "wool and felt").await.1["too_many_failed_login_attemps"],
        true
    );
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn without_a_fallback_the_directory_alone_counts(#[values(On::Sqlite, On::Postgres)] on: On) {
    let directory = Directory::open(vec![somebody("ada", "wool and felt", &[])]).await;
    let studio = studio_with(on, &directory, "ada", &[]).await;
    assert_eq!(sign_in(&studio, "ada", "wool and felt").await.0, 200);
    assert_eq!(sign_in(&studio, "ada.admin@example.com", "the local one").await.0, 400);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_name_does_not_lead_elsewhere_in_the_directory(#[values(On::Sqlite, On::Postgres)] on: On) {
    let directory = Directory::open(vec![
        somebody("ada", "right", &[]),
        DirectoryEntry::new("uid=eve,ou=admins,dc=wool", "right", &[]),
    ])
    .await;
    let studio = studio_with(on, &directory, "eve,ou=admins", &[]).await;
    assert_eq!(sign_in(&studio, "eve,ou=admins", "right").await.0, 400);
    assert!(
        directory.names().iter().all(|name| !name.contains(",ou=admins")),
        "{:?}",
        directory.names()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_does_not_answer_lets_nobody_in() {
    let directory = Directory::open(Vec::new()).await;
    let studio = studio_with(On::Sqlite, &directory, "ada", &[]).await;
    drop(directory);
    let nobody = studio.server.nobody();
    let request = nobody
        .request(Method::POST, "/auth/login")
        .json(&json!({"email": "ada", "password": "x"}));
    let answer = request.send().await.expect("an answer");
    assert_eq!(answer.status(), 500);
    let told: Value = answer.json().await.expect("JSON");
    assert_eq!((&told["login"], &told["error"]), (&json!(false), &json!(true)));
}

async fn persons(admin: &Client) -> Vec<Value> {
    let all = admin.get("/data/persons").await.expect(200);
    let mut all = all.as_array().expect("persons").clone();
    all.retain(|person| person["is_generated_from_ldap"] == true);
    all.sort_by_key(|person| person["desktop_login"].as_str().unwrap_or_default().to_owned());
    all
}

/// Facts of a person that come from the directory.
fn facts(person: &Value) -> [Value; 4] {
    ["email", "role", "active", "full_name"].map(|key| person[key].clone())
}

/// A group with a member.
fn group(kind: &str, name: &str, key: &str, member: &str) -> DirectoryEntry {
    let entries = [("objectClass", kind), ("cn", name), (key, member)];
    DirectoryEntry::new(&format!("cn={name},dc=wool"), "", &entries)
}

/// Takes persons over, and asserts what the command prints.
async fn take_over(studio: &Installation, command: &str, arguments: &[&str], says: &str) {
    let done = studio.run(command, arguments).await;
    assert!(done.success && done.printed.contains(says), "{says}: {done:?}");
}

/// Asserts that nobody is taken over from an empty directory, or from one that refuses the reader.
async fn take_nobody(studio: &Installation, directory: &Directory, arguments: &[&str], reader: DirectoryEntry) {
    for (entries, says) in [(vec![reader], "lists nobody"), (Vec::new(), "LDAP_USER")] {
        directory.replace(entries);
        let refused = studio.run("sync-ldap", arguments).await;
        assert!(
            !refused.success && refused.complained.contains(says),
            "{says}: {refused:?}"
        );
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn persons_are_taken_over(#[values(On::Sqlite, On::Postgres)] on: On) {
    let reader = DirectoryEntry::new(READER, "reads", &[]);
    let lead = group("groupOfUniqueNames", "leads", "uniqueMember", "uid=eve,dc=wool");
    let ada = somebody(
        "ada",
        "x",
        &[
            ("givenName", "Ada"),
            ("mail", "Ada@Wool.local"),
            ("uniqueIdentifier", "7"),
        ],
    );
    let eve = somebody("eve", "x", &[("givenName", "Eve")]);
    let directory = Directory::open(vec![
        reader.clone(),
        lead.clone(),
        ada.clone(),
        eve.clone(),
        somebody("off", "x", &[("organizationalStatus", "inactive")]),
        somebody("robot", "x", &[]),
    ])
    .await;
    let studio = Installation::new(on, &[]).await;
    let server = studio.serve().await;
    let admin = server.admin().await;
    let flags = directory.flags();
    let mut arguments: Vec<&str> = flags.iter().map(String::as_str).collect();
    arguments.extend([
        "--ldap-user",
        "reader",
        "--ldap-password",
        "reads",
        "--email-domain",
        "wool.local",
    ]);
    arguments.extend(["--ldap-excluded-accounts", "robot", "--ldap-roles", "leads=supervisor"]);
    let dry: Vec<&str> = arguments.iter().copied().chain(["--dry-run"]).collect();
    let told = studio.run("sync-ldap", &dry).await;
    assert!(
        told.success && told.printed.contains("2 new") && told.printed.contains("dry run"),
        "{told:?}"
    );
    assert!(persons(&admin).await.is_empty());
    take_over(&studio, "sync-ldap", &arguments, "2 new, 0 changed").await;
    let found = persons(&admin).await;
    assert_eq!(
        facts(&found[0]),
        [json!("ada@wool.local"), json!("user"), json!(true), json!("Ada Byron")]
    );
    assert_eq!(
        facts(&found[1]),
        [
            json!("eve@wool.local"),
            json!("supervisor"),
            json!(true),
            json!("Eve Byron")
        ]
    );
    take_over(&studio, "sync-ldap", &arguments, "0 new, 0 changed, 0 switched off").await;
    // Who leaves the group leaves its role.
    directory.replace(vec![reader.clone(), ada, eve]);
    take_over(&studio, "sync-ldap", &arguments, "0 new, 1 changed, 0 switched off").await;
    assert_eq!(facts(&persons(&admin).await[1])[1], "user");
    // One gets another name, the other is gone.
    directory.replace(vec![
        reader.clone(),
        lead,
        somebody("ada.l", "x", &[("sn", "Lovelace"), ("uniqueIdentifier", "7")]),
    ]);
    let says = "0 new, 1 changed, 1 switched off";
    take_over(&studio, "sync-with-ldap-server", &arguments, says).await;
    let after = persons(&admin).await;
    assert_eq!(
        (&after[0]["id"], &after[0]["full_name"]),
        (&found[0]["id"], &json!("Ada Lovelace"))
    );
    assert_eq!((&after[1]["id"], &after[1]["active"]), (&found[1]["id"], &json!(false)));
    let events = admin.get("/data/events/last?limit=50").await.expect(200);
    let about = |person: &Value, name: &str| {
        let of = |event: &&Value| event["name"] == name && event["data"]["person_id"] == person["id"];
        events.as_array().expect("events").iter().filter(of).count()
    };
    assert_eq!(
        (
            about(&found[0], "person:new"),
            about(&found[0], "person:update"),
            about(&found[1], "person:update")
        ),
        (1, 1, 2)
    );
    take_nobody(&studio, &directory, &arguments, reader).await;
    assert_eq!(persons(&admin).await[0]["active"], true);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_group_narrows_who_is_taken_over(#[values(On::Sqlite, On::Postgres)] on: On) {
    let directory = Directory::open(vec![
        DirectoryEntry::new(READER, "reads", &[]),
        group("groupOfUniqueNames", "leads", "uniqueMember", "uid=ada,dc=wool"),
        group("groupOfNames", "heads", "member", "uid=eve,dc=wool"),
        somebody("ada", "x", &[]),
        somebody("eve", "x", &[]),
        somebody("tim", "x", &[("memberOf", "cn=crew,ou=groups,dc=elsewhere")]),
    ])
    .await;
    let studio = Installation::new(on, &[]).await;
    let _server = studio.serve().await;
    let flags = directory.flags();
    for (group, expected) in [
        ("leads", "(ada)"),
        ("heads", "(eve)"),
        ("crew", "(tim)"),
        ("cn=crew,ou=groups,dc=elsewhere", "(tim)"),
    ] {
        let mut arguments: Vec<&str> = flags.iter().map(String::as_str).collect();
        arguments.extend([
            "--ldap-user",
            READER,
            "--ldap-password",
            "reads",
            "--ldap-group",
            group,
            "--dry-run",
        ]);
        let told = studio.run("sync-ldap", &arguments).await;
        assert!(
            told.success && told.printed.contains("1 new") && told.printed.contains(expected),
            "{group}: {told:?}"
        );
    }
}
