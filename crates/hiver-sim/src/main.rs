//! `hiver-sim`: a Hiver on this machine, from the command line.

use std::{
    error::Error as StdError,
    io::{self, Write},
    net::SocketAddr,
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

use clap::Parser;
use hiver_sim::{FaultKind, Faults, Options, Simulator, Subjects, WireOptions};
use tokio::net::TcpListener;

/// A Hiver that runs on this machine: same wire, faults and clock under control.
#[derive(Debug, Parser)]
#[command(name = "hiver-sim", version)]
struct Arguments {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4010")]
    listen: SocketAddr,
    /// The API key that is let in.
    #[arg(long, default_value = "sim-key")]
    key: String,
    /// The key was never activated: every request answers 401.
    #[arg(long)]
    inactive_key: bool,
    /// How many conversations there are at first.
    #[arg(long, value_name = "N", default_value_t = 5_000)]
    conversations: usize,
    /// Their subjects: a CSV file with the columns `text` and perhaps `category`; built-in ones without.
    #[arg(long, value_name = "FILE.csv")]
    subjects: Option<PathBuf>,
    /// Everything random follows from it.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Requests per second that a key may send; 0 for no limit.
    #[arg(long, value_name = "R", default_value_t = 20.0)]
    rate: f64,
    /// Requests that a key may send in any 24 hours; 0 for no limit. Beyond it every request answers 429.
    #[arg(long, value_name = "N", default_value_t = 0)]
    per_day: u32,
    /// How long every answer takes at least.
    #[arg(long, value_name = "MS", default_value_t = 0)]
    latency_ms: u64,
    /// A fault and its probability, such as `429=0.05`; may be repeated. Kinds: 429, 429-bare, 500-before,
    /// 500-after, cut, cut-before, html, broken-row, truncated, slow, other-id.
    #[arg(long = "fault", value_name = "KIND=P", value_parser = read_fault)]
    faults: Vec<(FaultKind, f64)>,
    /// How much longer the fault `slow` takes.
    #[arg(long, value_name = "MS", default_value_t = 2_000)]
    slow_ms: u64,
    /// Rows carry only what the tutorial's examples show.
    #[arg(long)]
    sparse: bool,
    /// Rows carry `created_at` and `updated_at`.
    #[arg(long)]
    times: bool,
    /// Rows carry fields that no contract names.
    #[arg(long)]
    extras: bool,
    /// Single objects come wrapped, as in `{"conversation": …}`.
    #[arg(long)]
    wrapped: bool,
    /// The list of mailboxes is a bare array.
    #[arg(long)]
    bare_mailboxes: bool,
    /// Lists of conversations repeat rows, shift between pages, and name one in two statuses.
    #[arg(long)]
    untidy: bool,
    /// Adds a mailbox without conversations.
    #[arg(long)]
    empty_mailbox: bool,
    /// Uses the literal ids of the tutorial for a mailbox and three users.
    #[arg(long)]
    tutorial_ids: bool,
    /// A mailbox, by id or name, that answers 403; may be repeated.
    #[arg(long = "forbid-mailbox", value_name = "MAILBOX")]
    forbidden: Vec<String>,
    /// Keeps what happens in this file, so that it survives a restart.
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = report(error.as_ref());
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Box<dyn StdError>> {
    let listen = arguments.listen;
    let simulator = Simulator::new(options(arguments)?)?;
    let listener = TcpListener::bind(listen)
        .await
        .map_err(|source| hiver_sim::Error::Bind {
            address: listen,
            source,
        })?;
    let address = listener.local_addr()?;
    let stop = stop_signal()?;
    // Whoever started this with port 0 reads the address from here, so it must not stay in a buffer.
    let mut output = io::stdout();
    writeln!(output, "hiver-sim listening on http://{address}")?;
    output.flush()?;
    simulator.serve(listener, stop).await?;
    Ok(())
}

fn options(arguments: Arguments) -> Result<Options, hiver_sim::Error> {
    let mut faults = arguments.faults.into_iter();
    let faults = faults.try_fold(Faults::none(), |all, (kind, p)| all.with(kind, p))?;
    Ok(Options {
        key: arguments.key,
        inactive_key: arguments.inactive_key,
        conversations: arguments.conversations,
        subjects: arguments.subjects.map_or(Subjects::Builtin, Subjects::Csv),
        seed: arguments.seed,
        rate: Some(arguments.rate).filter(|rate| *rate != 0.0),
        per_day: Some(arguments.per_day).filter(|per_day| *per_day != 0),
        latency: Duration::from_millis(arguments.latency_ms),
        faults,
        slow: Duration::from_millis(arguments.slow_ms),
        wire: WireOptions {
            sparse: arguments.sparse,
            times: arguments.times,
            extras: arguments.extras,
            wrapped: arguments.wrapped,
            bare_mailboxes: arguments.bare_mailboxes,
            untidy: arguments.untidy,
        },
        empty_mailbox: arguments.empty_mailbox,
        tutorial_ids: arguments.tutorial_ids,
        forbidden: arguments.forbidden,
        state: arguments.state,
        ..Options::default()
    })
}

fn read_fault(text: &str) -> Result<(FaultKind, f64), String> {
    let (kind, probability) = text.split_once('=').ok_or("it must look like `429=0.05`")?;
    let kind = kind
        .parse()
        .map_err(|error: hiver_sim::Error| error.to_string())?;
    let probability = probability
        .parse()
        .map_err(|_| format!("`{probability}` is not a number"))?;
    Ok((kind, probability))
}

/// Ends with SIGTERM or Ctrl-C. The handlers are there when this returns, so no signal is lost.
#[cfg(unix)]
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Ends with Ctrl-C.
#[cfg(not(unix))]
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}

/// Writes an error and its causes.
fn report(error: &(dyn StdError + 'static)) -> io::Result<()> {
    let mut output = io::stderr();
    writeln!(output, "hiver-sim: {error}")?;
    let mut cause = error.source();
    while let Some(error) = cause {
        writeln!(output, "  because: {error}")?;
        cause = error.source();
    }
    Ok(())
}
