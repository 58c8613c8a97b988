//! Joining a hub: by a one-time code, or with an owner's account.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use counterfoil_domain::{DeviceId, TenantId};
use counterfoil_protocol::auth::{LoginRequest, RegisterRequest, TokenReply};
use counterfoil_protocol::pairing::{PairRequest, PairingUri};
use counterfoil_sync::{HttpTransport, HubClient};
use ed25519_dalek::SigningKey;
use uuid::Uuid;

use crate::Counterfoil;
use crate::failure::Outcome;
use crate::secrets::{CardSecret, Seed};
use crate::view::{BootView, Failure, HubAccount, PairingCodeView};

/// How long pairing waits for the shop itself; after that it comes when it comes.
const FIRST_PULL: Duration = Duration::from_secs(20);

impl Counterfoil {
    /// Pairs this device by a one-time code, typed or scanned. A till that works for a shop without a hub keeps what is
    /// here and sends it; the code must be of its own shop.
    ///
    /// # Errors
    /// `pairing_code_invalid`, `hub_unreachable`, `keyring_unavailable`, `secrets_locked`; `paired_already`;
    /// `code_of_another_shop`, with the code left good.
    pub async fn pair(
        &self,
        code: &str,
        hub: Option<&str>,
        device_name: &str,
    ) -> Outcome<BootView> {
        let invalid = || Failure::new("pairing_code_invalid", "this is not a pairing code");
        let scanned = PairingUri::parse(code.trim());
        let (hub, code) = match (scanned, hub) {
            (Some(uri), _) => (uri.hub, uri.code),
            (None, Some(hub)) if !code.trim().is_empty() => {
                (hub.to_owned(), code.trim().to_owned())
            }
            (None, _) => return Err(invalid().on("code")),
        };
        let name = device_name.to_owned();
        self.off_thread(move |app| {
            app.refuse_second_hub()?;
            app.present_code(&hub, &code, &name)?;
            app.await_shop(FIRST_PULL)?;
            app.boot()
        })
        .await
    }

    /// Makes or opens an account at a hub and pairs this till with it; what is here stays and is sent.
    ///
    /// # Errors
    /// `email_exists`, `invalid_credentials`, `password_weak`, `hub_unreachable`, `keyring_unavailable`,
    /// `secrets_locked`, `account_of_another_shop`.
    pub async fn connect_hub(&self, account: HubAccount) -> Outcome<BootView> {
        self.off_thread(move |app| {
            // Without a place for the credential an account would be made for nothing.
            app.vault().open()?;
            let tokens = app.enter(&account)?;
            let identity = app.identity()?;
            if identity.is_some_and(|i| i.tenant_id != tokens.user.business_id) {
                return Err(Failure::new(
                    "account_of_another_shop",
                    "this account belongs to another shop than the one on this device",
                ));
            }
            let client = client(&account.hub)?;
            let key = app.key();
            let code = app.wait_for(client.pairing_code(&tokens.access_token, &key))??;
            let name = app.config().device_name.clone();
            app.present_code(&account.hub, &code.code, &name)?;
            app.boot()
        })
        .await
    }

    /// A one-time code for another device.
    ///
    /// # Errors
    /// `invalid_credentials`, `hub_unreachable`.
    pub async fn pairing_code(&self, account: HubAccount) -> Outcome<PairingCodeView> {
        self.off_thread(move |app| {
            let tokens = app.enter(&account)?;
            let key = app.key();
            let client = client(&account.hub)?;
            let code = app.wait_for(client.pairing_code(&tokens.access_token, &key))??;
            Ok(PairingCodeView {
                code: code.code,
                qr_svg: code.qr_svg,
                expires_at: code.expires_at,
            })
        })
        .await
    }

    fn refuse_second_hub(&self) -> Outcome<()> {
        match self.identity()? {
            Some(identity) if identity.hub_url.is_some() => Err(Failure::new(
                "paired_already",
                "this till is paired with a hub already",
            )),
            _ => Ok(()),
        }
    }

    /// A key under which a call may be repeated.
    fn key(&self) -> String {
        self.new_id::<Uuid>().to_string()
    }

    fn enter(&self, account: &HubAccount) -> Outcome<TokenReply> {
        let client = client(&account.hub)?;
        let key = self.key();
        if !account.register {
            let login = LoginRequest {
                email: account.email.clone(),
                password: account.password.clone(),
            };
            return Ok(self.wait_for(client.login(&login, &key))??);
        }
        let info = self.find_shop()?;
        let business_name = info.as_ref().map_or("Counterfoil", |i| &i.shop.name);
        let register = RegisterRequest {
            email: account.email.clone(),
            password: account.password.clone(),
            business_name: business_name.to_owned(),
            business_id: info.as_ref().map(|i| i.tenant_id),
        };
        Ok(self.wait_for(client.register(&register, &key))??)
    }

    /// Presents a pairing code with this device's own key. Each thing is kept before the next one relies on it.
    fn present_code(&self, hub: &str, code: &str, device_name: &str) -> Outcome<()> {
        let identity = self.identity()?;
        let device_id = identity
            .as_ref()
            .map_or_else(|| self.new_id::<DeviceId>(), |i| i.device_id);
        let account = device_id.to_string();
        let mut secrets = self.vault().open()?;
        let seed = secrets.device_seed.clone().unwrap_or_else(|| {
            let mut seed = [0; 32];
            self.host().entropy.fill(&mut seed);
            Seed(seed)
        });
        secrets.device_seed = Some(seed.clone());
        self.vault().keep(&account, secrets.clone())?;
        let public = SigningKey::from_bytes(&seed.0).verifying_key();
        let request = PairRequest {
            code: code.to_owned(),
            device_id,
            public_key: BASE64.encode(public.as_bytes()),
            name: device_name.to_owned(),
            tenant_id: identity.as_ref().map(|i| i.tenant_id),
        };
        let key = self.key();
        let client = client(hub)?;
        let reply = self.wait_for(client.pair(&request, &key))??;
        if identity.is_some_and(|i| i.tenant_id != reply.tenant_id) || reply.device_id != device_id
        {
            return Err(Failure::new(
                "hub_nonsense",
                "the hub's answer is for another till or another shop",
            ));
        }
        let card = CardSecret {
            key_id: reply.card_key_id,
            seed: Seed::from_base64(&reply.card_key_seed).ok_or_else(|| {
                Failure::new("hub_nonsense", "the hub's answer holds no usable card key")
            })?,
        };
        secrets.device_token = Some(reply.device_token);
        secrets.card_key = Some(card.clone());
        self.vault().keep(&account, secrets)?;
        let tenant: TenantId = reply.tenant_id;
        self.store()?
            .set_identity(tenant, device_id, &reply.till_code, Some(hub))?;
        // Cards signed by the hub's key must hold here before the first pull, and those signed here at the hub.
        if self.find_shop()?.is_some() {
            self.trust_card_key(&card, None)?;
        }
        self.stop_sync();
        self.start_sync();
        Ok(())
    }
}

pub(crate) fn client(hub: &str) -> Outcome<HubClient<HttpTransport>> {
    if !hub.starts_with("http://") && !hub.starts_with("https://") {
        return Err(
            Failure::new("hub_unreachable", "a hub's address begins with https://").on("hub"),
        );
    }
    Ok(HubClient::new(HttpTransport::new(hub)?))
}
