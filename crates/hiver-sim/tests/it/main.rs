//! The simulator from outside: over its wire, its control endpoints, and raw connections.

#![cfg(test)]

mod answers;
mod control;
mod deleting;
mod faults;
mod limits;
mod lists;
mod script;
mod state_file;
mod stopping;
mod support;
mod time;
mod tutorial_calls;
mod webhooks;
