//! How a visitor is sent on: the kind of redirect with its settings.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::form::Form;
use crate::domain::problem::Problem;

/// How the browser is told to go on. One file each under `engine/redirect`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RedirectKind {
    /// `302 Found` with a `Location`, or another status of the 300s.
    #[default]
    Http,
    /// A page with a meta refresh.
    Meta,
    /// Two pages of ours one after the other, so that the first referrer is lost.
    DoubleMeta,
    /// A page whose script goes on.
    Js,
    /// A page whose form is sent at once.
    FormPost,
    /// A page that shows the address in a frame over all of it.
    Iframe,
    /// A page that goes on without a referrer.
    NoReferrer,
}

impl RedirectKind {
    pub const ALL: &'static [(&'static str, RedirectKind)] = &[
        ("http", RedirectKind::Http),
        ("meta", RedirectKind::Meta),
        ("double_meta", RedirectKind::DoubleMeta),
        ("js", RedirectKind::Js),
        ("form_post", RedirectKind::FormPost),
        ("iframe", RedirectKind::Iframe),
        ("no_referrer", RedirectKind::NoReferrer),
    ];

    pub(super) fn is_http(&self) -> bool {
        *self == RedirectKind::Http
    }
}

/// A kind of redirect with its settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Way {
    pub kind: RedirectKind,
    /// Of the kind `http`; `None` is 302.
    pub status: Option<u16>,
}

impl Way {
    /// What `status` may be.
    pub const STATUSES: [u16; 4] = [301, 302, 303, 307];

    pub(super) fn read(form: &mut Form<'_>) -> Self {
        let kind = form.choice("redirect", RedirectKind::ALL, RedirectKind::default());
        let Some(sent) = form.value("status") else {
            return Way { kind, status: None };
        };
        if kind != RedirectKind::Http {
            form.problem(
                "status",
                "not_allowed",
                "Only the redirect \"http\" has a status; the others answer with a page. Leave it out.",
            );
        }
        let status = sent
            .as_u64()
            .and_then(|number| u16::try_from(number).ok())
            .filter(|status| Self::STATUSES.contains(status));
        if status.is_none() {
            form.problem(
                "status",
                "invalid",
                format!("{sent} is none of 301, 302, 303, 307."),
            );
        }
        Way { kind, status }
    }

    pub(super) fn remark(self) -> Option<Problem> {
        (self.status == Some(301)).then(|| {
            Problem::new(
                "status",
                "kept_by_browsers",
                "Browsers keep a 301 and go to the address again without asking here: those \
                 visits are not counted and cannot be sent elsewhere. 302 has no such effect.",
            )
        })
    }
}
