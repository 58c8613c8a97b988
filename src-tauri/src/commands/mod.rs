//! What the window may call: convert, call the app, hand the error on. One file a screen area.

pub mod counter;
pub mod customers;
pub mod owner;
pub mod sales;
pub mod session;
pub mod sync;
pub mod visits;
pub mod window;

use counterfoil_app::view::Failure;
use counterfoil_app::{Counterfoil, Outcome};
use specta::Types;
use specta::datatype::DataType;
use tauri::State;
use tauri::ipc::{InvokeResponseBody, IpcResponse};

/// What a command borrows of the running program.
pub type App<'a> = State<'a, Counterfoil>;

/// An answer as the window gets it byte by byte, without words around it.
pub struct RawBytes(pub Vec<u8>);

impl IpcResponse for RawBytes {
    fn body(self) -> tauri::Result<InvokeResponseBody> {
        Ok(InvokeResponseBody::Raw(self.0))
    }
}

impl specta::Type for RawBytes {
    fn definition(_: &mut Types) -> DataType {
        DataType::Reference(specta_typescript::define("ArrayBuffer"))
    }
}

/// Runs a use case off the window's thread. A panic in it becomes an error, and the app goes on.
async fn run<T: Send + 'static>(
    app: &App<'_>,
    use_case: impl FnOnce(&Counterfoil) -> Outcome<T> + Send + 'static,
) -> Outcome<T> {
    let app = Counterfoil::clone(app);
    tauri::async_runtime::spawn_blocking(move || use_case(&app))
        .await
        .unwrap_or_else(|_| {
            Err(Failure::new(
                "internal",
                "the program made a mistake; the log has the rest",
            ))
        })
}
