//! The folder that a command works in, and what is in it.

use engine::{Config, connection_in_use};
use store::{Connection, Run, Store};
use triage::model::RunId;

use super::failed;
use crate::args::Settings;
use crate::data::{DataDir, SecretFile};
use crate::{Problem, config};

/// A data folder with its database.
pub(crate) struct Place {
    pub(crate) data: DataDir,
    pub(crate) store: Store,
    /// Whether it is the demo's: only its own server may send what is in it.
    pub(crate) demo: bool,
    settings: Settings,
}

impl Place {
    pub(crate) async fn open(settings: Settings) -> Result<Self, Problem> {
        let data = DataDir::open(&settings.data_dir)?;
        let demo = data.is_demo();
        let settings = DataDir::settings(demo, settings);
        Ok(Self {
            store: data.store(&settings).await?,
            data,
            demo,
            settings,
        })
    }

    /// What is said about the Hiver of this folder.
    pub(crate) fn config(&self) -> Result<Config, Problem> {
        if self.demo {
            // Its address changes from start to start; nobody but its own server sends to it.
            return config::demo(&self.settings, String::new(), String::new());
        }
        config::engine(&self.settings)
    }

    /// The address that people reach the console at.
    pub(crate) fn public_url(&self) -> Result<Option<url::Url>, Problem> {
        config::public_url(&self.settings)
    }

    pub(crate) fn secret_file(&self) -> SecretFile {
        SecretFile::of(&self.data, &self.settings)
    }

    /// The connection that a server of this folder would take up.
    pub(crate) async fn connection(&self) -> Result<Option<Connection>, Problem> {
        connection_in_use(&self.store, &self.config()?)
            .await
            .map_err(failed)
    }

    /// The run or plan of that number; those of other connections are none of its business.
    pub(crate) async fn run(&self, id: RunId) -> Result<Run, Problem> {
        let connection = self.connection().await?;
        let run = self.store.run(id).await.map_err(failed)?;
        run.filter(|run| connection.is_some_and(|one| one.id == run.connection))
            .ok_or_else(|| {
                Problem::from(format!(
                    "there is no run `{id}`\n  hint: `hiver-console runs list` shows which there are"
                ))
            })
    }
}
