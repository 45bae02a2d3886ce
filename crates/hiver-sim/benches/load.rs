//! How many requests a second the simulator answers with 100,000 conversations, and how much memory it takes.
//! Fails when a target is missed.
//!
//! It drives the built program over HTTP, from one thread on the same machine, with 16 connections that are kept
//! open. Its HTTP is written out by hand: a whole client would take more of the processor than the simulator.

#[path = "load/client.rs"]
mod client;

use std::cell::Cell;
use std::error::Error;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use futures::future::try_join_all;

use client::Connection;

type Failure = Box<dyn Error>;

const CONVERSATIONS: usize = 100_000;
const CONNECTIONS: usize = 16;
const EACH: Duration = Duration::from_secs(3);
/// Every list is read in pages of the greatest size there is.
const PAGE: usize = 100;
const TARGET_PER_SECOND: f64 = 5_000.0;
const TARGET_MB: f64 = 300.0;
/// How many requests the simulator's ledger remembers: memory is full once there were as many.
const LEDGER: usize = 200_000;

/// One line of the table.
struct Figure {
    what: String,
    value: String,
    target: String,
    met: bool,
}

/// What is asked, request by request; the turns repeat.
#[derive(Clone, Copy)]
enum Turn {
    Page,
    One,
    Write,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let figures = match measure().await {
        Ok(figures) => figures,
        Err(error) => {
            say(&format!("the simulator could not be measured: {error}"));
            return ExitCode::FAILURE;
        }
    };
    say(&format!(
        "{:<52} {:>12} {:>14}",
        "figure", "measured", "target"
    ));
    for figure in &figures {
        let mark = if figure.met { "" } else { "  missed" };
        say(&format!(
            "{:<52} {:>12} {:>14}{mark}",
            figure.what, figure.value, figure.target
        ));
    }
    if figures.iter().all(|figure| figure.met) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

#[expect(clippy::print_stdout, reason = "a benchmark reports to the terminal")]
fn say(line: &str) {
    println!("{line}");
}

async fn measure() -> Result<Vec<Figure>, Failure> {
    use Turn::{One, Page, Write};

    let simulator = Program::start()?;
    let mut connections = Vec::new();
    for _ in 0..CONNECTIONS {
        connections.push(Connection::open(simulator.address.as_str()).await?);
    }
    let mut load = Load {
        connections,
        named: Named::default(),
        sent: 0,
    };
    load.named = Named::read(&mut load.connections[0]).await?;
    let once_read = simulator.resident_mb()?;

    let mixed = [Page, One, Write, One, Write, Page, One, Write, One, Write];
    let cases: [(&str, &[Turn]); 4] = [
        ("mixed (2 pages, 4 reads, 4 writes of 10)", &mixed),
        ("pages of 100 conversations", &[Page]),
        ("single conversations", &[One]),
        ("writes", &[Write]),
    ];
    let mut figures = vec![memory("once all was read", once_read)];
    for (what, turns) in cases {
        let per_second = load.send(turns).await?;
        figures.push(Figure {
            what: format!("requests/s, {what}"),
            value: format!("{per_second:.0}"),
            target: format!(">= {TARGET_PER_SECOND}"),
            met: per_second >= TARGET_PER_SECOND,
        });
    }
    while load.sent < LEDGER {
        load.send(&[Write]).await?;
    }
    figures.push(memory("with its ledger full", simulator.resident_mb()?));
    Ok(figures)
}

fn memory(when: &str, mb: Option<f64>) -> Figure {
    Figure {
        what: format!("memory with {CONVERSATIONS} conversations, {when}"),
        value: mb.map_or("no /proc".to_owned(), |mb| format!("{mb:.0} MB")),
        target: format!("<= {TARGET_MB} MB"),
        met: mb.is_none_or(|mb| mb <= TARGET_MB),
    }
}

/// The simulator as a program of its own, so that its memory is its own.
struct Program {
    child: Child,
    address: String,
}

impl Program {
    fn start() -> Result<Self, Failure> {
        let path = std::env::var("HIVER_SIM_BIN")
            .unwrap_or_else(|_| env!("CARGO_BIN_EXE_hiver-sim").to_owned());
        let mut child = Command::new(path)
            .args(["--listen", "127.0.0.1:0", "--rate", "0", "--times"])
            .args(["--conversations", &CONVERSATIONS.to_string()])
            .stdout(Stdio::piped())
            .spawn()?;
        let output = child.stdout.take().ok_or("it has no output")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let address = line.trim().rsplit("http://").next().unwrap_or_default();
        let address = address.to_owned();
        Ok(Self { child, address })
    }

