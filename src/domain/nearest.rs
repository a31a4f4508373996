//! "Did you mean ...?": the known name nearest to one that is not known.

/// The known name that differs from `name` by the fewest edits (insert, delete, replace, swap two
/// neighbours), if those are few for its length. Upper and lower case count as equal.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name: Vec<char> = name.chars().take(64).flat_map(char::to_lowercase).collect();
    let limit = (name.len() / 3).clamp(1, 3);
    known
        .into_iter()
        .map(|candidate| (distance(&name, candidate), candidate))
        .filter(|(edits, _)| *edits <= limit)
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, candidate)| candidate)
}

/// Optimal string alignment distance, with three rolling rows.
fn distance(from: &[char], to: &str) -> usize {
    let to: Vec<char> = to.chars().flat_map(char::to_lowercase).collect();
    let mut before_last: Vec<usize> = vec![0; to.len() + 1];
    let mut last: Vec<usize> = (0..=to.len()).collect();
    for (row, a) in from.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, b) in to.iter().enumerate() {
            let replaced = last[column] + usize::from(a != b);
            let mut edits = replaced.min(last[column + 1] + 1).min(current[column] + 1);
            if row > 0 && column > 0 && from[row - 1] == *b && *a == to[column - 1] {
                edits = edits.min(before_last[column - 1] + 1);
            }
            current.push(edits);
        }
        before_last = std::mem::replace(&mut last, current);
    }
    last[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_finds_its_name() {
        let known = ["country", "click_id", "sub_id_1", "sub_id_12", "ip", "isp"];
        let cases = [
            ("contry", Some("country")),
            ("ocuntry", Some("country")),
            ("CLICK-ID", Some("click_id")),
            ("sub_id1", Some("sub_id_1")),
            ("isp_", Some("isp")),
            ("fbclid", None),
            ("", None),
            ("zz", None),
        ];
        for (name, expected) in cases {
            assert_eq!(nearest(name, known), expected, "{name}");
        }
    }
}
