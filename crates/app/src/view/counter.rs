//! The counter: catalogue, cart, scans and paying.

use counterfoil_domain::cart::TaxTotal;
use counterfoil_domain::tender::Settlement;
use counterfoil_domain::{
    CartId, CategoryId, CustomerId, Discount, LineId, MerchantId, Money, ProductId, Quantity,
    SaleId, UnixMs, VisitId,
};
use serde::{Deserialize, Serialize};

use super::customers::{CustomerTile, StampOutcome};
use super::failure::Failure;

/// What is offered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct CatalogueView {
    /// Categories in their order.
    pub categories: Vec<CategoryTile>,
    /// Active products by category and name.
    pub products: Vec<ProductTile>,
}

/// A category's chip.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct CategoryTile {
    /// Its id.
    pub category_id: CategoryId,
    /// Its name.
    pub name: String,
}

/// A product on the grid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct ProductTile {
    /// Its id.
    pub product_id: ProductId,
    /// Stock-keeping unit.
    pub sku: String,
    /// GTIN or empty.
    pub barcode: String,
    /// Its name.
    pub name: String,
    /// Its category.
    pub category_id: Option<CategoryId>,
    /// Price of one unit; absent for open-price goods.
    pub price: Option<Money>,
    /// Key for the `picture` command; empty without a picture.
    pub picture: String,
    /// What is left, where stock is kept.
    pub stock: Option<Quantity>,
    /// Whether that is below its threshold.
    pub low: bool,
}

/// A line as the cart pane shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct CartLineView {
    /// The line.
    pub line_id: LineId,
    /// Its product, unless typed in.
    pub product_id: Option<ProductId>,
    /// What it is.
    pub name: String,
    /// Key for the `picture` command.
    pub picture: String,
    /// How much.
    pub quantity: Quantity,
    /// Price of one unit.
    pub unit_price: Money,
    /// The line's discount, as it was given.
    pub discount: Option<Discount>,
    /// Quantity times price.
    pub list: Money,
    /// What the line's own discount takes off.
    pub discount_amount: Money,
    /// What the customer pays for the line (its share of the cart's discount taken off).
    pub total: Money,
    /// A note.
    pub note: String,
}

/// The cart at hand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct CartView {
    /// Its id.
    pub cart_id: CartId,
    /// Its lines.
    pub lines: Vec<CartLineView>,
    /// The whole cart's discount, as it was given.
    pub discount: Option<Discount>,
    /// Sum of list amounts.
    pub subtotal: Money,
    /// All discounts.
    pub discount_amount: Money,
    /// Tax within or on top.
    pub tax: Money,
    /// Tax by class.
    pub taxes: Vec<TaxTotal>,
    /// What the customer pays.
    pub total: Money,
    /// The loyalty customer.
    pub customer: Option<CustomerTile>,
    /// A note for the sale.
    pub note: String,
    /// Whether the last change can be undone.
    pub can_undo: bool,
    /// How many carts are parked.
    pub parked: u32,
}

/// A parked cart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct ParkedCart {
    /// Its id.
    pub cart_id: CartId,
    /// What it was labelled, or its first lines.
    pub label: String,
    /// When it was parked.
    pub parked_at: UnixMs,
    /// Its lines' count.
    pub lines: u32,
    /// Its total.
    pub total: Money,
}

/// What the pay screen starts with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct PayView {
    /// What is to be paid.
    pub total: Money,
    /// Amounts a customer is likely to hand over for what is still due.
    pub quick_cash: Vec<Money>,
    /// Where the tenders so far stand.
    pub settlement: Settlement,
}

/// How a scan reached the till.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum ScanVia {
    /// The camera.
    Camera,
    /// A picture opened or dropped.
    Picture,
    /// A keyboard-wedge scanner.
    Wedge,
    /// A scanner on a serial port.
    Serial,
    /// Typed by hand.
    Typed,
}

/// What a scan did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ScanOutcome {
    /// A customer's card: they are on the cart, and the stamp was given or is cooling down.
    Customer {
        /// Who.
        customer: CustomerTile,
        /// What became of the stamp.
        stamp: StampOutcome,
        /// The cart with the customer on it.
        cart: CartView,
    },
    /// A product: a line was added or its quantity raised.
    Product {
        /// The line.
        line_id: LineId,
        /// Its name.
        name: String,
        /// The cart.
        cart: CartView,
    },
    /// A merchant's code.
    Merchant {
        /// Which.
        merchant_id: MerchantId,
    },
    /// A visit's code.
    Visit {
        /// Which.
        visit_id: VisitId,
    },
    /// A receipt's number.
    Sale {
        /// Which.
        sale_id: SaleId,
    },
    /// A pairing code.
    Pairing {
        /// The hub's address.
        hub: String,
        /// The one-time code.
        code: String,
    },
    /// Nobody knows it.
    Unknown {
        /// What was read.
        code: String,
        /// Whether it looks like a product's barcode (then a product could be made of it).
        barcode: bool,
    },
    /// Known and refused: a forged or foreign card, a card of nobody.
    Refused {
        /// Why.
        failure: Failure,
    },
}

/// What keeps a code in view from being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum CameraHint {
    /// Too little light on it.
    TooDark,
    /// A lamp or a window is mirrored in it.
    Glare,
    /// Too small in the picture.
    TooFar,
    /// Out of focus, or moved.
    TooBlurred,
}

/// What the camera tells the screen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[expect(
    clippy::large_enum_variant,
    reason = "a few a second; a box would only add noise"
)]
pub enum CameraEventView {
    /// Where codes lie now in the screen's own picture.
    Outlines {
        /// The corners of each code in it, 0 to 1 of the picture, in order around it: x and y in turn.
        #[specta(type = Vec<Vec<i32>>)]
        outlines: Vec<Vec<f64>>,
    },
    /// A code was read and acted upon.
    Scan {
        /// What it did.
        outcome: ScanOutcome,
        /// Corners of the code, 0 to 1 of the picture, clockwise from the top left: x and y in turn.
        #[specta(type = Option<Vec<i32>>)]
        outline: Option<Vec<f64>>,
    },
    /// Why a code in view is not read; absent when that is over.
    Hint {
        /// What a person can change.
        hint: Option<CameraHint>,
    },
    /// The camera is there, or there again; its light is off.
    Opened {
        /// Whether it has a light.
        has_lamp: bool,
    },
    /// Its light was turned on or off.
    Light {
        /// Whether it shines.
        on: bool,
    },
    /// The camera failed; the rest of the app goes on.
    Failed {
        /// Why.
        failure: Failure,
        /// Whether it is tried again by itself until it is there.
        waiting: bool,
    },
    /// The camera is off.
    Stopped,
}

/// Which customer a call concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct CustomerRef {
    /// Who.
    pub customer_id: CustomerId,
}
