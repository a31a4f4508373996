//! Country of the visitor.

use serde_json::{Value, json};

use super::super::texts::UNKNOWN;
use super::super::values::{self, Split};
use super::super::{Condition, FilterKind, Input, Lists, condition};
use crate::domain::problem::Problem;
use crate::domain::visitor::Country;

/// ISO 3166-1 alpha-2 in full, and `XK` (Kosovo), which geo bases use too.
const CODES: &str = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL \
BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK \
DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU \
GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ \
LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY \
MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU \
RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO \
TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW";

/// Visitors from certain countries.
pub(super) struct CountryFilter;

impl FilterKind for CountryFilter {
    fn key(&self) -> &'static str {
        "country"
    }

    fn label(&self) -> &'static str {
        "Country"
    }

    fn help(&self) -> &'static str {
        "Country of the address, by its two letters of ISO 3166; a pasted \"US ES GB\" is taken too. \"unknown\" is for addresses that no base knows"
    }

    fn example(&self) -> Value {
        json!(["US", "CA"])
    }

    fn input(&self) -> Input {
        Input::Countries
    }

    fn compile(&self, value: &Value, lists: &Lists) -> Result<Box<dyn Condition>, Vec<Problem>> {
        let mut set = Set::default();
        for country in values::list(value, lists, Split::Words, read)? {
            set.insert(country);
        }
        Ok(condition(
            move |asked| set.contains(asked.visitor().place.country),
            |asked| match &asked.visitor().place.country {
                Some(country) => country.as_str().to_owned(),
                None => UNKNOWN.to_owned(),
            },
        ))
    }
}

/// A country, or `None` for `unknown`.
fn read(text: &str) -> Result<Option<Country>, String> {
    if text.eq_ignore_ascii_case(UNKNOWN) {
        return Ok(None);
    }
    match Country::parse(text) {
        Some(country) if CODES.split(' ').any(|code| code == country.as_str()) => Ok(Some(country)),
        Some(country) if country.as_str() == "UK" => {
            Err("The code of the United Kingdom is \"GB\", not \"UK\".".to_owned())
        }
        _ => Err(format!(
            "\"{text}\" is no country code. Write two letters of ISO 3166, such as \"US\", or \"unknown\"."
        )),
    }
}

/// A bit for each pair of letters, and one for "not known".
#[derive(Default)]
struct Set {
    bits: [u64; 11],
    unknown: bool,
}

impl Set {
    fn place(country: Country) -> Option<(usize, u64)> {
        let [first, second] = country.as_str().as_bytes() else {
            return None;
        };
        let letter = |byte: &u8| byte.checked_sub(b'A').map(usize::from);
        let index = letter(first)? * 26 + letter(second)?;
        Some((index / 64, 1 << (index % 64)))
    }

    fn insert(&mut self, country: Option<Country>) {
        match country.and_then(Self::place) {
            Some((word, bit)) => self.bits[word] |= bit,
            None => self.unknown = true,
        }
    }

    fn contains(&self, country: Option<Country>) -> bool {
        match country.and_then(Self::place) {
            Some((word, bit)) => self.bits[word] & bit != 0,
            None => self.unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::visitor::DeviceType;
    use crate::engine::testing::{asking, visitor};

    fn matches(value: Value, country: &str) -> bool {
        let condition = CountryFilter.compile(&value, &Lists::default());
        let condition = condition.expect("it compiles");
        asking(&visitor(country, DeviceType::Mobile), 1, |asked| {
            condition.matches(asked)
        })
    }

    #[test]
    fn a_visitor_matches_by_country() {
        assert!(matches(json!(["US", "de"]), "DE"));
        assert!(!matches(json!(["US", "CA"]), "DE"));
        assert!(matches(json!("US, ES\nDE gb"), "GB"));
    }

    #[test]
    fn an_unknown_country_matches_only_unknown() {
        assert!(matches(json!(["unknown", "US"]), ""));
        assert!(!matches(json!(["US"]), ""));
        assert!(!matches(json!(["unknown"]), "US"));
    }

    #[test]
    fn a_code_that_no_country_has_is_refused_with_the_way_out() {
        let message = |code: &str| read(code).expect_err("no code");

        assert!(message("UK").contains("GB"));
        assert!(message("USA").contains("\"USA\""));
        assert!(message("ZZ").contains("\"ZZ\""));
    }

    #[test]
    fn every_code_has_a_bit_of_its_own() {
        for code in CODES.split(' ') {
            for other in CODES.split(' ') {
                let mut set = Set::default();
                set.insert(Country::parse(code));
                assert_eq!(set.contains(Country::parse(other)), code == other);
            }
        }
    }
}
