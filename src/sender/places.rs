//! How many calls are under way, in all and to each host.

use std::collections::HashMap;

/// Calls at once. Each is a thread that mostly waits.
pub(super) const AT_ONCE: usize = 32;
/// Of them to one host. Eight calls of 100 ms each are 80 a second, which no conversion rate of one
/// source exceeds for long; on a quick line they are thousands, and more would only be felt by who
/// answers.
const PER_HOST: usize = 8;
/// Of them to a host that has not answered the last time: enough to notice that it is back, and so
/// few that a handful of dead ones cannot take all threads.
const PER_SILENT_HOST: usize = 1;

/// Who has which places.
#[derive(Debug, Default)]
pub(super) struct Places {
    calls: usize,
    hosts: HashMap<String, Host>,
}

#[derive(Debug, Default)]
struct Host {
    calls: usize,
    is_silent: bool,
}

impl Places {
    /// How many calls can be begun.
    pub(super) fn room(&self) -> usize {
        AT_ONCE - self.calls
    }

    /// How many of them to this host.
    pub(super) fn room_of(&self, host: &str) -> usize {
        let (calls, most) = match self.hosts.get(host) {
            None => (0, PER_HOST),
            Some(host) if host.is_silent => (host.calls, PER_SILENT_HOST),
            Some(host) => (host.calls, PER_HOST),
        };
        most.saturating_sub(calls)
    }

    pub(super) fn take(&mut self, host: &str) {
        self.calls += 1;
        self.hosts.entry(host.to_owned()).or_default().calls += 1;
    }

    /// A call has ended.
    pub(super) fn leave(&mut self, host: &str, has_answered: bool) {
        if let Some(host) = self.hosts.get_mut(host) {
            host.is_silent = !has_answered;
        }
        self.give_back(host);
    }

    /// A call has not begun.
    pub(super) fn give_back(&mut self, host: &str) {
        self.calls -= 1;
        if let Some(known) = self.hosts.get_mut(host) {
            known.calls -= 1;
            if known.calls == 0 && !known.is_silent {
                self.hosts.remove(host);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_has_a_few_places_and_others_have_the_rest() {
        let mut places = Places::default();
        for _ in 0..PER_HOST {
            assert!(places.room_of("slow.example") > 0);
            places.take("slow.example");
        }

        assert_eq!(places.room_of("slow.example"), 0);
        assert_eq!(places.room_of("quick.example"), PER_HOST);
        assert_eq!(places.room(), AT_ONCE - PER_HOST);
        places.leave("slow.example", true);
        assert_eq!(places.room_of("slow.example"), 1);
    }

    #[test]
    fn a_host_that_does_not_answer_has_one_place_until_it_does() {
        let mut places = Places::default();
        places.take("h");
        places.take("h");

        places.leave("h", false);
        assert_eq!(places.room_of("h"), 0, "the other call is its one");
        places.give_back("h");
        assert_eq!(places.room_of("h"), PER_SILENT_HOST);
        places.take("h");
        places.leave("h", true);
        assert_eq!(places.room_of("h"), PER_HOST);
        assert!(places.hosts.is_empty());
        assert_eq!(places.room(), AT_ONCE);
    }
}
