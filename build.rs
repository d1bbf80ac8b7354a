//! Contract in, poem-openapi definitions out. This is the build script of `openapi/definitions`, which is a crate of its
//! own so that an edit of a handler does not compile the definitions again.

use std::path::{Path, PathBuf};
use std::{env, fs, process};

fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec");
    println!("cargo::rerun-if-changed={}", folder.display());
    let contract = match dailies_contract::Contract::read(&folder) {
        Ok(contract) => contract,
        Err(problem) => {
            println!("cargo::error={}", problem.to_string().replace('\n', " "));
            eprintln!("{problem}");
            process::exit(1);
        }
    };
    let output = PathBuf::from(env::var_os("OUT_DIR").expect("cargo gives build scripts an output folder"));
    for file in dailies_contract::generate::files(&contract) {
        fs::write(output.join(&file.name), file.text).expect("the output folder can be written");
    }
    fs::write(
        output.join("bodies.json"),
        dailies_contract::bodies::schemas(&contract).to_string(),
    )
    .expect("the output folder can be written");
    fs::write(output.join("openapi.json"), contract.document.to_string()).expect("the output folder can be written");
}
