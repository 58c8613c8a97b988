//! The use cases a screen calls, and nothing that knows of a screen.

pub mod view;
