//! The shop's card signing key: made at first need, sealed at rest, its public half among the shop's fields.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use counterfoil_domain::entity::CardKey;
use counterfoil_domain::op::EntityEdited;
use counterfoil_domain::{EntityKind, Op, OpId, TenantId};
use ed25519_dalek::SigningKey;
use sqlx::AnyConnection;
use sqlx::Row as _;

use crate::Hub;
use crate::http::Failure;
use crate::ledger::Book;
use crate::rooms::shop::find_shop;

/// The key that signs a shop's cards.
pub struct CardSigner {
    /// Its id in the card.
    pub key_id: u32,
    /// The key.
    pub key: SigningKey,
}

/// What a card key is sealed for.
pub(crate) fn purpose(tenant: &str) -> String {
    format!("card key {tenant}")
}

/// The newest of the hub's keys for a shop that the shop has not revoked.
///
/// # Errors
/// When it does not open, or the database fails.
pub async fn find_card_signer(
    conn: &mut AnyConnection,
    hub: &Hub,
    tenant: TenantId,
) -> Result<Option<CardSigner>, Failure> {
    let rows = sqlx::query(include_str!("sql/list_card_keys.sql"))
        .bind(tenant.to_string())
        .fetch_all(&mut *conn)
        .await?;
    let shop = find_shop(conn, tenant).await?;
    for row in rows {
        let key_id = u32::try_from(row.try_get::<i64, _>("key_id")?).map_err(Failure::internal)?;
        if shop
            .card_keys
            .iter()
            .any(|key| key.key_id == key_id && key.revoked)
        {
            continue;
        }
        let seed = hub.secrets.open(
            &purpose(&tenant.to_string()),
            &row.try_get::<String, _>("sealed_seed")?,
        )?;
        let seed: [u8; 32] = seed
            .try_into()
            .map_err(|_| Failure::internal("a card key's seed has another length"))?;
        return Ok(Some(CardSigner {
            key_id,
            key: SigningKey::from_bytes(&seed),
        }));
    }
    Ok(None)
}

/// The same, made now where there is none. The tenant's counter row must be held.
///
/// # Errors
/// When it does not open, or the database fails.
pub async fn card_signer(
    conn: &mut AnyConnection,
    hub: &Hub,
    tenant: TenantId,
) -> Result<CardSigner, Failure> {
    if let Some(signer) = find_card_signer(conn, hub, tenant).await? {
        return Ok(signer);
    }
    let mut seed = [0; 32];
    hub.entropy().fill(&mut seed);
    let mut id = [0; 4];
    hub.entropy().fill(&mut id);
    let signer = CardSigner {
        key_id: u32::from_be_bytes(id).max(1),
        key: SigningKey::from_bytes(&seed),
    };
    sqlx::query(include_str!("sql/insert_card_key.sql"))
        .bind(tenant.to_string())
        .bind(i64::from(signer.key_id))
        .bind(STANDARD.encode(signer.key.verifying_key().to_bytes()))
        .bind(
            hub.secrets
                .seal(&purpose(&tenant.to_string()), &seed, hub.entropy())?,
        )
        .bind(hub.now().0)
        .execute(conn)
        .await?;
    Ok(signer)
}

/// Adds the public half to the shop's keys where it is missing; the tills get it by pull.
///
/// # Errors
/// When the database fails.
pub async fn publish(
    conn: &mut AnyConnection,
    hub: &Hub,
    book: &mut Book,
    signer: &CardSigner,
) -> Result<(), Failure> {
    let shop = find_shop(conn, book.tenant).await?;
    if shop.card_keys.iter().any(|k| k.key_id == signer.key_id) {
        return Ok(());
    }
    let key = CardKey {
        key_id: signer.key_id,
        public_key: STANDARD.encode(signer.key.verifying_key().to_bytes()),
        revoked: false,
    };
    // The ledger merges lists of keys: what is there stays.
    let keys = serde_json::to_value([key]).map_err(Failure::internal)?;
    let fields = [("card_keys".to_owned(), keys)].into_iter().collect();
    let op = Op::EntityEdited(EntityEdited {
        entity: EntityKind::Shop,
        id: book.tenant.0,
        fields,
    });
    book.perform(conn, &op, OpId(hub.new_id())).await?;
    Ok(())
}
