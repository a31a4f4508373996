//! What a click kept of its link's parameters, for the steps that come later.

use super::names::{FIELDS, FIRST_NAME, NAMES, ParameterMap};
use crate::domain::visitor::Parameters;

impl ParameterMap {
    /// The value of the parameter that the link called `name`: among those that no name of ours
    /// claimed, else the click parameter that the name fills.
    pub fn kept<'p>(&self, parameters: &'p Parameters, name: &str) -> Option<&'p str> {
        let mut others = parameters.others.iter().rev();
        let other = others.find(|(known, _)| known.eq_ignore_ascii_case(name));
        if let Some((_, value)) = other {
            return Some(value);
        }
        let slot = usize::from(self.slot(name)?);
        if let Some(ours) = slot.checked_sub(FIRST_NAME).and_then(|at| NAMES.get(at)) {
            return parameters.other(ours);
        }
        let Some((field, _)) = FIELDS.get(slot) else {
            let number = slot + 1 - FIELDS.len();
            return parameters.sub_id(u8::try_from(number).ok()?);
        };
        let value = match *field {
            "external_id" => &parameters.external_id,
            "cost" => &parameters.cost,
            "currency" => &parameters.currency,
            "keyword" => &parameters.keyword,
            "source" => &parameters.source,
            "creative_id" => &parameters.creative_id,
            "ad_group_id" => &parameters.ad_group_id,
            "ad_campaign_id" => &parameters.ad_campaign_id,
            _ => return None,
        };
        value.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::detect::params::Query;
    use crate::domain::campaign::ParameterName;

    #[test]
    fn every_parameter_of_the_link_is_found_again_under_its_name_there() {
        let zone = ParameterName {
            name: "zone".to_owned(),
            r#macro: String::new(),
        };
        let names = BTreeMap::from([("source".to_owned(), zone)]);
        let map = ParameterMap::compile(&names).expect("names of the test");
        let raw = "zone=z7&Sub3=three&fbclid=fb&utm_term=word&cost=1&currency=EUR&external_id=e\
                   &creative_id=c&ad_group_id=g&ad_campaign_id=a&sub_id_30=last&keyword=";
        let query = Query::parse(raw);

        let parameters = map.claim(&query);

        for (name, value) in query.iter().filter(|(_, value)| !value.is_empty()) {
            assert_eq!(map.kept(&parameters, name), Some(value), "{name}");
        }
        assert_eq!(map.kept(&parameters, "FBCLID"), Some("fb"));
        assert_eq!(map.kept(&parameters, "absent"), None);
        assert_eq!(map.kept(&parameters, "sub_id_2"), None);
    }
}
