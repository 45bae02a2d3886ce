//! What is counted of rules, by days of the console.

use std::collections::BTreeMap;

use jiff::Timestamp;
use routing::model::RuleId;
use serde::{Deserialize, Serialize};
use store::{ActMode, Counted, Error, RuleAct};
use triage::model::ConversationId;

use crate::Engine;

/// What a shadow would have done, so many times at most.
const WOULD_HAVE: u64 = 50;

/// What became of a rule.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleStats {
    /// Over all the days.
    pub total: RuleTally,
    /// By day, oldest first (`2026-11-23`, in the console's time zone); days without anything are left out.
    pub days: Vec<(String, RuleTally)>,
    /// When it last acted.
    pub last_acted: Option<i64>,
    /// When it last would have acted, as a shadow.
    pub last_shadow: Option<i64>,
    /// When it last fitted a conversation.
    pub last_matched: Option<i64>,
    /// When its schedule was last late: the console was off at the time.
    pub last_late: Option<i64>,
}

/// How often what became of a rule that was looked at, in conversations and occasions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleTally {
    /// It fitted, whatever came of it.
    pub matched: u64,
    /// It acted.
    pub acted: u64,
    /// Everything was so already.
    pub already: u64,
    /// It had acted on the conversation before, or what happened was its own doing.
    pub acted_before: u64,
    /// It fitted outside its hours.
    pub outside_hours: u64,
    /// It would have fitted, but an earlier rule stopped.
    pub stopped: u64,
    /// It shares out, and nobody was free.
    pub nobody_free: u64,
    /// It came to its ceiling.
    pub ceiling: u64,
    /// It would have acted, but is a shadow.
    pub shadow: u64,
    /// Its schedule was late.
    pub late: u64,
}

impl RuleTally {
    fn add(&mut self, what: Counted, count: u64) {
        let counter = match what {
            Counted::Matched => &mut self.matched,
            Counted::Acted => &mut self.acted,
            Counted::Already => &mut self.already,
            Counted::ActedBefore => &mut self.acted_before,
            Counted::OutsideHours => &mut self.outside_hours,
            Counted::Stopped => &mut self.stopped,
            Counted::NobodyFree => &mut self.nobody_free,
            Counted::Ceiling => &mut self.ceiling,
            Counted::Shadow => &mut self.shadow,
            Counted::Late => &mut self.late,
        };
        *counter += count;
    }
}

impl Engine {
    /// What became of each rule within the last `days` days, today included. Rules of which nothing is known in that
    /// time are left out.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn rule_stats(&self, days: u32) -> Result<BTreeMap<RuleId, RuleStats>, Error> {
        let mut stats: BTreeMap<RuleId, RuleStats> = BTreeMap::new();
        let Some(connection) = self.mirror().connection() else {
            return Ok(stats);
        };
        let back = i64::from(days.saturating_sub(1)) * 24 * 60 * 60 * 1_000;
        let first = self.day_of(self.now() - back);
        for counted in self.store().rule_counts(connection, &first).await? {
            let of_rule = stats.entry(counted.rule.into()).or_default();
            of_rule.total.add(counted.what, counted.count);
            if of_rule
                .days
                .last()
                .is_none_or(|(day, _)| *day != counted.day)
            {
                of_rule.days.push((counted.day, RuleTally::default()));
            }
            if let Some((_, of_day)) = of_rule.days.last_mut() {
                of_day.add(counted.what, counted.count);
            }
            let last = match counted.what {
                Counted::Acted => &mut of_rule.last_acted,
                Counted::Shadow | Counted::Ceiling => &mut of_rule.last_shadow,
                Counted::Matched => &mut of_rule.last_matched,
                Counted::Late => &mut of_rule.last_late,
                _ => continue,
            };
            *last = (*last).max(Some(counted.last_at));
        }
        Ok(stats)
    }

    /// What a shadow would have done, newest first: the last fifty.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn would_have_done(&self, rule: &RuleId) -> Result<Vec<RuleAct>, Error> {
        self.rule_acts(Some(rule), None, Some(ActMode::Shadow), WOULD_HAVE)
            .await
    }

    /// What a rule did, or what rules did to a conversation, or both; newest first, at most `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn rule_acts(
        &self,
        rule: Option<&RuleId>,
        conversation: Option<&ConversationId>,
        mode: Option<ActMode>,
        limit: u64,
    ) -> Result<Vec<RuleAct>, Error> {
        let Some(connection) = self.mirror().connection() else {
            return Ok(Vec::new());
        };
        self.store()
            .rule_acts(
                connection,
                rule.map(RuleId::as_str),
                conversation,
                mode,
                limit,
            )
            .await
    }

    /// The day of a time, in the console's time zone: `2026-11-23`.
    pub(crate) fn day_of(&self, at: i64) -> String {
        let at = Timestamp::from_millisecond(at).unwrap_or(Timestamp::UNIX_EPOCH);
        at.to_zoned(self.time_zone()).date().to_string()
    }
}
