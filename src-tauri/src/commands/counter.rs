//! The counter: catalogue, cart, scans, camera and paying.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use counterfoil_app::Outcome;
use counterfoil_app::domain::tender::Tender;
use counterfoil_app::domain::{CartId, CustomerId, Discount, LineId, Money, ProductId, Quantity};
use counterfoil_app::view::{
    CameraEventView, CartView, CatalogueView, Failure, ParkedCart, PayView, SaleView, ScanOutcome,
    ScanVia,
};
use tauri::ipc::Channel;

use super::{App, RawBytes, run};

/// What is offered.
#[tauri::command]
#[specta::specta]
pub async fn catalogue(app: App<'_>) -> Outcome<CatalogueView> {
    run(&app, |app| app.catalogue()).await
}

/// A product's picture as a data URI.
#[tauri::command]
#[specta::specta]
pub async fn picture(app: App<'_>, name: String) -> Outcome<Option<String>> {
    run(&app, move |app| app.picture(&name)).await
}

/// The cart at hand.
#[tauri::command]
#[specta::specta]
pub async fn cart(app: App<'_>) -> Outcome<CartView> {
    run(&app, |app| app.cart()).await
}

/// Adds a product.
#[tauri::command]
#[specta::specta]
pub async fn cart_add_product(
    app: App<'_>,
    product_id: ProductId,
    quantity: Quantity,
) -> Outcome<CartView> {
    run(&app, move |app| app.cart_add_product(product_id, quantity)).await
}

/// Adds a product at a typed-in price.
#[tauri::command]
#[specta::specta]
pub async fn cart_add_priced(
    app: App<'_>,
    product_id: ProductId,
    price: Money,
) -> Outcome<CartView> {
    run(&app, move |app| app.cart_add_priced(product_id, price)).await
}

/// Adds a typed-in line.
#[tauri::command]
#[specta::specta]
pub async fn cart_add_custom(
    app: App<'_>,
    name: String,
    price: Money,
    tax_code: String,
) -> Outcome<CartView> {
    run(&app, move |app| {
        app.cart_add_custom(&name, price, &tax_code)
    })
    .await
}

/// Sets a line's quantity.
#[tauri::command]
#[specta::specta]
pub async fn cart_set_quantity(
    app: App<'_>,
    line_id: LineId,
    quantity: Quantity,
) -> Outcome<CartView> {
    run(&app, move |app| app.cart_set_quantity(line_id, quantity)).await
}

/// Takes a line away.
#[tauri::command]
#[specta::specta]
pub async fn cart_remove_line(app: App<'_>, line_id: LineId) -> Outcome<CartView> {
    run(&app, move |app| app.cart_remove_line(line_id)).await
}

/// Puts a note on a line.
#[tauri::command]
#[specta::specta]
pub async fn cart_set_line_note(app: App<'_>, line_id: LineId, note: String) -> Outcome<CartView> {
    run(&app, move |app| app.cart_set_line_note(line_id, &note)).await
}

/// Discounts a line.
#[tauri::command]
#[specta::specta]
pub async fn cart_discount_line(
    app: App<'_>,
    line_id: LineId,
    discount: Option<Discount>,
) -> Outcome<CartView> {
    run(&app, move |app| app.cart_discount_line(line_id, discount)).await
}

/// Discounts the cart.
#[tauri::command]
#[specta::specta]
pub async fn cart_discount(app: App<'_>, discount: Option<Discount>) -> Outcome<CartView> {
    run(&app, move |app| app.cart_discount(discount)).await
}

/// Puts a customer on the cart.
#[tauri::command]
#[specta::specta]
pub async fn cart_set_customer(app: App<'_>, customer_id: Option<CustomerId>) -> Outcome<CartView> {
    run(&app, move |app| app.cart_set_customer(customer_id)).await
}

/// Puts a note on the sale.
#[tauri::command]
#[specta::specta]
pub async fn cart_set_note(app: App<'_>, note: String) -> Outcome<CartView> {
    run(&app, move |app| app.cart_set_note(&note)).await
}

/// Takes the last change back.
#[tauri::command]
#[specta::specta]
pub async fn cart_undo(app: App<'_>) -> Outcome<CartView> {
    run(&app, |app| app.cart_undo()).await
}

/// Empties the cart.
#[tauri::command]
#[specta::specta]
pub async fn cart_clear(app: App<'_>) -> Outcome<CartView> {
    run(&app, |app| app.cart_clear()).await
}

