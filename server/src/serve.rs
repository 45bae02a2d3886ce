//! Starting and stopping the server, with or without the demo's simulator.

use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use engine::{Clock, Config, Engine};
use hiver_sim::{Options, Running, Simulator};
use store::{NewOperator, Role, Store};
use tokio::net::TcpListener;

use crate::args::Settings;
use crate::data::{DataDir, SIMULATOR, SecretFile, private_file};
use crate::web::{self, Web};
use crate::{Problem, commands, config, passwords, signals};

/// How long answers of Hiver's are waited for when the server stops.
pub(crate) const PATIENCE: Duration = Duration::from_secs(4);
/// The key of the demo's simulator; it opens nothing else.
const DEMO_KEY: &str = "demo-key-of-the-simulator";

/// Which Hiver to serve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// The real one.
    Hiver,
    /// A simulator of our own.
    Demo,
    /// The real one where there is a key, else the simulator.
    DemoUnlessKey,
}

/// Serves until it is told to stop.
pub(crate) async fn serve(settings: Settings, mode: Mode) -> Result<(), Problem> {
    config::start_logging(&settings)?;
    config::public_url(&settings)?;
    let demo = match mode {
        Mode::Hiver => false,
        Mode::Demo => true,
        Mode::DemoUnlessKey => !has_key(&settings).await?,
    };
    if !demo {
        config::engine(&settings)?;
    }
    let folder = if demo {
        settings.data_dir.join("demo")
    } else {
        settings.data_dir.clone()
    };
    let data = DataDir::open(&folder)?;
    let listener = listen(settings.listen).await?;
    let address = listener
        .local_addr()
        .map_err(|error| Problem::because("the address cannot be read", &error))?;
    let _lock = data.lock(&format!("http://{address}")).await?;
    let settings = DataDir::settings(demo, settings);
    let store = data.store(&settings).await?;
    let secret = SecretFile::of(&data, &settings).settle(&store).await?;

    let simulator = if demo {
        Some(start_simulator(&data).await?)
    } else {
        None
    };
    let config = match &simulator {
        Some(running) => config::demo(&settings, running.base_url(), DEMO_KEY.to_owned())?,
        None => config::engine(&settings)?,
    };
    let engine = start_engine(&store, secret, config).await?;
    let stop = signals::told_to_stop();
    let web = Web::new(engine.clone(), store.clone(), &settings, stop.clone())?;
    // Last of all: its password is shown once, so nothing may fail between making and showing it.
    let sign_in = first_operator(&store, demo.then(|| data.join("sign-in"))).await?;
    announce(&settings, address, demo, sign_in)?;

    let serving = axum::serve(listener, web::service(&web))
        .with_graceful_shutdown(stop.clone().cancelled_owned())
        .into_future();
    let mut serving = tokio::spawn(serving);
    tokio::select! {
        () = stop.cancelled() => {}
        ended = &mut serving => return ended_early(ended),
    }
    tracing::info!("stopping: waiting for answers that are under way");
    engine.stop(PATIENCE).await;
    // A browser that does not let go must not keep the server.
    let _ = tokio::time::timeout(Duration::from_millis(500), serving).await;
    if let Some(simulator) = simulator {
        simulator
            .stop()
            .await
            .map_err(|error| Problem::because("the simulator did not stop", &error))?;
    }
    tracing::info!("stopped");
    Ok(())
}

fn ended_early(ended: Result<std::io::Result<()>, tokio::task::JoinError>) -> Result<(), Problem> {
    match ended {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(Problem::because("the server ended", &error)),
        Err(error) => Err(Problem::because("the server ended", &error)),
    }
}

async fn listen(address: SocketAddr) -> Result<TcpListener, Problem> {
    TcpListener::bind(address).await.map_err(|error| {
        let hint = "\n  hint: choose another address with CONSOLE_LISTEN, e.g. 127.0.0.1:3001";
        let problem = Problem::because(&format!("cannot listen on {address}"), &error);
        format!("{problem}{hint}").into()
    })
}

/// Whether the environment or the data folder has a key for a real Hiver.
async fn has_key(settings: &Settings) -> Result<bool, Problem> {
    let config = config::engine(settings)?;
    if config.key.is_some() {
        return Ok(true);
    }
    let stored = settings.data_dir.join("console.db").exists() || settings.database_url.is_some();
    if !stored {
        return Ok(false);
    }
    let store = DataDir::open(&settings.data_dir)?.store(settings).await?;
    let known = store
        .connections_at(config.dialect.as_str(), &config.identity)
        .await
        .map_err(|error| Problem::because("the database cannot be read", &error))?;
    let found = known.iter().any(|connection| connection.key_hint.is_some());
    store
        .close()
        .await
        .map_err(|error| Problem::because("the database cannot be closed", &error))?;
    Ok(found)
}

async fn start_simulator(data: &DataDir) -> Result<Running, Problem> {
    let options = Options {
        key: DEMO_KEY.to_owned(),
        rate: Some(config::DEMO_RATE),
        state: Some(data.join(SIMULATOR)),
        latency: Duration::from_millis(40),
        wire: hiver_sim::WireOptions {
            times: true,
            ..Default::default()
        },
        ..Options::default()
    };
    Simulator::spawn(options)
        .await
        .map_err(|error| Problem::because("the simulator cannot be started", &error))
}

async fn start_engine(
    store: &Store,
    secret: store::SecretKey,
    config: Config,
) -> Result<Engine, Problem> {
    Engine::start(store.clone(), secret, crate::clock::clock(), config)
        .await
        .map_err(|error| Problem::because("the console cannot be started", &error))
}

/// Makes the first operator. Its sign-in is returned when it was just made, and always where `remember` names a
/// file that keeps it (the demo's, which opens nothing but sample data).
async fn first_operator(
    store: &Store,
    remember: Option<std::path::PathBuf>,
) -> Result<Option<(String, String)>, Problem> {
    let failed =
        |error: store::Error| Problem::because("the first operator cannot be made", &error);
    if store.operator_count().await.map_err(failed)? > 0 {
        return Ok(remember.as_deref().and_then(remembered));
    }
    let (name, password) = ("admin".to_owned(), passwords::make());
    let new = NewOperator {
        name: commands::operator::checked_name(&name)?,
        role: Role::Admin,
        password_hash: passwords::hash(password.clone()).await?,
        created_at: Clock::system().now(),
    };
    store.add_operator(new).await.map_err(failed)?;
    if let Some(path) = remember {
        let write = || private_file(&path)?.write_all(format!("{name}\n{password}\n").as_bytes());
        // Left over from a folder whose database was deleted.
        let _ = std::fs::remove_file(&path);
        write().map_err(|error| Problem::because("the demo's sign-in cannot be kept", &error))?;
    }
    Ok(Some((name, password)))
}

fn remembered(path: &Path) -> Option<(String, String)> {
    let text = std::fs::read_to_string(path).ok()?;
    let (name, password) = text.trim().split_once('\n')?;
    Some((name.to_owned(), password.to_owned()))
}

fn announce(
    settings: &Settings,
    address: SocketAddr,
    demo: bool,
    sign_in: Option<(String, String)>,
) -> Result<(), Problem> {
    let place = settings
        .public_url
        .clone()
        .unwrap_or_else(|| format!("http://{address}"));
    let mut text = format!("Hiver Console is at {place}");
    if demo {
        text.push_str(
            "\nThis is the demo: a simulated Hiver with sample data; nothing leaves this machine.",
        );
    }
    if let Some((name, password)) = sign_in {
        text.push_str(&format!("\nName: {name}\nPassword: {password}"));
    }
    commands::print(&text)
}
