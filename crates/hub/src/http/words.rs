//! The texts people read, in English and Spanish. Codes never change; words may.

use axum::http::{HeaderMap, header};
use counterfoil_protocol::ErrorCode;

/// A language the hub speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English.
    En,
    /// Spanish.
    Es,
}

impl Language {
    /// The language a caller prefers, by `Accept-Language`; English where it names neither.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        let wishes = headers
            .get(header::ACCEPT_LANGUAGE)
            .and_then(|v| v.to_str().ok())
            .unwrap_or_default();
        let mut best = (0.0_f32, Self::En);
        for wish in wishes.split(',') {
            let mut parts = wish.split(';');
            let tag = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
            let weight = parts
                .find_map(|p| {
                    p.trim()
                        .strip_prefix("q=")
                        .map(|q| q.parse().unwrap_or(0.0))
                })
                .unwrap_or(1.0);
            let language = match tag.split('-').next() {
                Some("es") => Self::Es,
                Some("en") => Self::En,
                _ => continue,
            };
            if weight > best.0 {
                best = (weight, language);
            }
        }
        best.1
    }

    /// Its tag.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Es => "es",
        }
    }
}

/// The text of an error code.
#[must_use]
pub const fn words(code: ErrorCode, language: Language) -> &'static str {
    let (en, es) = match code {
        ErrorCode::ValidationError => ("The request is not valid.", "La solicitud no es válida."),
        ErrorCode::PhoneInvalid => (
            "This is not a phone number of the shop's country.",
            "No es un número de teléfono del país de la tienda.",
        ),
        ErrorCode::EmailInvalid => (
            "This is not an e-mail address.",
            "No es una dirección de correo.",
        ),
        ErrorCode::PasswordWeak => (
            "A password has at least 8 characters, a capital letter and a digit.",
            "Una contraseña tiene al menos 8 caracteres, una mayúscula y un número.",
        ),
        ErrorCode::MissingIdempotencyKey => (
            "This request needs an Idempotency-Key header.",
            "Esta solicitud necesita la cabecera Idempotency-Key.",
        ),
        ErrorCode::MissingToken => ("Sign in first.", "Inicia sesión primero."),
        ErrorCode::InvalidToken => (
            "The credential is not, or no longer, good.",
            "La credencial no es válida o ya venció.",
        ),
        ErrorCode::InvalidCredentials => (
            "E-mail or password is wrong.",
            "El correo o la contraseña es incorrecto.",
        ),
        ErrorCode::PairingCodeInvalid => (
            "This pairing code is unknown, used or expired.",
            "Este código de vinculación es desconocido, ya se usó o venció.",
        ),
        ErrorCode::AnotherShop => (
            "This pairing code belongs to another shop than the till.",
            "Este código de vinculación es de otra tienda que la de la caja.",
        ),
        ErrorCode::SignatureInvalid => (
            "The device's signature does not hold.",
            "La firma del dispositivo no es válida.",
        ),
        ErrorCode::Forbidden => (
            "This credential may not do that.",
            "Esta credencial no puede hacer eso.",
        ),
        ErrorCode::DeviceRevoked => ("This device was revoked.", "Este dispositivo fue revocado."),
        ErrorCode::NotFound => ("There is nothing here.", "No se encontró."),
        ErrorCode::MethodNotAllowed => (
            "This address does not know that method.",
            "Esta dirección no admite ese método.",
        ),
        ErrorCode::EmailExists => (
            "This e-mail is registered already.",
            "Este correo ya está registrado.",
        ),
        ErrorCode::CustomerExists => (
            "A customer with this phone is enrolled already.",
            "Ya hay un cliente inscrito con este teléfono.",
        ),
        ErrorCode::ConcurrentUpdate => (
            "Somebody else changed it at the same time.",
            "Otra persona lo cambió al mismo tiempo.",
        ),
        ErrorCode::IdempotencyKeyReused => (
            "This Idempotency-Key was used with another request.",
            "Esta Idempotency-Key ya se usó con otra solicitud.",
        ),
        ErrorCode::SlotTaken => ("The slot is taken.", "El horario ya está ocupado."),
        ErrorCode::EpochChanged => (
            "The cursor belongs to another epoch of the hub.",
            "El cursor es de otra época del servidor.",
        ),
        ErrorCode::PayloadTooLarge => (
            "The request is too large.",
            "La solicitud es demasiado grande.",
        ),
        ErrorCode::UnsupportedMediaType => (
            "The request's body is not JSON.",
            "El cuerpo de la solicitud no es JSON.",
        ),
        ErrorCode::RewardAlreadyRedeemed => (
            "There is no reward to redeem.",
            "No hay ningún premio por canjear.",
        ),
        ErrorCode::UpgradeRequired => (
            "This program is too old; update it.",
            "Este programa es demasiado antiguo; actualízalo.",
        ),
        ErrorCode::RateLimit => (
            "Too many requests; try again later.",
            "Demasiadas solicitudes; inténtalo más tarde.",
        ),
        ErrorCode::DuplicateStamp => (
            "This card was stamped a moment ago.",
            "Esta tarjeta se selló hace un momento.",
        ),
        ErrorCode::InternalError => (
            "Something went wrong on our side.",
            "Algo salió mal de nuestro lado.",
        ),
        ErrorCode::ServiceUnavailable => (
            "The service is not available right now.",
            "El servicio no está disponible ahora.",
        ),
        ErrorCode::MaintenanceMode => (
            "The service is down for maintenance.",
            "El servicio está en mantenimiento.",
        ),
    };
    match language {
        Language::En => en,
        Language::Es => es,
    }
}