/// Parks the cart.
#[tauri::command]
#[specta::specta]
pub async fn cart_park(app: App<'_>, label: String) -> Outcome<CartView> {
    run(&app, move |app| app.cart_park(&label)).await
}

/// The parked carts.
#[tauri::command]
#[specta::specta]
pub async fn parked_carts(app: App<'_>) -> Outcome<Vec<ParkedCart>> {
    run(&app, |app| app.parked_carts()).await
}

/// Takes a parked cart up again.
#[tauri::command]
#[specta::specta]
pub async fn cart_resume(app: App<'_>, cart_id: CartId) -> Outcome<CartView> {
    run(&app, move |app| app.cart_resume(cart_id)).await
}

/// Acts upon a code.
#[tauri::command]
#[specta::specta]
pub async fn scan_text(app: App<'_>, code: String, via: ScanVia) -> Outcome<ScanOutcome> {
    run(&app, move |app| app.scan_text(&code, via)).await
}

/// Reads a picture and acts upon its code. It comes as base64: a list of numbers is four times as long and a hundred
/// times as slow.
#[tauri::command]
#[specta::specta]
pub async fn scan_picture(app: App<'_>, base64: String) -> Outcome<ScanOutcome> {
    run(&app, move |app| {
        let bytes = BASE64
            .decode(base64)
            .map_err(|error| Failure::new("not_a_picture", error.to_string()))?;
        app.scan_picture(&bytes)
    })
    .await
}

/// Where the tenders stand.
#[tauri::command]
#[specta::specta]
pub async fn pay_view(app: App<'_>, tenders: Vec<Tender>) -> Outcome<PayView> {
    run(&app, move |app| app.pay_view(tenders)).await
}

/// Completes the sale.
#[tauri::command]
#[specta::specta]
pub async fn complete_sale(app: App<'_>, tenders: Vec<Tender>) -> Outcome<SaleView> {
    run(&app, move |app| app.complete_sale(tenders)).await
}

/// Starts reading the frames that the window hands in.
#[tauri::command]
#[specta::specta]
pub async fn camera_start_frames(app: App<'_>, on_event: Channel<CameraEventView>) -> Outcome<()> {
    run(&app, move |app| app.camera_start_frames(through(on_event))).await
}

/// Hands in a frame: a JPEG in base 64. Android, which it is for, has no raw bodies in calls: Tauri would send a list of
/// numbers, and itself advises base 64 there.
#[tauri::command]
#[specta::specta]
pub async fn camera_frame(app: App<'_>, base64: String) -> Outcome<()> {
    run(&app, move |app| {
        let jpeg = BASE64
            .decode(base64)
            .map_err(|error| Failure::new("not_a_picture", error.to_string()))?;
        app.camera_frame(&jpeg)
    })
    .await
}

/// The camera's next picture, once there is one, as much of it as fills a room of `width` x `height`: bytes that `picture.ts`
/// reads, none where none came for a second. Asking is what keeps pictures from piling up before a window that shows none.
#[tauri::command]
#[specta::specta]
pub async fn camera_picture(app: App<'_>, width: u32, height: u32) -> Outcome<RawBytes> {
    let picture = run(&app, move |app| app.camera_picture(width, height)).await?;
    Ok(RawBytes(picture.unwrap_or_default()))
}

/// Stops the camera.
#[tauri::command]
#[specta::specta]
pub async fn camera_stop(app: App<'_>) -> Outcome<()> {
    run(&app, |app| app.camera_stop()).await
}

/// Turns the camera's light on or off.
#[tauri::command]
#[specta::specta]
pub async fn camera_light(app: App<'_>, on: bool) -> Outcome<()> {
    run(&app, move |app| app.camera_light(on)).await
}

/// Starts the camera; what it reads goes through the channel, its pictures are asked for.
#[tauri::command]
#[specta::specta]
pub async fn camera_start(app: App<'_>, on_event: Channel<CameraEventView>) -> Outcome<()> {
    run(&app, move |app| app.camera_start(through(on_event))).await
}

fn through(channel: Channel<CameraEventView>) -> Box<dyn Fn(CameraEventView) + Send + Sync> {
    Box::new(move |event| {
        // A window that is gone hears nothing; the camera is stopped by its own command.
        let _ = channel.send(event);
    })
}
