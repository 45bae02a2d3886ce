//! Settings: small values by name.

use sea_orm::sea_query::OnConflict;
use sea_orm::{EntityTrait, Set};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::entities::settings;
use crate::error::{During, Result};
use crate::open::Store;

impl Store {
    /// The value under `key`, or nothing where it was never set.
    ///
    /// # Errors
    /// When the database fails or the value is of another shape.
    pub async fn setting<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>> {
        let row = settings::Entity::find_by_id(key)
            .one(&self.read)
            .await
            .during("read a setting")?;
        row.map(|row| serde_json::from_str(&row.value).during("read a setting"))
            .transpose()
    }

    /// Sets the value under `key`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_setting<T: Serialize + Sync>(&self, key: &str, value: &T) -> Result<()> {
        let value = serde_json::to_string(value).during("write a setting")?;
        settings::Entity::insert(settings::ActiveModel {
            key: Set(key.to_owned()),
            value: Set(value),
        })
        .on_conflict(
            OnConflict::column(settings::Column::Key)
                .update_column(settings::Column::Value)
                .to_owned(),
        )
        .exec_without_returning(&self.write)
        .await
        .during("write a setting")?;
        Ok(())
    }
}
