//! `dailies bench`: loads a running server with the calls that clients make most, and shows how fast it answers. With
//! `--against` another server with the same API gets the same load in turns. The manual (`docs/measuring.md`) shows how it is used.

mod args;
mod board;
mod bulk;
mod client;
mod figures;
mod listeners;
mod loads;
mod reading;
mod report;
mod routes;
mod stage;
mod table;
mod turns;
mod writing;

use std::error::Error;

pub use self::args::BenchArgs;
use self::client::{Client, Problem};
use self::report::Report;
use self::routes::{READINGS, Reading, WRITINGS, Writing};
use self::stage::{Stage, StageSize};
use self::turns::in_turns;

/// Measures, and prints a table as it goes.
///
/// # Errors
/// A server does not answer, refuses the password, or no line is known by the given names.
pub async fn run(args: &BenchArgs) -> Result<(), Box<dyn Error>> {
    measure_all(args).await.map_err(|problem| problem as Box<dyn Error>)
}

/// Lines that are measured.
struct Choice {
    readings: Vec<&'static Reading>,
    writings: Vec<&'static Writing>,
    bulk: bool,
    board: bool,
    listeners: bool,
}

impl Choice {
    fn new(args: &BenchArgs) -> Result<Self, Problem> {
        let any = |names: &[&str]| names.iter().any(|name| args.names(name, ""));
        let choice = Self {
            readings: READINGS
                .iter()
                .filter(|reading| args.names(reading.name, reading.path))
                .collect(),
            writings: WRITINGS
                .iter()
                .filter(|writing| args.writes && args.names(writing.name, writing.path))
                .collect(),
            bulk: args.writes && any(&bulk::LINES),
            board: args.writes && any(&board::LINES),
            listeners: args.listeners > 0 && any(&[listeners::LINE]),
        };
        if choice.readings.is_empty() && !choice.needs_stage() {
            Err("no line is known by that name".into())
        } else {
            Ok(choice)
        }
    }

    /// True if something is changed, for which there is a production of its own.
    fn needs_stage(&self) -> bool {
        !self.writings.is_empty() || self.bulk || self.board || self.listeners
    }

    fn stage_size(&self, args: &BenchArgs) -> StageSize {
        let board = if self.board { args.tasks.max(board::WORKERS) } else { 0 };
        let bulk = if self.bulk { args.tasks } else { 0 };
        let heard = if self.listeners {
            listeners::changes_in(args.whole())
        } else {
            0
        };
        StageSize {
            clients: if self.writings.is_empty() {
                1
            } else {
                args.most_clients()
            },
            tasks: bulk.max(board).max(heard),
        }
    }
}

/// A server with the production that is made on it.
struct Site {
    client: Client,
    stage: Stage,
}

async fn measure_all(args: &BenchArgs) -> Result<(), Problem> {
    let choice = Choice::new(args)?;
    let (mut clients, production) = sign_in(args).await?;
    let mut report = Report::begin(args, production, &clients).await?;
    measure_readings(&mut clients, &choice, args, &mut report).await;
    let result = if choice.needs_stage() {
        measure_changes(clients, &choice, args, &mut report).await
    } else {
        Ok(())
    };
    report.finish(args.json.as_deref())?;
    result
}

/// Signs in to all servers, and chooses the production whose records are asked for: that of the same name on each.
async fn sign_in(args: &BenchArgs) -> Result<(Vec<Client>, Option<String>), Problem> {
    let mut client = Client::sign_in(&args.url, &args.email, &args.password, args.gzip).await?;
    let production = client.choose_production(args.production.as_deref()).await?;
    let mut clients = vec![client];
    if let Some(url) = &args.against {
        let email = args.against_email.as_ref().unwrap_or(&args.email);
        let password = args.against_password.as_ref().unwrap_or(&args.password);
        let mut other = Client::sign_in(url, email, password, args.gzip).await?;
        other.choose_production(production.as_deref()).await?;
        clients.push(other);
    }
    Ok((clients, production))
}

async fn measure_readings(clients: &mut [Client], choice: &Choice, args: &BenchArgs, report: &mut Report) {
    for reading in &choice.readings {
        let measured = in_turns(clients, args.turns(), async |client: &mut Client| {
            let call = client.call(reading.method, reading.path, reading.body).await?;
            let call = if reading.known {
                client.knowing(call).await?
            } else {
                call
            };
            Ok(vec![
                reading::measure(client, &call, args.half(), args.concurrency).await?,
            ])
        });
        let call = format!("{} {}", reading.method, reading.path);
        report.add(&[reading.name], Some(&call), args.concurrency.into(), &measured.await);
    }
}

