//! Public holidays, out of a table that the program has with it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use flate2::read::GzDecoder;
use fleetcast_core::Day;
use fleetcast_pipeline::Holidays;

/// Every country and its parts, by python-holidays (`packaging/holiday_table.py`).
const TABLE: &[u8] = include_bytes!("../data/holidays.txt.gz");

/// The word for no place.
const NONE: &str = "NONE";

/// Returns the holidays of places such as `DE` and `DE-BY`, divided by commas: a part has those of its country as well.
pub(crate) fn of_places(places: &str) -> Result<Holidays, String> {
    let mut places: Vec<String> = places
        .split(',')
        .map(|place| place.trim().to_uppercase())
        .filter(|place| !place.is_empty() && place != NONE)
        .collect();
    places.sort();
    places.dedup();
    if places.is_empty() {
        return Ok(Holidays::default());
    }
    let mut text = String::new();
    GzDecoder::new(TABLE)
        .read_to_string(&mut text)
        .map_err(|error| format!("the table of holidays cannot be read: {error}"))?;
    let mut of_places: BTreeMap<&str, BTreeMap<&str, BTreeSet<Day>>> = BTreeMap::new();
    for line in text.lines() {
        let mut columns = line.split('\t');
        let (Some(place), Some(name), Some(days)) =
            (columns.next(), columns.next(), columns.next())
        else {
            continue;
        };
        let days = days.split(' ').filter_map(day);
        let of_place = of_places.entry(place).or_default();
        of_place.entry(name).or_default().extend(days);
    }
    let mut all: BTreeMap<String, BTreeSet<Day>> = BTreeMap::new();
    for place in &places {
        let country = place.split('-').next().unwrap_or(place);
        let own = of_places.get(place.as_str());
        let of_country = of_places.get(country);
        if own.is_none() {
            return Err(format!(
                "no holidays of `{place}` are known; give a country by its two letters, such as DE, or a part of it, such as \
                 DE-BY, or import the days yourself with `cargo xtask events FILE`"
            ));
        }
        // A part without a holiday of its own stands there without a name.
        let named = own.into_iter().chain(of_country).flatten();
        for (name, days) in named.filter(|(name, _)| !name.is_empty()) {
            all.entry((*name).to_owned()).or_default().extend(days);
        }
    }
    Ok(Holidays { places, days: all })
}

/// A day of the table: `20251225`.
fn day(text: &str) -> Option<Day> {
    let (year, rest) = text.split_at_checked(4)?;
    let (month, day) = rest.split_at_checked(2)?;
    format!("{year}-{month}-{day}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_has_the_holidays_of_its_country_and_its_own() {
        let has = |places: &str, day: &str| {
            let found = of_places(places).unwrap();
            let day = day.parse().unwrap();
            found.days.values().any(|days| days.contains(&day))
        };
        assert!(has("DE", "2025-10-03") && has("de-by", "2025-10-03"));
        assert!(!has("DE", "2025-01-06") && has("DE-BY", "2025-01-06"));
        assert!(has("US", "2026-07-04") && !has("US", "2025-10-03") && has("US, DE", "2025-10-03"));
        assert_eq!(of_places("us,DE ,de").unwrap().places, ["DE", "US"]);
        assert_eq!(of_places("").unwrap(), Holidays::default());
        assert_eq!(of_places("none").unwrap(), Holidays::default());
        // Hamburg has those of its country in this table of 2000 to 2040, and its own; nowhere is there a DE-ZZ.
        assert!(has("DE-HH", "2025-10-03"));
        assert!(
            of_places("DE-ZZ")
                .unwrap_err()
                .contains("no holidays of `DE-ZZ`")
        );
        let refused = of_places("Germany").unwrap_err();
        assert!(
            refused
                .contains("no holidays of `GERMANY` are known; give a country by its two letters")
        );
    }
}
