//! Requests: the times that they are about (`times.rs`), and how they are read (`reading.rs`).

mod reading;
mod times;

use std::sync::Arc;

use serde_json::{Value, json};

use super::Request;
use crate::domain::documents::Documents;
use crate::domain::entity::Entity;
use crate::domain::event::Event;
use crate::domain::problem::Problem;

/// With the own event `deposit`.
fn documents() -> Documents {
    let event = Event::read(&json!({"name": "Deposit", "key": "deposit"})).expect("an event");
    Documents {
        events: [(1, Arc::new(event))].into(),
        ..Documents::default()
    }
}

fn read(document: &Value) -> Result<Request, Vec<Problem>> {
    Request::read(document, &documents())
}

fn asked(document: Value) -> Request {
    read(&document).unwrap_or_else(|problems| panic!("{document}: {problems:?}"))
}
