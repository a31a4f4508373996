//! What a number is, and so how it is written.

use serde::Serialize;

/// What a value is, and so how it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = MetricFormat)]
pub enum Format {
    /// A whole number.
    Count,
    /// In the reporting currency.
    Money,
    /// Of a hundred: 2.5 is 2.5 %.
    Percent,
    /// A plain number.
    #[default]
    Ratio,
    /// In seconds.
    Duration,
}

impl Format {
    pub const ALL: &'static [(&'static str, Format)] = &[
        ("count", Format::Count),
        ("money", Format::Money),
        ("percent", Format::Percent),
        ("ratio", Format::Ratio),
        ("duration", Format::Duration),
    ];
}

/// Which way it should go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Better {
    Up,
    Down,
    #[default]
    Neither,
}

impl Better {
    pub const ALL: &'static [(&'static str, Better)] = &[
        ("up", Better::Up),
        ("down", Better::Down),
        ("neither", Better::Neither),
    ];
}
