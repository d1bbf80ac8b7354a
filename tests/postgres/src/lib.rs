//! A PostgreSQL server for tests, made from the installed programs and gone with the test run.

use std::fs;
use std::io::{self, Write};
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use sea_orm::{ConnectionTrait, Database};

/// Number of free ports that are tried, since another program can take one in between.
const ATTEMPTS: usize = 5;
/// Attempts at a copy, since whoever was connected to a database may still be leaving it.
const MOST_ATTEMPTS: usize = 40;

/// Settings that trade safety for speed: the data is thrown away anyway.
const SETTINGS: &str = "
fsync = off
synchronous_commit = off
full_page_writes = off
autovacuum = off
max_connections = 300
listen_addresses = '127.0.0.1'
";

/// Stops the server and removes its folder as soon as the standard input closes. That happens when
/// the test process ends, however it ends, and so also for a server kept in a static.
const GUARD: &str = r#"cat > /dev/null; "$0" stop --pgdata "$1/data" --mode immediate; rm -rf "$1""#;

/// A running server with its own folder and port; it stops when dropped.
#[derive(Debug)]
pub struct TemporaryPostgres {
    port: u16,
    databases: AtomicUsize,
    guard: Child,
}

impl TemporaryPostgres {
    /// Makes and starts a server.
    ///
    /// # Errors
    /// `initdb` and `pg_ctl` are neither in `PATH` nor in the usual folders of the system's
    /// packages, or they fail.
    pub async fn start() -> io::Result<Self> {
        tokio::task::spawn_blocking(Self::start_blocking)
            .await
            .map_err(io::Error::other)?
    }

    fn start_blocking() -> io::Result<Self> {
        let programs = programs()?;
        let folder = tempfile::Builder::new().prefix("temporary-postgres-").tempdir()?;
        let owner = Owner::of(folder.path())?;
        let data = folder.path().join("data");

        run(owner
            .command(&programs.join("initdb"), folder.path())
            .args(["--username=postgres", "--auth=trust", "--encoding=UTF8"])
            .args(["--locale=C", "--no-sync", "--pgdata"])
            .arg(&data))?;
        let mut settings = fs::OpenOptions::new().append(true).open(data.join("postgresql.conf"))?;
        let sockets = folder.path().display().to_string().replace('\'', "''");
        writeln!(settings, "{SETTINGS}unix_socket_directories = '{sockets}'")?;

        let port = start_on_free_port(&programs, &owner, folder.path())?;
        let guard = owner
            .command(Path::new("sh"), folder.path())
            .args(["-c", GUARD])
            .arg(programs.join("pg_ctl"))
            .arg(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // An interrupt typed at the terminal must reach the tests only.
            .process_group(0)
            .spawn()?;
        // From here on the guard removes the folder.
        let _ = folder.keep();
        Ok(Self {
            port,
            databases: AtomicUsize::new(0),
            guard,
        })
    }

    /// Address of a database of this server, whether it exists or not.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// Makes an empty database that nobody else uses, and gives its address.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn create_database(&self) -> io::Result<String> {
        self.make("template1").await
    }

    /// Makes a copy of a database that nobody is connected to any more, and gives its address.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn copy_database(&self, url: &str) -> io::Result<String> {
        self.make(url.rsplit('/').next().unwrap_or_default()).await
    }

    async fn make(&self, template: &str) -> io::Result<String> {
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        let name = format!("test_{number}");
        let server = Database::connect(self.url("postgres"))
            .await
            .map_err(io::Error::other)?;
        let statement = format!("CREATE DATABASE {name} TEMPLATE {template}");
        let mut attempt = 1;
        // The server takes a moment to notice that somebody is gone.
        while let Err(error) = server.execute_unprepared(&statement).await {
            if attempt == MOST_ATTEMPTS {
                return Err(io::Error::other(error));
            }
            attempt += 1;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        server.close().await.map_err(io::Error::other)?;
        Ok(self.url(&name))
    }
}

impl Drop for TemporaryPostgres {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        // Nothing can be done about a failure here, and the guard reports none.
        let _ = self.guard.wait();
    }
}

/// The account that the server runs as.
struct Owner {
    /// User and group to change to, when the tests run as root: PostgreSQL refuses root.
    ids: Option<(u32, u32)>,
}

impl Owner {
    /// The account for a folder just made, which is handed over to it.
    fn of(folder: &Path) -> io::Result<Self> {
        if fs::metadata(folder)?.uid() != 0 {
            return Ok(Self { ids: None });
        }
        let user = id("--user")?;
        let group = id("--group")?;
        chown(folder, Some(user), Some(group))?;
        Ok(Self {
            ids: Some((user, group)),
        })
    }

    /// A call of a program by that account, in the folder.
    fn command(&self, program: &Path, folder: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(folder).stdin(Stdio::null());
        if let Some((user, group)) = self.ids {
            command.uid(user).gid(group);
        }
        command
    }
}

/// A numeric id of the account that the system's packages of PostgreSQL make.
fn id(which: &str) -> io::Result<u32> {
    let output = run(Command::new("id").args([which, "postgres"]))?;
    output.trim().parse().map_err(io::Error::other)
}

/// The folder with the programs of PostgreSQL: one in `PATH`, else the newest installed.
fn programs() -> io::Result<PathBuf> {
    let complete = |folder: &PathBuf| {
        ["initdb", "pg_ctl"]
            .iter()
            .all(|program| folder.join(program).is_file())
    };
    let path = std::env::var_os("PATH").unwrap_or_default();
    if let Some(folder) = std::env::split_paths(&path).find(complete) {
        return Ok(folder);
    }
    let mut installed: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .filter(|(_, folder)| complete(folder))
        .collect();
    installed.sort();
    installed.pop().map(|(_, folder)| folder).ok_or_else(|| {
        io::Error::new(
            io::ErrorKind::NotFound,
            "PostgreSQL is not installed: no folder holds initdb and pg_ctl",
        )
    })
}

/// Starts the server and gives its port.
fn start_on_free_port(programs: &Path, owner: &Owner, folder: &Path) -> io::Result<u16> {
    let mut attempt = 1;
    loop {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let started = run(owner
            .command(&programs.join("pg_ctl"), folder)
            .args(["start", "--wait", "--timeout=60", "--log=log"])
            .arg(format!("--options=-p {port}"))
            .arg("--pgdata")
            .arg(folder.join("data")));
        match started {
            Ok(_) => return Ok(port),
            Err(_) if attempt < ATTEMPTS => attempt += 1,
            Err(error) => {
                let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
                return Err(io::Error::other(format!("{error}\n{log}")));
            }
        }
    }
}

/// Runs a program to its end and gives what it printed; its complaints become the error.
fn run(command: &mut Command) -> io::Result<String> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let program = command.get_program().to_string_lossy().into_owned();
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(io::Error::other(format!("{program} failed: {complaint}")))
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;

    use super::*;

    #[tokio::test]
    async fn databases_are_separate_and_the_server_ends_with_its_value() -> io::Result<()> {
        let server = TemporaryPostgres::start().await?;
        let (first, second) = (server.create_database().await?, server.create_database().await?);
        assert_ne!(first, second);
        let database = Database::connect(&first).await.map_err(io::Error::other)?;
        database
            .execute_unprepared("CREATE TABLE here (id integer)")
            .await
            .map_err(io::Error::other)?;
        let other = Database::connect(&second).await.map_err(io::Error::other)?;
        assert!(other.execute_unprepared("SELECT * FROM here").await.is_err());

        let port = server.port;
        drop(server);
        assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
        Ok(())
    }
}
