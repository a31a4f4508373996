//! Who may use the API: whoever has a key, and no page of another site.

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, ResponseError, web};

use super::error::ApiError;
use crate::store::api_keys::ApiKeys;

/// Lets a request through, or answers it. Nothing of the API is kept by caches.
///
/// `web::Data<ApiKeys>` has to be among the application's data; without it nobody gets in.
pub async fn guard<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let is_public = super::api::is_public(request.path());
    let keys = request.app_data::<web::Data<ApiKeys>>();
    let accept = |key: &str| keys.is_some_and(|keys| keys.accept(key));
    let allowed = refuse_foreign_origin(request.headers()).and_then(|()| {
        if is_public {
            Ok(())
        } else {
            authorize(request.headers(), accept)
        }
    });
    if let Err(error) = allowed {
        let answer = error.error_response();
        return Ok(request.into_response(answer).map_into_right_body());
    }
    let mut response = next.call(request).await?;
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response.map_into_left_body())
}

/// Looks for `Authorization: Bearer <key>`; `accept` knows the keys.
pub fn authorize(headers: &HeaderMap, accept: impl Fn(&str) -> bool) -> Result<(), ApiError> {
    let Some(value) = headers.get(header::AUTHORIZATION) else {
        return Err(ApiError::Unauthorized("An API key is missing"));
    };
    let credentials = value
        .to_str()
        .ok()
        .and_then(|text| text.trim().split_once(' '));
    match credentials {
        Some((scheme, key)) if scheme.eq_ignore_ascii_case("bearer") => match accept(key.trim()) {
            true => Ok(()),
            false => Err(ApiError::Unauthorized("This API key is not known here")),
        },
        _ => Err(ApiError::Unauthorized(
            "The Authorization header holds no API key",
        )),
    }
}

/// Browsers name the page that asks in `Origin`; scripts do not. A page of another host (or of
/// none, `null`) is refused.
fn refuse_foreign_origin(headers: &HeaderMap) -> Result<(), ApiError> {
    let Some(origin) = headers.get(header::ORIGIN) else {
        return Ok(());
    };
    let origin = String::from_utf8_lossy(origin.as_bytes());
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let is_own = origin
        .split_once("://")
        .zip(host)
        .is_some_and(|((_, authority), host)| authority.eq_ignore_ascii_case(host));
    match is_own {
        true => Ok(()),
        false => Err(ApiError::ForeignOrigin(origin.chars().take(200).collect())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(rows: &[(&str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in rows {
            let name = header::HeaderName::from_bytes(name.as_bytes()).unwrap();
            headers.insert(name, HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    #[test]
    fn only_a_known_bearer_key_is_let_in() {
        let cases = [
            ("Bearer mr_1", true),
            ("bearer  mr_1 ", true),
            ("Bearer mr_2", false),
            ("Basic mr_1", false),
            ("mr_1", false),
            ("Bearer", false),
        ];
        for (value, is_let_in) in cases {
            let result = authorize(&headers(&[("authorization", value)]), |key| key == "mr_1");
            assert_eq!(result.is_ok(), is_let_in, "{value}");
        }
        assert!(authorize(&HeaderMap::new(), |_| true).is_err());
    }

    #[test]
    fn pages_of_other_hosts_are_refused() {
        let cases = [
            (None, true),
            (Some("https://t.example.com"), true),
            (Some("http://T.example.com"), true),
            (Some("https://t.example.com:8443"), false),
            (Some("https://evil.example"), false),
            (Some("null"), false),
            (Some(""), false),
        ];
        for (origin, is_let_in) in cases {
            let mut rows = vec![("host", "t.example.com")];
            rows.extend(origin.map(|origin| ("origin", origin)));
            assert_eq!(
                refuse_foreign_origin(&headers(&rows)).is_ok(),
                is_let_in,
                "{origin:?}"
            );
        }
    }
}
