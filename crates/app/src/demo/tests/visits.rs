use super::*;

#[test]
fn visits_keep_to_working_hours_and_never_clash() {
    let rows = &*ROWS;
    let staff = rows.read::<Staff>(EntityKind::Staff);
    let hours: BTreeMap<Uuid, WorkingHours> = staff
        .into_iter()
        .filter_map(|(id, s)| Some((id, s.working_hours?)))
        .collect();
    let zone = ShopZone::named("America/Lima").unwrap();
    let visits = rows.read::<counterfoil_domain::entity::Visit>(EntityKind::Visit);
    let mut busy: BTreeMap<Uuid, Vec<Slot>> = BTreeMap::new();
    for (_, visit) in visits
        .iter()
        .filter(|(_, v)| v.status != VisitStatus::Cancelled)
    {
        let slot = Slot {
            starts_at: visit.starts_at,
            ends_at: visit.ends_at,
        };
        let taken = busy.entry(visit.installer_id.0).or_default();
        assert_eq!(
            check_slot(&hours[&visit.installer_id.0], taken, slot, &zone),
            Ok(())
        );
        taken.push(slot);
    }
    assert_eq!(busy.len(), 2);
}

#[test]
fn the_week_of_visits_has_some_done_some_booked_and_some_today() {
    let rows = &*ROWS;
    let visits = rows.read::<counterfoil_domain::entity::Visit>(EntityKind::Visit);
    let count = |status| visits.iter().filter(|(_, v)| v.status == status).count();
    assert!(count(VisitStatus::Done) >= 5);
    assert!(count(VisitStatus::Booked) >= 5);
    assert_eq!(count(VisitStatus::Cancelled), 1);
    assert!(
        visits
            .iter()
            .any(|(_, v)| day_of(v.starts_at) == day_of(NOW))
    );
    let moved = history(NOW)
        .into_iter()
        .filter(|s| matches!(s.op, Op::VisitMoved(_)));
    assert_eq!(moved.count(), 1);
    let past = visits.iter().filter(|(_, v)| v.ends_at <= NOW);
    assert!(
        past.into_iter()
            .all(|(_, v)| v.status != VisitStatus::Booked)
    );
    let ids: BTreeSet<_> = visits.iter().map(|(id, _)| VisitId(*id)).collect();
    assert_eq!(ids.len(), visits.len());
}

#[test]
fn every_weekday_has_visits_today() {
    for shift in 0..7 {
        let now = UnixMs(NOW.0 + shift * DAY_MS);
        let rows = Rows::after(&history(now));
        let visits = rows.read::<counterfoil_domain::entity::Visit>(EntityKind::Visit);
        assert!(
            visits
                .iter()
                .any(|(_, v)| day_of(v.starts_at) == day_of(now)),
            "{shift}"
        );
    }
}

#[test]
fn merchants_stand_at_different_stages() {
    let rows = &*ROWS;
    let merchants = rows.read::<Merchant>(EntityKind::Merchant);
    let stages: BTreeSet<_> = merchants
        .iter()
        .map(|(_, m)| m.steps.iter().filter(|s| s.done_at.is_some()).count())
        .collect();
    assert_eq!(stages, (0..=6).collect());
    assert!(merchants.iter().all(|(_, m)| m.steps.len() == 6));
}
