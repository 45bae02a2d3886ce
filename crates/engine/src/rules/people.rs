//! Users as those who share out conversations see them: who is away, and how many they have at most.
//!
//! Hiver knows neither, so people say it here. It belongs to a connection, and only rules that share out mind it: who
//! assigns to one person by name means that person.

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};

use jiff::civil::Date;
use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};
use store::{ConnectionId, Error, Store};
use triage::model::{User, UserId};

use crate::Engine;
use crate::live::Live;

/// What is said of a user.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// When they get nothing.
    #[serde(default)]
    pub away: Away,
    /// How many open conversations they have at most when conversations are shared out; no end where nothing is said.
    #[serde(default)]
    pub cap: Option<u32>,
}

/// When somebody is away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Away {
    /// Never.
    #[default]
    Never,
    /// Until somebody says otherwise.
    Now,
    /// On these days, in the console's time zone.
    Days {
        /// The first one.
        from: Date,
        /// The last one.
        until: Date,
    },
}

impl Away {
    /// Whether somebody is away on a day.
    #[must_use]
    pub fn on(self, day: Date) -> bool {
        match self {
            Self::Never => false,
            Self::Now => true,
            Self::Days { from, until } => (from..=until).contains(&day),
        }
    }
}

/// A user, what is said of them, and what they have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonState {
    /// The user.
    pub user: User,
    /// What is said.
    pub person: Person,
    /// Whether they are away now.
    pub away: bool,
    /// Open conversations that are assigned to them.
    pub open: u32,
}

/// What is said of the users of the connection in use; of the others nothing is.
#[derive(Debug, Default)]
pub(crate) struct People(RwLock<BTreeMap<UserId, Person>>);

impl People {
    /// Takes in what is said of the users of a connection, in place of what was known.
    pub(crate) async fn load(&self, store: &Store, connection: ConnectionId) -> Result<(), Error> {
        let people = store.setting(&name(connection)).await?;
        self.set(people.unwrap_or_default());
        Ok(())
    }

    fn set(&self, people: BTreeMap<UserId, Person>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = people;
    }

    fn all(&self) -> BTreeMap<UserId, Person> {
        let people = self.0.read().unwrap_or_else(PoisonError::into_inner);
        people.clone()
    }
}

impl Engine {
    /// The users of Hiver by name, with what is said of them.
    #[must_use]
    pub fn people(&self) -> Vec<PersonState> {
        let today = today(&self.time_zone(), self.now());
        let people = self.0.people.all();
        let staff = self.staff();
        let mut users = self.mirror().read().directory.users.clone();
        users.sort_by_cached_key(|user| triage::fold(&user.name));
        users
            .into_iter()
            .map(|user| {
                let person = people.get(&user.id).copied().unwrap_or_default();
                PersonState {
                    person,
                    away: person.away.on(today),
                    open: staff.users.get(&user.id).map_or(0, |load| load.open),
                    user,
                }
            })
            .collect()
    }

    /// What is said of each user of whom anything is, with whether they are away now.
    pub(super) fn said_of_people(&self) -> Vec<(UserId, Person, bool)> {
        let today = today(&self.time_zone(), self.now());
        let people = self.0.people.all().into_iter();
        people
            .map(|(user, person)| (user, person, person.away.on(today)))
            .collect()
    }

    /// Says something else of some users from now on; of the others what was said stays. Does nothing without a
    /// connection.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_people(&self, changed: &[(UserId, Person)]) -> Result<(), Error> {
        let Some(connection) = self.mirror().connection() else {
            return Ok(());
        };
        let mut people = self.0.people.all();
        for (user, person) in changed {
            if *person == Person::default() {
                people.remove(user);
            } else {
                people.insert(user.clone(), *person);
            }
        }
        self.store().set_setting(&name(connection), &people).await?;
        self.0.people.set(people);
        self.tell(Live::Rules);
        Ok(())
    }
}

fn name(connection: ConnectionId) -> String {
    format!("people:{connection}")
}

fn today(zone: &TimeZone, now: i64) -> Date {
    let now = Timestamp::from_millisecond(now).unwrap_or(Timestamp::UNIX_EPOCH);
    now.to_zoned(zone.clone()).date()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn the_first_and_the_last_day_belong_to_an_absence() {
        let days = Away::Days {
            from: date(2026, 8, 3),
            until: date(2026, 8, 5),
        };
        let away: Vec<bool> = (2..=6).map(|day| days.on(date(2026, 8, day))).collect();
        assert_eq!(away, [false, true, true, true, false]);
        assert!(Away::Now.on(date(2026, 8, 3)) && !Away::Never.on(date(2026, 8, 3)));
    }

    #[test]
    fn what_is_kept_stays_readable() {
        let person = Person {
            away: Away::Days {
                from: date(2026, 8, 3),
                until: date(2026, 8, 5),
            },
            cap: Some(20),
        };
        let kept = serde_json::to_string(&person).unwrap();
        assert_eq!(
            kept,
            r#"{"away":{"days":{"from":"2026-08-03","until":"2026-08-05"}},"cap":20}"#
        );
        assert_eq!(serde_json::from_str::<Person>(&kept).unwrap(), person);
        assert_eq!(
            serde_json::from_str::<Person>("{}").unwrap(),
            Person::default()
        );
    }
}
