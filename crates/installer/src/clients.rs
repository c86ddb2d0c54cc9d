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
    files: [ConfigPath; 3],
    /// The folder whose being there says that the client is installed, where it is not the file's.
    marker: Option<ConfigPath>,
    /// The variable that names another folder for the file.
    dir_variable: Option<&'static str>,
    /// The language of the file.
    pub format: Format,
    /// The key that holds its servers.
    pub servers: &'static str,
    /// The `type` of local and remote servers, where they have one.
    pub types: Option<(&'static str, &'static str)>,
    /// How a remote server is named.
    pub remote: RemoteSupport,
    /// How the key comes to a server.
    pub key: KeyDelivery,
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
pub enum RemoteSupport {
    /// By itself; the address has this name.
    Native(&'static str),
    /// By way of the program `mcp-remote`.
    Bridge,
}

/// How a client gives a server the key without it being written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyDelivery {
    /// It puts the variable's value in for this text.
    Reference(&'static str),
    /// It asks the person, keeps the answer, and puts it in for this text.
    Prompt(&'static str),
    /// It is told the names of variables.
    VariableName,
    /// Local servers have its own environment; remote ones cannot be given it.
    Inherited,
    /// Not at all.
    Unsupported,
}

/// A folder that others are in.
#[derive(Clone, Copy, Debug)]
enum BaseDir {
    Home,
    /// `XDG_CONFIG_HOME`.
    Config,
    /// `APPDATA`.
    AppData,
    /// `~/Library/Application Support`.
    Library,
}

#[derive(Clone, Copy, Debug)]
struct ConfigPath(BaseDir, &'static str);

const fn on_every_system(base: BaseDir, path: &'static str) -> [ConfigPath; 3] {
    [ConfigPath(base, path); 3]
}

/// In the folder for applications of each system.
const fn in_app_config(path: &'static str) -> [ConfigPath; 3] {
    [
        ConfigPath(BaseDir::Config, path),
        ConfigPath(BaseDir::Library, path),
        ConfigPath(BaseDir::AppData, path),
    ]
}

/// The clients that are known.
pub const CLIENTS: [Client; 8] = [
    Client {
        id: "claude-desktop",
        name: "Claude Desktop",
        files: in_app_config("Claude/claude_desktop_config.json"),
        marker: None,
        dir_variable: None,
        format: Format::Json,
        servers: "mcpServers",
        types: None,
        remote: RemoteSupport::Bridge,
        key: KeyDelivery::Unsupported,
    },
    Client {
        id: "claude-code",
        name: "Claude Code",
        files: on_every_system(BaseDir::Home, ".claude.json"),
        marker: Some(ConfigPath(BaseDir::Home, ".claude")),
        dir_variable: Some("CLAUDE_CONFIG_DIR"),
        format: Format::Json,
        servers: "mcpServers",
        types: Some(("stdio", "http")),
        remote: RemoteSupport::Native("url"),
        key: KeyDelivery::Reference("${VAPI_TOKEN}"),
    },
    Client {
        id: "cursor",
        name: "Cursor",
        files: on_every_system(BaseDir::Home, ".cursor/mcp.json"),
        marker: None,
        dir_variable: None,
        format: Format::Json,
        servers: "mcpServers",
        types: None,
        remote: RemoteSupport::Native("url"),
        key: KeyDelivery::Reference("${env:VAPI_TOKEN}"),
    },
    Client {
        id: "windsurf",
        name: "Windsurf",
        files: on_every_system(BaseDir::Home, ".codeium/windsurf/mcp_config.json"),
        marker: None,
        dir_variable: None,
        format: Format::Json,
        servers: "mcpServers",
        types: None,
        remote: RemoteSupport::Native("serverUrl"),
        key: KeyDelivery::Reference("${env:VAPI_TOKEN}"),
    },
    Client {
        id: "vscode",
        name: "VS Code",
        files: in_app_config("Code/User/mcp.json"),
        marker: None,
        dir_variable: None,
        format: Format::Json,
        servers: "servers",
        types: Some(("stdio", "http")),
        remote: RemoteSupport::Native("url"),
        key: KeyDelivery::Prompt("${input:vapi-token}"),
    },
    Client {
        id: "codex",
        name: "Codex",
        files: on_every_system(BaseDir::Home, ".codex/config.toml"),
        marker: None,
        dir_variable: Some("CODEX_HOME"),
        format: Format::Toml,
        servers: "mcp_servers",
        types: None,
        remote: RemoteSupport::Native("url"),
        key: KeyDelivery::VariableName,
    },
    Client {
        id: "gemini",
        name: "Gemini CLI",
        files: on_every_system(BaseDir::Home, ".gemini/settings.json"),
        marker: None,
        dir_variable: None,
        format: Format::Json,
        servers: "mcpServers",
        types: None,
        remote: RemoteSupport::Native("httpUrl"),
        // It withholds variables with names of secrets from servers unless they are named.
        key: KeyDelivery::Reference("${VAPI_TOKEN}"),
    },
    Client {
        id: "zed",
        name: "Zed",
        files: [
            ConfigPath(BaseDir::Config, "zed/settings.json"),
            ConfigPath(BaseDir::Home, ".config/zed/settings.json"),
            ConfigPath(BaseDir::AppData, "Zed/settings.json"),
        ],
        marker: None,
        dir_variable: None,
        format: Format::Json,
        servers: "context_servers",
        types: None,
        remote: RemoteSupport::Native("url"),
        key: KeyDelivery::Inherited,
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
    overrides: Vec<(&'static str, PathBuf)>,
}

impl Folders {
    /// Reads them from the environment, which `variable` looks up; `None` without a home.
    pub fn new(os: Os, variable: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let path_of = |name: &str| {
            let value = variable(name)?;
            let value = value.trim();
            (!value.is_empty()).then(|| PathBuf::from(value))
        };
        let home = path_of(if os == Os::Windows {
            "USERPROFILE"
        } else {
            "HOME"
        })?;
        let moves = CLIENTS.iter().filter_map(|client| client.dir_variable);
        Some(Self {
            os,
            // The standard says that a relative path is to be ignored.
            config: path_of("XDG_CONFIG_HOME")
                .filter(|path| path.is_absolute())
                .unwrap_or_else(|| home.join(".config")),
            app_data: path_of("APPDATA").unwrap_or_else(|| home.join("AppData").join("Roaming")),
            overrides: moves
                .filter_map(|name| Some((name, path_of(name)?)))
                .collect(),
            home,
        })
    }

    fn path(&self, ConfigPath(base, path): ConfigPath) -> PathBuf {
        let base = match base {
            BaseDir::Home => self.home.clone(),
            BaseDir::Config => self.config.clone(),
            BaseDir::AppData => self.app_data.clone(),
            BaseDir::Library => self.home.join("Library").join("Application Support"),
        };
        path.split('/').fold(base, |path, name| path.join(name))
    }

    fn override_of(&self, client: &Client) -> Option<&Path> {
        let name = client.dir_variable?;
        let found = self.overrides.iter().find(|(known, _)| *known == name);
        found.map(|(_, folder)| folder.as_path())
    }
}

impl Client {
    /// The file with its servers.
    pub fn file(&self, folders: &Folders) -> PathBuf {
        let [linux, mac_os, windows] = self.files;
        let default = folders.path(match folders.os {
            Os::Linux => linux,
            Os::MacOs => mac_os,
            Os::Windows => windows,
        });
        match (folders.override_of(self), default.file_name()) {
            (Some(folder), Some(name)) => folder.join(name),
            _ => default,
        }
    }

    /// Whether the client has left its traces here.
    pub fn is_installed(&self, folders: &Folders) -> bool {
        let file = self.file(folders);
        if file.exists() {
            return true;
        }
        match self.marker {
            Some(marker) if folders.override_of(self).is_none() => folders.path(marker).is_dir(),
            _ => file.parent().is_some_and(Path::is_dir),
        }
    }
}
