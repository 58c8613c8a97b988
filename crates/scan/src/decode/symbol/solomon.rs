//! Reed and Solomon's code over the 256 numbers of QR codes: bytes that are wrong somewhere, and bytes that are known to be
//! doubtful, of which twice as many can be put right.

/// Powers of 2 in that field, twice in a row, and which power each number is.
const TABLES: ([u8; 512], [u8; 256]) = tables();

const fn tables() -> ([u8; 512], [u8; 256]) {
    let (mut powers, mut logs) = ([0; 512], [0; 256]);
    let (mut value, mut at) = (1_u16, 0_usize);
    while at < 255 {
        powers[at] = value as u8;
        powers[at + 255] = value as u8;
        logs[value as usize] = at as u8;
        value <<= 1;
        if value > 255 {
            value ^= 0x11D;
        }
        at += 1;
    }
    (powers, logs)
}

fn times(a: u8, b: u8) -> u8 {
    if a == 0 || b == 0 {
        return 0;
    }
    TABLES.0[usize::from(TABLES.1[usize::from(a)]) + usize::from(TABLES.1[usize::from(b)])]
}

fn inverse(a: u8) -> u8 {
    TABLES.0[255 - usize::from(TABLES.1[usize::from(a)])]
}

/// Two to that power.
fn power(at: usize) -> u8 {
    TABLES.0[at % 255]
}

/// The value at `x` of the polynomial whose lowest coefficient comes first.
fn value_at(polynomial: &[u8], x: u8) -> u8 {
    let by_horner = |sum: u8, coefficient: &u8| times(sum, x) ^ coefficient;
    polynomial.iter().rev().fold(0, by_horner)
}

/// Puts the block right, of which the last `checks` bytes are checks and those at `doubtful` may be anything. Returns how many
/// checks are left over to say that it is right; nothing where it can't be put right.
pub(super) fn put_right(block: &mut [u8], checks: usize, doubtful: &[usize]) -> Option<usize> {
    let last = block.len().checked_sub(1)?;
    if doubtful.len() > checks || block.len() > 255 || checks > block.len() {
        return None;
    }
    let syndromes = syndromes_of(block, checks);
    if syndromes.iter().all(|value| *value == 0) {
        return Some(checks - doubtful.len());
    }
    let locator = locator_of(&syndromes, doubtful.iter().map(|at| last - at))?;
    let wrong = locator.len() - 1;
    let places: Vec<usize> = (0..block.len())
        .filter(|at| value_at(&locator, inverse(power(last - at))) == 0)
        .collect();
    let unknown = wrong.checked_sub(doubtful.len())?;
    if places.len() != wrong || doubtful.len() + 2 * unknown > checks {
        return None;
    }
    // Forney's formula.
    let mut evaluator = vec![0_u8; checks];
    for (low, a) in locator.iter().enumerate() {
        for (high, b) in syndromes.iter().enumerate().take(checks - low.min(checks)) {
            evaluator[low + high] ^= times(*a, *b);
        }
    }
    let derivative: Vec<u8> = (0..wrong)
        .map(|at| if at % 2 == 0 { locator[at + 1] } else { 0 })
        .collect();
    for at in places {
        let x = power(last - at);
        let slope = value_at(&derivative, inverse(x));
        if slope == 0 {
            return None;
        }
        let ratio = times(value_at(&evaluator, inverse(x)), inverse(slope));
        block[at] ^= times(x, ratio);
    }
    let is_right = syndromes_of(block, checks).iter().all(|value| *value == 0);
    is_right.then_some(checks - doubtful.len() - 2 * unknown)
}

fn syndromes_of(block: &[u8], checks: usize) -> Vec<u8> {
    let syndrome = |at: usize| {
        let x = power(at);
        block.iter().fold(0, |sum, byte| times(sum, x) ^ byte)
    };
    (0..checks).map(syndrome).collect()
}

/// The polynomial whose roots say where bytes are wrong (Berlekamp and Massey), begun with those that are known.
fn locator_of(syndromes: &[u8], known: impl Iterator<Item = usize>) -> Option<Vec<u8>> {
    let mut locator = vec![1_u8];
    for place in known {
        let root = power(place);
        locator.push(0);
        for at in (1..locator.len()).rev() {
            locator[at] ^= times(locator[at - 1], root);
        }
    }
    let erased = locator.len() - 1;
    let mut before = locator.clone();
    let mut length = erased;
    for step in erased..syndromes.len() {
        let terms = locator.iter().zip(syndromes[..=step].iter().rev());
        let differs = terms.fold(0, |sum, (a, b)| sum ^ times(*a, *b));
        before.insert(0, 0);
        if differs == 0 {
            continue;
        }
        let mut next = locator.clone();
        next.resize(next.len().max(before.len()), 0);
        for (value, of) in next.iter_mut().zip(&before) {
            *value ^= times(differs, *of);
        }
        if 2 * length <= step + erased {
            length = step + 1 + erased - length;
            before = locator
                .iter()
                .map(|a| times(*a, inverse(differs)))
                .collect();
        }
        locator = next;
    }
    while locator.last() == Some(&0) {
        locator.pop();
    }
    (locator.len() == length + 1).then_some(locator)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The bytes with that many checks behind them.
    fn block(data: &[u8], checks: usize) -> Vec<u8> {
        let mut generator = vec![1_u8];
        for at in 0..checks {
            generator.push(0);
            for place in (1..generator.len()).rev() {
                generator[place] ^= times(generator[place - 1], power(at));
            }
        }
        let mut rest = data.to_vec();
        rest.resize(data.len() + checks, 0);
        for at in 0..data.len() {
            let lead = rest[at];
            for (value, of) in rest[at..].iter_mut().zip(&generator) {
                *value ^= times(lead, *of);
            }
        }
        [data, &rest[data.len()..]].concat()
    }

    proptest! {
        #[test]
        fn as_many_are_put_right_as_the_checks_allow(
            data in proptest::collection::vec(any::<u8>(), 4..60),
            checks in 6_usize..30,
            wrong in proptest::collection::vec((any::<prop::sample::Index>(), 1_u8..), 0..30),
            doubtful in 0_usize..30,
        ) {
            let right = block(&data, checks);
            let mut shown = right.clone();
            let mut places: Vec<usize> = Vec::new();
            for (place, change) in &wrong {
                let at = place.index(shown.len());
                if !places.contains(&at) {
                    places.push(at);
                    shown[at] ^= change;
                }
            }
            let doubtful = &places[..doubtful.min(places.len())];
            let used = doubtful.len() + 2 * (places.len() - doubtful.len());
            let left = put_right(&mut shown, checks, doubtful);
            if used <= checks {
                prop_assert_eq!(shown, right);
                prop_assert_eq!(left, Some(checks - used));
            } else if let Some(left) = left {
                // More than can be told, so it is some other block by chance, and hardly any check is left over.
                prop_assert!(left <= checks);
            }
        }
    }

    #[test]
    fn what_is_right_is_left_as_it_is() {
        let right = block(b"right", 10);
        let mut shown = right.clone();
        assert_eq!(put_right(&mut shown, 10, &[]), Some(10));
        assert_eq!(shown, right);
    }
}
