//! The rooms of the API. Each holds its routes, its statements and its tests; adding one touches itself and this list.

use axum::Router;

use crate::Hub;
use crate::http::docs::Endpoint;

pub mod auth;
pub mod codes;
pub mod devices;
pub mod enrollments;
pub mod health;
pub mod rewards;
pub mod shop;
pub mod stamps;
pub mod sync;

/// One room.
pub struct Room {
    /// Its name in the API's description.
    pub name: &'static str,
    /// Its routes, below `/api/v1`.
    pub routes: fn() -> Router<Hub>,
    /// What the description says of them.
    pub endpoints: &'static [Endpoint],
}

/// Every room.
pub const ROOMS: &[Room] = &[
    auth::ROOM,
    devices::ROOM,
    shop::ROOM,
    enrollments::ROOM,
    stamps::ROOM,
    rewards::ROOM,
    codes::ROOM,
    sync::ROOM,
    health::ROOM,
];
