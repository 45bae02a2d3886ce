//! The world as rules see it: conversations of the mirror, who has how many, the time.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use routing::moment::{Moment, Occasion};
use routing::world::{Acted, Row, Staff};
use triage::model::{ConversationId, Status};

use crate::Engine;
use crate::mirror::MirrorState;

/// When each rule last acted on each conversation.
pub type Acts = HashMap<ConversationId, Vec<Acted>>;

/// The conversations of the mirror as rules see them, in no order.
pub fn rows<'m>(state: &'m MirrorState, acts: &'m Acts) -> impl Iterator<Item = Row<'m>> {
    state.rows.values().map(|row| row.seen_by_rules(acts))
}

impl crate::mirror::Row {
    /// The conversation as rules see it.
    #[must_use]
    pub fn seen_by_rules<'m>(&'m self, acts: &'m Acts) -> Row<'m> {
        let conversation = &self.conversation;
        Row {
            conversation,
            folded_subject: conversation.subject.is_some().then_some(&*self.folded),
            acted: acts.get(&conversation.id).map_or(&[], Vec::as_slice),
        }
    }
}

impl Engine {
    /// The present as rules see it.
    #[must_use]
    pub fn moment(&self, occasion: Occasion) -> Moment {
        moment_at(&self.time_zone(), self.now(), occasion)
    }

    /// The names of the fields that Hiver sends beside those that every contract names, in order: rules may ask for them
    /// as `extra.NAME`.
    #[must_use]
    pub fn extra_fields(&self) -> Vec<String> {
        self.mirror().read().extra_fields()
    }

    /// What each user has on their desk, who is away, who may have how many, and whose turn it was.
    #[must_use]
    pub fn staff(&self) -> Staff {
        let mut staff = Staff {
            last: self.0.rules.memory.turns(),
            ..Staff::default()
        };
        let state = self.mirror().read();
        let open = state
            .rows
            .values()
            .map(|row| &row.conversation)
            .filter(|one| one.status == Some(Status::Open));
        for user in open.filter_map(|one| one.assignee.user_id()) {
            staff.moved(None, Some(user));
        }
        drop(state);
        for (user, person, away) in self.said_of_people() {
            let load = staff.users.entry(user).or_default();
            load.away = away;
            load.cap = person.cap;
        }
        staff
    }
}

/// A moment in a time zone.
pub(super) fn moment_at(zone: &TimeZone, now_ms: i64, occasion: Occasion) -> Moment {
    let at = Timestamp::from_millisecond(now_ms).unwrap_or(Timestamp::UNIX_EPOCH);
    Moment {
        now_ms,
        utc_offset_seconds: zone.to_offset(at).seconds(),
        occasion,
    }
}
