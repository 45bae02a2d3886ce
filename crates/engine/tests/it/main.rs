//! The engine against a simulated Hiver over real HTTP, with a database of its own in every test.

#![cfg(test)]

mod accounts;
mod cancelling;
mod chaos;
mod converging;
mod crashes;
mod days;
mod disk;
mod faults;
mod habits;
mod history;
mod keys;
mod lists;
mod mishaps;
mod new_tags;
mod outages;
mod pausing;
mod people;
mod previews;
mod reading;
mod rules;
mod rules_editing;
mod runs;
mod spending;
mod support;
mod sweeps;
mod undoing;
mod webhooks;
mod wishes;
