//! The built binary: its commands, what it says where it cannot start, and how it stops.

#![cfg(test)]

mod operators;
mod running;
mod session;
mod starting;
mod support;
