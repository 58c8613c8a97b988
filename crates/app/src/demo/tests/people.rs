use super::*;

#[test]
fn phone_numbers_are_valid_and_unique() {
    let rows = &*ROWS;
    let customers = rows.read::<counterfoil_domain::entity::Customer>(EntityKind::Customer);
    let phones: BTreeSet<_> = customers.iter().map(|(_, c)| c.phone.clone()).collect();
    assert_eq!(phones.len(), 300);
    let merchants = rows.read::<Merchant>(EntityKind::Merchant);
    for number in phones
        .into_iter()
        .chain(merchants.into_iter().map(|(_, m)| m.phone))
    {
        assert_eq!(phone::to_e164(&number, "PE"), Ok(number));
    }
}

#[test]
fn about_a_third_of_the_sales_have_a_customer_with_a_card() {
    let rows = &*ROWS;
    let sales = rows.sales();
    let with_card = sales.iter().filter(|s| s.customer_id.is_some()).count();
    let percent = with_card * 100 / sales.len();
    assert!((30..=40).contains(&percent), "{percent} %");
}

#[test]
fn nobody_is_stamped_before_they_enrolled_nor_redeems_more_than_they_earned() {
    let (mut enrolled, mut balances) = (BTreeSet::new(), BTreeMap::<CustomerId, i64>::new());
    let mut redeemed = 0;
    for step in STEPS.iter() {
        match &step.op {
            Op::CustomerEnrolled(c) => assert!(enrolled.insert(c.customer_id)),
            Op::StampGiven(s) => {
                assert!(enrolled.contains(&s.customer_id));
                *balances.entry(s.customer_id).or_default() += 1;
            }
            Op::RewardRedeemed(r) => {
                redeemed += 1;
                *balances.entry(r.customer_id).or_default() -= i64::from(r.stamps);
            }
            _ => {}
        }
        assert!(balances.values().all(|balance| *balance >= 0));
    }
    assert!(redeemed > 100, "{redeemed}");
}

#[test]
fn lapsed_regulars_came_weekly_and_stopped_three_to_five_weeks_ago() {
    let rows = &*ROWS;
    let mut days: BTreeMap<CustomerId, Vec<i64>> = BTreeMap::new();
    for sale in rows.sales() {
        if let Some(customer) = sale.customer_id {
            days.entry(customer)
                .or_default()
                .push(day_of(sale.at) - day_of(NOW));
        }
    }
    let lapsed = days.values().filter(|days| {
        let last = *days.last().unwrap();
        let weeks: BTreeSet<i64> = days.iter().map(|day| (day - last).div_euclid(7)).collect();
        (-42..=-21).contains(&last) && (-5..0).all(|week| weeks.contains(&week))
    });
    assert!(lapsed.count() >= 10);
}

#[test]
fn the_demo_people_have_their_pins() {
    let people = people().unwrap();
    let named: Vec<_> = people
        .iter()
        .map(|p| (p.name.as_str(), p.pin.as_str()))
        .collect();
    let expected = [
        ("Rosa", "2222"),
        ("Carmen", "1111"),
        ("Luis", "3333"),
        ("Mateo", "4444"),
    ];
    assert_eq!(named, expected);
}
