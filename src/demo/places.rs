//! Where visitors are: real networks of sixty countries, found in the built-in geo bases.
//!
//! Addresses are thrown at random and looked up, so that address, country, provider and number of
//! the network fit together as they do in a tracker that runs on the built-in bases. What these do
//! not know, city and region and mostly the connection type, is made up: an operator with a City
//! base has them.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::Arc;

use chrono_tz::Tz;
use fastrand::Rng;

use super::chance::{Draw, mixed};
use crate::detect::geo::{Bases, Geo, is_public, place};
use crate::domain::period;
use crate::domain::visitor::{ConnectionType, Language, Place};

const COUNTRIES: &str = include_str!("countries.tsv");

/// How many networks are thrown. The smallest country gets some dozens.
const THROWS: usize = 200_000;
/// Providers of a country; more are seen by the geo bases, and by few visitors.
const PROVIDERS: usize = 12;
const DATA_CENTRES: usize = 400;

/// A country and its visitors' networks.
pub(super) struct Country {
    pub(super) code: String,
    /// How much of the world's traffic comes from there.
    pub(super) weight: f64,
    pub(super) zone: Tz,
    /// The most frequent first.
    languages: Vec<Language>,
    /// The first three bytes of addresses, and where they are.
    networks: Vec<Network>,
}

/// The addresses that share their first three bytes.
type Network = ([u8; 3], Arc<Place>);

pub(super) struct Places {
    pub(super) countries: Vec<Country>,
    /// Where robots live.
    data_centres: Vec<Network>,
}

impl Places {
    /// `key` is the secret of the fingerprints; `data` may hold bases of an operator's own.
    pub(super) fn find(data: &Path, key: &[u8; 16], rng: &mut Rng) -> Self {
        let (mut thrown, data_centres) = throw(data, key, rng);
        let countries = COUNTRIES.lines().skip(1).map(|line| {
            let row = Row::read(line);
            let networks = thrown.remove(row.code).unwrap_or_default();
            row.country(networks, key, rng)
        });
        Self {
            countries: countries.collect(),
            data_centres,
        }
    }

    pub(super) fn number(&self, code: &str) -> usize {
        let place = self.countries.iter().position(|one| one.code == code);
        place.expect("the tests look for every country")
    }

    /// A robot's address.
    pub(super) fn data_centre(&self, rng: &mut Rng) -> (IpAddr, Arc<Place>) {
        address(&self.data_centres, rng)
    }
}

impl Country {
    pub(super) fn address(&self, rng: &mut Rng) -> (IpAddr, Arc<Place>) {
        address(&self.networks, rng)
    }

    /// Three of four speak the first language.
    pub(super) fn language(&self, rng: &mut Rng) -> Option<Language> {
        let place = match rng.u8(..4) {
            0 => rng.usize(..self.languages.len()),
            _ => 0,
        };
        self.languages.get(place).copied()
    }
}

fn address(networks: &[Network], rng: &mut Rng) -> (IpAddr, Arc<Place>) {
    let ([a, b, c], place) = &networks[rng.usize(..networks.len())];
    let ip = Ipv4Addr::new(*a, *b, *c, rng.u8(1..=254));
    (ip.into(), Arc::clone(place))
}

/// Networks by the code of their country, and data centres.
fn throw(
    data: &Path,
    key: &[u8; 16],
    rng: &mut Rng,
) -> (HashMap<String, Vec<Network>>, Vec<Network>) {
    let (bases, _) = Bases::load(data);
    let geo = Geo::new(key);
    let (mut homes, mut data_centres) = (HashMap::<String, Vec<Network>>::new(), Vec::new());
    for _ in 0..THROWS {
        let [a, b, c, _] = rng.u32(..).to_be_bytes();
        let ip = IpAddr::from([a, b, c, 1]);
        if !is_public(ip) {
            continue;
        }
        let place = geo.observe(&bases, ip);
        let (Some(country), true) = (place.country, place.isp.is_some()) else {
            continue;
        };
        if place.connection_type != Some(ConnectionType::Hosting) {
            let networks = homes.entry(country.as_str().to_owned()).or_default();
            networks.push(([a, b, c], place));
        } else if data_centres.len() < DATA_CENTRES {
            data_centres.push(([a, b, c], place));
        }
    }
    (homes, data_centres)
}

