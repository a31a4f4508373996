//! Macros that other trackers have and this one has not, each with the reason.

const REASONS: &[(&str, &str)] = &[
    (
        "from_file",
        "no link may show what lies on the server. Write the words out: {sample:a,b,c}",
    ),
    (
        "destination",
        "a link cannot name the address that it is itself, and where a visitor was sent is recorded as {landing_id} and {offer_id}",
    ),
    (
        "offer",
        "offers are reached from a landing, whose links lead to /go of the tracking domain, to /go/2 for the second offer of its flow. Behind a reply or a plain link there is no offer",
    ),
    (
        "token",
        "links to /go need no token but the click id: {click_id}",
    ),
];

/// Why there is no macro of this name, where others have one.
pub(super) fn reason(name: &str) -> Option<&'static str> {
    let mut reasons = REASONS.iter();
    let found = reasons.find(|(foreign, _)| foreign.eq_ignore_ascii_case(name));
    found.map(|(_, reason)| *reason)
}
