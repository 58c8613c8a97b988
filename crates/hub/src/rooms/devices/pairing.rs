//! Pairing: the code, and the exchange of keys.

use axum::extract::State;
use axum::http::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use counterfoil_domain::TenantId;
use counterfoil_protocol::ErrorCode;
use counterfoil_protocol::pairing::{PairReply, PairRequest, PairingCode, PairingUri};
use ed25519_dalek::VerifyingKey;
use sqlx::AnyConnection;
use sqlx::Row as _;

use super::keys::{card_signer, publish};
use crate::Hub;
use crate::http::extract::{DEVICE_PREFIX, uuid_of};
use crate::http::layers::rfc3339;
use crate::http::{Answer, Begun, Failure, IdempotencyKey, Input, Owner, Write, qr_svg};
use crate::ledger::Book;
use crate::secret::{new_token, token_hash};

/// Crockford's base 32: no letter that could be taken for a digit.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CODE_CHARS: usize = 10;
const CODE_MS: i64 = 10 * 60_000;

/// Makes a code for the owner to show.
pub(super) async fn make_code(
    State(hub): State<Hub>,
    owner: Owner,
    key: IdempotencyKey,
    headers: HeaderMap,
) -> Result<Answer, Failure> {
    let tenant = owner.tenant.to_string();
    let mut write = match Write::begin(&hub, &tenant, &key, b"").await? {
        Begun::Fresh(write) => write,
        Begun::Stored(answer) => return Ok(answer),
    };
    let mut bytes = [0; CODE_CHARS];
    hub.entropy().fill(&mut bytes);
    let code: String = bytes
        .iter()
        .map(|b| char::from(ALPHABET[usize::from(b % 32)]))
        .collect();
    let expires_at = hub.now().plus_ms(CODE_MS);
    sqlx::query(include_str!("sql/insert_pairing_code.sql"))
        .bind(hub.secrets.code_hash(&code))
        .bind(&tenant)
        .bind(expires_at.0)
        .execute(&mut *write.tx)
        .await?;
    let uri = PairingUri {
        hub: base_url(&hub, &headers),
        code: code.clone(),
    }
    .text();
    let qr_svg = qr_svg(&uri)?;
    let reply = PairingCode {
        code,
        uri,
        qr_svg,
        expires_at: rfc3339(expires_at.0),
    };
    write.finish(Answer::created(&reply)?).await
}

/// Where tills reach this hub: what its operator said, else what this request was sent to.
fn base_url(hub: &Hub, headers: &HeaderMap) -> String {
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
    if let Some(url) = &hub.config.public_url {
        return url.trim_end_matches('/').to_owned();
    }
    let https = hub.config.trust_proxy && text("x-forwarded-proto") == Some("https");
    let scheme = if https { "https" } else { "http" };
    format!("{scheme}://{}", text("host").unwrap_or("localhost"))
}

/// What people make of a code when they type it.
fn normalise(code: &str) -> String {
    code.chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .map(|c| match c.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        })
        .collect()
}

/// A till presents a code.
pub(super) async fn pair(
    State(hub): State<Hub>,
    key: IdempotencyKey,
    Input { value, raw }: Input<PairRequest>,
) -> Result<Answer, Failure> {
    let name = value.name.trim();
    if name.chars().count() > 100 {
        return Err(Failure::field("name", "too_long"));
    }
    let public_key = STANDARD
        .decode(&value.public_key)
        .ok()
        .and_then(|bytes| <[u8; 32]>::try_from(bytes).ok())
        .filter(|bytes| VerifyingKey::from_bytes(bytes).is_ok_and(|k| !k.is_weak()))
        .ok_or_else(|| Failure::field("public_key", "public_key"))?;
    let mut write = match Write::begin(&hub, "devices", &key, &raw).await? {
        Begun::Fresh(write) => write,
        Begun::Stored(answer) => return Ok(answer),
    };
    let code = sqlx::query(include_str!("sql/use_pairing_code.sql"))
        .bind(hub.secrets.code_hash(&normalise(&value.code)))
        .bind(hub.now().0)
        .fetch_optional(&mut *write.tx)
        .await?
        .ok_or(Failure::new(ErrorCode::PairingCodeInvalid))?;
    let tenant = TenantId(uuid_of(&code, "tenant_id")?);
    // Nothing is written then, and the code stays good for whom it was made.
    if value.tenant_id.is_some_and(|own| own != tenant) {
        return Err(Failure::new(ErrorCode::AnotherShop));
    }
    let mut book = Book::open(&mut write.tx, tenant, hub.now()).await?;
    let signer = card_signer(&mut write.tx, &hub, tenant).await?;
    publish(&mut write.tx, &hub, &mut book, &signer).await?;
    book.close(&mut write.tx).await?;
    let device_token = new_token(DEVICE_PREFIX, hub.entropy());
    let till_code = next_till_code(&mut write.tx, tenant, &value).await?;
    sqlx::query(include_str!("sql/save_device.sql"))
        .bind(tenant.to_string())
        .bind(value.device_id.to_string())
        .bind(&till_code)
        .bind(if name.is_empty() {
            till_code.as_str()
        } else {
            name
        })
        .bind(STANDARD.encode(public_key))
        .bind(token_hash(&device_token))
        .bind(hub.now().0)
        .execute(&mut *write.tx)
        .await?;
    let reply = PairReply {
        tenant_id: tenant,
        device_id: value.device_id,
        till_code,
        device_token,
        card_key_id: signer.key_id,
        card_key_seed: STANDARD.encode(signer.key.to_bytes()),
    };
    let answer = write.finish(Answer::created(&reply)?).await?;
    hub.live.readmit(value.device_id);
    hub.live.moved(tenant, book.head);
    Ok(answer)
}

/// The code a device had when it is paired again, else the shop's next.
async fn next_till_code(
    conn: &mut AnyConnection,
    tenant: TenantId,
    request: &PairRequest,
) -> Result<String, Failure> {
    let known = sqlx::query(include_str!("sql/find_till_code.sql"))
        .bind(tenant.to_string())
        .bind(request.device_id.to_string())
        .fetch_optional(&mut *conn)
        .await?;
    if let Some(row) = known {
        return Ok(row.try_get("till_code")?);
    }
    let row = sqlx::query(include_str!("sql/count_till.sql"))
        .bind(tenant.to_string())
        .fetch_one(conn)
        .await?;
    Ok(format!("T{}", row.try_get::<i64, _>("tills")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typed_code_is_read_as_it_was_meant() {
        assert_eq!(normalise("7kq2-m9xw 4o"), "7KQ2M9XW40");
        assert_eq!(normalise("iL"), "11");
    }
}
