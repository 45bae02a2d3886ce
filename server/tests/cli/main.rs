//! The built binary: its commands, what it says where it cannot start, and how it stops.

#![cfg(test)]

mod house;
mod interrupting;
mod keys;
mod operators;
mod rules;
mod running;
mod runs;
mod secrets;
mod session;
mod starting;
mod support;
mod syncing;
mod taking_over;
mod webhooks;
