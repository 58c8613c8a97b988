//! The live connection: a WebSocket that carries only hints. Losing it loses nothing; the poll behind it goes on.

use counterfoil_protocol::sync::LiveHint;
use futures::StreamExt as _;
use tokio::sync::mpsc;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use crate::client::HubCredentials;
use crate::error::HubError;

/// The socket's address for a hub's base address.
#[must_use]
pub fn address(base: &str) -> String {
    let base = base.trim_end_matches('/');
    let swapped = base
        .strip_prefix("https://")
        .map(|rest| format!("wss://{rest}"))
        .or_else(|| {
            base.strip_prefix("http://")
                .map(|rest| format!("ws://{rest}"))
        });
    format!(
        "{}/api/v1/sync/live",
        swapped.unwrap_or_else(|| base.to_owned())
    )
}

/// Connects and passes hints on until the connection ends or the receiver is gone.
///
/// # Errors
/// When the connection cannot be made or breaks.
pub async fn listen(by: &HubCredentials, hints: &mpsc::Sender<LiveHint>) -> Result<(), HubError> {
    let unreachable = |e: &dyn std::fmt::Display| HubError::Unreachable(e.to_string());
    let mut request = address(&by.base_url)
        .into_client_request()
        .map_err(|e| unreachable(&e))?;
    let bearer = format!("Bearer {}", by.device_token).parse().map_err(|_| {
        HubError::Nonsense("the device's token has characters that no header can carry".to_owned())
    })?;
    request.headers_mut().insert("authorization", bearer);
    let (mut socket, _) = connect_async(request).await.map_err(|e| unreachable(&e))?;
    while let Some(message) = socket.next().await {
        match message.map_err(|e| unreachable(&e))? {
            Message::Text(text) => {
                let hint =
                    serde_json::from_str(&text).map_err(|e| HubError::Nonsense(e.to_string()))?;
                if hints.send(hint).await.is_err() {
                    return Ok(());
                }
            }
            Message::Close(_) => return Ok(()),
            // Pings are answered by the library while the stream is polled.
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_socket_is_as_secure_as_the_hub() {
        assert_eq!(
            address("https://hub.example/"),
            "wss://hub.example/api/v1/sync/live"
        );
        assert_eq!(
            address("http://127.0.0.1:80"),
            "ws://127.0.0.1:80/api/v1/sync/live"
        );
    }
}