    /// Resident memory in MB (10⁶ bytes); nothing where there is no /proc.
    fn resident_mb(&self) -> Result<Option<f64>, Failure> {
        let Ok(status) = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))
        else {
            return Ok(None);
        };
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib: f64 = line
            .and_then(|line| line.split_whitespace().next())
            .ok_or("no VmRSS")?
            .parse()?;
        Ok(Some(kib * 1_024.0 / 1e6))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Ids that requests can name.
#[derive(Default)]
struct Named {
    conversations: Vec<String>,
    users: Vec<String>,
    tags: Vec<String>,
}

impl Named {
    /// Reads all lists to their ends.
    async fn read(connection: &mut Connection) -> Result<Self, Failure> {
        let users = connection.get("/users").await?.ids();
        let tags = connection.get("/tags").await?.ids();
        let mut conversations = Vec::new();
        let mut path = format!("/conversations?limit={PAGE}");
        loop {
            let answer = connection.get(&path).await?;
            // Rows begin with the conversation's id; assignees and tags within them have other prefixes.
            let ids = answer.ids().into_iter();
            conversations.extend(ids.filter(|id| id.starts_with("cnv_")));
            match answer.next_cursor() {
                Some(cursor) => path = format!("/conversations?limit={PAGE}&cursor={cursor}"),
                None => break,
            }
        }
        if conversations.len() != CONVERSATIONS {
            return Err(format!("there are {} conversations", conversations.len()).into());
        }
        Ok(Self {
            conversations,
            users: users
                .into_iter()
                .filter(|id| id.starts_with("usr_"))
                .collect(),
            tags,
        })
    }
}

struct Load {
    connections: Vec<Connection>,
    named: Named,
    sent: usize,
}

impl Load {
    /// Takes these turns over and over on all connections; how many requests a second were answered.
    async fn send(&mut self, turns: &[Turn]) -> Result<f64, Failure> {
        let (named, count) = (&self.named, Cell::new(self.sent));
        let began = Instant::now();
        let work = self.connections.iter_mut().map(|connection| {
            let count = &count;
            async move {
                let mut cursor = None;
                while began.elapsed() < EACH {
                    let number = count.get();
                    count.set(number + 1);
                    match turns[number % turns.len()] {
                        Turn::Page => cursor = next_page(connection, cursor, number).await?,
                        Turn::One => read_one(connection, named, number).await?,
                        Turn::Write => write(connection, named, number).await?,
                    }
                }
                Ok::<_, Failure>(())
            }
        });
        try_join_all(work).await?;
        let answered = count.get() - self.sent;
        self.sent = count.get();
        Ok(answered as f64 / began.elapsed().as_secs_f64())
    }
}

/// One page of a list of one status; the next one where the last ended.
async fn next_page(
    connection: &mut Connection,
    cursor: Option<String>,
    number: usize,
) -> Result<Option<String>, Failure> {
    let path = match cursor {
        Some(cursor) => format!("/conversations?limit={PAGE}&cursor={cursor}"),
        None => {
            let status = ["open", "pending", "closed"][number % 3];
            format!("/conversations?limit={PAGE}&status={status}")
        }
    };
    Ok(connection.get(&path).await?.next_cursor())
}

async fn read_one(
    connection: &mut Connection,
    named: &Named,
    number: usize,
) -> Result<(), Failure> {
    let id = pick(&named.conversations, number);
    connection.get(&format!("/conversations/{id}")).await?;
    Ok(())
}

/// Assigns, sets a status, adds a tag, writes a note or removes a tag.
async fn write(connection: &mut Connection, named: &Named, number: usize) -> Result<(), Failure> {
    let id = pick(&named.conversations, number);
    let (user, tag) = (pick(&named.users, number), pick(&named.tags, number));
    let path = |rest: &str| format!("/conversations/{id}/{rest}");
    let (method, path, body) = match number % 16 / 3 {
        0 => ("POST", path("assign"), format!(r#"{{"user_id":"{user}"}}"#)),
        1 => ("PUT", path("status"), r#"{"status":"pending"}"#.to_owned()),
        2 => ("POST", path("tags"), format!(r#"{{"tag_id":"{tag}"}}"#)),
        3 => (
            "POST",
            path("notes"),
            r#"{"body":"Seen.","type":"internal"}"#.to_owned(),
        ),
        _ => ("DELETE", path(&format!("tags/{tag}")), String::new()),
    };
    connection.send(method, &path, &body).await?;
    Ok(())
}

/// Spreads consecutive numbers over all ids.
fn pick(ids: &[String], number: usize) -> &str {
    ids.get(number.wrapping_mul(7_919) % ids.len().max(1))
        .map_or("", String::as_str)
}