/// Makes a production on each server, measures what changes records in it, and removes it again.
async fn measure_changes(
    clients: Vec<Client>,
    choice: &Choice,
    args: &BenchArgs,
    report: &mut Report,
) -> Result<(), Problem> {
    let mut sites = Vec::new();
    let mut result: Result<(), Problem> = Ok(());
    for mut client in clients {
        match Stage::build(&mut client, choice.stage_size(args)).await {
            Ok(stage) => sites.push(Site { client, stage }),
            Err(problem) => {
                result = Err(format!("{}: no production could be made: {problem}", client.base()).into());
                break;
            }
        }
    }
    if result.is_ok() {
        measure_sites(&mut sites, choice, args, report).await;
    }
    for Site { client, stage } in &sites {
        result = result.and(stage.remove(client).await);
    }
    result
}

async fn measure_sites(sites: &mut [Site], choice: &Choice, args: &BenchArgs, report: &mut Report) {
    for writing in &choice.writings {
        for &clients in &args.clients {
            let measured = in_turns(sites, args.turns(), async |site: &mut Site| {
                Ok(vec![
                    writing::measure(&site.client, &site.stage, writing, clients, args.half()).await?,
                ])
            });
            let call = format!("{} {}", writing.method, writing.path);
            report.add(&[writing.name], Some(&call), clients.into(), &measured.await);
        }
    }
    // These tasks are deleted in the end, so that those of the board can be created.
    for &clients in args.clients.iter().filter(|_| choice.bulk) {
        let measured = in_turns(sites, args.turns(), async |site: &mut Site| {
            bulk::measure(&site.client, &site.stage, clients.into()).await
        });
        report.add(&bulk::LINES, None, clients.into(), &measured.await);
    }
    if choice.board {
        let measured = in_turns(sites, args.turns(), async |site: &mut Site| {
            board::measure(&site.client, &mut site.stage).await
        });
        report.add(&board::LINES, None, 1, &measured.await);
    }
    if choice.listeners {
        let measured = in_turns(sites, args.turns(), async |site: &mut Site| {
            Ok(vec![
                listeners::measure(&site.client, &mut site.stage, args.listeners, args.whole()).await?,
            ])
        });
        report.add(&[listeners::LINE], None, args.listeners, &measured.await);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::tests::parse;

    fn args(more: &[&str]) -> BenchArgs {
        parse(more).expect("arguments")
    }

    #[test]
    fn lines_that_change_something_are_measured_when_they_are_wanted() {
        let choice = |more: &[&str]| Choice::new(&args(more));
        assert!(!choice(&[]).expect("all lines").needs_stage());
        let all = choice(&["--writes"]).expect("all lines");
        assert!(all.bulk && all.board && !all.listeners && all.writings.len() == WRITINGS.len());
        let one = choice(&["--writes", "--route", "many tasks: assign"]).expect("a line");
        assert!(one.bulk && !one.board && one.readings.is_empty() && one.writings.is_empty());
        let heard = choice(&["--listeners", "1000", "--route", "listeners"]).expect("a line");
        assert!(heard.listeners && !heard.bulk && heard.readings.is_empty());
        assert!(choice(&["--route", "many tasks"]).is_err() && choice(&["--route", "no such line"]).is_err());
    }

    #[test]
    fn the_production_is_as_large_as_its_lines_need_it() {
        let size = |more: &[&str]| {
            let args = args(more);
            let StageSize { clients, tasks } = Choice::new(&args).expect("lines").stage_size(&args);
            (clients, tasks)
        };
        assert_eq!(size(&["--writes", "--tasks", "4000"]), (32, 4000));
        assert_eq!(size(&["--writes", "--route", "comment", "--clients", "1,4"]), (4, 0));
        assert_eq!(size(&["--listeners", "10", "--seconds", "6"]), (1, 300));
        assert_eq!(size(&["--writes", "--route", "board"]), (1, 1000));
        assert_eq!(
            size(&["--writes", "--route", "board", "--tasks", "3"]),
            (1, board::WORKERS)
        );
    }
}
