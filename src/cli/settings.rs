//! `config`: the settings, where each comes from, and a file with all of them. It is read from the commands as clap
//! knows them, so that no setting can be left out.

use std::ffi::OsStr;
use std::fmt::Write;

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Args, Command};

use super::{CommandResult, print_out};
use crate::config::{DataArgs, Settings};

/// Stars in place of a secret.
pub(super) const MASK: &str = "********";
/// Name of a password in the query of an address.
const PASSWORD: &str = "password";
/// Most letters in a line of the file.
const WIDTH: usize = 118;
/// Beginning of the file.
const HEAD: &str = "# Settings of Dailies, as `dailies config --template` writes them. Take the # away from a line to set its variable. A flag
# counts before its variable. For systemd, this is /etc/dailies.env (packaging/dailies.service); for Docker, `--env-file`.
";

/// Arguments of `config`: the flags that `serve` takes, so that it shows what they change.
#[derive(Args)]
pub(super) struct ConfigArgs {
    /// Write a file with all variables instead: what each means, and its default.
    #[arg(long)]
    template: bool,
    #[command(flatten)]
    settings: Settings,
}

/// Prints the settings that count, or the file.
pub(super) fn run(data: &DataArgs, args: &ConfigArgs, mut command: Command, matches: &ArgMatches) -> CommandResult {
    command.build();
    if args.template {
        return print_out(template(&command).as_bytes());
    }
    let matches = matches.subcommand_matches("config").unwrap_or(matches);
    let (settings, database) = (&args.settings, data.url());
    let text = format!(
        "{}\nDatabase        {}\nRedis           {}\nPublic address  {}\n",
        table(&command, matches),
        shown_address(&database),
        settings.redis_host().unwrap_or("none"),
        settings.public_address()
    );
    for sentence in settings.doubts() {
        eprintln!("dailies: {sentence}");
    }
    print_out(text.as_bytes())
}

/// The settings by their headings: those of every command, and those of the server.
fn groups(command: &Command) -> Vec<(&str, Vec<&Arg>)> {
    let serve = command
        .find_subcommand("serve")
        .into_iter()
        .flat_map(Command::get_arguments)
        .filter(|arg| !arg.is_global_set());
    let mut groups: Vec<(&str, Vec<&Arg>)> = Vec::new();
    for arg in command
        .get_arguments()
        .chain(serve)
        .filter(|arg| arg.get_env().is_some())
    {
        let heading = arg.get_help_heading().unwrap_or("Options");
        match groups.iter_mut().find(|(name, _)| *name == heading) {
            Some((_, group)) => group.push(arg),
            None => groups.push((heading, vec![arg])),
        }
    }
    groups
}

/// Every setting with its value and where that comes from.
fn table(command: &Command, matches: &ArgMatches) -> String {
    let groups: Vec<(&str, Vec<[String; 3]>)> = groups(command)
        .into_iter()
        .map(|(heading, group)| {
            (
                heading,
                group
                    .into_iter()
                    .map(|arg| [variable(arg), value(arg, matches), source(arg, matches)])
                    .collect(),
            )
        })
        .collect();
    let width = |column: usize| {
        groups
            .iter()
            .flat_map(|(_, rows)| rows)
            .map(|row| row[column].chars().count())
            .max()
            .unwrap_or_default()
    };
    let (names, values) = (width(0), width(1).min(60));
    let mut text = String::new();
    for (at, (heading, rows)) in groups.iter().enumerate() {
        let space = if at == 0 { "" } else { "\n" };
        let _infallible = writeln!(text, "{space}{heading}");
        for [name, value, source] in rows {
            let _infallible = writeln!(text, "  {name:names$}  {value:values$}  {source}");
        }
    }
    text
}

/// The commented file of all variables.
fn template(command: &Command) -> String {
    let mut text = HEAD.to_owned();
    for (heading, group) in groups(command) {
        let _infallible = writeln!(text, "\n\n# ==== {heading} ====");
        for arg in group {
            let mut lines = wrapped(&meaning(arg));
            lines.extend(wrapped(&facts(arg)));
            let _infallible = writeln!(text, "\n{}\n#{}={}", lines.join("\n"), variable(arg), default(arg));
        }
    }
    text
}

/// Meaning of a setting, as whole sentences.
fn meaning(arg: &Arg) -> String {
    let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    if help.ends_with('.') { help } else { format!("{help}.") }
}

