use super::*;

#[test]
fn before_seven_there_are_all_customers_and_no_sales_today() {
    let six = UnixMs(NOW.0 - (9 * 60 + 40) * 60_000);
    let rows = Rows::after(&history(six));
    let customers = rows
        .entities
        .keys()
        .filter(|(k, _)| *k == EntityKind::Customer);
    assert_eq!(customers.count(), 300);
    assert!(
        rows.sales()
            .iter()
            .all(|sale| day_of(sale.at) < day_of(NOW))
    );
}

#[test]
fn just_after_seven_there_are_a_few_sales_today() {
    let seven = UnixMs(NOW.0 - (8 * 60 + 39) * 60_000);
    let rows = Rows::after(&history(seven));
    let sales = rows.sales();
    let today = sales.iter().filter(|sale| day_of(sale.at) == day_of(NOW));
    assert!(today.count() >= 3);
}

#[test]
fn tenders_minus_change_equal_the_total_of_every_sale() {
    let rows = &*ROWS;
    for sale in rows.sales() {
        let settled = settle(sale.total, &sale.tenders).unwrap();
        assert_eq!(settled.change, sale.change);
        assert_eq!(settled.tendered.minus(sale.change), Ok(sale.total));
        assert!(settled.due.is_zero());
    }
}

#[test]
fn every_sale_is_priced_as_the_domain_prices_its_cart() {
    let rows = &*ROWS;
    for sale in rows.sales() {
        let mut cart = Cart::empty(CartId(Uuid::nil()), sale.currency);
        cart.lines = sale.lines.iter().map(|l| l.line.clone()).collect();
        let shared = Money::sum(
            sale.currency,
            sale.lines.iter().map(|l| l.amounts.cart_discount),
        );
        cart.discount = Some(counterfoil_domain::Discount::Amount {
            amount: shared.unwrap(),
        });
        assert_eq!(cart.price().unwrap(), sale.priced());
        assert!((1..=5).contains(&sale.lines.len()));
    }
}

#[test]
fn sales_are_numbered_without_gaps() {
    let rows = &*ROWS;
    let numbers: Vec<u32> = rows.sales().iter().map(|sale| sale.number).collect();
    let expected: Vec<u32> = (1..=u32::try_from(numbers.len()).unwrap()).collect();
    assert_eq!(numbers, expected);
}

#[test]
fn ninety_full_days_have_fifty_to_a_hundred_sales_each() {
    let rows = &*ROWS;
    let mut a_day: BTreeMap<i64, usize> = BTreeMap::new();
    for sale in rows.sales() {
        *a_day.entry(day_of(sale.at)).or_default() += 1;
    }
    a_day.remove(&day_of(NOW));
    assert_eq!(a_day.len(), 90);
    assert!(
        a_day.values().all(|count| (50..=100).contains(count)),
        "{a_day:?}"
    );
}

#[test]
fn mondays_are_the_quietest_weekday_and_saturdays_the_busiest() {
    let rows = &*ROWS;
    let mut sums: [(i32, BTreeSet<i64>); 7] = std::array::from_fn(|_| (0, BTreeSet::new()));
    for sale in rows.sales().iter().filter(|s| day_of(s.at) < day_of(NOW)) {
        // 1 January 1970 was a Thursday.
        let weekday = usize::try_from((day_of(sale.at) + 3).rem_euclid(7)).unwrap();
        sums[weekday].0 += 1;
        sums[weekday].1.insert(day_of(sale.at));
    }
    let mean = sums.map(|(count, days)| count * 10 / i32::try_from(days.len()).unwrap());
    assert!(mean[1..].iter().all(|other| *other > mean[0]), "{mean:?}");
    assert!(mean[..5].iter().all(|other| *other < mean[5]), "{mean:?}");
}

#[test]
fn rush_hours_are_busier_than_the_hours_between() {
    let rows = &*ROWS;
    let mut by_hour = [0; 24];
    for sale in rows.sales() {
        let hour = (sale.at.0 - 5 * 3_600_000).rem_euclid(DAY_MS) / 3_600_000;
        by_hour[usize::try_from(hour).unwrap()] += 1;
    }
    assert!(
        by_hour[8] > 2 * by_hour[10] && by_hour[13] > 2 * by_hour[11],
        "{by_hour:?}"
    );
    assert!(by_hour[17] > 2 * by_hour[15], "{by_hour:?}");
}

#[test]
fn four_or_five_products_are_low_and_none_is_below_zero() {
    let rows = &*ROWS;
    let pieces = rows.pieces();
    let mut low = Vec::new();
    for (id, product) in rows.read::<Product>(EntityKind::Product) {
        let Some(mark) = product.low_stock_below else {
            continue;
        };
        let left = pieces[&ProductId(id)];
        assert!(left >= 0, "{} {left}", product.sku);
        if left < mark.milli() {
            low.push(product.sku);
        }
    }
    assert!((4..=5).contains(&low.len()), "{low:?}");
}

#[test]
fn every_closed_shift_expects_what_the_ledger_says() {
    let rows = &*ROWS;
    let (mut drawers, mut opened, mut closed) = (HashMap::new(), 0, 0);
    let mut drops = 0;
    for row in &rows.facts {
        match row {
            FactRow::Cash(entry) => {
                drops += usize::from(entry.reason == CashReason::Drop);
                *drawers.entry(entry.shift_id).or_insert(0) += entry.amount.minor();
                assert!(drawers[&entry.shift_id] >= 0);
            }
            FactRow::ShiftOpened(_) => opened += 1,
            FactRow::ShiftClosed(shift) => {
                closed += 1;
                assert_eq!(drawers[&Some(shift.shift_id)], shift.expected.minor());
            }
            _ => {}
        }
    }
    assert_eq!((opened, closed), (91, 90));
    assert!(drops > 60, "{drops}");
}

#[test]
fn refunds_are_few_and_never_above_their_line() {
    let rows = &*ROWS;
    let lines: HashMap<_, _> = rows
        .sales()
        .into_iter()
        .flat_map(|sale| sale.lines.iter().map(|l| (l.line.line_id, l.amounts.total)))
        .collect();
    let mut seen = BTreeSet::new();
    for row in &rows.facts {
        if let FactRow::Refund(refund) = row {
            let line = &refund.lines[0];
            assert_eq!(lines[&line.line_id], refund.total);
            assert!(seen.insert(line.line_id));
        }
    }
    assert!((20..=80).contains(&seen.len()), "{}", seen.len());
}
