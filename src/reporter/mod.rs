//! Reports: summed by the store, laid out by `report::table`, a few at a time.
//!
//! A report may keep all cores busy for seconds, so only a few run at once and the others wait in a line
//! ([`queue`]). They have readers of their own: whoever looks for a click or a page of a log never
//! waits for one of theirs. Whoever asked may stop waiting; then the work is stopped too.

pub mod queue;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::clock;
use crate::domain::documents::Documents;
use crate::library::Library;
use crate::report::dimension::{DimensionRef, Names};
use crate::report::request::{Interval, Positions, Request};
use crate::report::table::{self, Answer, Groups, Summed, Table};
use crate::report::{Sums, filter::Filter};
use crate::store::ad_names::{self, Named};
use crate::store::error::StoreError;
use crate::store::readers::Readers;
use crate::store::reports::{self, Ask, Grouped, ReportError, Where};
use crate::store::sums::Span;

use self::queue::Queue;

/// Most groups that are summed for one report.
pub const GROUPS_MAX: usize = 2_000_000;

/// Who answers reports.
pub struct Reporter {
    readers: Readers,
    library: Library,
    pub queue: Queue,
}

impl Reporter {
    /// With readers that nobody else uses.
    pub fn new(readers: Readers, library: Library) -> Self {
        Self {
            readers,
            library,
            queue: Queue::default(),
        }
    }

    /// What events, names and metrics requests are read with.
    pub fn documents(&self) -> Arc<Documents> {
        self.library.documents()
    }

    /// A report as it is answered. Takes its time, up to seconds; `stop` ends it.
    pub fn answer(
        &self,
        request: &Request,
        documents: &Arc<Documents>,
        stop: &AtomicBool,
    ) -> Result<Answer, ReportError> {
        let times = request.intervals(clock::now_ms());
        let names = self.names(request, documents)?;
        let table = self.table(request, &names, times, stop)?;
        let currency = self.library.rates.now().reporting();
        Ok(Answer::of(request, &names, table, times, currency))
    }

    /// What the ids of a report are called.
    pub fn names(
        &self,
        request: &Request,
        documents: &Arc<Documents>,
    ) -> Result<Names, ReportError> {
        let dimensions = request.dimensions.iter();
        let named = dimensions.filter_map(|one| Named::of_dimension(one.dimension().key));
        let ads = named.map(|named| Ok((named.dimension(), ad_names::all(&self.readers, named)?)));
        Ok(Names {
            documents: Arc::clone(documents),
            ads: ads.collect::<Result<_, StoreError>>()?,
        })
    }

    /// The rows of a report over a time, and over the one that it is compared with.
    pub fn table(
        &self,
        request: &Request,
        names: &Names,
        (now, before): (Interval, Option<Interval>),
        stop: &AtomicBool,
    ) -> Result<Table, ReportError> {
        let sum = |interval| self.sum(request, &names.documents, interval, stop);
        let summed = sum(now)?;
        let before = match before {
            Some(before) => {
                let positions = Positions::new(&request.dimensions, now, before, request.zone);
                Some((sum(before)?, positions))
            }
            None => None,
        };
        let before = before
            .as_ref()
            .map(|(summed, positions)| (summed, positions));
        Ok(table::build(request, names, &summed, before))
    }

    fn sum(
        &self,
        request: &Request,
        documents: &Documents,
        interval: Interval,
        stop: &AtomicBool,
    ) -> Result<Summed<Grouped>, ReportError> {
        let by = |dimensions| self.group(request, documents, interval, dimensions, stop);
        let of_clicks = match request.needs_both() {
            true => Some(by(&request.dimensions[..request.dimensions_of_clicks()])?),
            false => None,
        };
        Ok(Summed {
            whole: by(&request.dimensions)?,
            of_clicks,
        })
    }

    fn group(
        &self,
        request: &Request,
        documents: &Documents,
        interval: Interval,
        dimensions: &[DimensionRef],
        stop: &AtomicBool,
    ) -> Result<Grouped, ReportError> {
        let test = |filter| move |value: Option<&str>| Filter::holds(filter, value);
        let tests: Vec<_> = request.filters.iter().map(test).collect();
        let filters = request.filters.iter().zip(&tests);
        let ask = Ask {
            span: Span {
                from: interval.from,
                to: interval.to,
            },
            zone: request.zone,
            basis: request.basis,
            dimensions: dimensions.to_vec(),
            filters: filters
                .map(|(filter, holds)| Where {
                    dimension: filter.dimension.clone(),
                    holds,
                })
                .collect(),
            needs: request.needs(),
            most_groups: GROUPS_MAX,
        };
        let rates = Arc::clone(&self.library.rates.now());
        reports::run(&self.readers, documents, &rates, &ask, stop)
    }
}

impl Groups for Grouped {
    fn len(&self) -> usize {
        Grouped::len(self)
    }

    fn value(&self, group: usize, dimension: usize) -> Option<&str> {
        Grouped::value(self, group, dimension)
    }

    fn sums(&self, group: usize) -> Sums {
        Grouped::sums(self, group)
    }
}
