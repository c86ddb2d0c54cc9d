//! The way to Vapi: certificates and proxies, over real sockets.
use std::{
    fs,
    net::SocketAddr,
    path::PathBuf,
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use crate::support::{KEY, process::command, vapi, wait};
use rcgen::{Certificate, CertificateParams, DnType, KeyPair};
use rustls::{
    ServerConfig,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};
use serde_json::json;
use tempfile::TempDir;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tokio_rustls::TlsAcceptor;
use wiremock::ResponseTemplate;

/// A certificate for this machine that nobody knows, and the file that makes it known.
struct Authority {
    certificate: Certificate,
    key: KeyPair,
    folder: TempDir,
}

impl Authority {
    fn new(name: &str) -> Self {
        let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        let mut params = CertificateParams::new(names).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("ca.pem"), certificate.pem()).unwrap();
        Self {
            certificate,
            key,
            folder,
        }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    fn acceptor(&self) -> TlsAcceptor {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let key = PrivatePkcs8KeyDer::from(self.key.serialize_der());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![self.certificate.der().clone()],
                PrivateKeyDer::Pkcs8(key),
            );
        TlsAcceptor::from(Arc::new(config.unwrap()))
    }
}

/// What listens on a port of this machine, and how many came.
struct Listening {
    address: SocketAddr,
    came: Arc<AtomicUsize>,
}

impl Listening {
    fn came(&self) -> usize {
        self.came.load(Ordering::SeqCst)
    }

    async fn with<F>(serve: impl Fn(TcpStream) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, came) = (
            listener.local_addr().unwrap(),
            Arc::<AtomicUsize>::default(),
        );
        let counter = Arc::clone(&came);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counter.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(stream));
            }
        });
        Self { address, came }
    }

    /// A Vapi with an empty account.
    async fn vapi(authority: &Authority) -> Self {
        let acceptor = authority.acceptor();
        Self::with(move |stream| {
            let acceptor = acceptor.clone();
            async move {
                let Ok(mut stream) = acceptor.accept(stream).await else {
                    return;
                };
                head(&mut stream).await;
                let answer = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\
                              content-length: 2\r\nconnection: close\r\n\r\n[]";
                let _ = stream.write_all(answer.as_bytes()).await;
                let _ = stream.shutdown().await;
            }
        })
        .await
    }

    async fn http_proxy() -> Self {
        Self::with(connect_proxy).await
    }

    async fn https_proxy(authority: &Authority) -> Self {
        let acceptor = authority.acceptor();
        Self::with(move |stream| {
            let acceptor = acceptor.clone();
            async move {
                if let Ok(stream) = acceptor.accept(stream).await {
                    connect_proxy(stream).await;
                }
            }
        })
        .await
    }
}

/// The lines up to an empty one.
async fn head(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut read = Vec::new();
    while !read.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => read.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8(read).unwrap()
}

/// An HTTP proxy that asks for a login.
async fn connect_proxy(mut stream: impl AsyncRead + AsyncWrite + Unpin) {
    let asked = head(&mut stream).await;
    let target = asked.strip_prefix("CONNECT ").unwrap();
    let target = target.split(' ').next().unwrap();
    // "user:pass word"
    if !asked.contains("Basic dXNlcjpwYXNzIHdvcmQ=") {
        let refused = "HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n";
        let _ = stream.write_all(refused.as_bytes()).await;
        return;
    }
    let mut upstream = TcpStream::connect(target).await.unwrap();
    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
    let _ = copy_bidirectional(&mut stream, &mut upstream).await;
}

/// A SOCKS5 proxy that asks for a login, and takes addresses of IPv4 and names.
async fn socks_proxy(mut stream: TcpStream) {
    let mut bytes = [0; 2];
    stream.read_exact(&mut bytes).await.unwrap();
    let mut methods = vec![0; bytes[1].into()];
    stream.read_exact(&mut methods).await.unwrap();
    assert!(methods.contains(&2), "no login is offered: {methods:?}");
    stream.write_all(&[5, 2]).await.unwrap();
    stream.read_exact(&mut bytes).await.unwrap();
    let mut user = vec![0; bytes[1].into()];
    stream.read_exact(&mut user).await.unwrap();
    let length = stream.read_u8().await.unwrap();
    let mut password = vec![0; length.into()];
    stream.read_exact(&mut password).await.unwrap();
    assert_eq!(
        (&user[..], &password[..]),
        (&b"user"[..], &b"pass word"[..])
    );
    stream.write_all(&[1, 0]).await.unwrap();
    let mut request = [0; 4];
    stream.read_exact(&mut request).await.unwrap();
    let host = match request[3] {
        1 => std::net::Ipv4Addr::from(stream.read_u32().await.unwrap()).to_string(),
        3 => {
            let length = stream.read_u8().await.unwrap();
            let mut name = vec![0; length.into()];
            stream.read_exact(&mut name).await.unwrap();
            String::from_utf8(name).unwrap()
        }
        other => panic!("an address of kind {other}"),
    };
    let port = stream.read_u16().await.unwrap();
    let mut upstream = TcpStream::connect((host, port)).await.unwrap();
    stream
        .write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0])
        .await
        .unwrap();
    let _ = copy_bidirectional(&mut stream, &mut upstream).await;
}

