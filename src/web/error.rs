//! What an API request that failed is answered: the only place that knows statuses.
//!
//! Every failure has the same shape: `{"error": {"code", "field", "message"}}`; several problems
//! of one document come in `problems`, the first of them in `error` too.

use actix_web::error::BlockingError;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use serde_json::{Value, json};

use crate::domain::problem::Problem;
use crate::editor::{Difference, EditError, User};
use crate::importer::Refused;
use crate::jobs;
use crate::store::error::StoreError;

/// The largest body of an API request, in bytes.
pub const BODY_MAX: usize = 1024 * 1024;
/// The largest body of a request with a file.
pub const FILE_BODY_MAX: usize = crate::importer::FILE_MAX;
/// The largest body of a request about a list.
pub const LIST_BODY_MAX: usize = 16 * 1024 * 1024;

/// Why an API request was not done.
#[derive(Debug, thiserror::Error)]
#[error("{self:?}")]
pub enum ApiError {
    /// The body is not JSON.
    Malformed(String),
    /// The body is larger than so many bytes.
    TooLarge(usize),
    /// The body is not called JSON.
    NotJson,
    /// No key, or none of ours.
    Unauthorized(&'static str),
    /// A page of another site asks.
    ForeignOrigin(String),
    NotFound(String),
    /// With what the address does answer to: `GET, POST`.
    MethodNotAllowed(String),
    /// Problems of the document or of the query.
    Invalid(Vec<Problem>),
    Conflict {
        message: String,
        current: Value,
        differences: Vec<Difference>,
    },
    /// It stands against what is there now.
    Refused {
        code: &'static str,
        message: String,
    },
    /// What is to be archived is named by others.
    InUse {
        message: String,
        users: Vec<User>,
    },
    /// Too much is being done already.
    Busy(String),
    /// It took too long and was given up.
    TooSlow(String),
    /// The storage did not take it; nothing was changed.
    Unavailable,
}

impl ApiError {
    /// Nothing is at this address.
    pub fn no_address(path: &str) -> Self {
        Self::NotFound(format!(
            "There is nothing at {path}; /api/v1/openapi.json lists all addresses."
        ))
    }

    /// One problem of the query or of the document.
    pub fn invalid(field: &str, code: &'static str, message: String) -> Self {
        Self::Invalid(vec![Problem::new(field, code, message)])
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::TooLarge(_) => "too_large",
            Self::NotJson => "not_json",
            Self::Unauthorized(_) => "unauthorized",
            Self::ForeignOrigin(_) => "foreign_origin",
            Self::NotFound(_) => "not_found",
            Self::MethodNotAllowed(_) => "method_not_allowed",
            Self::Invalid(problems) => problems.first().map_or("invalid", |first| first.code),
            Self::Conflict { .. } => "version_conflict",
            Self::Refused { code, .. } => code,
            Self::InUse { .. } => "in_use",
            Self::Busy(_) => "busy",
            Self::TooSlow(_) => "too_slow",
            Self::Unavailable => "storage_unavailable",
        }
    }

    fn message(&self) -> String {
        match self {
            Self::Malformed(why) => format!("The body is not readable JSON: {why}."),
            Self::TooLarge(most) => format!("The body is larger than {most} bytes."),
            Self::NotJson => {
                "The body has to be JSON: send the header Content-Type: application/json."
                    .to_owned()
            }
            Self::Unauthorized(what) => format!(
                "{what}: send the header \"Authorization: Bearer <key>\"; \
                 \"millrace api-key create --name <name>\" makes a key."
            ),
            Self::ForeignOrigin(origin) => {
                format!("A page of {origin} may not use this API; only pages of its own host may.")
            }
            Self::NotFound(message)
            | Self::Conflict { message, .. }
            | Self::Refused { message, .. }
            | Self::InUse { message, .. }
            | Self::Busy(message)
            | Self::TooSlow(message) => message.clone(),
            Self::MethodNotAllowed(allowed) => format!("This address answers to {allowed} only."),
            Self::Invalid(problems) => match problems.first() {
                Some(first) => first.message.clone(),
                None => "The request is not valid.".to_owned(),
            },
            Self::Unavailable => {
                "The storage does not take changes now; nothing was changed, try again.".to_owned()
            }
        }
    }

