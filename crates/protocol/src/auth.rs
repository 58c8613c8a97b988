//! Owners' accounts: register, log in, refresh.

use counterfoil_domain::TenantId;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// `POST /auth/register`.
#[derive(Clone, Serialize, Deserialize)]
pub struct RegisterRequest {
    /// E-mail address.
    pub email: String,
    /// At least 8 characters, a capital and a digit.
    pub password: String,
    /// The shop's name.
    pub business_name: String,
    /// The shop's id when a till made the shop before there was an account; else the hub makes one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub business_id: Option<TenantId>,
}

/// `POST /auth/login`.
#[derive(Clone, Serialize, Deserialize)]
pub struct LoginRequest {
    /// E-mail address.
    pub email: String,
    /// Password.
    pub password: String,
}

/// `POST /auth/refresh`.
#[derive(Clone, Serialize, Deserialize)]
pub struct RefreshRequest {
    /// The newest refresh token; an older one revokes the family.
    pub refresh_token: String,
}

/// Who logged in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserView {
    /// The user.
    pub id: Uuid,
    /// E-mail address.
    pub email: String,
    /// The shop.
    pub business_id: TenantId,
}

/// Tokens after any of the three.
#[derive(Clone, Serialize, Deserialize)]
pub struct TokenReply {
    /// Good for 15 minutes.
    pub access_token: String,
    /// Good for 7 days, once.
    pub refresh_token: String,
    /// Who.
    pub user: UserView,
}
