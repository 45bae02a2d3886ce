//! Saving rules, and the version in force.

use std::sync::Arc;

use routing::Compiled;
use routing::model::{Rule, RuleSet};
use routing::problem::Problem;
use store::{ConnectionId, NewRuleVersion, RuleVersion, SavedRules, Store, StoredRules};
use triage::model::Directory;

use super::LiveRules;
use crate::Engine;
use crate::live::Live;

/// Why rules were not saved.
#[derive(Debug, thiserror::Error)]
pub enum SaveRulesError {
    /// No Hiver was ever connected: rules belong to a connection.
    #[error("no Hiver is connected: an admin sets the key first")]
    NoConnection,
    /// Somebody else saved meanwhile.
    #[error("the rules were saved by somebody else meanwhile: they are at version {latest}")]
    Moved {
        /// The latest version.
        latest: i32,
    },
    /// The rules cannot be used.
    #[error("the rules cannot be used")]
    Problems(Vec<Problem>),
    /// The database failed.
    #[error("the rules could not be kept")]
    Store(#[from] store::Error),
}

/// A version to be saved.
pub(super) struct Saving<'s> {
    /// Who saves it.
    pub(super) author: &'s str,
    /// The version that was edited.
    pub(super) base: i32,
    /// Why.
    pub(super) note: &'s str,
    /// What is to be said until somebody dismisses it: rule, its name, text.
    pub(super) notices: Vec<(String, String, String)>,
}

impl Engine {
    /// The rules in force, with the names as the mirror has them now; nothing where no Hiver was ever connected.
    ///
    /// # Errors
    /// When the database fails, or holds rules that this program cannot use.
    pub async fn rules(&self) -> Result<Option<Arc<LiveRules>>, store::Error> {
        let (connection, directory) = {
            let mirror = self.mirror().read();
            (mirror.connection(), mirror.directory.clone())
        };
        let Some(connection) = connection else {
            return Ok(None);
        };
        let known = self
            .0
            .rules
            .live()
            .filter(|known| known.connection == connection);
        if let Some(known) = &known
            && known.directory == directory
        {
            return Ok(Some(Arc::clone(known)));
        }
        let (version, set) = match known {
            Some(known) => (known.version.clone(), Arc::clone(&known.set)),
            None => match self.store().rules(connection, None).await? {
                Some(stored) => (Some(stored.version.clone()), Arc::new(read(&stored)?)),
                None => (None, Arc::default()),
            },
        };
        let live = ready(connection, version, set, directory)
            .map_err(|problems| unusable(SaveRulesError::Problems(problems)))?;
        let live = Arc::new(live);
        self.0.rules.set_live(Arc::clone(&live));
        Ok(Some(live))
    }

    /// Saves rules as a new version, which is in force from then on. `base` is the version that was edited, 0 where
    /// there was none; `note` says why, where the rules were not just edited. Returns the number of the version.
    ///
    /// # Errors
    /// When somebody else saved since `base`, the rules cannot be used, or the database fails.
    pub async fn save_rules(
        &self,
        author: &str,
        base: i32,
        set: RuleSet,
        note: &str,
    ) -> Result<i32, SaveRulesError> {
        let saving = Saving {
            author,
            base,
            note,
            notices: Vec::new(),
        };
        self.save(saving, set).await
    }

    /// Saves rules, together with what is to be said about it.
    pub(super) async fn save(
        &self,
        saving: Saving<'_>,
        set: RuleSet,
    ) -> Result<i32, SaveRulesError> {
        let (author, note) = (saving.author, saving.note);
        let (connection, directory) = {
            let mirror = self.mirror().read();
            (mirror.connection(), mirror.directory.clone())
        };
        let connection = connection.ok_or(SaveRulesError::NoConnection)?;
        let now = self.now();
        let new = new_version(self.store(), connection, saving, &set, now).await?;
        let set = Arc::new(set);
        let mut live = ready(connection, None, set, directory).map_err(SaveRulesError::Problems)?;
        match self.store().save_rules(new).await? {
            SavedRules::Moved(latest) => Err(SaveRulesError::Moved { latest }),
            SavedRules::As(version) => {
                live.version = Some(RuleVersion {
                    version,
                    author: author.to_owned(),
                    saved_at: now,
                    note: note.to_owned(),
                });
                self.0.rules.set_live(Arc::new(live));
                tracing::info!(version, by = author, note, "rules saved");
                self.tell(Live::Rules);
                Ok(version)
            }
        }
    }

