//! What rules are checked against where no engine runs: the world as the database has it.

use routing::lint::{Habit, Surroundings, lint};
use routing::model::RuleSet;
use routing::moment::Occasion;
use routing::problem::Problem;
use routing::warning::Warning;
use store::{ConnectionId, Store};
use triage::model::Directory;

use super::habits::habits_of;
use super::looking::moment_at;
use super::{Acts, rows};
use crate::mirror::{Mirror, MirrorState};
use crate::sync::settings_of;
use crate::time_zone::time_zone_of;

/// The mirror of a connection as it is on disk, and what else rules are checked against.
#[derive(Debug)]
pub struct StoredWorld {
    mirror: Mirror,
    now: i64,
    zone: jiff::tz::TimeZone,
    habits: Vec<Habit>,
}

impl StoredWorld {
    /// Reads it. `now` is in ms since the epoch.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn read(
        store: &Store,
        connection: ConnectionId,
        now: i64,
    ) -> Result<Self, store::Error> {
        let mirror = Mirror::default();
        mirror.replace(MirrorState::read(store, connection).await?);
        let reading = settings_of(store, connection).await?;
        mirror.leave_out(connection, &reading.left_out);
        Ok(Self {
            mirror,
            now,
            zone: time_zone_of(store).await?,
            habits: habits_of(store, connection, now).await?,
        })
    }

    /// The names of mailboxes, users and tags.
    #[must_use]
    pub fn directory(&self) -> Directory {
        self.mirror.read().directory.clone()
    }

    /// What is odd about rules; `requests_per_day` where the day is limited.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn warnings(
        &self,
        rules: &RuleSet,
        requests_per_day: Option<u32>,
    ) -> Result<Vec<Warning>, Vec<Problem>> {
        let state = self.mirror.read();
        let acts = Acts::default();
        let rows: Vec<_> = rows(&state, &acts).collect();
        let around = Surroundings {
            directory: &state.directory,
            rows: &rows,
            moment: moment_at(&self.zone, self.now, Occasion::Any),
            habits: &self.habits,
            requests_per_day: requests_per_day.map(u64::from),
        };
        lint(rules, &around)
    }
}
