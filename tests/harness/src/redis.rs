//! A Redis for tests, made from the installed program and gone with its value.

use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::wait_for;

/// A running Redis that keeps nothing.
pub struct TemporaryRedis {
    port: u16,
    process: Child,
}

impl TemporaryRedis {
    /// A Redis at a free port of this machine.
    pub async fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|socket| socket.local_addr())
            .expect("a port")
            .port();
        Self::start_on(port).await
    }

    async fn start_on(port: u16) -> Self {
        let mut command = Command::new("redis-server");
        command.args([
            "--port",
            &port.to_string(),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
            "--dir",
            "/tmp",
        ]);
        let process = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server is installed");
        let redis = Self { port, process };
        let connect = async || TcpStream::connect(("127.0.0.1", port));
        wait_for(Duration::from_secs(5), "redis-server answers", connect).await;
        redis
    }

    /// The flags of a server that uses it.
    pub fn flags(&self) -> [String; 4] {
        [
            "--kv-host".into(),
            "127.0.0.1".into(),
            "--kv-port".into(),
            self.port.to_string(),
        ]
    }

    /// Goes away, and comes back empty after what is done meanwhile.
    pub async fn away_during<T>(&mut self, meanwhile: impl Future<Output = T>) -> T {
        self.stop();
        let done = meanwhile.await;
        *self = Self::start_on(self.port).await;
        done
    }

    fn stop(&mut self) {
        self.process.kill().expect("it runs");
        self.process.wait().expect("it ends");
    }
}

impl Drop for TemporaryRedis {
    fn drop(&mut self) {
        let _already_gone = self.process.kill();
        let _already_gone = self.process.wait();
    }
}
