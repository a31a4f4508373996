//! The facts of several bases become one place.

use siphasher::sip128::SipHasher24;

use crate::domain::visitor::{ConnectionType, Country, Place};

use super::connection;
use super::record::Facts;

/// Merges what the bases say, in their order of precedence.
pub fn merge(found: &[Facts], key: &[u8; 16]) -> Place {
    let country = found.iter().find_map(|facts| facts.country);
    let (region, city) = locality(found, country);
    let asn = found.iter().find_map(|facts| facts.asn);
    let isp = pick(found, |facts| facts.isp.as_ref());
    let organisation = pick(found, |facts| facts.organisation.as_ref());
    let proxy = found.iter().find_map(|facts| facts.proxy);

    let connection_type = found
        .iter()
        .find_map(|facts| facts.connection_type)
        .or_else(|| (proxy == Some("hosting")).then_some(ConnectionType::Hosting))
        .or_else(|| connection::guess(asn, isp.or(organisation).map(String::as_str)));

    let mut place = Place {
        fingerprint: 0,
        country,
        region: region.cloned(),
        city: city.cloned(),
        isp: isp.or(organisation).cloned(),
        asn,
        connection_type,
        proxy: proxy.map(str::to_owned),
    };
    place.fingerprint = fingerprint(&place, key);
    place
}

fn pick(found: &[Facts], fact: impl Fn(&Facts) -> Option<&String>) -> Option<&String> {
    found.iter().find_map(fact)
}

/// Region and city from one base that does not contradict the country.
fn locality(found: &[Facts], country: Option<Country>) -> (Option<&String>, Option<&String>) {
    found
        .iter()
        .filter(|facts| facts.country.is_none() || facts.country == country)
        .find(|facts| facts.region.is_some() || facts.city.is_some())
        .map_or((None, None), |facts| {
            (facts.region.as_ref(), facts.city.as_ref())
        })
}

/// SipHash-2-4 with 128 bits over all facts. Equal facts have equal fingerprints, whichever base
/// they came from, on every platform and in every version.
pub fn fingerprint(place: &Place, key: &[u8; 16]) -> u128 {
    let asn = place.asn.map(|asn| asn.to_string());
    let fields = [
        place.country.as_ref().map(Country::as_str),
        place.region.as_deref(),
        place.city.as_deref(),
        place.isp.as_deref(),
        asn.as_deref(),
        place.connection_type.map(ConnectionType::as_str),
        place.proxy.as_deref(),
    ];
    let mut bytes = Vec::with_capacity(128);
    for field in fields {
        // Lengths in front keep ("ab", "c") and ("a", "bc") apart; an absent fact is no empty one.
        match field {
            None => bytes.push(0),
            Some(text) => {
                bytes.push(1);
                bytes.extend_from_slice(&(text.len() as u32).to_le_bytes());
                bytes.extend_from_slice(text.as_bytes());
            }
        }
    }
    SipHasher24::new_with_key(key).hash(&bytes).as_u128()
}
