//! The table of clients: where each keeps its servers, in which words, and how it gives a server
//! the key. From the clients' documentation, 2026-11.

use std::path::{Path, PathBuf};

/// The operating system, which decides where settings are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Os {
    /// Linux and other Unixes.
    Linux,
    /// macOS.
    MacOs,
    /// Windows.
    Windows,
}

impl Os {
    /// The one that this program was built for.
    pub fn here() -> Self {
        if cfg!(windows) {
            Self::Windows
        } else if cfg!(target_os = "macos") {
            Self::MacOs
        } else {
            Self::Linux
        }
    }
}

/// One MCP client.
#[derive(Debug)]
pub struct Client {
    /// What it is called on the command line.
    pub id: &'static str,
    /// Its display name.
    pub name: &'static str,
    /// The file with its servers on Linux, macOS and Windows.
    files: [Place; 3],
    /// The folder whose being there says that the client is installed, where it is not the file's.
    sign: Option<Place>,
    /// The variable that names another folder for the file.
    moved_by: Option<&'static str>,
    /// The language of the file.
    pub format: Format,
    /// The key that holds its servers.
    pub servers: &'static str,
    /// The `type` of local and remote servers, where they have one.
    pub types: Option<(&'static str, &'static str)>,
    /// How a remote server is named.
    pub remote: Remote,
    /// How the key comes to a server.
    pub key: Key,
}

/// The language of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JSON, with comments and trailing commas or without.
    Json,
    /// TOML.
    Toml,
}

/// How a client reaches a remote server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remote {
    /// By itself; the address has this name.
    Url(&'static str),
    /// By way of the program `mcp-remote`.
    Bridge,
}

