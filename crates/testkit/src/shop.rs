//! A small shop: people, products, and the operations that happen in it.

use std::sync::Arc;

use counterfoil_domain::cart::{Cart, CartLine, Discount};
use counterfoil_domain::entity::{Customer, Product};
use counterfoil_domain::fact::{Refund, RefundLine, Sale, SaleLine, StockReason};
use counterfoil_domain::op::{
    CustomerEnrolled, RewardRedeemed, StampGiven, StampReversed, StockMoved, VisitBooked,
    VisitCancelled, VisitMoved,
};
use counterfoil_domain::tax::LineTax;
use counterfoil_domain::tender::{Tender, TenderKind, settle};
use counterfoil_domain::{
    CartId, CategoryId, Currency, CustomerId, DeviceId, Entropy as _, LineId, MerchantId, Money,
    MoneyError, Op, ProductId, Quantity, RefundId, SaleId, StaffId, StampId, TenantId, UnixMs,
    VisitId,
};
use uuid::Uuid;

use crate::setup::igv;
use crate::{ManualClock, SeededEntropy};

/// What can go wrong while a sample is made.
pub type SampleError = Box<dyn std::error::Error + Send + Sync>;

/// A small shop: three people, one category, three products, one merchant. Everything repeats from the seed.
#[derive(Debug, Clone)]
pub struct SampleShop {
    /// The shop.
    pub tenant_id: TenantId,
    /// Its till.
    pub device_id: DeviceId,
    /// The till's name on receipts.
    pub till_code: String,
    /// Sells and stamps.
    pub cashier: StaffId,
    /// Owns the shop.
    pub owner: StaffId,
    /// Visits merchants; works Monday to Saturday, 9 to 18 h.
    pub installer: StaffId,
    /// The one category.
    pub category: CategoryId,
    /// Coffee at 8.50, cake at 12.00, beans at 35.90, tax of 18 % included.
    pub products: Vec<(ProductId, Product)>,
    /// Somebody to visit.
    pub merchant: MerchantId,
    entropy: Arc<SeededEntropy>,
}

impl SampleShop {
    /// A shop from a seed.
    ///
    /// # Errors
    /// Never; the prices are in range.
    pub fn new(seed: u64) -> Result<Self, SampleError> {
        let entropy = SeededEntropy::new(seed);
        let at = ManualClock::START.0;
        let category = CategoryId::from_parts(at, entropy.id_entropy());
        let goods = [
            ("CAF", "Café americano", 850),
            ("TOR", "Torta de lúcuma", 1200),
            ("GRA", "Granos de Chanchamayo 250 g", 3590),
        ];
        let products = goods
            .into_iter()
            .map(|(sku, name, price)| {
                let product = Product {
                    sku: sku.to_owned(),
                    barcode: String::new(),
                    name: name.to_owned(),
                    category_id: Some(category),
                    price: Some(Money::new(price, Currency::PEN)?),
                    tax_code: "igv".to_owned(),
                    price_includes_tax: true,
                    low_stock_below: Some(Quantity::pieces(5)),
                    picture: String::new(),
                    active: true,
                };
                Ok((ProductId::from_parts(at, entropy.id_entropy()), product))
            })
            .collect::<Result<_, MoneyError>>()?;
        Ok(Self {
            tenant_id: TenantId::from_parts(at, entropy.id_entropy()),
            device_id: DeviceId::from_parts(at, entropy.id_entropy()),
            till_code: "T1".to_owned(),
            cashier: StaffId::from_parts(at, entropy.id_entropy()),
            owner: StaffId::from_parts(at, entropy.id_entropy()),
            installer: StaffId::from_parts(at, entropy.id_entropy()),
            category,
            products,
            merchant: MerchantId::from_parts(at, entropy.id_entropy()),
            entropy,
        })
    }

    /// The same shop seen from another till.
    #[must_use]
    pub fn other_till(&self, till_code: &str) -> Self {
        Self {
            device_id: self.id(),
            till_code: till_code.to_owned(),
            ..self.clone()
        }
    }

    /// A fresh id.
    pub fn id<T: From<Uuid>>(&self) -> T {
        T::from(counterfoil_domain::id::uuid_v7(
            ManualClock::START.0,
            self.entropy.id_entropy(),
        ))
    }

    /// A customer enrols.
    #[must_use]
    pub fn enrol(&self, name: &str, phone: &str) -> (CustomerId, Op) {
        let customer_id: CustomerId = self.id();
        let op = Op::CustomerEnrolled(CustomerEnrolled {
            customer_id,
            customer: Customer {
                name: name.to_owned(),
                phone: phone.to_owned(),
                enrolled_at: ManualClock::START,
                note: String::new(),
                cards_lost: 0,
            },
        });
        (customer_id, op)
    }

    /// A stamp on a card.
    #[must_use]
    pub fn stamp(&self, customer_id: CustomerId) -> Op {
        Op::StampGiven(StampGiven {
            stamp_id: self.id(),
            customer_id,
        })
    }

    /// A stamp taken back.
    #[must_use]
    pub fn unstamp(&self, customer_id: CustomerId, reverses: StampId) -> Op {
        Op::StampReversed(StampReversed {
            stamp_id: self.id(),
            reverses,
            customer_id,
        })
    }

