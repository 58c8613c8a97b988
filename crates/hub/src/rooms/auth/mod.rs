//! Owners' accounts: register, log in, refresh.

mod password;
mod tokens;

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use counterfoil_domain::entity::{Shop, fields_of};
use counterfoil_domain::tax::{TaxClass, TaxRate};
use counterfoil_domain::{EntityKind, TenantId};
use counterfoil_protocol::ErrorCode;
use counterfoil_protocol::auth::{LoginRequest, RefreshRequest, RegisterRequest, UserView};
use sqlx::AnyConnection;
use sqlx::Row as _;
use uuid::Uuid;

use super::Room;
use crate::Hub;
use crate::http::docs::{Endpoint, Who};
use crate::http::extract::{PUBLISHABLE_PREFIX, uuid_of};
use crate::http::{Answer, Begun, Failure, IdempotencyKey, Input, Write};
use crate::ledger::{Book, suggest};
use crate::secret::{new_token, token_hash};

pub use password::Passwords;

const TOKENS: &str = r#"{"access_token":"eyJ...","refresh_token":"cfr_...","user":{"id":"0198c0de-0000-7000-8000-000000000001","email":"owner@cafelima.example","business_id":"0198c0de-0000-7000-8000-000000000002"}}"#;

/// This room.
pub const ROOM: Room = Room {
    name: "auth",
    routes,
    endpoints: &[
        Endpoint {
            method: "post",
            path: "/auth/register",
            summary: "Registers an owner and their shop. `business_id` names a shop that a till made before there was an account.",
            who: Who::Anyone,
            body: r#"{"email":"owner@cafelima.example","password":"Secreto123","business_name":"Café Lima"}"#,
            answer: (201, TOKENS),
            errors: &[
                ErrorCode::EmailInvalid,
                ErrorCode::PasswordWeak,
                ErrorCode::ValidationError,
                ErrorCode::EmailExists,
                ErrorCode::ConcurrentUpdate,
            ],
            ..Endpoint::NONE
        },
        Endpoint {
            method: "post",
            path: "/auth/login",
            summary: "Logs an owner in. The access token is good for 15 minutes.",
            who: Who::Anyone,
            body: r#"{"email":"owner@cafelima.example","password":"Secreto123"}"#,
            answer: (200, TOKENS),
            errors: &[ErrorCode::InvalidCredentials],
            ..Endpoint::NONE
        },
        Endpoint {
            method: "post",
            path: "/auth/refresh",
            summary: "Exchanges a refresh token, good once and for 7 days. Using one twice revokes its whole family.",
            who: Who::Anyone,
            body: r#"{"refresh_token":"cfr_..."}"#,
            answer: (200, TOKENS),
            errors: &[ErrorCode::InvalidToken],
            ..Endpoint::NONE
        },
    ],
};

fn routes() -> Router<Hub> {
    Router::new()
        .route("/auth/register", post(register))
        .route("/auth/login", post(login))
        .route("/auth/refresh", post(refresh))
}

/// Requests without a tenant share one scope; a key is bound to its whole body, password included.
const SCOPE: &str = "auth";

async fn register(
    State(hub): State<Hub>,
    key: IdempotencyKey,
    Input { value, raw }: Input<RegisterRequest>,
) -> Result<Answer, Failure> {
    let email = password::email(&value.email)?;
    password::strong(&value.password)?;
    let name = value.business_name.trim().to_owned();
    if name.is_empty() {
        return Err(Failure::field("business_name", "required"));
    }
    if name.chars().count() > 200 {
        return Err(Failure::field("business_name", "too_long"));
    }
    let hash = hub.passwords.hash(value.password, hub.entropy()).await?;
    let mut write = match Write::begin(&hub, SCOPE, &key, &raw).await? {
        Begun::Fresh(write) => write,
        Begun::Stored(answer) => return Ok(answer),
    };
    let tenant = value.business_id.unwrap_or_else(|| TenantId(hub.new_id()));
    let user = UserView {
        id: hub.new_id(),
        email,
        business_id: tenant,
    };
    insert_tenant(&mut write.tx, &hub, tenant).await?;
    insert_user(&mut write.tx, &hub, &user, &hash).await?;
    let mut book = Book::open(&mut write.tx, tenant, hub.now()).await?;
    let igv = TaxClass {
        code: "igv".to_owned(),
        name: "IGV 18 %".to_owned(),
        rate: TaxRate(1800),
    };
    let shop = Shop {
        name,
        tax_classes: vec![igv],
        ..Shop::default()
    };
    let fields = fields_of(&shop).map_err(Failure::internal)?;
    suggest(
        &mut write.tx,
        &mut book,
        (EntityKind::Shop, tenant.0),
        &fields,
    )
    .await?;
    book.close(&mut write.tx).await?;
    let reply = tokens::begin_family(&mut write.tx, &hub, user).await?;
    write.finish(Answer::created(&reply)?).await
}

