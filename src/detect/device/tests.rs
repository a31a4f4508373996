use super::*;
#[test]
fn print_table() {
    let d = Devices::new(&[7; 16], Arc::new(BotRules::compile(&[], &[]).unwrap()));
    for line in std::fs::read_to_string("tests/fixtures/user-agents.tsv")
        .unwrap()
        .lines()
        .skip(1)
    {
        let c: Vec<&str> = line.split('\t').collect();
        let a = d.observe(&Headers::new([("user-agent", c[4].as_bytes())]));
        println!(
            "{}|{}|{:?}|{:?}|{:?} {:?}|{:?} {:?}|{:?}|{:?}|{}",
            c[1],
            a.device_type.as_str(),
            a.brand.as_deref().unwrap_or("-"),
            a.model.as_deref().unwrap_or("-"),
            a.os.as_deref().unwrap_or("-"),
            a.os_version.as_deref().unwrap_or("-"),
            a.browser.as_deref().unwrap_or("-"),
            a.browser_version.as_deref().unwrap_or("-"),
            a.in_app.as_deref().unwrap_or("-"),
            a.bot,
            c[4]
        );
    }
}
