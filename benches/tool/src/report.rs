//! Everything that was measured, as a table for people and as a document for programs. The manual (`docs/measuring.md`) names the
//! fields of the document: they stay what they are.

use std::path::Path;

use serde::Serialize;

use super::args::BenchArgs;
use super::client::{Client, Problem};
use super::figures::{Figures, Ratio, Summary};
use super::table;
use super::turns::Measured;

/// Number of the form of the document.
const FORMAT: u32 = 1;

/// Everything that was measured.
#[derive(Debug, Serialize)]
pub struct Report {
    format: u32,
    servers: Vec<Address>,
    options: Options,
    lines: Vec<Line>,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<Summary>,
}

/// A server that is measured.
#[derive(Debug, Serialize)]
struct Address {
    url: String,
    name: String,
    version: String,
}

/// The choices that figures depend on.
#[derive(Debug, Serialize)]
struct Options {
    production: Option<String>,
    seconds: f64,
    turns: u16,
    concurrency: u16,
    clients: Vec<u16>,
    tasks: usize,
    listeners: usize,
    gzip: bool,
}

/// Figures of all servers for one subject.
#[derive(Debug, Serialize)]
struct Line {
    name: String,
    /// Method and path, where the line is about one call.
    #[serde(skip_serializing_if = "Option::is_none")]
    call: Option<String>,
    clients: usize,
    servers: Vec<Outcome>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ratio: Option<Ratio>,
}

/// Figures of one server, or why there are none.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Outcome {
    Measured(Figures),
    LeftOut { error: String },
}

impl Outcome {
    fn figures(&self) -> Option<&Figures> {
        match self {
            Self::Measured(figures) => Some(figures),
            Self::LeftOut { .. } => None,
        }
    }
}

impl Line {
    fn new(name: &str, call: Option<String>, clients: usize, servers: Vec<Outcome>) -> Self {
        let ratio = match servers.as_slice() {
            [first, second] => first
                .figures()
                .zip(second.figures())
                .map(|(first, second)| Ratio::new(first, second)),
            _ => None,
        };
        Self {
            name: name.to_owned(),
            call,
            clients,
            servers,
            ratio,
        }
    }

    /// The lines of the table: one for each server, and the ratio with the last one.
    fn texts(&self) -> Vec<String> {
        let last = self.servers.len().saturating_sub(1);
        let text = |(at, outcome): (usize, &Outcome)| {
            let name = if at == 0 { self.name.as_str() } else { table::AGAINST };
            let ratio = self.ratio.as_ref().filter(|_| at == last).map(Ratio::headline);
            match outcome {
                Outcome::Measured(figures) => table::line(name, self.clients, figures, ratio),
                Outcome::LeftOut { error } => table::left_out(name, error),
            }
        };
        self.servers.iter().enumerate().map(text).collect()
    }
}

impl Report {
    /// Begins with nothing measured, and prints the servers and the head of the table.
    ///
    /// # Errors
    /// A server does not say what it is.
    pub async fn begin(args: &BenchArgs, production: Option<String>, clients: &[Client]) -> Result<Self, Problem> {
        let mut servers = Vec::new();
        for client in clients {
            let identity = client.identity().await?;
            println!("{}: {} {}", client.base(), identity.name, identity.version);
            servers.push(Address {
                url: client.base().to_owned(),
                name: identity.name,
                version: identity.version,
            });
        }
        println!("{}", table::head());
        Ok(Self {
            format: FORMAT,
            servers,
            options: options(args, production),
            lines: Vec::new(),
            summary: None,
        })
    }

    /// Adds the lines of these names, which were measured together, and prints them.
    pub fn add(&mut self, names: &[&str], call: Option<&str>, clients: usize, measured: &[Measured]) {
        for (at, name) in names.iter().enumerate() {
            let outcome = |measured: &Measured| match measured.as_ref().map(|figures| figures.get(at)) {
                Ok(Some(figures)) => Outcome::Measured(figures.clone()),
                Ok(None) => Outcome::LeftOut {
                    error: "was not measured".to_owned(),
                },
                Err(error) => Outcome::LeftOut { error: error.clone() },
            };
            let line = Line::new(
                name,
                call.map(str::to_owned),
                clients,
                measured.iter().map(outcome).collect(),
            );
            line.texts().iter().for_each(|text| println!("{text}"));
            self.lines.push(line);
        }
    }

    /// Sums the ratios up, and writes the document where one is wanted.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn finish(&mut self, file: Option<&Path>) -> Result<(), Problem> {
        let ratios: Vec<(&str, f64)> = self
            .lines
            .iter()
            .filter_map(|line| Some((line.name.as_str(), line.ratio.as_ref()?.headline())))
            .collect();
        self.summary = Summary::of(&ratios);
        if let Some(summary) = &self.summary {
            println!("{}", table::summary(summary));
        }
        if let Some(file) = file {
            let document = serde_json::to_vec_pretty(self)?;
            std::fs::write(file, document).map_err(|error| format!("{} can't be written: {error}", file.display()))?;
        }
        Ok(())
    }
}