/// A line of `countries.tsv`.
struct Row<'t> {
    code: &'t str,
    weight: f64,
    zone: &'t str,
    languages: Vec<Language>,
    /// City, region, and how many live there.
    cities: Vec<(&'t str, &'t str, f64)>,
}

impl<'t> Row<'t> {
    fn read(line: &'t str) -> Self {
        let mut fields = line.split('\t');
        let mut next = || fields.next().expect("the tests read every line");
        let (code, weight, zone, languages, cities) = (next(), next(), next(), next(), next());
        let number = |text: &str| text.parse().expect("the tests read every number");
        let city = |text: &'t str| {
            let (city, rest) = text.split_once('/')?;
            let (region, weight) = rest.rsplit_once(':')?;
            Some((city, region, number(weight)))
        };
        Self {
            code,
            weight: number(weight),
            zone,
            languages: languages.split(',').filter_map(Language::parse).collect(),
            cities: cities.split('|').filter_map(city).collect(),
        }
    }

    /// Its networks are those of its largest providers, each in a city.
    fn country(self, networks: Vec<Network>, key: &[u8; 16], rng: &mut Rng) -> Country {
        let mut sizes = HashMap::<Option<String>, usize>::new();
        for (_, place) in &networks {
            *sizes.entry(place.isp.clone()).or_default() += 1;
        }
        let mut largest: Vec<_> = sizes.into_iter().collect();
        largest.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
        largest.truncate(PROVIDERS);
        let weights: Vec<f64> = self.cities.iter().map(|(_, _, weight)| *weight).collect();
        let draw = Draw::new(&weights);
        let mut known = HashMap::new();
        let networks = networks.into_iter().filter_map(|(bytes, found)| {
            largest.iter().find(|(isp, _)| *isp == found.isp)?;
            let at = draw.one(rng);
            let (city, region, _) = self.cities[at];
            let place = known
                .entry((found.isp.clone(), found.asn, at))
                .or_insert_with(|| Arc::new(told_more(&found, city, region, key)));
            Some((bytes, Arc::clone(place)))
        });
        Country {
            networks: networks.collect(),
            code: self.code.to_owned(),
            weight: self.weight,
            zone: period::zone(self.zone),
            languages: self.languages,
        }
    }
}

/// The place as better bases would tell it.
fn told_more(found: &Place, city: &str, region: &str, key: &[u8; 16]) -> Place {
    let guess = || match mixed(&[u64::from(found.asn.unwrap_or(0))]) % 10 {
        0..=4 => Some(ConnectionType::Broadband),
        5..=7 => Some(ConnectionType::Cellular),
        8 => Some(ConnectionType::Corporate),
        _ => None,
    };
    let mut place = Place {
        city: Some(city.to_owned()),
        region: Some(region.to_owned()),
        connection_type: found.connection_type.or_else(guess),
        ..found.clone()
    };
    place.fingerprint = place::fingerprint(&place, key);
    place
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_country_has_networks_languages_and_cities_of_its_own() {
        let directory = tempfile::tempdir().unwrap();
        let mut rng = Rng::with_seed(1);

        let places = Places::find(directory.path(), &[7; 16], &mut rng);

        assert_eq!(places.countries.len(), 60);
        for country in &places.countries {
            assert!(!country.languages.is_empty(), "{}", country.code);
            assert!(country.networks.len() >= 10, "{}", country.code);
            for (_, place) in &country.networks {
                let code = place.country.as_ref().map(|code| code.as_str());
                assert_eq!(code, Some(country.code.as_str()));
                assert!(place.city.is_some() && place.region.is_some() && place.asn.is_some());
            }
        }
        assert!(places.data_centres.len() > 100);
    }
}
