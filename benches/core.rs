//! Benchmarks of the two inner loops: from arguments to a request, and from a response of 4 MB to a
//! result. The latter is compared with `serde_json` skipping the same bytes, which is the minimum
//! cost of validating the JSON.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark may fail"
)]

mod support;

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use peak_alloc::PeakAlloc;
use serde::de::IgnoredAny;
use serde_json::{Value, json};
use support::{calls, widest_list, widest_tool};
use vapi_mcp::{call::arguments, result};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

fn answer(criterion: &mut Criterion) {
    let body = calls(100);
    let view = &widest_list().unwrap().view;
    let options = result::ShowOptions {
        view,
        fields: None,
        limit: 45_000,
        show_secrets: false,
        caller_token: None,
        already_shown: None,
        skip: 0,
    };
    let mut group = criterion.benchmark_group("answer of 100 calls");
    group.throughput(Throughput::Bytes(body.len() as u64));
    group.bench_function("serde_json skips it", |bencher| {
        bencher.iter(|| serde_json::from_slice::<IgnoredAny>(black_box(&body)).unwrap());
    });
    group.bench_function("rows", |bencher| {
        bencher.iter(|| result::show(black_box(&body), &options).unwrap());
    });
    group.bench_function("whole, secrets hidden", |bencher| {
        bencher.iter(|| result::hide_secrets(black_box(&body)).unwrap());
    });
    group.finish();

    MEMORY.reset_peak_usage();
    let before = MEMORY.current_usage();
    let rows = result::show(&body, &options).unwrap().text;
    let peak = MEMORY.peak_usage() - before;
    println!(
        "body {} bytes, rows {} bytes, peak allocation {peak} bytes",
        body.len(),
        rows.len()
    );
}

fn mapping(criterion: &mut Criterion) {
    let tool = widest_tool().unwrap();
    let given = json!({
        "assistantId": "aaaaaaaa-0000-4000-8000-000000000001",
        "phoneNumberId": "bbbbbbbb-0000-4000-8000-000000000001",
        "customer": { "number": "+15550100123", "name": "Jeremy" },
        "scheduledAt": "2027-03-25T22:39:27Z",
        "assistantOverrides": { "variableValues": { "name": "Jeremy" } },
        "metadata": { "order": 1 },
    });
    let Value::Object(given) = given else { return };
    criterion.bench_function("arguments to a request", |bencher| {
        bencher.iter(|| arguments::map(tool, black_box(given.clone())).unwrap());
    });
}

criterion_group!(benches, answer, mapping);
criterion_main!(benches);
