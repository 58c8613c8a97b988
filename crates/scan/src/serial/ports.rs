//! The serial ports of this machine, and why one can't be used.

use serialport::{ErrorKind, SerialPortInfo, SerialPortType, UsbPortInfo};

use crate::decode::guarded;

/// What the id of a port that is known by its USB device begins with.
const USB: &str = "usb:";

/// Why there is no serial scanner. The app shows its own words for each [`SerialError::code`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SerialError {
    /// The scanner is not plugged in.
    #[error("the scanner is not connected")]
    Missing,
    /// Another program holds the port.
    #[error("the scanner's port is in use by another program; close that program")]
    Busy,
    /// The system does not let this program use the port.
    #[error(
        "this program may not use the scanner's port; on Linux its user has to be in the group dialout"
    )]
    Permission,
    /// The scanner was there and vanished.
    #[error("the scanner was disconnected")]
    Gone,
    /// Anything else that the system says.
    #[error("the scanner's port does not work: {0}")]
    Failed(String),
}

impl SerialError {
    /// A stable word for the error, for screens and scripts.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing => "scanner_missing",
            Self::Busy => "scanner_busy",
            Self::Permission => "scanner_permission",
            Self::Gone => "scanner_gone",
            Self::Failed(_) => "scanner_failed",
        }
    }

    pub(super) fn at_opening(error: &serialport::Error) -> Self {
        match error.kind() {
            ErrorKind::Io(kind) => Self::of(kind, &error.description),
            // Of most of the system's numbers only the words are left.
            _ if is_busy(&error.description) => Self::Busy,
            ErrorKind::NoDevice => Self::Missing,
            _ if is_missing(&error.description) => Self::Missing,
            _ => Self::Failed(error.description.clone()),
        }
    }

    fn of(kind: std::io::ErrorKind, description: &str) -> Self {
        use std::io::ErrorKind as Io;
        match kind {
            Io::NotFound => Self::Missing,
            Io::PermissionDenied => Self::Permission,
            Io::ResourceBusy | Io::WouldBlock => Self::Busy,
            _ if is_busy(description) => Self::Busy,
            _ => Self::Failed(description.to_owned()),
        }
    }
}

fn is_busy(description: &str) -> bool {
    let text = description.to_lowercase();
    let words = ["busy", "in use", "unable to acquire"];
    words.iter().any(|word| text.contains(word))
}

fn is_missing(description: &str) -> bool {
    let text = description.to_lowercase();
    text.contains("no such device") || text.contains("cannot find")
}

/// A port to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SerialPortChoice {
    /// What a setting remembers: the USB device where there is one, since a port's name changes with every plugging in.
    pub id: String,
    /// What a person reads.
    pub name: String,
}

/// The serial ports of this machine, those of USB devices first.
///
/// # Errors
/// [`SerialError::Failed`] where the system does not list them.
pub fn list_serial_ports() -> Result<Vec<SerialPortChoice>, SerialError> {
    ports().map(choices)
}

fn choices(mut ports: Vec<SerialPortInfo>) -> Vec<SerialPortChoice> {
    ports.sort_by_key(|port| (!is_usb(port), port.port_name.clone()));
    let is_alone = |id: &str| ports.iter().filter(|port| id_of(port) == id).count() == 1;
    let choice = |port: &SerialPortInfo| SerialPortChoice {
        // Two of one make without serial numbers are told apart by their ports alone.
        id: Some(id_of(port))
            .filter(|id| is_alone(id))
            .unwrap_or_else(|| port.port_name.clone()),
        name: name_of(port),
    };
    ports.iter().map(choice).collect()
}

/// The port that now belongs to a remembered id. A port's own path is taken as it is, listed or not.
pub(super) fn find(id: &str) -> Result<String, SerialError> {
    if !id.starts_with(USB) {
        return Ok(id.to_owned());
    }
    let mut ports = ports()?.into_iter();
    let found = ports.find(|port| id_of(port) == id);
    found.map_or(Err(SerialError::Missing), |port| Ok(port.port_name))
}

