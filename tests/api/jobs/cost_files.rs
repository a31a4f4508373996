//! Files of costs.

use serde_json::json;

use super::{all_clicks, clicks, done, micros, set_up, text, undone};

const FILE: &str = "/api/v1/cost-updates/file";

#[test]
fn a_file_of_binom_is_previewed_charged_and_undone_as_one() {
    let (tracker, push, pops) = set_up();
    clicks(&tracker, "/push?sub_id_4=a", 2);
    clicks(&tracker, "/push?sub_id_4=b", 1);
    clicks(&tracker, "/pops", 1);
    let before = all_clicks(&tracker);
    let now = millrace::clock::now_ms();
    // Clicks of a test that runs over midnight would be of another day.
    let day = chrono::DateTime::from_timestamp_millis(now).unwrap();
    let day = day.format("%Y-%m-%d");
    let mut file = "Campaign id;Time zone;Date;Cost;Token number;Token value\n".to_owned();
    for row in [
        format!("{push};UTC;{day};3,00;4;a"),
        format!("{push};UTC;{day};5;4;b"),
        format!("pops;UTC;{day};1;4;nobody"),
    ] {
        file.push_str(&row);
        file.push('\n');
    }
    let wrong = format!("{file}9999;UTC;{day};1\n");

    let (status, preview) = tracker.post(FILE, &json!({"text": wrong, "preview": true}));
    assert_eq!(status, 200, "{preview:#}");
    assert_eq!(
        (&preview["rows"], &preview["unusable"], &preview["clicks"]),
        (&json!(4), &json!(1), &json!(3))
    );
    let items = preview["items"].as_array().unwrap().iter();
    let verdicts: Vec<_> = items
        .map(|row| {
            (
                row["verdict"].as_str().unwrap(),
                row["clicks"].as_u64().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        verdicts,
        [("ok", 2), ("ok", 1), ("no_clicks", 0), ("unusable", 0)]
    );
    assert!(
        preview["items"][3]["reason"]
            .as_str()
            .unwrap()
            .contains("9999")
    );
    let (status, refused) = tracker.post(FILE, &json!({"text": wrong}));
    assert_eq!(
        (status, &refused["error"]["code"]),
        (422, &json!("unusable_row"))
    );
    assert_eq!(all_clicks(&tracker), before);

    let (status, update) = tracker.post(FILE, &json!({"text": wrong, "skip_unusable": true}));
    assert_eq!(status, 202, "{update:#}");
    done(&tracker, &update["job_id"]);
    assert_eq!(micros(&tracker, push), [1_500_000, 1_500_000, 5_000_000]);
    assert_eq!(micros(&tracker, pops), [250_000]);
    let left = "select group_concat(campaign_id || ' ' || amount, '; ') from unassigned_costs";
    assert_eq!(text(&tracker, left), format!("{pops} 1000000"));
    undone(&tracker, &update);
    assert_eq!(all_clicks(&tracker), before);
    assert_eq!(text(&tracker, left), "");
}

#[test]
fn what_is_said_of_one_source_counts_for_it_whatever_is_said_of_all() {
    let (tracker, push, _) = set_up();
    clicks(&tracker, "/push?source=zone7", 1);
    clicks(&tracker, "/push?source=zone8", 1);
    let before = all_clicks(&tracker);
    let now = millrace::clock::now_ms();
    let day = chrono::DateTime::from_timestamp_millis(now).unwrap();
    let day = day.format("%Y-%m-%d");
    let file = format!("campaign,date,cpc,source\npush,{day},4,zone7\npush,{day},1,\n");

    let (status, update) = tracker.post(FILE, &json!({ "text": file }));

    assert_eq!(status, 202, "{update:#}");
    done(&tracker, &update["job_id"]);
    assert_eq!(micros(&tracker, push), [4_000_000, 1_000_000]);
    undone(&tracker, &update);
    assert_eq!(all_clicks(&tracker), before);
}
