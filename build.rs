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
    for (file, source) in [
        ("api.rs", generated.client.source.as_str()),
        ("catalog.rs", &generated.catalog_source),
        ("answers.rs", &generated.answers),
        ("reasons.rs", &generated.reasons),
        ("document.json", &generated.sandbox),
        ("demo.json", demo),
    ] {
        let path = Path::new(&out).join(file);
        fs::write(&path, source).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(())
}

fn report(generated: &Generated) {
    for stale in generated.stale() {
        build_print::warn!("{stale}");
    }
    build_print::info!(
        "Vapi's API of {}: {} operations, {} tools, {} fixes",
        generated.source.date,
        generated.client.operations,
        generated.catalog.len(),
        generated.applied.len(),
    );
}
