//! The shell: a window around the app, and nothing that the app could do itself.

pub mod bindings;
pub mod commands;