/// The text of a detail's code.
#[must_use]
pub fn detail_words(code: &str, language: Language) -> &'static str {
    let (en, es) = match code {
        "required" => ("This field is required.", "Este campo es obligatorio."),
        "too_long" => ("This is too long.", "Es demasiado largo."),
        "uuid" => ("This is not a UUID.", "No es un UUID."),
        "public_key" => (
            "This is not an Ed25519 public key.",
            "No es una clave pública Ed25519.",
        ),
        "exists" => ("It exists already.", "Ya existe."),
        "order" => (
            "Operations must follow one another without a gap.",
            "Las operaciones deben seguirse sin huecos.",
        ),
        "too_many" => ("There are too many.", "Son demasiados."),
        "foreign" => (
            "It belongs to another device or incarnation.",
            "Es de otro dispositivo o encarnación.",
        ),
        "card_lost" => (
            "This card was reported lost. The shop gives a new one.",
            "Esta tarjeta se reportó como perdida. La tienda da una nueva.",
        ),
        "card_revoked_key" => (
            "The shop has replaced all cards of this age. It gives a new one.",
            "La tienda reemplazó todas las tarjetas de esa época. Da una nueva.",
        ),
        "card_expired" => (
            "This is a code for a minute, not a card.",
            "Es un código de un minuto, no una tarjeta.",
        ),
        "card_unknown" => (
            "The shop does not have this customer.",
            "La tienda no tiene a este cliente.",
        ),
        code if code.starts_with("card_") => (
            "This card is not good here. Ask the shop for a new link.",
            "Esta tarjeta no vale aquí. Pida a la tienda un enlace nuevo.",
        ),
        "number" => ("This is not a number.", "No es un número."),
        _ => ("This is not valid.", "No es válido."),
    };
    match language {
        Language::En => en,
        Language::Es => es,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(text: &str) -> Language {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_LANGUAGE, text.parse().unwrap());
        Language::of(&headers)
    }

    #[test]
    fn the_heaviest_known_language_wins() {
        assert_eq!(wish("es-PE,es;q=0.9,en;q=0.8"), Language::Es);
        assert_eq!(wish("en;q=0.4, es;q=0.9"), Language::Es);
        assert_eq!(wish("fr, de;q=0.5"), Language::En);
        assert_eq!(wish(""), Language::En);
    }
}