fn options(args: &BenchArgs, production: Option<String>) -> Options {
    Options {
        production,
        seconds: args.seconds,
        turns: args.turns(),
        concurrency: args.concurrency,
        clients: args.clients.clone(),
        tasks: args.tasks,
        listeners: args.listeners,
        gzip: args.gzip,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn report() -> Report {
        let options = Options {
            production: Some("Odda".to_owned()),
            seconds: 4.0,
            turns: 2,
            concurrency: 8,
            clients: vec![1, 8],
            tasks: 1000,
            listeners: 0,
            gzip: false,
        };
        let address = |url: &str| Address {
            url: url.to_owned(),
            name: "Dailies".to_owned(),
            version: "1.0.97".to_owned(),
        };
        let servers = vec![address("http://one"), address("http://other")];
        Report {
            format: FORMAT,
            servers,
            options,
            lines: Vec::new(),
            summary: None,
        }
    }

    fn figures(p50_ms: f64, per_second: f64) -> Measured {
        let figures = Figures {
            calls: 10,
            bytes: Some(7),
            cold_ms: Some(9.0),
            first_byte_ms: Some(0.5),
            ..Figures::default()
        };
        Ok(vec![Figures {
            mean_ms: p50_ms,
            p50_ms,
            p99_ms: p50_ms,
            per_second: Some(per_second),
            ..figures
        }])
    }

    #[test]
    fn the_document_has_the_fields_of_the_manual() {
        let mut report = report();
        report.add(
            &["one task"],
            Some("GET /data/tasks/{task}"),
            8,
            &[figures(1.0, 900.0), figures(4.0, 300.0)],
        );
        report.add(
            &["board"],
            None,
            1,
            &[figures(1.0, 5.0), Err("answered by 404".to_owned())],
        );
        report.finish(None).expect("no file");
        let server = |p50: f64, rate: f64| json!({"calls": 10, "bytes": 7, "cold_ms": 9.0, "first_byte_ms": 0.5, "mean_ms": p50, "p50_ms": p50, "p99_ms": p50, "per_second": rate});
        let expected = json!({
            "format": 1,
            "servers": [
                {"url": "http://one", "name": "Dailies", "version": "1.0.97"},
                {"url": "http://other", "name": "Dailies", "version": "1.0.97"},
            ],
            "options": {
                "production": "Odda", "seconds": 4.0, "turns": 2, "concurrency": 8, "clients": [1, 8], "tasks": 1000, "listeners": 0,
                "gzip": false,
            },
            "lines": [
                {
                    "name": "one task",
                    "call": "GET /data/tasks/{task}",
                    "clients": 8,
                    "servers": [server(1.0, 900.0), server(4.0, 300.0)],
                    "ratio": {"per_second": 3.0, "mean": 4.0, "p50": 4.0, "p99": 4.0},
                },
                {"name": "board", "clients": 1, "servers": [server(1.0, 5.0), {"error": "answered by 404"}]},
            ],
            "summary": {"lines": 1, "geometric_mean": 3.0, "least": 3.0, "least_line": "one task"},
        });
        assert_eq!(serde_json::to_value(&report).expect("JSON"), expected);
    }

    #[test]
    fn both_servers_have_a_line_and_the_last_one_the_ratio() {
        let outcome = |measured: Measured| Outcome::Measured(measured.expect("figures").remove(0));
        let line = Line::new(
            "one task",
            None,
            8,
            vec![outcome(figures(1.0, 900.0)), outcome(figures(4.0, 300.0))],
        );
        let texts = line.texts();
        assert!(
            texts[0].starts_with("one task ") && texts[0].ends_with("900.0"),
            "{texts:?}"
        );
        assert!(
            texts[1].starts_with(table::AGAINST) && texts[1].ends_with("3.00"),
            "{texts:?}"
        );
        let failed = Line::new(
            "one task",
            None,
            8,
            vec![Outcome::LeftOut {
                error: "answered by 404".to_owned(),
            }],
        );
        assert_eq!(failed.texts().len(), 1);
    }

    #[test]
    fn a_file_is_written_when_it_is_wanted() {
        let file = std::env::temp_dir().join(format!("dailies-bench-{}.json", std::process::id()));
        report().finish(Some(&file)).expect("a file");
        let written = std::fs::read(&file).expect("a file");
        std::fs::remove_file(&file).expect("a file");
        let document: serde_json::Value = serde_json::from_slice(&written).expect("JSON");
        assert_eq!((&document["format"], &document["lines"]), (&json!(1), &json!([])));
    }
}