    /// The rules of a version; nothing where there is no such version.
    ///
    /// # Errors
    /// When the database fails, or holds rules that this program cannot read.
    pub async fn rules_of_version(
        &self,
        version: i32,
    ) -> Result<Option<(RuleVersion, RuleSet)>, store::Error> {
        let Some(connection) = self.mirror().connection() else {
            return Ok(None);
        };
        let stored = self.store().rules(connection, Some(version)).await?;
        stored
            .map(|stored| Ok((stored.version.clone(), read(&stored)?)))
            .transpose()
    }

    /// The versions before `before`, or all, newest first, at most `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn rule_versions(
        &self,
        before: Option<i32>,
        limit: u64,
    ) -> Result<Vec<RuleVersion>, store::Error> {
        match self.mirror().connection() {
            Some(connection) => self.store().rule_versions(connection, before, limit).await,
            None => Ok(Vec::new()),
        }
    }
}

/// Saves rules where no engine runs: nobody may have the version in force in memory. As
/// [`Engine::save_rules`]; that the rules can be used is the caller's business.
///
/// # Errors
/// When somebody else saved since `base`, or the database fails.
pub async fn save_stored_rules(
    store: &Store,
    connection: ConnectionId,
    (author, note): (&str, &str),
    base: i32,
    set: &RuleSet,
    now: i64,
) -> Result<i32, SaveRulesError> {
    let saving = Saving {
        author,
        base,
        note,
        notices: Vec::new(),
    };
    let new = new_version(store, connection, saving, set, now).await?;
    match store.save_rules(new).await? {
        SavedRules::As(version) => Ok(version),
        SavedRules::Moved(latest) => Err(SaveRulesError::Moved { latest }),
    }
}

async fn new_version(
    store: &Store,
    connection: ConnectionId,
    saving: Saving<'_>,
    set: &RuleSet,
    now: i64,
) -> Result<NewRuleVersion, store::Error> {
    let before = store.rules(connection, Some(saving.base)).await?;
    // What this program cannot read it can replace.
    let before = before
        .and_then(|before| read(&before).ok())
        .unwrap_or_default();
    let looks_otherwise = |rule: &&Rule| {
        before
            .rule(&rule.id)
            .is_some_and(|before| before.when != rule.when)
    };
    let anew = set.taking_part().filter(looks_otherwise);
    Ok(NewRuleVersion {
        begin_anew: anew.map(|rule| rule.id.to_string()).collect(),
        connection,
        base: saving.base,
        author: saving.author.to_owned(),
        note: saving.note.to_owned(),
        rules: serde_json::to_string(set).map_err(unusable)?,
        taking_part: set.taking_part().map(|rule| rule.id.to_string()).collect(),
        notices: saving.notices,
        now,
    })
}

fn ready(
    connection: ConnectionId,
    version: Option<RuleVersion>,
    set: Arc<RuleSet>,
    directory: Directory,
) -> Result<LiveRules, Vec<Problem>> {
    let compiled = Arc::new(Compiled::new(&set, &directory)?);
    Ok(LiveRules {
        connection,
        version,
        set,
        compiled,
        directory,
    })
}

fn read(stored: &StoredRules) -> Result<RuleSet, store::Error> {
    serde_json::from_str(&stored.rules).map_err(unusable)
}

/// What the database holds is of no use to this program.
pub(super) fn unusable(source: impl std::error::Error + Send + Sync + 'static) -> store::Error {
    store::Error::Value {
        operation: "read the rules",
        source: Box::new(source),
    }
}