/// How a client gives a server the key without it being written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// It puts the variable's value in for this text.
    Reference(&'static str),
    /// It asks the person, keeps the answer, and puts it in for this text.
    Prompt(&'static str),
    /// It is told the names of variables.
    Named,
    /// Local servers have its own environment; remote ones cannot be given it.
    Inherited,
    /// Not at all.
    Never,
}

/// A folder that others are in.
#[derive(Clone, Copy, Debug)]
enum Base {
    Home,
    /// `XDG_CONFIG_HOME`.
    Config,
    /// `APPDATA`.
    AppData,
    /// `~/Library/Application Support`.
    Library,
}

#[derive(Clone, Copy, Debug)]
struct Place(Base, &'static str);

const fn everywhere(base: Base, path: &'static str) -> [Place; 3] {
    [Place(base, path); 3]
}

/// In the folder for applications of each system.
const fn application(path: &'static str) -> [Place; 3] {
    [
        Place(Base::Config, path),
        Place(Base::Library, path),
        Place(Base::AppData, path),
    ]
}

/// The clients that are known.
pub const CLIENTS: [Client; 8] = [
    Client {
        id: "claude-desktop",
        name: "Claude Desktop",
        files: application("Claude/claude_desktop_config.json"),
        sign: None,
        moved_by: None,
        format: Format::Json,
        servers: "mcpServers",
        types: None,
        remote: Remote::Bridge,
        key: Key::Never,
    },
    Client {
        id: "claude-code",
        name: "Claude Code",
        files: everywhere(Base::Home, ".claude.json"),
        sign: Some(Place(Base::Home, ".claude")),
        moved_by: Some("CLAUDE_CONFIG_DIR"),
        format: Format::Json,
        servers: "mcpServers",
        types: Some(("stdio", "http")),
        remote: Remote::Url("url"),
        key: Key::Reference("${VAPI_TOKEN}"),
    },
    Client {
        id: "cursor",
        name: "Cursor",
        files: everywhere(Base::Home, ".cursor/mcp.json"),
        sign: None,
        moved_by: None,
        format: Format::Json,
        servers: "mcpServers",
        types: None,
        remote: Remote::Url("url"),
        key: Key::Reference("${env:VAPI_TOKEN}"),
    },
    Client {
        id: "windsurf",
        name: "Windsurf",
        files: everywhere(Base::Home, ".codeium/windsurf/mcp_config.json"),
        sign: None,
        moved_by: None,
        format: Format::Json,
        servers: "mcpServers",
        types: None,
        remote: Remote::Url("serverUrl"),
        key: Key::Reference("${env:VAPI_TOKEN}"),
    },
    Client {
        id: "vscode",
        name: "VS Code",
        files: application("Code/User/mcp.json"),
        sign: None,
        moved_by: None,
        format: Format::Json,
        servers: "servers",
        types: Some(("stdio", "http")),
        remote: Remote::Url("url"),
        key: Key::Prompt("${input:vapi-token}"),
    },
    Client {
        id: "codex",
        name: "Codex",
        files: everywhere(Base::Home, ".codex/config.toml"),
        sign: None,
        moved_by: Some("CODEX_HOME"),
        format: Format::Toml,
        servers: "mcp_servers",
        types: None,
        remote: Remote::Url("url"),
        key: Key::Named,
    },
    Client {
        id: "gemini",
        name: "Gemini CLI",
        files: everywhere(Base::Home, ".gemini/settings.json"),
        sign: None,
        moved_by: None,
        format: Format::Json,
        servers: "mcpServers",
        types: None,
        remote: Remote::Url("httpUrl"),
        // It withholds variables with names of secrets from servers unless they are named.
        key: Key::Reference("${VAPI_TOKEN}"),
    },
    Client {
        id: "zed",
        name: "Zed",
        files: [
            Place(Base::Config, "zed/settings.json"),
            Place(Base::Home, ".config/zed/settings.json"),
            Place(Base::AppData, "Zed/settings.json"),
        ],
        sign: None,
        moved_by: None,
        format: Format::Json,
        servers: "context_servers",
        types: None,
        remote: Remote::Url("url"),
        key: Key::Inherited,
    },
];

/// The client of this name.
pub fn find(id: &str) -> Option<&'static Client> {
    CLIENTS.iter().find(|client| client.id == id)
}

/// A person's folders on one machine.
#[derive(Clone, Debug)]
pub struct Folders {
    os: Os,
    home: PathBuf,
    config: PathBuf,
    app_data: PathBuf,
    moved: Vec<(&'static str, PathBuf)>,
}

impl Folders {
    /// Reads them from the environment, which `variable` looks up; `None` without a home.
    pub fn new(os: Os, variable: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let given = |name: &str| {
            let value = variable(name)?;
            let value = value.trim();
            (!value.is_empty()).then(|| PathBuf::from(value))
        };
        let home = given(if os == Os::Windows {
            "USERPROFILE"
        } else {
            "HOME"
        })?;
        let moves = CLIENTS.iter().filter_map(|client| client.moved_by);
        Some(Self {
            os,
            // The standard says that a relative path is to be ignored.
            config: given("XDG_CONFIG_HOME")
                .filter(|path| path.is_absolute())
                .unwrap_or_else(|| home.join(".config")),
            app_data: given("APPDATA").unwrap_or_else(|| home.join("AppData").join("Roaming")),
            moved: moves
                .filter_map(|name| Some((name, given(name)?)))
                .collect(),
            home,
        })
    }

    fn path(&self, Place(base, path): Place) -> PathBuf {
        let base = match base {
            Base::Home => self.home.clone(),
            Base::Config => self.config.clone(),
            Base::AppData => self.app_data.clone(),
            Base::Library => self.home.join("Library").join("Application Support"),
        };
        path.split('/').fold(base, |path, name| path.join(name))
    }

    fn moved(&self, client: &Client) -> Option<&Path> {
        let name = client.moved_by?;
        let found = self.moved.iter().find(|(known, _)| *known == name);
        found.map(|(_, folder)| folder.as_path())
    }
}

impl Client {
    /// The file with its servers.
    pub fn file(&self, folders: &Folders) -> PathBuf {
        let [linux, mac_os, windows] = self.files;
        let usual = folders.path(match folders.os {
            Os::Linux => linux,
            Os::MacOs => mac_os,
            Os::Windows => windows,
        });
        match (folders.moved(self), usual.file_name()) {
            (Some(folder), Some(name)) => folder.join(name),
            _ => usual,
        }
    }

    /// Whether the client has left its traces here.
    pub fn is_installed(&self, folders: &Folders) -> bool {
        let file = self.file(folders);
        if file.exists() {
            return true;
        }
        match self.sign {
            Some(sign) if folders.moved(self).is_none() => folders.path(sign).is_dir(),
            _ => file.parent().is_some_and(Path::is_dir),
        }
    }
}
