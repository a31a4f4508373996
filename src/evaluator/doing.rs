//! Runs handed to the editor.

use crate::editor::{EditError, Proposed};
use crate::library::Desk;
use crate::store::error::StoreError;
use crate::store::rules::{Verdict, runs};

/// Does what rules want done.
pub(super) fn edited(desk: &Desk, proposed: Vec<Proposed>) -> Result<(), StoreError> {
    if proposed.is_empty() {
        return Ok(());
    }
    let library = &desk.library;
    let done = library.editor.act(&desk.readers, &library.ids, proposed);
    let done = done.map_err(|error| match error {
        EditError::Store(error) => error,
        error => StoreError::Damaged(error.to_string()),
    })?;
    let news = done.iter().filter(|one| one.verdict != Verdict::Unchanged);
    for one in news {
        tracing::info!(
            rule = one.run.rule_id,
            run = one.run.id.to_row(),
            verdict = one.verdict.as_str(),
            reason = one.reason,
            "a rule acted"
        );
    }
    Ok(())
}

/// Notes what dry rules would do.
pub(super) fn keep_dry(desk: &Desk, dry: &[Proposed]) -> Result<(), StoreError> {
    let would = desk.library.editor.would(&desk.readers, dry)?;
    runs::keep(&desk.writer, &would)?;
    Ok(())
}
