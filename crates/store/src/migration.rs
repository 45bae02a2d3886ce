//! The tables, in the order in which they came to be.

mod m0001_first_tables;
mod m0002_surviving_runs;
mod m0003_operators;
mod m0004_webhooks;
mod m0005_history;
mod m0006_sweeps;
mod m0007_rule_sets;
mod m0008_rule_acts;
mod m0009_extras;

use sea_orm_migration::{MigrationTrait, MigratorTrait};

pub(crate) struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_first_tables::Migration),
            Box::new(m0002_surviving_runs::Migration),
            Box::new(m0003_operators::Migration),
            Box::new(m0004_webhooks::Migration),
            Box::new(m0005_history::Migration),
            Box::new(m0006_sweeps::Migration),
            Box::new(m0007_rule_sets::Migration),
            Box::new(m0008_rule_acts::Migration),
            Box::new(m0009_extras::Migration),
        ]
    }
}