    fn body(&self) -> Value {
        let mut error = json!({ "code": self.code(), "message": self.message() });
        match self {
            Self::Invalid(problems) => {
                let field = problems.first().map_or("", |first| &first.field);
                error["field"] = json!(field);
                json!({ "error": error, "problems": problems })
            }
            Self::Conflict {
                current,
                differences,
                ..
            } => {
                error["field"] = json!("version");
                error["current"] = current.clone();
                error["differences"] = json!(differences);
                json!({ "error": error })
            }
            Self::InUse { users, .. } => {
                error["users"] = json!(users);
                json!({ "error": error })
            }
            _ => json!({ "error": error }),
        }
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NotJson => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Unauthorized(_) => StatusCode::UNAUTHORIZED,
            Self::ForeignOrigin(_) => StatusCode::FORBIDDEN,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Conflict { .. } | Self::InUse { .. } | Self::Refused { .. } => {
                StatusCode::CONFLICT
            }
            Self::Busy(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::TooSlow(_) | Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        response.insert_header((header::CACHE_CONTROL, "no-store"));
        match self {
            Self::Unauthorized(_) => {
                response.insert_header((header::WWW_AUTHENTICATE, "Bearer realm=\"millrace\""));
            }
            Self::MethodNotAllowed(allowed) => {
                if let Ok(value) = HeaderValue::from_str(allowed) {
                    response.insert_header((header::ALLOW, value));
                }
            }
            Self::Busy(_) => {
                response.insert_header((header::RETRY_AFTER, "5"));
            }
            Self::Unavailable => {
                response.insert_header((header::RETRY_AFTER, "1"));
            }
            _ => {}
        }
        response.json(self.body())
    }
}

impl From<EditError> for ApiError {
    fn from(error: EditError) -> Self {
        match error {
            EditError::NotFound { what, id } => Self::NotFound(format!("There is no {what} {id}.")),
            EditError::Invalid(problems) => Self::Invalid(problems),
            EditError::Conflict {
                sent,
                stored,
                current,
                differences,
            } => Self::Conflict {
                message: format!(
                    "You have edited version {sent}, but version {stored} is stored; \
                     read it again and repeat your changes."
                ),
                current,
                differences,
            },
            EditError::InUse { what, id, users } => Self::InUse {
                message: in_use(what, id, &users),
                users,
            },
            EditError::Store(StoreError::Vault(error)) => Self::Refused {
                code: "key_unusable",
                message: format!("The secret cannot be encrypted: {error}."),
            },
            EditError::Store(_) => Self::Unavailable,
        }
    }
}

/// So many users are named in the sentence; all of them are in the list.
const USERS_TOLD: usize = 5;

fn in_use(what: &str, id: u64, users: &[User]) -> String {
    let told = users.iter().take(USERS_TOLD);
    let mut told: Vec<String> = told
        .map(|user| format!("{} {} ({})", user.what, user.id, user.field))
        .collect();
    if users.len() > USERS_TOLD {
        told.push(format!("{} more", users.len() - USERS_TOLD));
    }
    format!(
        "The {what} {id} is used by {}. Change those first, or archive it all the same with ?force=true.",
        told.join(", ")
    )
}

impl From<Refused> for ApiError {
    fn from(refused: Refused) -> Self {
        let message = refused.to_string();
        match refused {
            Refused::Invalid(problems) => Self::Invalid(problems),
            Refused::Busy(_) => Self::Refused {
                code: "import_running",
                message,
            },
            Refused::Store(error) => error.into(),
        }
    }
}

impl From<jobs::Refused> for ApiError {
    fn from(refused: jobs::Refused) -> Self {
        let message = refused.to_string();
        match refused {
            jobs::Refused::Invalid(problems) => Self::Invalid(problems),
            jobs::Refused::NotFound { .. } => Self::NotFound(message),
            jobs::Refused::Against { code, message } => Self::Refused { code, message },
            jobs::Refused::Store(error) => error.into(),
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "an API request could not be answered");
        Self::Unavailable
    }
}

impl From<BlockingError> for ApiError {
    fn from(_: BlockingError) -> Self {
        Self::Unavailable
    }
}
