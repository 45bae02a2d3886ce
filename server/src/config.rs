//! From what was said to what the engine needs; a bad value is named with its variable.

use engine::Config;
use hiver::Dialect;
use secrecy::SecretString;
use tracing_subscriber::EnvFilter;
use url::Url;

use crate::Problem;
use crate::args::{LogFormat, Settings, USUAL_LOG};

/// Requests per second in the demo.
pub(crate) const DEMO_RATE: f64 = 20.0;

/// The engine's configuration for a real Hiver.
pub(crate) fn engine(settings: &Settings) -> Result<Config, Problem> {
    let dialect: Dialect = settings.dialect.parse().map_err(|_| {
        format!(
            "HIVER_DIALECT is `{}`\n  hint: this version speaks `tutorial`",
            settings.dialect
        )
    })?;
    let said = settings
        .base_url
        .as_deref()
        .map(|address| address.trim().trim_end_matches('/'));
    let base_url = match said.filter(|address| !address.is_empty()) {
        Some(address) => checked_address(address)?,
        None => dialect.default_base_url().to_owned(),
    };
    let key = settings
        .api_key
        .clone()
        .filter(|key| !key.trim().is_empty());
    let config = Config {
        dialect,
        identity: base_url.clone(),
        base_url,
        key: key.map(|key| SecretString::from(key.trim().to_owned())),
        demo: false,
        requests_per_second: settings.requests_per_second,
        requests_per_day: settings.requests_per_day,
        conversation_url: settings.conversation_url.clone(),
        duties: engine::Duties::All,
    };
    check_rate(&config)?;
    if let Some(key) = &config.key {
        check_key("HIVER_API_KEY", &config.base_url, key)?;
    }
    Ok(config)
}

/// The engine's configuration for the demo's simulator at `base_url`.
pub(crate) fn demo(settings: &Settings, base_url: String, key: String) -> Result<Config, Problem> {
    let config = Config {
        dialect: Dialect::Tutorial,
        base_url,
        identity: "demo".to_owned(),
        key: Some(key.into()),
        demo: true,
        requests_per_second: Some(settings.requests_per_second.unwrap_or(DEMO_RATE)),
        requests_per_day: settings.requests_per_day,
        conversation_url: None,
        duties: engine::Duties::All,
    };
    check_rate(&config)?;
    Ok(config)
}

/// The address that people reach the console at.
pub(crate) fn public_url(settings: &Settings) -> Result<Option<Url>, Problem> {
    let Some(address) = settings
        .public_url
        .as_deref()
        .filter(|address| !address.trim().is_empty())
    else {
        return Ok(None);
    };
    match Url::parse(address.trim()) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(Some(url)),
        _ => Err(format!(
            "CONSOLE_PUBLIC_URL is `{address}`\n  hint: a whole address, e.g. https://triage.example.com"
        )
        .into()),
    }
}

/// An address that requests can go to; the client's own rules, told before anything starts.
fn checked_address(address: &str) -> Result<String, Problem> {
    let settings = hiver::Settings {
        base_url: address.to_owned(),
        ..hiver::Settings::tutorial("not-sent-anywhere".to_owned().into())
    };
    match hiver::Hiver::new(settings) {
        Ok(_) => Ok(address.to_owned()),
        Err(error) => Err(Problem::because(
            &format!("HIVER_BASE_URL is `{address}`"),
            &error,
        )),
    }
}

/// A key that can be sent at all; Hiver says whether it opens anything.
pub(crate) fn check_key(called: &str, base_url: &str, key: &SecretString) -> Result<(), Problem> {
    let settings = hiver::Settings {
        base_url: base_url.to_owned(),
        ..hiver::Settings::tutorial(key.clone())
    };
    match hiver::Hiver::new(settings) {
        Ok(_) => Ok(()),
        Err(error) => Err(Problem::because(
            &format!("{called} cannot be used"),
            &error,
        )),
    }
}

fn check_rate(config: &Config) -> Result<(), Problem> {
    match config.requests_per_second {
        Some(rate) if hiver::Rate::per_second(rate).is_err() => Err(format!(
            "HIVER_REQUESTS_PER_SECOND is `{rate}`\n  hint: a number from 0.001 to 1000"
        )
        .into()),
        _ => Ok(()),
    }
}

/// Starts logging for a command if somebody asked for a log: by itself a command says only what a person must know.
pub(crate) fn start_logging_if_asked(settings: &Settings) -> Result<(), Problem> {
    if settings.log == USUAL_LOG {
        return Ok(());
    }
    start_logging(settings)
}

/// Where the log goes and what it holds.
pub(crate) fn start_logging(settings: &Settings) -> Result<(), Problem> {
    let filter = EnvFilter::try_new(format!("sea_orm_migration=warn,{}", settings.log))
        .map_err(|error| format!("CONSOLE_LOG is `{}`: {error}", settings.log))?;
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false);
    match settings.log_format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
    Ok(())
}
