//! The built binary: its commands, what it says where it cannot start, and how it stops.

#![cfg(test)]

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// Nothing here takes this long unless it hangs.
const LONG: Duration = Duration::from_secs(60);
/// Nobody listens there.
const NO_HIVER: &str = "http://127.0.0.1:1/api/v1";

/// A folder of its own to work in, with nothing of the machine's environment.
struct Place {
    folder: TempDir,
}

/// What a command did.
#[derive(Debug)]
struct Done {
    code: i32,
    out: String,
    err: String,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn command(&self, arguments: &[&str]) -> Command {
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

    fn run(&self, arguments: &[&str], input: &str) -> Done {
        finish(self.command(arguments).stdin(Stdio::piped()), input)
    }

    fn start(&self, arguments: &[&str]) -> Serving {
        Serving::start(&mut self.command(arguments))
    }

    fn fails_with(&self, variable: &str, value: &str) -> Done {
        let mut command = self.command(&["serve"]);
        let done = finish(command.stdin(Stdio::piped()).env(variable, value), "");
        assert_ne!(done.code, 0, "{variable}={value}: {done:?}");
        assert!(done.err.contains(variable), "{variable}={value}: {done:?}");
        assert_eq!(done.out, "", "{variable}={value}");
        done
    }
}

fn finish(command: &mut Command, input: &str) -> Done {
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

fn signal(pid: u32, name: &str) {
    Command::new("/bin/sh").args(["-c", &format!("kill -{name} {pid}")]).status().unwrap();
}

/// A server that runs.
struct Serving {
    child: Option<Child>,
    out: Receiver<String>,
    url: String,
}

impl Serving {
    fn start(command: &mut Command) -> Self {
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
        let mut serving = Self { child: Some(child), out, url: String::new() };
        let first = serving.line();
        serving.url = first.strip_prefix("Hiver Console is at ").unwrap_or_else(|| panic!("{first}")).to_owned();
        serving
    }

    fn line(&self) -> String {
        self.out.recv_timeout(LONG).expect("a line")
    }

    /// The name and password that it prints.
    fn sign_in(&self) -> (String, String) {
        let name = loop {
            if let Some(name) = self.line().strip_prefix("Name: ") {
                break name.to_owned();
            }
        };
        let password = self.line();
        (name, password.strip_prefix("Password: ").unwrap().to_owned())
    }

    /// Ends it as a service manager does; gives how it ended, what else it printed, and how long it took.
    fn terminate(mut self) -> (ExitStatus, Vec<String>, Duration) {
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

#[test]
fn operators_come_and_go() {
    let place = Place::new();
    let added = place.run(&["operator", "add", "Ana", "--role", "lead"], "a long password\n");
    assert_eq!((added.code, added.out.as_str()), (0, "Added Ana, lead.\n"), "{added:?}");

    let added = place.run(&["operator", "add", " Ben ", "--role", "viewer", "--json"], "");
    let json: Value = serde_json::from_str(&added.out).unwrap();
    assert_eq!((&json["name"], &json["role"]), (&"Ben".into(), &"viewer".into()));
    assert_eq!(json["password"].as_str().unwrap().len(), 24, "one was made: {json}");
    let added = place.run(&["operator", "add", "Cem", "--role", "admin", "--json"], "another password");
    assert_eq!(serde_json::from_str::<Value>(&added.out).unwrap()["password"], Value::Null, "it was given");

    let again = place.run(&["operator", "add", "ANA", "--role", "admin"], "a long password");
    assert_eq!(again.code, 1);
    assert!(again.err.contains("there is an operator `ANA` already"), "{again:?}");
    assert_eq!(again.out, "");

    let listed = place.run(&["operator", "list"], "");
    assert_eq!(listed.out, "Ana\tlead\nBen\tviewer\nCem\tadmin\n");
    let listed = place.run(&["operator", "list", "--json"], "");
    let listed: Value = serde_json::from_str(&listed.out).unwrap();
    assert_eq!(listed[0], serde_json::json!({ "name": "Ana", "role": "lead" }));

    let changed = place.run(&["operator", "passwd", "ana"], "");
    assert_eq!(changed.code, 0, "{changed:?}");
    assert!(changed.out.contains("ana has a new password.\nPassword: "), "{changed:?}");
    let removed = place.run(&["operator", "remove", "Ben"], "");
    assert_eq!((removed.code, removed.out.as_str()), (0, "Removed Ben.\n"));
    for command in ["remove", "passwd"] {
        let nobody = place.run(&["operator", command, "Ben"], "a long password");
        assert_eq!(nobody.code, 1);
        assert!(nobody.err.contains("there is no operator `Ben`\n  hint: "), "{nobody:?}");
    }
    assert_eq!(place.run(&["operator", "list"], "").out, "Ana\tlead\nCem\tadmin\n");
}

#[test]
fn what_makes_no_operator_is_said() {
    let place = Place::new();
    let long_name = "x".repeat(101);
    for (arguments, input, words) in [
        (["Ana", "--role", "boss"], "a long password", "`boss` is not a role: choose viewer, lead or admin"),
        (["Ana", "--role", "lead"], "short", "a password has at least 10 characters"),
        (["  ", "--role", "lead"], "a long password", "a name has 1 to 100 characters"),
        ([&long_name, "--role", "lead"], "a long password", "a name has 1 to 100 characters"),
    ] {
        let refused = place.run(&[["operator", "add"].as_slice(), &arguments].concat(), input);
        assert_ne!(refused.code, 0);
        assert!(refused.err.contains(words), "{refused:?}");
    }
    assert_eq!(place.run(&["operator", "list"], "").out, "");
}

#[test]
fn a_value_that_makes_no_sense_is_named_with_its_variable() {
    let place = Place::new();
    for (variable, value) in [
        ("HIVER_REQUESTS_PER_SECOND", "0"),
        ("HIVER_REQUESTS_PER_SECOND", "fast"),
        ("HIVER_REQUESTS_PER_SECOND", "-1"),
        ("HIVER_REQUESTS_PER_SECOND", "NaN"),
        ("HIVER_REQUESTS_PER_DAY", "many"),
        ("HIVER_DIALECT", "klingon"),
        ("HIVER_BASE_URL", "api.example.com"),
        ("CONSOLE_PUBLIC_URL", "triage.example.com"),
        ("CONSOLE_PUBLIC_URL", "localhost:3000"),
        ("CONSOLE_LISTEN", "everywhere"),
        ("CONSOLE_TRUSTED_PROXIES", "10.0.0.0/99"),
        ("CONSOLE_LOG_FORMAT", "xml"),
        ("CONSOLE_LOG", "info,=="),
        ("DATABASE_URL", "mysql://db"),
    ] {
        let done = place.fails_with(variable, value);
        assert!(done.err.starts_with("error: "), "{done:?}");
    }
    let shown = place.fails_with("DATABASE_URL", "mysql://user:the-secret@db");
    assert!(!shown.err.contains("the-secret"), "{shown:?}");
    // An option on the command line is named as it was given.
    let option = place.run(&["serve", "--requests-per-second", "fast"], "");
    assert!(option.err.contains("--requests-per-second") && !option.err.contains("HIVER_"), "{option:?}");
}

#[test]
fn a_start_that_fails_makes_no_operator_whose_password_nobody_saw() {
    let place = Place::new();
    place.fails_with("CONSOLE_PUBLIC_URL", "triage.example.com");
    place.fails_with("HIVER_API_KEY", "line\u{1}break");
    assert_eq!(place.run(&["operator", "list"], "").out, "");
    let serving = place.start(&["serve"]);
    assert_eq!(serving.sign_in().0, "admin");
}

#[test]
fn a_used_port_is_told_with_a_way_out() {
    let place = Place::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let mut command = place.command(&["serve"]);
    let done = finish(command.stdin(Stdio::piped()).env("CONSOLE_LISTEN", &address), "");
    assert_eq!(done.code, 1);
    assert!(done.err.contains(&format!("cannot listen on {address}")), "{done:?}");
    assert!(done.err.contains("\n  hint: choose another address with CONSOLE_LISTEN"), "{done:?}");
}

#[test]
fn a_second_server_on_the_folder_refuses_and_commands_still_work() {
    let place = Place::new();
    let first = place.start(&["serve"]);
    let (name, _) = first.sign_in();
    let second = place.run(&["serve"], "");
    assert_eq!(second.code, 1);
    assert!(second.err.contains(&format!("another hiver-console works in `./data`: {}", first.url)), "{second:?}");
    assert!(second.err.contains("CONSOLE_DATA_DIR"), "{second:?}");
    assert_eq!(place.run(&["operator", "list"], "").out, format!("{name}\tadmin\n"));
    let (status, printed, _) = first.terminate();
    assert!(status.success());
    assert_eq!(printed, [""; 0]);
    // The password is shown once.
    let again = place.start(&["serve"]);
    let (_, printed, _) = again.terminate();
    assert_eq!(printed, [""; 0]);
}

/// A session in a browser without cookies of its own.
struct Session {
    http: reqwest::Client,
    url: String,
    cookie: String,
}

impl Session {
    async fn sign_in(serving: &Serving, (name, password): &(String, String)) -> Self {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(LONG)
            .build()
            .unwrap();
        let request = http.post(format!("{}/login", serving.url));
        let form = format!("name={name}&password={password}");
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(form);
        let answer = request.send().await.unwrap();
        assert_eq!((answer.status().as_u16(), &answer.headers()["location"]), (303, &"/".parse().unwrap()));
        let cookie = answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        Self { http, url: serving.url.clone(), cookie }
    }

    async fn open(&self, path: &str) -> reqwest::Response {
        let request = self.http.get(format!("{}{path}", self.url)).header("cookie", &self.cookie);
        request.send().await.unwrap().error_for_status().unwrap()
    }

    async fn get(&self, path: &str) -> Value {
        serde_json::from_slice(&self.open(path).await.bytes().await.unwrap()).unwrap()
    }

    async fn post(&self, path: &str, form: String) -> reqwest::Response {
        let request = self.http.post(format!("{}{path}", self.url)).header("cookie", &self.cookie);
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(form);
        request.send().await.unwrap().error_for_status().unwrap()
    }

    /// Follows the live stream until `enough`, which is asked again at each event.
    async fn follow(&self, path: &str, enough: impl AsyncFn(&str) -> bool) {
        let mut stream = self.open(path).await;
        let following = async {
            let mut told = String::new();
            while !enough(&told).await {
                let chunk = stream.chunk().await.unwrap().expect("the stream goes on");
                told.push_str(&String::from_utf8_lossy(&chunk));
            }
        };
        tokio::time::timeout(LONG, following).await.expect("what is waited for happens");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_with_open_streams_stops_within_five_seconds() {
    let place = Place::new();
    let serving = place.start(&["demo"]);
    let session = Session::sign_in(&serving, &serving.sign_in()).await;
    let mut stream = session.open("/live").await;
    assert!(stream.chunk().await.unwrap().is_some());
    let stopping = tokio::task::spawn_blocking(|| serving.terminate());
    while stream.chunk().await.unwrap_or(None).is_some() {}
    let (status, _, took) = stopping.await.unwrap();
    assert!(status.success(), "{status}");
    assert!(took < Duration::from_secs(5), "{took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_is_as_it_was_after_a_second_start() {
    let place = Place::new();
    let first = place.start(&["demo"]);
    let sign_in = first.sign_in();
    let session = Session::sign_in(&first, &sign_in).await;
    assert_eq!(session.get("/api/frame").await["demo"], true);
    session
        .follow("/live", async |_| session.get("/api/conversations").await["total"].as_u64().unwrap() > 0)
        .await;
    let choices = session.get("/api/choices").await;
    let (tag, tag_name) = (choices["tags"][0]["id"].as_str().unwrap(), choices["tags"][0]["name"].as_str().unwrap());
    let filter = format!("/api/conversations?filter=-tag:%22{tag_name}%22");
    let id = session.get(&filter).await["rows"][0]["id"].as_str().unwrap().to_owned();
    session.post("/api/plan", format!("scope=ids&ids[]={id}&add_tags[]={tag}")).await;
    session.post("/api/start_run", "id=1".to_owned()).await;
    session.follow("/live?run=1", async |told| told.contains(r#""state":"finished""#)).await;
    let (status, ..) = tokio::task::spawn_blocking(|| first.terminate()).await.unwrap();
    assert!(status.success());

    let second = place.start(&["demo"]);
    assert_eq!(second.sign_in(), sign_in, "it is printed again");
    let session = Session::sign_in(&second, &sign_in).await;
    session.post("/api/refresh_conversation", format!("id={id}")).await;
    let conversation = session.get(&format!("/api/conversation?id={id}")).await;
    let tags = conversation["row"]["tags"].as_array().unwrap();
    assert!(tags.iter().any(|known| known == tag_name), "the simulator remembers: {conversation}");
    assert_eq!(conversation["history"][0]["change"]["outcome"], "done", "{conversation}");
    assert!(place.folder.path().join("data/demo/console.db").exists());
    assert!(!place.folder.path().join("data/console.db").exists(), "the real console's folder is left alone");
    second.terminate();
}
