//! The body of a request as JSON.
//!
//! The threads that read bodies answer clicks too, so what takes long to parse is parsed elsewhere.

use std::future::Future;
use std::pin::Pin;

use actix_web::http::header::{self, HeaderMap};
use actix_web::{FromRequest, HttpMessage, HttpRequest, dev, web};
use serde_json::Value;

use crate::web::error::{ApiError, BODY_MAX};

/// Parsing so many bytes takes less than a millisecond.
const SHORT: usize = 64 * 1024;

/// A document that was sent.
pub(super) struct Document(pub(super) Value);

/// The largest body of a resource, in bytes: to be among its data.
#[derive(Debug, Clone, Copy)]
pub(super) struct BodyMax(pub(super) usize);

impl FromRequest for Document {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            if !is_json(&request) {
                return Err(ApiError::NotJson);
            }
            parse(bytes(&request, payload).await?).await.map(Self)
        })
    }
}

/// A document that may be left out.
pub(super) struct OptionalDocument(pub(super) Option<Value>);

impl FromRequest for OptionalDocument {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let body = bytes(&request, payload).await?;
            match is_json(&request) {
                _ if body.is_empty() => Ok(Self(None)),
                true => parse(body).await.map(|document| Self(Some(document))),
                false => Err(ApiError::NotJson),
            }
        })
    }
}

async fn bytes(request: &HttpRequest, mut payload: dev::Payload) -> Result<web::Bytes, ApiError> {
    let limit = request.app_data().map_or(BODY_MAX, |BodyMax(limit)| *limit);
    if announced(request.headers()).is_some_and(|length| length > limit) {
        return Err(ApiError::TooLarge(limit));
    }
    let payload = web::Payload::from_request(request, &mut payload).await;
    let payload = payload.map_err(|error| ApiError::Malformed(error.to_string()))?;
    let read = payload.to_bytes_limited(limit).await;
    let body = read.map_err(|_| ApiError::TooLarge(limit))?;
    body.map_err(|error| ApiError::Malformed(error.to_string()))
}

fn announced(headers: &HeaderMap) -> Option<usize> {
    headers
        .get(header::CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}

/// `application/json`, or `application/merge-patch+json` and the like.
fn is_json(request: &HttpRequest) -> bool {
    let mime = request.mime_type().ok().flatten();
    mime.is_some_and(|mime| {
        let suffix = mime.suffix().map(|suffix| suffix.as_str());
        mime.subtype() == "json" || suffix == Some("json")
    })
}

async fn parse(body: web::Bytes) -> Result<Value, ApiError> {
    let parsed = match body.len() <= SHORT {
        true => serde_json::from_slice(&body),
        false => web::block(move || serde_json::from_slice(&body)).await?,
    };
    parsed.map_err(|why| ApiError::Malformed(why.to_string()))
}
