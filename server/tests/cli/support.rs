//! A place to run the binary in, and servers that run.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// Nothing here takes this long unless it hangs.
pub const LONG: Duration = Duration::from_secs(60);
/// Nobody listens there.
pub const NO_HIVER: &str = "http://127.0.0.1:1/api/v1";

/// A folder of its own to work in, with nothing of the machine's environment.
pub struct Place {
    pub folder: TempDir,
}

/// What a command did.
#[derive(Debug)]
pub struct Done {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Place {
    pub fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hiver-console"));
        command
            .args(arguments)
            .env_clear()
            .env("CONSOLE_LISTEN", "127.0.0.1:0")
            .env("HIVER_BASE_URL", NO_HIVER)
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub fn run(&self, arguments: &[&str], input: &str) -> Done {
        finish(self.command(arguments).stdin(Stdio::piped()), input)
    }

    pub fn start(&self, arguments: &[&str]) -> Serving {
        Serving::start(&mut self.command(arguments))
    }

    pub fn fails_with(&self, variable: &str, value: &str) -> Done {
        let mut command = self.command(&["serve"]);
        let done = finish(command.stdin(Stdio::piped()).env(variable, value), "");
        assert_ne!(done.code, 0, "{variable}={value}: {done:?}");
        assert!(done.err.contains(variable), "{variable}={value}: {done:?}");
        assert_eq!(done.out, "", "{variable}={value}");
        done
    }
}

pub fn finish(command: &mut Command, input: &str) -> Done {
    let mut child = command.spawn().unwrap();
    // One that does not read its input may have gone already.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let pid = child.id();
    let (send, receive) = channel();
    thread::spawn(move || send.send(child.wait_with_output()));
    let output = receive.recv_timeout(LONG).unwrap_or_else(|_| {
        signal(pid, "KILL");
        panic!("the command does not end");
    });
    let output = output.unwrap();
    Done {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

pub fn signal(pid: u32, name: &str) {
    Command::new("/bin/sh")
        .args(["-c", &format!("kill -{name} {pid}")])
        .status()
        .unwrap();
}

/// A server that runs.
pub struct Serving {
    child: Option<Child>,
    out: Receiver<String>,
    pub url: String,
}

impl Serving {
    pub fn start(command: &mut Command) -> Self {
        let mut child = command.stderr(Stdio::null()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (send, out) = channel();
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if send.send(line).is_err() {
                    break;
                }
            }
        });
        let mut serving = Self {
            child: Some(child),
            out,
            url: String::new(),
        };
        let first = serving.line();
        serving.url = first
            .strip_prefix("Hiver Console is at ")
            .unwrap_or_else(|| panic!("{first}"))
            .to_owned();
        serving
    }

    pub fn line(&self) -> String {
        self.out.recv_timeout(LONG).expect("a line")
    }

    /// The name and password that it prints.
    pub fn sign_in(&self) -> (String, String) {
        let name = loop {
            if let Some(name) = self.line().strip_prefix("Name: ") {
                break name.to_owned();
            }
        };
        let password = self.line();
        (
            name,
            password.strip_prefix("Password: ").unwrap().to_owned(),
        )
    }

    /// Ends it as a power cut does.
    pub fn kill(self) {}

    /// Ends it as a service manager does; gives how it ended, what else it printed, and how long it took.
    pub fn terminate(mut self) -> (ExitStatus, Vec<String>, Duration) {
        let mut child = self.child.take().unwrap();
        let (pid, began) = (child.id(), Instant::now());
        signal(pid, "TERM");
        let (send, receive) = channel();
        thread::spawn(move || send.send(child.wait()));
        let ended = receive.recv_timeout(LONG).unwrap_or_else(|_| {
            signal(pid, "KILL");
            panic!("the server does not stop");
        });
        (ended.unwrap(), self.out.iter().collect(), began.elapsed())
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
