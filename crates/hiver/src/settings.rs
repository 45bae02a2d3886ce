//! What a client needs to know before its first request.

use std::net::IpAddr;
use std::time::Duration;

use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;
use url::{Host, Url};

use crate::{BoxError, Dialect, InvalidRate, PacerSettings, Rate};

/// How to reach Hiver. `Debug` does not show the key.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The contract spoken there.
    pub dialect: Dialect,
    /// Where the API is served: `https`, or `http` on this machine only.
    pub base_url: String,
    /// The API key. White space around it is ignored.
    pub key: SecretString,
    /// The rate that must not be exceeded, in requests per second: 0.001 to 1,000.
    pub requests_per_second: f64,
    /// How long one connection may take to be made, TLS included.
    pub connect_timeout: Duration,
    /// How long one request may take, from its departure to the last byte of the answer.
    pub total_timeout: Duration,
    /// The most bytes that an answer may have.
    pub largest_response: usize,
    /// How long a read waits before its second attempt; doubled before the third. Jitter takes up to
    /// half of it away.
    pub backoff: Duration,
    /// How long before its instant a [`Slot`](crate::Slot) is handed out, so that an intent can be
    /// written to disk first. At most a third of the interval is used.
    pub lead: Duration,
}

impl Settings {
    /// The `tutorial` dialect with its defaults: 5 requests a second, 5 s to connect, 15 s in all,
    /// answers up to 4 MiB.
    #[must_use]
    pub fn tutorial(key: SecretString) -> Self {
        Self::for_dialect(Dialect::Tutorial, key)
    }

    /// A dialect with its default address and rate.
    #[must_use]
    pub fn for_dialect(dialect: Dialect, key: SecretString) -> Self {
        Self {
            dialect,
            base_url: dialect.default_base_url().to_owned(),
            key,
            requests_per_second: dialect.default_requests_per_second(),
            connect_timeout: Duration::from_secs(5),
            total_timeout: Duration::from_secs(15),
            largest_response: 4 * 1024 * 1024,
            backoff: Duration::from_millis(500),
            lead: PacerSettings::DEFAULT_LEAD,
        }
    }

    pub(crate) fn pacer(&self) -> Result<PacerSettings, SettingsError> {
        let mut pacer = PacerSettings::new(Rate::per_second(self.requests_per_second)?);
        pacer.lead = self.lead;
        pacer.halve_on_429 = self.dialect.halves_on_429();
        Ok(pacer)
    }

    /// The parsed base address, without a slash at its end.
    pub(crate) fn base(&self) -> Result<Url, SettingsError> {
        let base = Url::parse(self.base_url.trim()).map_err(SettingsError::Address)?;
        let here = is_this_machine(&base);
        match base.scheme() {
            "https" => {}
            "http" if here => {}
            "http" => return Err(SettingsError::NotEncrypted),
            other => return Err(SettingsError::Scheme(other.to_owned())),
        }
        if !base.username().is_empty() || base.password().is_some() {
            return Err(SettingsError::Credentials);
        }
        if base.query().is_some() || base.fragment().is_some() {
            return Err(SettingsError::Query);
        }
        Ok(base)
    }

    pub(crate) fn authorization(&self) -> Result<HeaderValue, SettingsError> {
        let key = self.key.expose_secret().trim();
        if key.is_empty() {
            return Err(SettingsError::KeyMissing);
        }
        // Only visible characters: anything else was surely not meant, and some would break the header.
        if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(SettingsError::KeyUnreadable);
        }
        let mut value = HeaderValue::from_str(&format!("Bearer {key}"))
            .map_err(|_| SettingsError::KeyUnreadable)?;
        value.set_sensitive(true);
        Ok(value)
    }
}

/// Whether an address can only lead to this machine, so that nobody on the way can read the key.
pub(crate) fn is_this_machine(address: &Url) -> bool {
    match address.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(ip)) => IpAddr::V4(ip).is_loopback(),
        Some(Host::Ipv6(ip)) => IpAddr::V6(ip).is_loopback(),
        None => false,
    }
}

/// Settings that no client can be made of. No message shows the key.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// The base address cannot be read.
    #[error("Hiver's address cannot be read")]
    Address(#[source] url::ParseError),
    /// Unencrypted, and not on this machine: the key would travel in plain.
    #[error("Hiver's address must begin with `https://`: `http://` is for this machine only")]
    NotEncrypted,
    /// Neither `https` nor `http`.
    #[error("Hiver's address must begin with `https://`, not `{0}:`")]
    Scheme(String),
    /// A name or password inside the address.
    #[error("Hiver's address must not contain a user name or password")]
    Credentials,
    /// A query or fragment inside the address.
    #[error("Hiver's address must end with its path: no `?` and no `#`")]
    Query,
    /// The key is empty.
    #[error("Hiver's key is empty")]
    KeyMissing,
    /// The key has characters that no key has.
    #[error("Hiver's key contains white space or characters outside ASCII")]
    KeyUnreadable,
    /// The rate is out of bounds.
    #[error(transparent)]
    Rate(#[from] InvalidRate),
    /// The HTTP client could not be made, for instance for want of root certificates.
    #[error("the HTTP client for Hiver could not be set up")]
    Http(#[source] BoxError),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(base_url: &str, key: &str) -> Settings {
        Settings {
            base_url: base_url.to_owned(),
            ..Settings::tutorial(SecretString::from(key.to_owned()))
        }
    }

    #[test]
    fn plain_http_stays_on_this_machine() {
        for fine in [
            "https://api.hiverhq.com/api/v1",
            "https://api.hiverhq.com/api/v1/",
            "http://127.0.0.1:4010/api/v1",
            "http://127.8.8.8",
            "http://[::1]:80/x",
            "http://localhost:3000",
        ] {
            assert!(settings(fine, "k").base().is_ok(), "{fine}");
        }
        for refused in [
            "http://api.hiverhq.com/api/v1",
            "http://10.0.0.1",
            "http://localhost.example.com",
            "http://0.0.0.0",
            "ftp://localhost",
            "https://user:secret@api.hiverhq.com",
            "https://api.hiverhq.com/?key=1",
            "api.hiverhq.com",
            "",
        ] {
            assert!(settings(refused, "k").base().is_err(), "{refused}");
        }
    }

    #[test]
    fn a_key_must_be_a_key() {
        assert!(settings("", "abc\n").authorization().is_ok());
        for refused in ["", "  ", "a b", "a\nb", "schlüssel"] {
            let error = settings("", refused).authorization().unwrap_err();
            assert!(matches!(
                error,
                SettingsError::KeyMissing | SettingsError::KeyUnreadable
            ));
        }
    }

    #[test]
    fn debug_does_not_show_the_key() {
        let settings = settings("https://api.hiverhq.com", "topsecret");
        assert!(!format!("{settings:?}").contains("topsecret"));
        let header = settings.authorization().unwrap();
        assert!(!format!("{header:?}").contains("topsecret"));
    }
}
