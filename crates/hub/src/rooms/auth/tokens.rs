//! Access tokens for 15 minutes; refresh tokens for 7 days, each good once, in families that are revoked as a whole.

use counterfoil_protocol::auth::{TokenReply, UserView};
use sqlx::AnyConnection;
use uuid::Uuid;

use crate::Hub;
use crate::http::Failure;
use crate::secret::{Claims, new_token, token_hash};

const ACCESS_S: i64 = 15 * 60;
const REFRESH_MS: i64 = 7 * 24 * 3_600_000;
const REFRESH_PREFIX: &str = "cfr_";

/// The first tokens after a login.
pub(super) async fn begin_family(
    conn: &mut AnyConnection,
    hub: &Hub,
    user: UserView,
) -> Result<TokenReply, Failure> {
    let family = hub.new_id();
    sqlx::query(include_str!("sql/insert_family.sql"))
        .bind(family.to_string())
        .bind(user.business_id.to_string())
        .bind(user.id.to_string())
        .execute(&mut *conn)
        .await?;
    issue(conn, hub, family, user).await
}

/// The next tokens of a family.
pub(super) async fn issue(
    conn: &mut AnyConnection,
    hub: &Hub,
    family: Uuid,
    user: UserView,
) -> Result<TokenReply, Failure> {
    let now = hub.now();
    let iat = now.0.div_euclid(1000);
    let claims = Claims {
        sub: user.id,
        tid: user.business_id.0,
        iat,
        exp: iat + ACCESS_S,
    };
    let access_token = hub.secrets.sign(&claims).map_err(Failure::internal)?;
    let refresh_token = new_token(REFRESH_PREFIX, hub.entropy());
    sqlx::query(include_str!("sql/insert_refresh_token.sql"))
        .bind(token_hash(&refresh_token))
        .bind(family.to_string())
        .bind(now.plus_ms(REFRESH_MS).0)
        .execute(conn)
        .await?;
    Ok(TokenReply {
        access_token,
        refresh_token,
        user,
    })
}
