//! The table of clients: where and how each configures its servers, and how it passes the key to
//! them. Source: the documentation of the clients, 2026-11.

use std::path::{Path, PathBuf};

/// The operating system, which determines where configurations are.
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
    /// The system that this program was built for.
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
    /// Its name on the command line.
    pub id: &'static str,
    /// Its display name.
    pub name: &'static str,
    /// Its configuration on Linux, macOS and Windows.
    files: [ConfigPath; 3],
    /// The folder that exists if the client is installed. `None`: the folder of the configuration.
    marker: Option<ConfigPath>,
    /// The variable that sets another folder for the configuration.
    dir_variable: Option<&'static str>,
    /// The format of the configuration.
    pub format: Format,
    /// The top-level key that contains the servers.
    pub servers: &'static str,
    /// The `type` of local and remote servers, if the client needs one.
    pub types: Option<(&'static str, &'static str)>,
    /// How it connects to a remote server.
    pub remote: RemoteSupport,
    /// How it passes the key to a server.
    pub key: KeyDelivery,
}

/// The format of a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JSON, which may have comments and trailing commas.
    Json,
    /// TOML.
    Toml,
}

/// How a client connects to a remote server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemoteSupport {
    /// Directly. The member of this name is the address.
    Native(&'static str),
    /// Through the program `mcp-remote`.
    Bridge,
}

/// How a client passes the key to a server without storing it in the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyDelivery {
    /// It replaces this text with the value of the variable.
    Reference(&'static str),
    /// It asks the user, stores the answer, and replaces this text with it.
    Prompt(&'static str),
    /// The configuration lists the names of variables to pass.
    VariableName,
    /// Local servers inherit its environment; remote ones cannot get the key.
    Inherited,
    /// It cannot.
    Unsupported,
}

/// A base folder of configurations.
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

/// In the folder for application data of each system.
const fn in_app_config(path: &'static str) -> [ConfigPath; 3] {
    [
        ConfigPath(BaseDir::Config, path),
        ConfigPath(BaseDir::Library, path),
        ConfigPath(BaseDir::AppData, path),
    ]
}

/// All supported clients.
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
        // It hides variables whose names look secret from servers, unless they are listed.
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

/// The client with this id.
pub fn find(id: &str) -> Option<&'static Client> {
    CLIENTS.iter().find(|client| client.id == id)
}

/// The folders of a user.
#[derive(Clone, Debug)]
pub struct Folders {
    os: Os,
    home: PathBuf,
    config: PathBuf,
    app_data: PathBuf,
    overrides: Vec<(&'static str, PathBuf)>,
}

impl Folders {
    /// `variable` looks up an environment variable. `None` if there is no home folder.
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
            // The XDG specification requires that relative paths are ignored.
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
    /// The path of its configuration.
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

    /// Whether the client seems to be installed.
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
