//! The console's time zone: days begin and end by it, schedules and allowed hours go by it, and times are shown in it.
//!
//! The database keeps moments, never days, so that another zone changes nothing but how they are told.

use std::sync::{PoisonError, RwLock};

use jiff::tz::{self, TimeZone};
use store::{Error, Store};

use crate::Engine;
use crate::live::Live;

/// The name of the setting.
const SETTING: &str = "time-zone";
/// The zone where nobody set one.
const USUAL: &str = "UTC";
/// The areas of IANA's names that people know; the rest are former names and abbreviations.
const AREAS: [&str; 10] = [
    "Africa",
    "America",
    "Antarctica",
    "Arctic",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
];

/// Why a time zone was not set.
#[derive(Debug, thiserror::Error)]
pub enum TimeZoneError {
    /// There is none of that name.
    #[error("there is no time zone `{0}`")]
    Unknown(String),
    /// The database failed.
    #[error("the time zone could not be kept")]
    Store(#[from] Error),
}

/// The zone in use.
#[derive(Debug)]
pub(crate) struct Zone(RwLock<TimeZone>);

impl Zone {
    pub(crate) fn new(zone: TimeZone) -> Self {
        Self(RwLock::new(zone))
    }
}

impl Engine {
    /// The console's time zone: days begin and end by it.
    #[must_use]
    pub fn time_zone(&self) -> TimeZone {
        let zone = self.0.zone.0.read().unwrap_or_else(PoisonError::into_inner);
        zone.clone()
    }

    /// Goes by another time zone from now on, named as IANA names it: `Europe/Berlin`.
    ///
    /// # Errors
    /// When there is none of that name, or the database fails.
    pub async fn set_time_zone(&self, name: &str) -> Result<(), TimeZoneError> {
        let zone = named(name).ok_or_else(|| TimeZoneError::Unknown(name.to_owned()))?;
        self.store().set_setting(SETTING, &name).await?;
        {
            let mut known = self
                .0
                .zone
                .0
                .write()
                .unwrap_or_else(PoisonError::into_inner);
            *known = zone;
        }
        self.begin_schedules_anew().await?;
        self.tell(Live::Status);
        Ok(())
    }
}

/// The names of the time zones that there are, as IANA names them, in order; `UTC` first.
#[must_use]
pub fn time_zone_names() -> Vec<String> {
    let is_area = |name: &str| {
        name.split_once('/')
            .is_some_and(|(area, _)| AREAS.contains(&area))
    };
    let mut names: Vec<String> = tz::db()
        .available()
        .map(|name| name.as_str().to_owned())
        .filter(|name| is_area(name))
        .collect();
    names.sort_unstable();
    names.dedup();
    names.insert(0, USUAL.to_owned());
    names
}

/// The time zone that is set in a database. One that is not known any more is as if none was set.
///
/// # Errors
/// When the database fails.
pub async fn time_zone_of(store: &Store) -> Result<TimeZone, Error> {
    let name: Option<String> = store.setting(SETTING).await?;
    let name = name.unwrap_or_else(|| USUAL.to_owned());
    Ok(named(&name).unwrap_or_else(|| {
        tracing::warn!(name, "the time zone that is set is not known; UTC is used");
        TimeZone::UTC
    }))
}

fn named(name: &str) -> Option<TimeZone> {
    if name == USUAL {
        return Some(TimeZone::UTC);
    }
    TimeZone::get(name)
        .ok()
        .filter(|zone| zone.iana_name() == Some(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_are_known_by_their_names_wherever_the_program_runs() {
        let names = time_zone_names();
        assert_eq!(names[0], "UTC");
        assert!(names.len() > 300, "{}", names.len());
        for name in ["Europe/Berlin", "Asia/Kolkata", "America/New_York"] {
            assert!(names.iter().any(|known| known == name), "{name}");
            assert!(named(name).is_some(), "{name}");
        }
        assert_eq!(named("Europe/Atlantis"), None);
        assert_eq!(named("europe/berlin"), None);
        assert_eq!(named(""), None);
        // What is in the program itself suffices.
        let bundled = tz::TimeZoneDatabase::bundled();
        assert!(bundled.get("Europe/Berlin").is_ok());
        let lost: Vec<_> = names.iter().filter(|name| named(name).is_none()).collect();
        assert!(lost.is_empty(), "{lost:?}");
    }
}
