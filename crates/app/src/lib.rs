//! The use cases a screen calls, and nothing that knows of a screen.

pub mod camera;
pub mod counter;
pub mod customers;
pub mod demo;
pub mod desk;
pub mod failure;
pub mod owner;
pub mod pairing;
pub mod sales;
pub mod scanning;
pub mod session;
pub mod settings;
pub mod shift;
pub mod stamps;
pub mod view;
pub mod visits;

pub use counterfoil_domain as domain;
pub use failure::Outcome;

/// The running app: every use case is a method. Cheap to clone; methods block unless they are async.
#[derive(Clone)]
pub struct Counterfoil {}
