//! The shop before its first sale: settings, people and catalogue.

use counterfoil_domain::entity::{Category, EntityKind, Fields, Product, Role, fields_of};
use counterfoil_domain::op::{EntityEdited, Op};
use counterfoil_domain::tax::LineTax;
use counterfoil_domain::visit::WorkingHours;
use counterfoil_domain::{CategoryId, Money, ProductId, Quantity, StaffId, UnixMs};
use uuid::Uuid;

use super::DemoError;
use super::assets::{Catalogue, People, ProductAsset, StockAsset};
use super::book::Book;
use super::calendar::{Calendar, FIRST_DAY};
use super::rng::Rng;

/// What the rest of the history needs to know of the shop.
pub(super) struct DemoShop {
    pub(super) cashier: StaffId,
    pub(super) owner: StaffId,
    pub(super) installers: Vec<(StaffId, WorkingHours)>,
    pub(super) goods: Vec<Good>,
    pub(super) stamps_required: u32,
    pub(super) stamp_cooldown_s: u32,
    pub(super) reward_name: String,
}

/// A product as the counter sells it.
#[derive(Debug, Clone)]
pub(super) struct Good {
    pub(super) id: ProductId,
    pub(super) sku: String,
    pub(super) name: String,
    pub(super) price: Money,
    pub(super) tax: LineTax,
    pub(super) kind: GoodKind,
    pub(super) demand: i64,
    pub(super) stock: Option<StockAsset>,
}

/// What part of a meal a product is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum GoodKind {
    Coffee,
    Tea,
    Bakery,
    Meal,
    Sweet,
    Shelf,
}

fn kind_of(product: &ProductAsset) -> Result<GoodKind, DemoError> {
    Ok(match product.category.as_str() {
        "cafe" => GoodKind::Coffee,
        "te" => GoodKind::Tea,
        "panaderia" => GoodKind::Bakery,
        "sanguches" => GoodKind::Meal,
        "dulces" => GoodKind::Sweet,
        "tienda" => GoodKind::Shelf,
        other => return Err(DemoError::Missing(format!("a use for category {other}"))),
    })
}

/// Writes an entity's fields.
pub(super) fn edit(
    book: &mut Book,
    at: UnixMs,
    staff: StaffId,
    entity: EntityKind,
    id: Uuid,
    fields: Fields,
) -> Result<(), DemoError> {
    let op = Op::EntityEdited(EntityEdited { entity, id, fields });
    book.write(at, staff, op)
}

/// Sets the shop up on its first day.
pub(super) fn shop(
    book: &mut Book,
    catalogue: &Catalogue,
    people: &People,
    calendar: &Calendar,
    seed: u64,
) -> Result<DemoShop, DemoError> {
    let mut rng = Rng::stream(seed, 1);
    let mut at = calendar.day(FIRST_DAY).minute(9 * 60);
    let ids: Vec<StaffId> = people
        .staff
        .iter()
        .map(|_| StaffId::from_parts(at.0, rng.entropy()))
        .collect();
    let with_role = |role: Role| {
        let both = people.staff.iter().zip(&ids);
        both.filter(move |(person, _)| person.staff.role == role)
    };
    let first = |role: Role| {
        let found = with_role(role).next().map(|(_, id)| *id);
        found.ok_or_else(|| DemoError::Missing(format!("a {role:?}")))
    };
    let (cashier, owner) = (first(Role::Cashier)?, first(Role::Owner)?);

    let mut settings = fields_of(&catalogue.shop)?;
    // The keys that sign cards are the shop's own, made when it was created; the demo must not overwrite them.
    settings.remove("card_keys");
    edit(
        book,
        at,
        owner,
        EntityKind::Shop,
        book.tenant_id.0,
        settings,
    )?;
    for (person, id) in people.staff.iter().zip(&ids) {
        at = at.plus_ms(1000);
        let mut staff = person.staff.clone();
        staff.active = true;
        edit(book, at, owner, EntityKind::Staff, id.0, fields_of(&staff)?)?;
    }
    let categories = categories(book, catalogue, owner, &mut at, &mut rng)?;
    let mut goods = Vec::with_capacity(catalogue.products.len());
    for product in &catalogue.products {
        at = at.plus_ms(1000);
        let category = categories
            .iter()
            .find(|(code, _)| *code == product.category);
        let good = good(
            catalogue,
            product,
            ProductId::from_parts(at.0, rng.entropy()),
        )?;
        let fields = fields_of(&Product {
            sku: good.sku.clone(),
            barcode: product.barcode.clone(),
            name: good.name.clone(),
            category_id: category.map(|(_, id)| *id),
            price: Some(good.price),
            tax_code: good.tax.code.clone(),
            price_includes_tax: good.tax.inclusive,
            low_stock_below: good.stock.map(|stock| Quantity::pieces(stock.low)),
            picture: format!("{}.svg", good.sku),
            active: true,
        })?;
        edit(book, at, owner, EntityKind::Product, good.id.0, fields)?;
        goods.push(good);
    }
    let installers = with_role(Role::Installer)
        .filter_map(|(person, id)| Some((*id, person.staff.working_hours.clone()?)))
        .collect();
    Ok(DemoShop {
        cashier,
        owner,
        installers,
        goods,
        stamps_required: catalogue.shop.stamps_required,
        stamp_cooldown_s: catalogue.shop.stamp_cooldown_s,
        reward_name: catalogue.shop.reward_name.clone(),
    })
}

fn categories<'a>(
    book: &mut Book,
    catalogue: &'a Catalogue,
    owner: StaffId,
    at: &mut UnixMs,
    rng: &mut Rng,
) -> Result<Vec<(&'a str, CategoryId)>, DemoError> {
    let mut ids = Vec::with_capacity(catalogue.categories.len());
    for (category, position) in catalogue.categories.iter().zip(1..) {
        *at = at.plus_ms(1000);
        let id = CategoryId::from_parts(at.0, rng.entropy());
        let fields = fields_of(&Category {
            name: category.name.clone(),
            position,
        })?;
        edit(book, *at, owner, EntityKind::Category, id.0, fields)?;
        ids.push((category.code.as_str(), id));
    }
    Ok(ids)
}

fn good(catalogue: &Catalogue, product: &ProductAsset, id: ProductId) -> Result<Good, DemoError> {
    let classes = &catalogue.shop.tax_classes;
    let class = classes
        .iter()
        .find(|class| class.code == product.tax_class)
        .ok_or_else(|| DemoError::Missing(format!("tax class {}", product.tax_class)))?;
    Ok(Good {
        id,
        sku: product.sku.clone(),
        name: product.name.clone(),
        price: catalogue.price(product)?,
        tax: LineTax {
            code: class.code.clone(),
            name: class.name.clone(),
            rate: class.rate,
            inclusive: catalogue.shop.prices_include_tax,
        },
        kind: kind_of(product)?,
        demand: product.demand,
        stock: product.stock,
    })
}