/// The flag, the default and the words that a setting takes.
fn facts(arg: &Arg) -> String {
    let mut facts = format!("Flag: --{}.", arg.get_long().unwrap_or_default());
    match default(arg) {
        none if none.is_empty() => facts.push_str(" Not set unless you do."),
        default => facts.push_str(&format!(" Default: {default}")),
    }
    let words: Vec<String> = arg
        .get_possible_values()
        .iter()
        .map(|value| value.get_name().to_owned())
        .collect();
    if !words.is_empty() {
        facts.push_str(&format!(" One of: {}.", words.join(", ")));
    }
    facts
}

pub(super) fn variable(arg: &Arg) -> String {
    arg.get_env()
        .map(OsStr::to_string_lossy)
        .unwrap_or_default()
        .into_owned()
}

pub(super) fn default(arg: &Arg) -> String {
    joined(arg, arg.get_default_values().iter().map(|value| value.as_ref()))
}

fn joined<'a>(arg: &Arg, values: impl Iterator<Item = &'a OsStr>) -> String {
    let values: Vec<_> = values.map(OsStr::to_string_lossy).collect();
    values.join(&arg.get_value_delimiter().unwrap_or(' ').to_string())
}

/// The value of a setting, without what is secret in it.
fn value(arg: &Arg, matches: &ArgMatches) -> String {
    let text = joined(arg, matches.get_raw(arg.get_id().as_str()).into_iter().flatten());
    match masked_address(&text) {
        Some(address) if !arg.is_hide_env_values_set() || arg.get_id() == "database_url" => address,
        _ if arg.is_hide_env_values_set() && !text.is_empty() => MASK.to_owned(),
        _ => text,
    }
}

/// The address of a database as people may see it: without its password, which may be anywhere in one that is not read as it
/// was meant, as when a letter of the password is not written with a percent sign.
pub(super) fn shown_address(text: &str) -> String {
    let is_clear = text.starts_with("sqlite:")
        || url::Url::parse(text).is_ok_and(|address| !address[url::Position::AfterPort..].contains('@'));
    if is_clear {
        masked_address(text).unwrap_or_else(|| text.to_owned())
    } else {
        MASK.to_owned()
    }
}

/// An address that names a password, without the password. Those of PostgreSQL may name it in the query, too.
fn masked_address(text: &str) -> Option<String> {
    let mut address = url::Url::parse(text).ok()?;
    let is_in_query = address.query_pairs().any(|(name, _)| name == PASSWORD);
    if address.password().is_some() {
        address.set_password(Some(MASK)).ok()?;
    } else if !is_in_query {
        return None;
    }
    if is_in_query {
        let pairs: Vec<(String, String)> = address
            .query_pairs()
            .map(|(name, value)| {
                let shown = if name == PASSWORD {
                    MASK.into()
                } else {
                    value.into_owned()
                };
                (name.into_owned(), shown)
            })
            .collect();
        address.query_pairs_mut().clear().extend_pairs(pairs);
    }
    Some(address.to_string())
}

fn source(arg: &Arg, matches: &ArgMatches) -> String {
    match matches.value_source(arg.get_id().as_str()) {
        Some(ValueSource::CommandLine) => format!("flag --{}", arg.get_long().unwrap_or_default()),
        Some(ValueSource::EnvVariable) => "variable".to_owned(),
        Some(ValueSource::DefaultValue) => "default".to_owned(),
        _ => "not set".to_owned(),
    }
}