fn ports() -> Result<Vec<SerialPortInfo>, SerialError> {
    // Without /sys the library panics.
    guarded(serialport::available_ports)
        .unwrap_or_else(|| Ok(Vec::new()))
        .map_err(|error| SerialError::Failed(error.description))
}

fn is_usb(port: &SerialPortInfo) -> bool {
    matches!(port.port_type, SerialPortType::UsbPort(_))
}

fn id_of(port: &SerialPortInfo) -> String {
    match &port.port_type {
        SerialPortType::UsbPort(usb) => {
            let serial = usb.serial_number.as_deref().unwrap_or_default();
            format!("{USB}{:04x}:{:04x}:{serial}", usb.vid, usb.pid)
        }
        _ => port.port_name.clone(),
    }
}

fn name_of(port: &SerialPortInfo) -> String {
    let words = |usb: &UsbPortInfo| {
        let product = usb.product.as_deref().unwrap_or_default().trim().to_owned();
        let maker = usb.manufacturer.as_deref().unwrap_or_default().trim();
        match (product.is_empty(), maker.is_empty()) {
            (false, _) => Some(product),
            (true, false) => Some(maker.to_owned()),
            (true, true) => None,
        }
    };
    match &port.port_type {
        SerialPortType::UsbPort(usb) => words(usb).map_or_else(
            || port.port_name.clone(),
            |words| format!("{words} ({})", port.port_name),
        ),
        _ => port.port_name.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usb(port_name: &str, serial: Option<&str>, product: Option<&str>) -> SerialPortInfo {
        SerialPortInfo {
            port_name: port_name.to_owned(),
            port_type: SerialPortType::UsbPort(UsbPortInfo {
                vid: 0x05f9,
                pid: 0x4204,
                serial_number: serial.map(str::to_owned),
                manufacturer: None,
                product: product.map(str::to_owned),
            }),
        }
    }

    #[test]
    fn a_usb_scanner_is_the_same_on_whichever_port_it_comes_back() {
        let before = usb("/dev/ttyACM0", Some("S12"), None);
        let after = usb("/dev/ttyACM1", Some("S12"), None);
        assert_eq!(id_of(&before), id_of(&after));
        assert_ne!(
            id_of(&before),
            id_of(&usb("/dev/ttyACM0", Some("S13"), None))
        );
    }

    #[test]
    fn two_of_one_make_without_serial_numbers_can_both_be_chosen() {
        let ports = ["/dev/ttyACM0", "/dev/ttyACM1"].map(|port| usb(port, None, None));
        let ids = |ports: &[SerialPortInfo]| -> Vec<String> {
            let choices = choices(ports.to_vec()).into_iter();
            choices.map(|choice| choice.id).collect()
        };
        assert_eq!(ids(&ports), ["/dev/ttyACM0", "/dev/ttyACM1"]);
        assert_eq!(ids(&ports[..1]), ["usb:05f9:4204:"]);
    }

    #[test]
    fn a_scanner_is_called_what_its_maker_calls_it() {
        let port = usb("/dev/ttyACM0", None, Some("QuickScan"));
        assert_eq!(name_of(&port), "QuickScan (/dev/ttyACM0)");
        assert_eq!(name_of(&usb("/dev/ttyACM0", None, None)), "/dev/ttyACM0");
    }

    #[test]
    fn a_usb_scanner_that_is_not_there_is_missing() {
        assert_eq!(find("usb:ffff:ffff:none"), Err(SerialError::Missing));
    }

    #[test]
    fn what_the_system_says_has_its_own_code() {
        let io = |kind| serialport::Error::new(ErrorKind::Io(kind), "words");
        let code = |error: &serialport::Error| SerialError::at_opening(error).code();
        use std::io::ErrorKind as Io;
        assert_eq!(code(&io(Io::NotFound)), "scanner_missing");
        assert_eq!(code(&io(Io::PermissionDenied)), "scanner_permission");
        assert_eq!(code(&io(Io::ResourceBusy)), "scanner_busy");
        let busy = serialport::Error::new(ErrorKind::NoDevice, "Device or resource busy");
        assert_eq!(code(&busy), "scanner_busy");
        let absent = serialport::Error::new(ErrorKind::Unknown, "No such device or address");
        assert_eq!(code(&absent), "scanner_missing");
    }
}
