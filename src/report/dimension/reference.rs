//! A dimension by its key.

use std::fmt::{self, Display, Formatter};

use super::{Dimension, Of};
use crate::domain::nearest::nearest;

/// A dimension, and the name of what is kept, if it is about that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DimensionRef {
    dimension: &'static Dimension,
    name: Option<String>,
}

/// No dimension has this key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no dimension \"{key}\"{}", meant(*nearest))]
pub struct UnknownDimension {
    pub key: String,
    /// What was probably meant.
    pub nearest: Option<&'static str>,
}

fn meant(nearest: Option<&str>) -> String {
    nearest.map_or(String::new(), |name| format!("; did you mean \"{name}\"?"))
}

impl DimensionRef {
    /// `country`, or `kept:plan`.
    pub fn parse(key: &str) -> Result<DimensionRef, UnknownDimension> {
        let (word, name) = match key.split_once(':') {
            Some((word, name)) => (word, Some(name)),
            None => (key, None),
        };
        let found = match name {
            Some("") => None,
            Some(_) => super::of_kept().find(|dimension| dimension.key == word),
            None => super::find(key),
        };
        let dimension = found.ok_or_else(|| UnknownDimension {
            key: key.to_owned(),
            nearest: match name {
                Some(_) => nearest(word, super::of_kept().map(|dimension| dimension.key)),
                None => super::nearest(key),
            },
        })?;
        let name = name.map(str::to_owned);
        Ok(DimensionRef { dimension, name })
    }

    pub fn dimension(&self) -> &'static Dimension {
        self.dimension
    }

    /// The name of what is kept, if that is what it is about.
    pub fn kept(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// How people call it.
    pub fn label(&self) -> String {
        match &self.name {
            Some(name) => format!("{} {name}", self.dimension.label),
            None => self.dimension.label.to_owned(),
        }
    }

    pub fn of(&self) -> Of {
        self.dimension.fact.of()
    }
}

impl Display for DimensionRef {
    /// Its key.
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        out.write_str(self.dimension.key)?;
        match &self.name {
            Some(name) => write!(out, ":{name}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_reads_back() {
        let kept = super::super::of_kept().map(|dimension| format!("{}:plan", dimension.key));
        let keys = super::super::all().map(|dimension| dimension.key.to_owned());
        for key in keys.chain(kept) {
            let found = DimensionRef::parse(&key).map(|dimension| dimension.to_string());
            assert_eq!(found, Ok(key));
        }
        let kept = DimensionRef::parse("kept:plan:b").expect("a dimension");
        assert_eq!((kept.kept(), kept.of()), (Some("plan:b"), Of::Conversion));
    }

    #[test]
    fn an_unknown_key_names_the_nearest() {
        for (key, expected) in [
            ("contry", Some("country")),
            ("kept", None),
            ("kept:", Some("kept")),
            ("keept:plan", Some("kept")),
            ("country:plan", None),
            ("zzzzzz", None),
        ] {
            let unknown = DimensionRef::parse(key).expect_err(key);
            assert_eq!(unknown.nearest, expected, "{key}");
        }
    }
}
