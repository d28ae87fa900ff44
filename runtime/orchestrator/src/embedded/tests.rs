//! A whole network in this process.

use super::*;
use crate::plan::Overrides;
use gm_chain::config::Project;

async fn network(clock: &str) -> Running {
    let yaml =
        format!("version: 1\nname: wear\nchain: {{ chain_id: 202402181627 }}\nclock: {clock}\n");
    let project = Project::parse(yaml.as_bytes(), "gm.yaml").unwrap();
    let overrides = Overrides { ephemeral: true, port: Some(0), ..Overrides::default() };
    let plan = Plan::new(&project, Path::new("/nowhere"), &overrides).unwrap();
    launch(plan, |event| println!("{event:?}")).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ephemeral_network_starts_and_stops() {
    for clock in ["instant", "interval"] {
        let begun = Instant::now();
        let running = network(clock).await;
        println!("{clock}: {:?}", begun.elapsed());
        assert_eq!(running.manifest().chains.len(), 3);
        running.shutdown().await;
    }
}