/// Runs `vapi-mcp` with these words against a Vapi at this address: whether it went well, standard
/// output, standard error.
async fn run(url: &str, variables: &[(&str, &str)], words: &[&str]) -> (bool, String, String) {
    let folder = TempDir::new().unwrap();
    let mut environment = vec![("VAPI_TOKEN", KEY)];
    if !url.is_empty() {
        environment.push(("VAPI_API_BASE_URL", url));
    }
    environment.extend(variables);
    let mut command = command(folder.path(), &environment);
    let output = wait::output(command.args(words).stdin(Stdio::null())).await;
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.success(),
        text(output.stdout),
        text(output.stderr),
    )
}

const LIST: [&str; 2] = ["call", "list_assistants"];

#[tokio::test]
async fn without_ca_certificates_only_https_fails_and_says_what_to_do() {
    let none = ("SSL_CERT_FILE", "/no/such/file.pem");
    let vapi = vapi(ResponseTemplate::new(200).set_body_json(json!([]))).await;
    let (well, answer, said) = run(&vapi.uri(), &[none], &LIST).await;
    assert!(well, "{said}");
    assert_eq!(answer, "[]\n");

    let (well, _, said) = run("", &[none], &["call", "list_assistants", "--sandbox"]).await;
    assert!(well, "{said}");

    let dial = [
        "call",
        "create_call",
        "assistantId=a5515700-0000-4000-8000-00000000000b",
        "phoneNumberId=a5515700-0000-4000-8000-00000000000b",
        "customer.number=+15550100123",
        "dryRun=true",
    ];
    let (well, _, said) = run("", &[none], &dial).await;
    assert!(well, "{said}");

    let authority = Authority::new("one");
    let vapi = Listening::vapi(&authority).await;
    let url = format!("https://{}", vapi.address);
    let (well, answer, said) = run(&url, &[none], &LIST).await;
    assert!(!well && answer.is_empty());
    for word in ["CA certificate", "ca-certificates", "SSL_CERT_FILE"] {
        assert!(said.contains(word), "{said}");
    }
    assert!(!said.contains("could not be built"), "{said}");
    let (_, report, _) = run(&url, &[none], &["doctor"]).await;
    assert!(
        report.contains("install the package ca-certificates"),
        "{report}"
    );
    assert_eq!(vapi.came(), 0);
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_is_no_fault_of_the_network_and_not_tried_again() {
    let (authority, other) = (Authority::new("one"), Authority::new("other"));
    let vapi = Listening::vapi(&authority).await;
    let file = other.file();
    let certificates = ("SSL_CERT_FILE", file.to_str().unwrap());
    let url = format!("https://{}", vapi.address);
    let (well, _, said) = run(&url, &[certificates], &LIST).await;
    assert!(!well);
    assert!(
        said.contains("no secure connection to Vapi could be made"),
        "{said}"
    );
    assert!(
        said.contains("UnknownIssuer") && said.contains("SSL_CERT_FILE"),
        "{said}"
    );
    for wrong in [
        "could not be reached",
        "Check the network",
        "tries",
        "times",
    ] {
        assert!(!said.contains(wrong), "{said}");
    }
    assert_eq!(vapi.came(), 1);
    let (_, report, _) = run(&url, &[certificates], &["doctor"]).await;
    assert!(!report.contains("check the network"), "{report}");

    // Nor is one for another name, nor a server without TLS.
    let file = authority.file();
    let certificates = ("SSL_CERT_FILE", file.to_str().unwrap());
    let url = format!("https://127.0.0.2:{}", vapi.address.port());
    let plain = Listening::with(|mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    })
    .await;
    let listening = TcpListener::bind(("127.0.0.2", vapi.address.port())).await;
    if let Ok(listener) = listening {
        let acceptor = authority.acceptor();
        let serving = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let _ = acceptor.accept(stream).await;
            listener
        });
        let (_, _, said) = run(&url, &[certificates], &LIST).await;
        assert!(said.contains("no secure connection"), "{said}");
        let listener = wait::within("the request", serving).await.unwrap();
        let again = timeout(Duration::from_millis(10), listener.accept()).await;
        assert!(again.is_err(), "it was tried again");
    }
    let url = format!("https://{}", plain.address);
    let (_, _, said) = run(&url, &[certificates], &LIST).await;
    assert!(said.contains("no secure connection"), "{said}");
    assert_eq!(plain.came(), 1);
}

