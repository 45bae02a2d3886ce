//! The store through its public face, on a fresh SQLite file in every test.

#![cfg(test)]

mod deliveries;
mod history;
mod mirror;
mod operators;
mod people;
mod runs;
mod support;
mod sweeps;
mod usage;
mod webhook_secrets;