async fn insert_tenant(
    conn: &mut AnyConnection,
    hub: &Hub,
    tenant: TenantId,
) -> Result<(), Failure> {
    let done = sqlx::query(include_str!("sql/insert_tenant.sql"))
        .bind(tenant.to_string())
        .bind(hub.now().0)
        .bind(hub.new_id().to_string())
        .bind(new_token(PUBLISHABLE_PREFIX, hub.entropy()))
        .execute(conn)
        .await?;
    if done.rows_affected() == 1 {
        return Ok(());
    }
    Err(Failure::new(ErrorCode::ConcurrentUpdate).about("business_id", "exists"))
}

async fn insert_user(
    conn: &mut AnyConnection,
    hub: &Hub,
    user: &UserView,
    hash: &str,
) -> Result<(), Failure> {
    let done = sqlx::query(include_str!("sql/insert_user.sql"))
        .bind(user.id.to_string())
        .bind(user.business_id.to_string())
        .bind(&user.email)
        .bind(hash)
        .bind(hub.now().0)
        .execute(conn)
        .await?;
    if done.rows_affected() == 1 {
        Ok(())
    } else {
        Err(Failure::new(ErrorCode::EmailExists))
    }
}

async fn login(
    State(hub): State<Hub>,
    key: IdempotencyKey,
    Input { value, raw }: Input<LoginRequest>,
) -> Result<Answer, Failure> {
    let email = value.email.trim().to_lowercase();
    let row = sqlx::query(include_str!("sql/find_user_by_email.sql"))
        .bind(&email)
        .fetch_optional(hub.db.reader())
        .await?;
    let hash = row
        .as_ref()
        .map(|r| r.try_get::<String, _>("password_hash"))
        .transpose()?;
    // An unknown e-mail takes as long as a wrong password.
    let good = hub.passwords.verify(value.password, hash).await?;
    let (true, Some(row)) = (good, row) else {
        return Err(Failure::new(ErrorCode::InvalidCredentials));
    };
    let mut write = match Write::begin(&hub, SCOPE, &key, &raw).await? {
        Begun::Fresh(write) => write,
        Begun::Stored(answer) => return Ok(answer),
    };
    let tenant = TenantId(uuid_of(&row, "tenant_id")?);
    let user = UserView {
        id: uuid_of(&row, "user_id")?,
        email,
        business_id: tenant,
    };
    let reply = tokens::begin_family(&mut write.tx, &hub, user).await?;
    write.finish(Answer::ok(&reply)?).await
}

async fn refresh(
    State(hub): State<Hub>,
    key: IdempotencyKey,
    Input { value, raw }: Input<RefreshRequest>,
) -> Result<Answer, Failure> {
    let mut write = match Write::begin(&hub, SCOPE, &key, &raw).await? {
        Begun::Fresh(write) => write,
        Begun::Stored(answer) => return Ok(answer),
    };
    let hash = token_hash(&value.refresh_token);
    let used = sqlx::query(include_str!("sql/use_refresh_token.sql"))
        .bind(&hash)
        .bind(hub.now().0)
        .fetch_optional(&mut *write.tx)
        .await?;
    let Some(token) = used else {
        // Not good: unknown, expired, or used before. The last means that two parties hold it.
        let revoked = sqlx::query(include_str!("sql/revoke_family_of_used_token.sql"))
            .bind(&hash)
            .bind(hub.now().0)
            .execute(&mut *write.tx)
            .await?;
        if revoked.rows_affected() > 0 {
            write.commit_refused().await?;
            tracing::warn!("a refresh token was used twice: its family is revoked");
        }
        return Err(Failure::new(ErrorCode::InvalidToken));
    };
    let family: Uuid = uuid_of(&token, "family_id")?;
    let row = sqlx::query(include_str!("sql/find_family.sql"))
        .bind(family.to_string())
        .fetch_optional(&mut *write.tx)
        .await?
        .ok_or(Failure::new(ErrorCode::InvalidToken))?;
    let user = UserView {
        id: uuid_of(&row, "user_id")?,
        email: row.try_get("email")?,
        business_id: TenantId(uuid_of(&row, "tenant_id")?),
    };
    let reply = tokens::issue(&mut write.tx, &hub, family, user).await?;
    write.finish(Answer::ok(&reply)?).await
}
