//! A temporary home folder.

use std::{
    fs,
    path::{Path, PathBuf},
};

use installer::{
    Change, EditError,
    clients::{Client, Folders, Os, find},
    entry::{EntryOptions, Server},
};
use tempfile::TempDir;

pub struct Home {
    pub folder: TempDir,
    os: Os,
}

impl Home {
    pub fn new(os: Os) -> Self {
        let folder = TempDir::new().unwrap();
        Self { folder, os }
    }

    pub fn folders(&self) -> Folders {
        self.with(&[])
    }

    /// With these variables, whose values are below the home.
    pub fn with(&self, variables: &[(&str, &str)]) -> Folders {
        let home = self.folder.path().to_str().unwrap().to_owned();
        Folders::new(self.os, |name| match name {
            "HOME" if self.os != Os::Windows => Some(home.clone()),
            "USERPROFILE" if self.os == Os::Windows => Some(home.clone()),
            name => {
                let found = variables.iter().find(|(known, _)| *known == name);
                found.map(|(_, below)| format!("{home}/{below}"))
            }
        })
        .unwrap()
    }

    pub fn file(&self, client: &str) -> PathBuf {
        find(client).unwrap().file(&self.folders())
    }

    pub fn write(&self, client: &str, text: &str) -> PathBuf {
        let file = self.file(client);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, text).unwrap();
        file
    }

    pub fn read(&self, client: &str) -> String {
        fs::read_to_string(self.file(client)).unwrap()
    }

    /// The installation of the server, which is not written yet.
    pub fn change(&self, client: &str, server: &Server) -> Result<Change, EditError> {
        Change::install(
            known(client),
            &self.folders(),
            server,
            EntryOptions::default(),
        )
    }

    pub fn install(&self, client: &str, server: &Server) {
        self.change(client, server).unwrap().apply().unwrap();
    }

    pub fn remove(&self, client: &str) {
        let change = Change::remove(known(client), &self.folders());
        change.unwrap().apply().unwrap();
    }
}

pub fn known(client: &str) -> &'static Client {
    find(client).unwrap()
}

pub fn local() -> Server {
    Server::Local {
        command: "/opt/vapi-mcp".to_owned(),
    }
}

pub fn sandbox() -> Server {
    Server::Sandbox {
        command: "/opt/vapi-mcp".to_owned(),
    }
}

pub fn remote() -> Server {
    Server::Remote {
        url: "https://mcp.example.com/mcp".to_owned(),
    }
}

pub fn backup(file: &Path) -> PathBuf {
    let name = file.file_name().unwrap().to_str().unwrap();
    file.with_file_name(format!("{name}.before-vapi-mcp"))
}