/// A text as lines of comments.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + word.chars().count() < WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(format!("# {word}")),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::super::Cli;
    use super::*;

    fn command() -> Command {
        let mut command = Cli::command();
        command.build();
        command
    }

    fn settings(command: &Command) -> Vec<&Arg> {
        let serve = command.find_subcommand("serve").unwrap();
        serve
            .get_arguments()
            .filter(|arg| !["help", "version"].contains(&arg.get_id().as_str()))
            .collect()
    }

    /// The table of `dailies config` with these flags.
    fn shown(flags: &[&str]) -> String {
        let matches = Cli::command()
            .try_get_matches_from(["dailies", "config"].iter().chain(flags))
            .unwrap();
        table(&command(), matches.subcommand_matches("config").unwrap())
    }

    fn row<'a>(table: &'a str, variable: &str) -> Vec<&'a str> {
        let line = table
            .lines()
            .find(|line| line.split_whitespace().next() == Some(variable))
            .unwrap();
        line.split("  ")
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .collect()
    }

    #[test]
    fn every_setting_is_shown_with_its_meaning_and_variable_under_a_heading() {
        let command = command();
        let settings = settings(&command);
        assert!(settings.len() > 90, "{}", settings.len());
        for arg in &settings {
            let name = arg.get_id().as_str();
            assert!(
                arg.get_help().is_some_and(|help| !help.to_string().is_empty()),
                "{name} says what it means"
            );
            assert!(arg.get_help_heading().is_some(), "{name} has a heading");
            assert!(arg.get_env().is_some(), "{name} has a variable");
            assert!(arg.get_long().is_some(), "{name} has a flag");
            assert!(!arg.is_hide_set(), "{name} is shown");
        }
        let grouped: usize = groups(&command).iter().map(|(_, group)| group.len()).sum();
        assert_eq!(grouped, settings.len());
        let (table, template) = (shown(&[]), template(&command));
        for arg in settings {
            row(&table, &variable(arg));
            assert!(
                template.contains(&format!("\n#{}=", variable(arg))),
                "{}",
                variable(arg)
            );
        }
    }

    #[test]
    fn every_argument_of_every_command_says_what_it_means() {
        for command in command().get_subcommands() {
            for arg in command.get_arguments() {
                assert!(arg.get_help().is_some(), "{} of {}", arg.get_id(), command.get_name());
            }
        }
    }

    #[test]
    fn secrets_are_shown_nowhere() {
        let command = command();
        let names = ["password", "secret", "token", "key", "headers", "database_url"];
        for arg in settings(&command) {
            let name = arg.get_id().as_str();
            let is_secret = names.iter().any(|end| name.ends_with(end));
            assert_eq!(arg.is_hide_env_values_set(), is_secret, "{name}");
            if is_secret {
                let flag = format!("--{}", arg.get_long().unwrap());
                // A value that each of them takes: an address of a database, and 32 characters for keys.
                let table = shown(&[&flag, "postgres://a:sheep@b.example/ccc"]);
                assert!(!table.contains("sheep"), "{name}");
                assert_eq!(
                    row(&table, &variable(arg)).last(),
                    Some(&format!("flag {flag}").as_str())
                );
            }
        }
    }

    #[test]
    fn addresses_are_shown_without_their_passwords() {
        let table = shown(&[
            "--database-url",
            "postgres://dailies:sheep@example.org/it",
            "--oidc-discovery-url",
            "https://me:sheep@example.org/x",
        ]);
        assert_eq!(
            row(&table, "DATABASE_URL")[1],
            "postgres://dailies:********@example.org/it"
        );
        assert_eq!(
            row(&table, "OIDC_DISCOVERY_URL")[1],
            "https://me:********@example.org/x"
        );
    }

    #[test]
    fn passwords_are_shown_nowhere_in_the_address_of_a_database() {
        for (address, shown) in [
            (
                "postgres://ada:sheep@b.example/c",
                "postgres://ada:********@b.example/c",
            ),
            (
                "postgres://b.example/c?user=ada&password=sheep",
                "postgres://b.example/c?user=ada&password=********",
            ),
            ("postgres://ada:sh#eep@b.example/c", MASK),
            ("postgres://ada:1#sheep@b.example/c", MASK),
            ("postgres://ada:1/sheep@b.example/c", MASK),
            (
                "postgres://b.example/c?sslmode=require",
                "postgres://b.example/c?sslmode=require",
            ),
            (
                "sqlite://my studio@home/dailies.db",
                "sqlite://my studio@home/dailies.db",
            ),
        ] {
            assert_eq!(shown_address(address), shown);
        }
    }

    #[test]
    fn values_are_shown_with_where_they_come_from() {
        let table = shown(&[
            "--port",
            "8000",
            "--cors-allowed-origins",
            "https://a.example;https://b.example",
        ]);
        assert_eq!(row(&table, "DAILIES_PORT"), ["DAILIES_PORT", "8000", "flag --port"]);
        assert_eq!(
            row(&table, "NB_RECORDS_PER_PAGE"),
            ["NB_RECORDS_PER_PAGE", "100", "default"]
        );
        assert_eq!(
            row(&table, "CORS_ALLOWED_ORIGINS")[1],
            "https://a.example;https://b.example"
        );
        assert_eq!(row(&table, "SECRET_KEY"), ["SECRET_KEY", "not set"]);
    }

    /// `dailies config --template > packaging/dailies.env` makes it anew.
    #[test]
    fn the_file_of_all_settings_is_up_to_date() {
        let checked_in = include_str!("../../packaging/dailies.env");
        let written = template(&command());
        for (here, there) in written.lines().zip(checked_in.lines()) {
            assert_eq!(
                here, there,
                "`dailies config --template > packaging/dailies.env` makes it anew"
            );
        }
        assert_eq!(
            written.len(),
            checked_in.len(),
            "`dailies config --template > packaging/dailies.env` makes it anew"
        );
    }
}
