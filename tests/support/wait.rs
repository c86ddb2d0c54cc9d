//! Waits that end: a test fails with the name of what does not come within a minute.

use std::{process::Output, time::Duration};

use tokio::{
    process::Command,
    time::{sleep, timeout},
};

/// Longer than anything takes that does not hang, however busy the machine is.
pub const HANG: Duration = Duration::from_secs(60);

/// What this future returns.
pub async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    match timeout(HANG, future).await {
        Ok(value) => value,
        Err(_) => panic!("waited {HANG:?} for {what}"),
    }
}

/// Returns as soon as the condition is met.
pub async fn until(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let met = async {
        while !condition().await {
            sleep(Duration::from_millis(10)).await;
        }
    };
    within(what, met).await;
}

/// What the program has written when it has ended; it is killed if it does not end.
#[allow(clippy::disallowed_methods, reason = "the wait is bounded here")]
pub async fn output(command: &mut Command) -> Output {
    let output = command.kill_on_drop(true).output();
    within("the end of the program", output).await.unwrap()
}
