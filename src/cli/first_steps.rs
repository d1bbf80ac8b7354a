//! Advice for after the first start, in five lines.

use std::net::SocketAddr;
use std::path::Path;

use super::settings;
use crate::config::{DataArgs, Settings};

/// The five lines, with the commands as they have to be written for this installation.
pub(super) fn text(data: &DataArgs, settings: &Settings, address: &str) -> String {
    let dailies = command(data);
    let ui = match &settings.ui {
        Some(_) => format!("http://{address}/"),
        None => "start again with --ui FOLDER, the folder of a built Kitsu".to_owned(),
    };
    let backup = match data.is_embedded() {
        true => format!("{dailies} backup FILE"),
        false => "pg_dump".to_owned(),
    };
    let files = match settings.files.fs_backend.as_str() {
        "local" => {
            let folder = settings
                .files
                .preview_folder
                .clone()
                .unwrap_or_else(|| data.data_dir.join("previews"));
            format!("copy {}", folder.display())
        }
        _ => "keep versions of the buckets".to_owned(),
    };
    format!(
        "What to do next:
  1. Read and try the API      http://{address}/docs
  2. Open the web UI           {ui}
  3. Let administrators in     {dailies} create-admin E-MAIL
  4. Say where people find it  DOMAIN_NAME, now {}; all settings: {dailies} config
  5. Back up                   {backup}, and {files}
",
        settings.domain_name
    )
}

/// The address that a browser on this machine takes. One that stands for all addresses is none to go to.
pub(super) fn reachable(address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        format!("localhost:{}", address.port())
    } else {
        address.to_string()
    }
}

/// The name of the program, with the data folder and the database where they are others than commands take by themselves.
fn command(data: &DataArgs) -> String {
    let mut command = "dailies".to_owned();
    if data.data_dir != Path::new("./data") {
        let folder = data.data_dir.to_string_lossy();
        command.push_str(&format!(" --data-dir {}", word(&folder)));
    }
    for (flag, variable, value) in database_flags(data) {
        if std::env::var(variable).ok().as_ref() != Some(&value) {
            let shown = match variable {
                "DATABASE_URL" => settings::shown_address(&value),
                "DB_PASSWORD" => settings::MASK.to_owned(),
                _ => value,
            };
            command.push_str(&format!(" {flag} {}", word(&shown)));
        }
    }
    command
}

/// The flags that name the database, each with its variable and its value. An address counts before its parts.
fn database_flags(data: &DataArgs) -> Vec<(&'static str, &'static str, String)> {
    if let Some(url) = &data.database_url {
        return vec![("--database-url", "DATABASE_URL", url.clone())];
    }
    let parts = &data.parts;
    [
        ("--db-host", "DB_HOST", parts.db_host.clone()),
        ("--db-port", "DB_PORT", parts.db_port.map(|port| port.to_string())),
        ("--db-username", "DB_USERNAME", parts.db_username.clone()),
        ("--db-password", "DB_PASSWORD", parts.db_password.clone()),
        ("--db-database", "DB_DATABASE", parts.db_database.clone()),
    ]
    .into_iter()
    .filter_map(|(flag, variable, value)| Some((flag, variable, value?)))
    .collect()
}

/// A text as one word of a command line.
fn word(text: &str) -> String {
    let is_plain = |letter: char| letter.is_alphanumeric() || "/._-:@%+=,".contains(letter);
    if !text.is_empty() && text.chars().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Flags {
        #[command(flatten)]
        data: DataArgs,
        #[command(flatten)]
        settings: Settings,
    }

    fn lines(flags: &[&str]) -> Vec<String> {
        let Flags { data, settings } = Flags::parse_from(["dailies"].iter().chain(flags));
        text(&data, &settings, "127.0.0.1:5000")
            .lines()
            .map(str::to_owned)
            .collect()
    }

    #[test]
    fn five_lines_name_what_this_installation_has() {
        let lines = lines(&["--data-dir", "there"]);
        assert_eq!(lines.len(), 6);
        assert!(lines[1].ends_with("http://127.0.0.1:5000/docs"));
        assert!(lines[2].contains("--ui FOLDER"));
        assert!(lines[3].contains("dailies --data-dir there create-admin"));
        assert!(
            lines[5].ends_with("dailies --data-dir there backup FILE, and copy there/previews"),
            "{}",
            lines[5]
        );
    }

    #[test]
    fn five_lines_suit_a_studio_that_outgrew_one_machine() {
        let lines = lines(&[
            "--database-url",
            "postgres://a:sheep@b/c",
            "--fs-backend",
            "s3",
            "--ui",
            "kitsu",
            "--domain-name",
            "tracker.example.com",
        ]);
        assert!(lines[2].ends_with("http://127.0.0.1:5000/"));
        assert!(
            lines[3].contains("dailies --database-url 'postgres://a:********@b/c' create-admin"),
            "{}",
            lines[3]
        );
        assert!(lines[4].contains("now tracker.example.com;"));
        assert!(
            lines[5].ends_with("pg_dump, and keep versions of the buckets"),
            "{}",
            lines[5]
        );
        assert!(!lines.join("\n").contains("sheep"));
    }

    #[test]
    fn commands_lead_to_a_database_that_is_named_by_its_parts() {
        let flags = [
            "--db-host",
            "b.example",
            "--db-password",
            "sheep",
            "--db-database",
            "c d",
        ];
        let lines = lines(&flags);
        assert!(
            lines[3].contains("dailies --db-host b.example --db-password '********' --db-database 'c d' create-admin"),
            "{}",
            lines[3]
        );
    }

    #[test]
    fn folders_of_any_name_are_one_word() {
        assert!(lines(&["--data-dir", "my studio's"])[3].contains(r"dailies --data-dir 'my studio'\''s' create-admin"));
    }

    #[test]
    fn all_addresses_are_none_to_go_to() {
        let reached = |address: &str| address.parse().map(reachable);
        assert_eq!(reached("0.0.0.0:5000").as_deref(), Ok("localhost:5000"));
        assert_eq!(reached("[::]:5000").as_deref(), Ok("localhost:5000"));
        assert_eq!(reached("192.0.2.7:5000").as_deref(), Ok("192.0.2.7:5000"));
    }
}
