//! Phone numbers, checked offline by the numbering plan of the shop's country.

/// A number that cannot be dialled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{input}' is not a phone number of {country}")]
pub struct PhoneError {
    /// What was typed.
    pub input: String,
    /// ISO 3166 country whose rules were used.
    pub country: String,
}

/// Reads a number as people of `country` (ISO 3166, e.g. `PE`) write it and returns it in E.164.
///
/// # Errors
/// When it is not a valid number.
pub fn to_e164(input: &str, country: &str) -> Result<String, PhoneError> {
    let error = || PhoneError {
        input: input.to_owned(),
        country: country.to_owned(),
    };
    let region = country
        .parse::<phonenumber::country::Id>()
        .map_err(|_| error())?;
    let number = phonenumber::parse(Some(region), input.trim()).map_err(|_| error())?;
    if !phonenumber::is_valid(&number) {
        return Err(error());
    }
    Ok(number.format().mode(phonenumber::Mode::E164).to_string())
}

/// An E.164 number as people of its country read it; the input itself when it cannot be read.
#[must_use]
pub fn display(e164: &str) -> String {
    phonenumber::parse(None, e164).map_or_else(
        |_| e164.to_owned(),
        |n| {
            n.format()
                .mode(phonenumber::Mode::International)
                .to_string()
        },
    )
}
