//! The program itself, as processes of its own: commands that run to their end, and a server that can be killed.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use reqwest::redirect::Policy;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use super::{Client, On, TestServer, wait_for};

/// The administrator of every installation.
pub const ADMIN: (&str, &str) = ("admin@example.com", "a long password");

/// A database and a data folder, that commands and servers work on.
pub struct Installation {
    folder: TempDir,
    pub database_url: String,
    flags: Vec<String>,
    /// True if the server is told to make an administrator.
    has_admin: bool,
}

/// A command that came to its end.
#[derive(Debug)]
pub struct Ended {
    pub success: bool,
    pub printed: String,
    pub complained: String,
}

impl Ended {
    fn of(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Self {
            success: output.status.success(),
            printed: text(output.stdout),
            complained: text(output.stderr),
        }
    }
}

/// A server that runs until it is killed, or until this is dropped.
pub struct Program {
    pub url: String,
    process: Child,
    /// Kept open, so that the server can go on printing.
    output: Lines<BufReader<ChildStdout>>,
}

impl Installation {
    /// An installation on an empty database, whose commands get these flags.
    pub async fn new(on: On, flags: &[&str]) -> Self {
        let mut made = Self {
            has_admin: true,
            ..Self::on_database("", flags)
        };
        made.database_url = match on {
            On::Sqlite => format!("sqlite://{}", made.data().join("dailies.db").display()),
            On::Postgres => TestServer::empty_database().await,
        };
        made
    }

    /// One on a database that is there already.
    pub fn on_database(url: &str, flags: &[&str]) -> Self {
        let folder = TempDir::new().expect("a folder");
        std::fs::create_dir(folder.path().join("temporary")).expect("a folder");
        Self {
            folder,
            database_url: url.to_owned(),
            flags: flags.iter().map(|flag| (*flag).to_owned()).collect(),
            has_admin: false,
        }
    }

    /// Folder of everything that the server keeps.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Folder where the server puts files on their way.
    pub fn temporary(&self) -> PathBuf {
        self.folder.path().join("temporary")
    }

    /// The command with these variables in its environment, run to its end.
    pub async fn run_with(&self, variables: &[(&str, &str)], name: &str, arguments: &[&str]) -> Ended {
        let output = self
            .command(name)
            .envs(variables.iter().copied())
            .args(arguments)
            .output()
            .await
            .expect("the program runs");
        Ended::of(output)
    }

    /// The command with this as its standard input, run to its end.
    pub async fn run_on(&self, input: &str, name: &str, arguments: &[&str]) -> Ended {
        let mut command = self.command(name);
        command
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut process = command.spawn().expect("the program runs");
        let mut stdin = process.stdin.take().expect("its input");
        stdin.write_all(input.as_bytes()).await.expect("a program that reads");
        drop(stdin);
        Ended::of(process.wait_with_output().await.expect("an end"))
    }

    /// Runs a command whose output nobody reads, to its end.
    pub async fn run_unread(&self, name: &str, arguments: &[&str]) -> Ended {
        let mut command = self.command(name);
        command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn().expect("the program runs");
        drop(process.stdout.take());
        Ended::of(process.wait_with_output().await.expect("an end"))
    }

    fn command(&self, name: &str) -> Command {
        let program =
            std::env::var_os("CARGO_BIN_EXE_dailies").expect("Cargo names the program to the tests of its package");
        let mut command = Command::new(program);
        // Nothing of the surroundings may decide what is tested.
        command
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .env("TMPDIR", self.temporary());
        command
            .arg(name)
            .arg("--data-dir")
            .arg(self.data())
            .args(["--database-url", &self.database_url]);
        command
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }

    /// Runs a command of the program to its end.
    pub async fn run(&self, name: &str, arguments: &[&str]) -> Ended {
        self.run_with(&[], name, arguments).await
    }

    /// Begins a command of the program with some variables.
    pub fn begin(&self, variables: &[(&str, &str)], name: &str, arguments: &[&str]) -> Child {
        let mut command = self.command(name);
        command
            .args(arguments)
            .envs(variables.iter().copied())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command.spawn().expect("the program runs")
    }

    /// Tries to start a server that refuses to run.
    pub async fn refused(&self) -> Ended {
        let arguments: Vec<&str> = ["--port", "0"]
            .into_iter()
            .chain(self.flags.iter().map(String::as_str))
            .collect();
        tokio::time::timeout(Duration::from_secs(20), self.run("serve", &arguments))
            .await
            .expect("a server that ends")
    }

    /// Starts a server, and waits until it listens.
    pub async fn serve(&self) -> Program {
        self.serve_with(&[]).await
    }