    /// A reward for five stamps.
    #[must_use]
    pub fn redeem(&self, customer_id: CustomerId) -> Op {
        Op::RewardRedeemed(RewardRedeemed {
            stamp_id: self.id(),
            customer_id,
            stamps: 5,
            reward_name: "Un café".to_owned(),
        })
    }

    /// Goods arrive.
    #[must_use]
    pub fn deliver(&self, product: usize, pieces: i64) -> Op {
        Op::StockMoved(StockMoved {
            product_id: self.products[product].0,
            quantity: Quantity::pieces(pieces),
            reason: StockReason::Delivered,
        })
    }

    /// A visit is asked for: an hour from `starts_at`.
    #[must_use]
    pub fn book(&self, starts_at: UnixMs) -> (VisitId, Op) {
        let visit_id: VisitId = self.id();
        let op = Op::VisitBooked(VisitBooked {
            visit_id,
            merchant_id: self.merchant,
            installer_id: self.installer,
            starts_at,
            ends_at: starts_at.plus_minutes(60),
            purpose: "Instalar".to_owned(),
        });
        (visit_id, op)
    }

    /// A visit shall move.
    #[must_use]
    pub fn move_visit(&self, visit_id: VisitId, starts_at: UnixMs) -> Op {
        Op::VisitMoved(VisitMoved {
            visit_id,
            installer_id: self.installer,
            starts_at,
            ends_at: starts_at.plus_minutes(60),
        })
    }

    /// A visit shall not take place.
    #[must_use]
    pub fn cancel_visit(&self, visit_id: VisitId) -> Op {
        Op::VisitCancelled(VisitCancelled {
            visit_id,
            reason: "Cerrado".to_owned(),
        })
    }

    /// A sale of pieces by product, paid in cash with a hundred more than due.
    ///
    /// # Errors
    /// When the amounts are out of range.
    pub fn sale(
        &self,
        number: u32,
        pieces: &[(usize, i64)],
        customer_id: Option<CustomerId>,
        at: UnixMs,
    ) -> Result<Sale, SampleError> {
        let cart = self.cart(pieces, customer_id)?;
        let priced = cart.price()?;
        let tenders = vec![Tender {
            kind: TenderKind::Cash,
            amount: priced.total.plus(Money::new(100, Currency::PEN)?)?,
            reference: None,
        }];
        let settled = settle(priced.total, &tenders)?;
        Ok(Sale {
            sale_id: self.id(),
            device_id: self.device_id,
            till_code: self.till_code.clone(),
            number,
            at,
            staff_id: self.cashier,
            shift_id: None,
            customer_id,
            currency: Currency::PEN,
            lines: cart
                .lines
                .into_iter()
                .zip(priced.lines)
                .map(|(line, amounts)| SaleLine { line, amounts })
                .collect(),
            subtotal: priced.subtotal,
            discount: priced.discount,
            net: priced.net,
            tax: priced.tax,
            taxes: priced.taxes,
            total: priced.total,
            tenders,
            change: settled.change,
            note: String::new(),
        })
    }

    /// A cart of pieces by product, with ten percent off the whole.
    ///
    /// # Errors
    /// When a product has no price.
    pub fn cart(
        &self,
        pieces: &[(usize, i64)],
        customer_id: Option<CustomerId>,
    ) -> Result<Cart, SampleError> {
        let cart_id: CartId = self.id();
        let mut cart = Cart::empty(cart_id, Currency::PEN);
        cart.customer_id = customer_id;
        cart.discount = Some(Discount::Percent { basis_points: 1000 });
        for (product, count) in pieces {
            let (product_id, product) = &self.products[*product];
            let line_id: LineId = self.id();
            cart.lines.push(CartLine {
                line_id,
                product_id: Some(*product_id),
                sku: product.sku.clone(),
                name: product.name.clone(),
                quantity: Quantity::pieces(*count),
                unit_price: product.price.ok_or("a sample product has a price")?,
                tax: LineTax {
                    code: "igv".to_owned(),
                    name: igv().name,
                    rate: igv().rate,
                    inclusive: true,
                },
                discount: None,
                note: String::new(),
            });
        }
        Ok(cart)
    }

    /// A sale's first line comes back whole, paid in cash, and goes on the shelf.
    ///
    /// # Errors
    /// When the sale has no lines.
    pub fn refund(&self, sale: &Sale, at: UnixMs) -> Result<Refund, SampleError> {
        let refund_id: RefundId = self.id();
        let sale_id: SaleId = sale.sale_id;
        let first = sale.lines.first().ok_or("a sample sale has lines")?;
        Ok(Refund {
            refund_id,
            sale_id,
            device_id: self.device_id,
            at,
            staff_id: self.cashier,
            shift_id: None,
            lines: vec![RefundLine {
                line_id: first.line.line_id,
                product_id: first.line.product_id,
                name: first.line.name.clone(),
                quantity: first.line.quantity,
                total: first.amounts.total,
                tax: first.amounts.tax,
                restock: true,
            }],
            total: first.amounts.total,
            tax: first.amounts.tax,
            tender: Tender {
                kind: TenderKind::Cash,
                amount: first.amounts.total,
                reference: None,
            },
            reason: "Equivocado".to_owned(),
        })
    }
}
