//! Variables of the environment: those that look like settings and are none, and those that hold what can't be.

use std::ffi::{OsStr, OsString};

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgMatches, Command, Parser};

use super::settings::MASK;

/// Beginning of the variables that only this program has.
const PREFIX: &str = "DAILIES_";

/// Reads flags and variables. Ends the program when one can't be read, and names the variable where it is one.
pub(super) fn read_with_variables<T: Parser>(given: &[OsString]) -> (T, ArgMatches) {
    let is_empty = |name: &OsStr| std::env::var_os(name).is_some_and(|value| value.is_empty());
    let read = without_empty(T::command(), &is_empty)
        .try_get_matches_from(given)
        .and_then(|matches| Ok((T::from_arg_matches(&matches)?, matches)));
    read.unwrap_or_else(|error| {
        with_variable(error, T::command(), given, |name| std::env::var_os(name).is_some()).exit()
    })
}

/// The same command, to which an empty variable is as one that is not set. An empty key would sign what anybody can sign.
fn without_empty(command: Command, is_empty: &impl Fn(&OsStr) -> bool) -> Command {
    command
        .mut_args(|arg| {
            if arg.get_env().is_some_and(is_empty) {
                arg.env(None::<&'static str>)
            } else {
                arg
            }
        })
        .mut_subcommands(|command| without_empty(command, is_empty))
}

/// A sentence on each variable that begins like ours, and that nothing reads.
pub(super) fn unknown(mut command: Command, names: impl Iterator<Item = OsString>) -> Vec<String> {
    command.build();
    let known: Vec<&str> = arguments(&command)
        .into_iter()
        .filter_map(|arg| arg.get_env()?.to_str())
        .collect();
    let mut unknown: Vec<String> = names
        .filter_map(|name| name.into_string().ok())
        .filter(|name| name.starts_with(PREFIX))
        .collect();
    unknown.retain(|name| !known.contains(&name.as_str()));
    unknown.sort();
    unknown.iter().map(|name| sentence(name, &known)).collect()
}

fn sentence(name: &str, known: &[&str]) -> String {
    let bare = name.strip_prefix(PREFIX).unwrap_or(name);
    let distance = |known: &str| strsim::damerau_levenshtein(name, known).min(strsim::damerau_levenshtein(bare, known));
    let nearest = known
        .iter()
        .map(|&known| (distance(known), known))
        .min()
        .filter(|(distance, _)| distance * 2 < bare.len());
    let hint = nearest.map_or_else(
        || "`dailies config` shows those that there are".to_owned(),
        |(_, nearest)| format!("did you mean {nearest}?"),
    );
    format!("the variable {name} is no setting, and is not read: {hint}")
}

/// The arguments of a command and of those below it.
fn arguments(command: &Command) -> Vec<&Arg> {
    command
        .get_arguments()
        .chain(command.get_subcommands().flat_map(|command| arguments(command)))
        .collect()
}

/// The same error with the variable that the wrong value comes from, and without the value of a secret.
fn with_variable(
    mut error: clap::Error,
    mut command: Command,
    given: &[OsString],
    is_set: impl Fn(&OsStr) -> bool,
) -> clap::Error {
    if !matches!(error.kind(), ErrorKind::InvalidValue | ErrorKind::ValueValidation) {
        return error;
    }
    command.build();
    let wrong = error
        .get(ContextKind::InvalidArg)
        .map(ToString::to_string)
        .unwrap_or_default();
    let meant: Vec<&Arg> = arguments(&command)
        .into_iter()
        .filter(|arg| arg.to_string() == wrong)
        .collect();
    let is_told = error
        .get(ContextKind::InvalidValue)
        .is_some_and(|value| !value.to_string().is_empty());
    if is_told && meant.iter().any(|arg| arg.is_hide_env_values_set()) {
        error.insert(ContextKind::InvalidValue, ContextValue::String(MASK.to_owned()));
    }
    let variable = meant
        .into_iter()
        .find(|arg| !is_given(arg, given))
        .and_then(Arg::get_env);
    if let Some(variable) = variable.filter(|variable| is_set(variable)) {
        let tip = format!("the value is that of the variable {}", variable.to_string_lossy());
        error.insert(
            ContextKind::Suggested,
            ContextValue::StyledStrs(vec![StyledStr::from(tip)]),
        );
    }
    error
}

/// True if a flag was given, so that its variable does not count.
fn is_given(arg: &Arg, given: &[OsString]) -> bool {
    let flag = format!("--{}", arg.get_long().unwrap_or_default());
    given.iter().any(|word| {
        let word = word.to_string_lossy();
        word.strip_prefix(&flag)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::super::Cli;
    use super::*;

    fn complaints(names: &[&str]) -> Vec<String> {
        unknown(Cli::command(), names.iter().map(OsString::from))
    }

    #[test]
    fn unknown_variables_of_ours_are_named_with_the_nearest_setting() {
        let told = complaints(&[
            "PATH",
            "DAILIES_PROT",
            "DAILIES_PORT",
            "DAILIES_DATA_DIR",
            "DAILIES_SECRET_KEY",
            "DAILIES_X",
        ]);
        assert_eq!(told.len(), 3, "{told:?}");
        assert!(
            told[0].contains("DAILIES_PROT ") && told[0].ends_with("did you mean DAILIES_PORT?"),
            "{told:?}"
        );
        assert!(told[1].ends_with("did you mean SECRET_KEY?"), "{told:?}");
        assert!(
            told[2].contains("DAILIES_X ") && told[2].contains("`dailies config`"),
            "{told:?}"
        );
    }

    #[test]
    fn empty_variables_are_as_those_that_are_not_set() {
        let command = without_empty(Cli::command(), &|name: &OsStr| {
            name == "SECRET_KEY" || name == "DATABASE_URL"
        });
        let read: Vec<&str> = arguments(&command)
            .into_iter()
            .filter_map(|arg| arg.get_env()?.to_str())
            .collect();
        assert!(
            !read.contains(&"SECRET_KEY") && !read.contains(&"DATABASE_URL"),
            "{read:?}"
        );
        assert!(
            read.contains(&"KV_HOST") && read.contains(&"DAILIES_PASSWORD"),
            "{read:?}"
        );
    }

    #[test]
    fn secrets_that_are_wrong_are_not_told() {
        let given = [
            "dailies",
            "serve",
            "--database-url",
            "mysql://ada:sheep@db.example.com/dailies",
        ];
        let error = Cli::command().try_get_matches_from(given).unwrap_err();
        let given = given.map(OsString::from);
        let told = with_variable(error, Cli::command(), &given, |_| false).to_string();
        assert!(
            told.contains("--database-url") && told.contains("postgres://"),
            "{told}"
        );
        assert!(!told.contains("sheep"), "{told}");
    }

    #[test]
    fn what_is_wrong_names_its_variable() {
        // A flag fails as its variable does, and the tests' environment is left alone.
        let error = || {
            Cli::command()
                .try_get_matches_from(["dailies", "serve", "--port", "many"])
                .unwrap_err()
        };
        let tip = "the value is that of the variable DAILIES_PORT";
        let told = |given: &[&str], is_set: bool| {
            let given: Vec<OsString> = given.iter().map(OsString::from).collect();
            with_variable(error(), Cli::command(), &given, |name| is_set && name == "DAILIES_PORT").to_string()
        };
        assert!(told(&["dailies", "serve"], true).contains(tip));
        assert!(!told(&["dailies", "serve"], false).contains(tip));
        assert!(!told(&["dailies", "serve", "--port", "many"], true).contains(tip));
        assert!(!told(&["dailies", "serve", "--port=many"], true).contains(tip));
    }
}