    /// Starts a server with these variables in its environment, and waits until it listens.
    pub async fn serve_with(&self, variables: &[(&str, &str)]) -> Program {
        let mut command = self.command("serve");
        command
            .envs(variables.iter().copied())
            .args(["--port", "0", "--secret-key", "a secret for tests"]);
        if self.has_admin {
            command.args(["--admin-email", ADMIN.0, "--admin-password", ADMIN.1]);
        }
        if !self.flags.iter().any(|flag| flag == "--mail-enabled") {
            command.args(["--mail-enabled", "false"]);
        }
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(self.log())
            .expect("a log");
        let mut process = command
            .args(&self.flags)
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("the program runs");
        let mut output = BufReader::new(process.stdout.take().expect("its output")).lines();
        let listening = async {
            while let Some(line) = output.next_line().await.expect("its output") {
                if let Some((_, rest)) = line.split_once("listens on ") {
                    return rest.split(';').next().unwrap_or_default().to_owned();
                }
            }
            panic!(
                "the server ended: {}",
                std::fs::read_to_string(self.log()).unwrap_or_default()
            );
        };
        let url = tokio::time::timeout(Duration::from_secs(30), listening)
            .await
            .expect("a server that listens");
        Program { url, process, output }
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// The lines of the log, each a JSON object, once one of them fits.
    pub async fn logged(&self, fits: impl Fn(&Value) -> bool) -> Vec<Value> {
        let lines = || -> Vec<Value> {
            let text = std::fs::read_to_string(self.log()).unwrap_or_default();
            text.lines()
                .filter_map(|line| serde_json::from_str(line).ok())
                .collect()
        };
        let look = async || {
            let lines = lines();
            if lines.iter().any(&fits) { Ok(lines) } else { Err(lines) }
        };
        wait_for(Duration::from_secs(20), "the line is in the log", look).await
    }

    /// The stored files, by their paths in the store.
    pub fn stored(&self) -> Vec<String> {
        files(&self.data().join("previews"))
    }
}

impl Program {
    /// Somebody who is not signed in.
    pub fn nobody(&self) -> Client {
        let http = reqwest::Client::builder()
            .redirect(Policy::none())
            .build()
            .expect("a client");
        Client {
            url: self.url.clone(),
            token: None,
            http,
        }
    }

    /// The administrator, signed in.
    pub async fn admin(&self) -> Client {
        self.signed_in(ADMIN.0, ADMIN.1).await
    }

    /// Somebody who signs in.
    pub async fn signed_in(&self, email: &str, password: &str) -> Client {
        let nobody = self.nobody();
        let answer = nobody
            .post("/auth/login", json!({"email": email, "password": password}))
            .await
            .expect(200);
        nobody.with_token(&answer["access_token"])
    }

    /// The same person at this server, who signed in at an earlier one.
    pub fn again(&self, client: &Client) -> Client {
        Client {
            token: client.token.clone(),
            ..self.nobody()
        }
    }

    /// The next line that the server prints; none when nothing comes within a second.
    pub async fn line(&mut self) -> Option<String> {
        tokio::time::timeout(Duration::from_secs(1), self.output.next_line())
            .await
            .ok()
            .and_then(|line| line.expect("its output"))
    }

    /// Sends the server a signal, such as `HUP`.
    pub async fn signal(&self, name: &str) {
        let id = self.process.id().expect("a running server");
        let sent = Command::new("sh")
            .arg("-c")
            .arg(format!("kill -{name} {id}"))
            .status()
            .await
            .expect("a shell");
        assert!(sent.success(), "{name} was not sent");
    }

    /// Ends the server as a service manager does, and waits until it has.
    pub async fn end(mut self) {
        self.signal("TERM").await;
        self.process.wait().await.expect("an end");
    }

    /// Ends the server without a warning.
    pub async fn kill(mut self) {
        self.process.kill().await.expect("a running server");
    }

    /// The most memory that the server had at once, in MiB.
    pub fn most_memory(&self) -> u64 {
        let id = self.process.id().expect("a running server");
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).expect("a process");
        let line = status
            .lines()
            .find(|line| line.starts_with("VmHWM:"))
            .expect("its memory");
        line.split_whitespace()
            .nth(1)
            .and_then(|kilobytes| kilobytes.parse::<u64>().ok())
            .expect("a number")
            / 1024
    }
}

/// All files below a folder, by their paths in it, in order.
pub fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path.strip_prefix(folder).expect("a path below").display().to_string());
            }
        }
    }
    found.sort();
    found
}
