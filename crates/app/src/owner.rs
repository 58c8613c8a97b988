//! The owner's figures, from the local database alone.

mod attention;
mod stretch;

use counterfoil_domain::{Currency, Money};
use counterfoil_store::StoreError;
use counterfoil_store::read::owner::{
    Bar, Stretch, Sums, find_sums, list_by_day, list_by_hour, list_top_products,
};

use crate::Counterfoil;
use crate::failure::Outcome;
use crate::view::{ChartPoint, Figures, OwnerView, Period, TopProduct};

const TOP_PRODUCTS: u32 = 10;

impl Counterfoil {
    /// The owner's page.
    ///
    /// # Errors
    /// `role_not_allowed` for anyone but an owner.
    pub fn owner(&self, period: Period) -> Outcome<OwnerView> {
        self.signed_in_as(&[])?;
        let info = self.shop()?;
        let now = self.now();
        let currency = info.shop.currency;
        let (current, previous) = stretch::of(period, now, &info.zone)?;
        let read = self.store()?.read(|conn| -> Result<_, StoreError> {
            Ok((
                (find_sums(conn, current)?, find_sums(conn, previous)?),
                (list_by_hour(conn, current)?, list_by_hour(conn, previous)?),
                (list_by_day(conn, current)?, list_by_day(conn, previous)?),
                list_top_products(conn, current, TOP_PRODUCTS)?,
            ))
        })?;
        let (sums, hours, days, sellers) = read;
        let dates = |stretch: Stretch| stretch::dates(stretch, &info.zone);
        Ok(OwnerView {
            period,
            as_of: now,
            synced_at: self.read_status()?.in_step_at,
            current: figures(&sums.0, currency)?,
            previous: figures(&sums.1, currency)?,
            by_hour: by_hour(&hours.0, &hours.1, currency)?,
            by_day: by_day(
                (&dates(current)?, &days.0),
                (&dates(previous)?, &days.1),
                currency,
            )?,
            top_products: sellers
                .into_iter()
                .map(|seller| {
                    Ok(TopProduct {
                        product_id: seller.product_id,
                        name: seller.name,
                        quantity: seller.quantity,
                        revenue: Money::new(seller.revenue_minor, currency)?,
                    })
                })
                .collect::<Outcome<_>>()?,
            attention: self.attention(now)?,
        })
    }
}

fn figures(sums: &Sums, currency: Currency) -> Outcome<Figures> {
    let sold = Money::new(sums.sold_minor, currency)?;
    let refunds = Money::new(sums.refunded_minor, currency)?;
    Ok(Figures {
        revenue: sold.minus(refunds)?,
        sales: sums.sales,
        average_basket: match sums.sales {
            0 => Money::zero(currency),
            sales => sold.scale(1, i64::from(sales))?,
        },
        // A day on which more was taken back than given shows none.
        stamps: u32::try_from(sums.stamps.max(0)).unwrap_or(u32::MAX),
        rewards: sums.rewards,
        new_customers: sums.new_customers,
        refunds,
    })
}

fn find<'a>(bars: &'a [Bar], label: &str) -> Option<&'a Bar> {
    bars.iter().find(|bar| bar.label == label)
}

fn point(
    label: String,
    current: Option<&Bar>,
    previous: Option<&Bar>,
    currency: Currency,
) -> Outcome<ChartPoint> {
    let money = |bar: Option<&Bar>| Money::new(bar.map_or(0, |b| b.revenue_minor), currency);
    Ok(ChartPoint {
        label,
        current: money(current)?,
        previous: money(previous)?,
        sales: current.map_or(0, |b| b.sales),
    })
}

/// From the first hour with any trade to the last, without holes.
fn by_hour(current: &[Bar], previous: &[Bar], currency: Currency) -> Outcome<Vec<ChartPoint>> {
    let labels = || current.iter().chain(previous).map(|bar| bar.label.as_str());
    let hour = |label: Option<&str>| label.and_then(|l| l.parse::<u32>().ok());
    let (Some(first), Some(last)) = (hour(labels().min()), hour(labels().max())) else {
        return Ok(Vec::new());
    };
    (first..=last)
        .map(|hour| {
            let label = format!("{hour:02}");
            let (now, then) = (find(current, &label), find(previous, &label));
            point(label, now, then, currency)
        })
        .collect()
}

/// Every day of the stretch beside the day in the same place of the one before.
fn by_day(
    current: (&[String], &[Bar]),
    previous: (&[String], &[Bar]),
    currency: Currency,
) -> Outcome<Vec<ChartPoint>> {
    current
        .0
        .iter()
        .enumerate()
        .map(|(place, date)| {
            let then = previous.0.get(place).and_then(|d| find(previous.1, d));
            point(date.clone(), find(current.1, date), then, currency)
        })
        .collect()
}
