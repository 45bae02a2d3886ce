//! The simulator from outside: over its wire, its control endpoints, and raw connections.

#![cfg(test)]

mod control;
mod faults;
mod lists;
mod state_file;
mod stopping;
mod support;
mod time;
mod tutorial_calls;