#[tokio::test]
async fn requests_go_through_a_proxy_of_every_kind() {
    let authority = Authority::new("one");
    let vapi = Listening::vapi(&authority).await;
    let (http, https, socks) = (
        Listening::http_proxy().await,
        Listening::https_proxy(&authority).await,
        Listening::with(socks_proxy).await,
    );
    let file = authority.file();
    let certificates = ("SSL_CERT_FILE", file.to_str().unwrap());
    for (proxy, scheme, host) in [
        (&http, "", "127.0.0.1"),
        (&http, "http://", "127.0.0.1"),
        (&http, "HTTP://", "localhost"),
        (&https, "https://", "127.0.0.1"),
        (&socks, "socks5://", "127.0.0.1"),
        (&socks, "socks5h://", "127.0.0.1"),
        (&socks, "socks5h://", "localhost"),
    ] {
        for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
            let before = (proxy.came(), vapi.came());
            let given = format!("{scheme}user:pass%20word@{}", proxy.address);
            let url = format!("https://{host}:{}", vapi.address.port());
            // What is empty counts as not set.
            let variables = [("HTTPS_PROXY", ""), (name, given.as_str()), certificates];
            let (well, answer, said) = run(&url, &variables, &LIST).await;
            assert!(well, "{name}={given} {said}");
            assert_eq!(answer, "[]\n");
            assert_eq!((proxy.came(), vapi.came()), (before.0 + 1, before.1 + 1));
        }
    }
}

#[tokio::test]
async fn an_address_in_no_proxy_is_reached_without_one() {
    let authority = Authority::new("one");
    let vapi = Listening::vapi(&authority).await;
    let proxy = Listening::http_proxy().await;
    let file = authority.file();
    let certificates = ("SSL_CERT_FILE", file.to_str().unwrap());
    let given = format!("http://{}", proxy.address);
    let address = format!("https://{}", vapi.address);
    let named = format!("https://localhost:{}", vapi.address.port());
    for (name, list, url) in [
        ("NO_PROXY", "example.com, 127.0.0.1", &address),
        ("no_proxy", "127.0.0.0/8", &address),
        ("NO_PROXY", "*", &address),
        ("NO_PROXY", "example.com LOCALHOST", &named),
    ] {
        let variables = [("HTTPS_PROXY", given.as_str()), (name, list), certificates];
        let (well, _, said) = run(url, &variables, &LIST).await;
        assert!(well, "{name}={list} {said}");
    }
    assert_eq!(proxy.came(), 0);
}

#[tokio::test]
async fn a_malformed_proxy_is_refused_and_not_bypassed() {
    let authority = Authority::new("one");
    let vapi = Listening::vapi(&authority).await;
    let file = authority.file();
    let certificates = ("SSL_CERT_FILE", file.to_str().unwrap());
    let url = format!("https://{}", vapi.address);
    for (name, given) in [
        ("HTTPS_PROXY", "ftp://u:s3cret@127.0.0.1:1"),
        ("https_proxy", "http://"),
        ("HTTPS_PROXY", "http//127.0.0.1:1"),
        ("HTTPS_PROXY", "http://127.0.0.1:port"),
        ("ALL_PROXY", "sock5://127.0.0.1:1"),
        ("all_proxy", "socks5://pro xy:1"),
    ] {
        for words in [&LIST[..], &[]] {
            let (well, _, said) = run(&url, &[(name, given), certificates], words).await;
            assert!(!well);
            assert!(said.contains(&format!("{name} cannot be used: ")), "{said}");
            assert!(!said.contains("s3cret"), "{said}");
        }
    }
    // Nobody listens there.
    let refused = [("HTTPS_PROXY", "http://127.0.0.1:1"), certificates];
    let (well, _, said) = run(&url, &refused, &LIST).await;
    assert!(!well && said.contains("could not be reached"), "{said}");
    assert_eq!(vapi.came(), 0);
}

#[cfg(unix)]
#[tokio::test]
async fn a_proxy_that_is_not_text_is_refused() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt};
    let folder = TempDir::new().unwrap();
    let variables = [
        ("VAPI_TOKEN", KEY),
        ("VAPI_API_BASE_URL", "https://127.0.0.1:1"),
    ];
    let mut command = command(folder.path(), &variables);
    command.env("HTTPS_PROXY", OsStr::from_bytes(b"http://\xff:1"));
    let output = wait::output(command.args(LIST)).await;
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("HTTPS_PROXY cannot be used: it is not UTF-8"),
        "{said}"
    );
}
