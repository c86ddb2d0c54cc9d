//! Generates the client and the tool catalogue from `spec/` into `OUT_DIR`.

use std::{env, fs, path::Path, process::ExitCode};

use codegen::Generated;

fn main() -> ExitCode {
    println!("cargo::rerun-if-changed=spec");
    let spec = Path::new("spec");
    let written = codegen::generate(spec)
        .and_then(|generated| {
            let demo = codegen::demo::read(&spec.join("demo.toml"), &generated.catalog)?;
            Ok((generated, demo))
        })
        .map_err(|problems| problems.iter().map(ToString::to_string).collect())
        .and_then(|(generated, demo)| {
            write(&generated, &demo)
                .map_err(|error| vec![error])
                .map(|()| generated)
        });
    match written {
        Ok(generated) => {
            report(&generated);
            ExitCode::SUCCESS
        }
        Err(errors) => {
            for error in errors {
                build_print::error!("{error}");
            }
            ExitCode::FAILURE
        }
    }
}

fn write(generated: &Generated, demo: &str) -> Result<(), String> {
    let out = env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?;
    for (file, content) in [
        ("api.rs", generated.client.source.as_bytes()),
        ("catalog.rs", generated.catalog_source.as_bytes()),
        ("operations.rs", generated.operations_source.as_bytes()),
        ("search.bin", &generated.search),
        ("facts.bin", &generated.facts),
        ("answers.rs", generated.answers.as_bytes()),
        ("reasons.rs", generated.reasons.as_bytes()),
        ("sandbox.json", generated.sandbox.as_bytes()),
        ("demo.json", demo.as_bytes()),
    ] {
        let path = Path::new(&out).join(file);
        fs::write(&path, content).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(())
}

fn report(generated: &Generated) {
    for warning in generated.stale().chain(generated.warnings()) {
        build_print::warn!("{warning}");
    }
    build_print::info!(
        "Vapi's API of {}: {} operations, {} tools, {} fixes",
        generated.source.date,
        generated.client.operations,
        generated.catalog.len(),
        generated.applied.len(),
    );
}
