//! Other names, other pages, and what is not there.

use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::client::{Server, initialize};
use crate::support::wait;

#[tokio::test]
async fn another_name_or_page_is_refused_on_every_route() {
    let server = Server::start(&["--sse", "--metrics-listen", "127.0.0.1:0"]).await;
    let metrics = server.metrics.clone().unwrap();
    let mut places: Vec<_> = ["/mcp", "/sse", "/messages", "/healthz", "/readyz", "/none"]
        .map(|path| server.at(path))
        .into();
    places.push(metrics);
    for url in places {
        for (name, value) in [
            (header::HOST, "evil.example"),
            (header::HOST, "127.0.0.1.evil.example:80"),
            (header::ORIGIN, "https://evil.example"),
            (header::ORIGIN, "null"),
        ] {
            let is_probe = url.ends_with("z");
            if is_probe && name == header::HOST {
                continue;
            }
            let request = server.http.get(&url).bearer_auth("one").header(name, value);
            let response = request.send().await.unwrap();
            assert_eq!(response.status(), StatusCode::FORBIDDEN, "{url} {value}");
        }
    }
    let preflight = server.http.request(Method::OPTIONS, server.at("/mcp"));
    let preflight = preflight.header(header::ORIGIN, "https://evil.example");
    assert_eq!(
        preflight.send().await.unwrap().status(),
        StatusCode::FORBIDDEN
    );
}

#[tokio::test]
async fn probes_are_answered_whatever_they_call_the_server() {
    let server = Server::start(&["--metrics-listen", "127.0.0.1:0"]).await;
    let metrics = server.metrics.clone().unwrap();
    let beside = metrics.strip_suffix("/metrics").unwrap();
    for root in [server.url.as_str(), beside] {
        for path in ["/healthz", "/readyz", "/readyz/"] {
            for host in [
                "10.244.0.17:8787",
                "[2001:db8::7]:8787",
                "pod.cluster.local",
            ] {
                let probe = server.http.get(format!("{root}{path}"));
                let probe = probe.header(header::HOST, host).send().await.unwrap();
                assert_eq!(probe.status(), StatusCode::OK, "{root}{path} {host}");
            }
            // HAProxy names no host.
            let address = root.strip_prefix("http://").unwrap();
            let mut probe = TcpStream::connect(address).await.unwrap();
            let request = format!("GET {path} HTTP/1.0\r\n\r\n");
            probe.write_all(request.as_bytes()).await.unwrap();
            let mut answer = String::new();
            let read = probe.read_to_string(&mut answer);
            wait::within("the answer", read).await.unwrap();
            assert!(answer.starts_with("HTTP/1.0 200"), "{answer}");
        }
    }
    let mcp = server.post("one", &initialize("2025-06-18"));
    let mcp = mcp.header(header::HOST, "10.244.0.17:8787");
    assert_eq!(mcp.send().await.unwrap().status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn metrics_are_shown_to_who_names_an_address_or_a_known_name() {
    let flags = [
        "--metrics-listen",
        "127.0.0.1:0",
        "--allowed-hosts",
        "mcp.example.com",
    ];
    let server = Server::start(&flags).await;
    for (host, status) in [
        ("10.244.0.17:9464", StatusCode::OK),
        ("[2001:db8::7]:9464", StatusCode::OK),
        ("mcp.example.com", StatusCode::OK),
        ("evil.example", StatusCode::FORBIDDEN),
        ("10.244.0.17.evil.example", StatusCode::FORBIDDEN),
    ] {
        let request = server.http.get(server.metrics.as_ref().unwrap());
        let answer = request.header(header::HOST, host).send().await.unwrap();
        assert_eq!(answer.status(), status, "{host}");
    }
}

#[tokio::test]
async fn an_asterisk_allows_names_below_or_all() {
    for (allowed, host, status) in [
        ("*", "anything.example", StatusCode::OK),
        ("*", "10.9.9.9:80", StatusCode::OK),
        ("*.example.com", "mcp.example.com", StatusCode::OK),
        ("*.example.com", "a.b.example.com:8443", StatusCode::OK),
        ("*.example.com", "example.com", StatusCode::FORBIDDEN),
        (
            "*.example.com",
            "example.com.evil.example",
            StatusCode::FORBIDDEN,
        ),
    ] {
        let server = Server::start(&["--allowed-hosts", allowed]).await;
        let request = server.post("one", &initialize("2025-06-18"));
        let answer = request.header(header::HOST, host).send().await.unwrap();
        assert_eq!(answer.status(), status, "{allowed} {host}");
    }
}

#[tokio::test]
async fn names_and_pages_that_were_allowed_are_let_in() {
    let server = Server::with(
        &["--allowed-hosts", "mcp.example.com,other.example.com:8443"],
        &[(
            "VAPI_MCP_ALLOWED_ORIGINS",
            "https://app.example.com, https://b.example.com",
        )],
    )
    .await;
    for (host, origin, status) in [
        ("mcp.example.com", "https://app.example.com", StatusCode::OK),
        (
            "other.example.com:8443",
            "https://b.example.com",
            StatusCode::OK,
        ),
        ("localhost", "http://localhost:6274", StatusCode::OK),
        (
            "other.example.com",
            "https://app.example.com",
            StatusCode::FORBIDDEN,
        ),
        (
            "mcp.example.com",
            "http://app.example.com",
            StatusCode::FORBIDDEN,
        ),
    ] {
        let request = server.post("one", &initialize("2025-06-18"));
        let request = request
            .header(header::HOST, host)
            .header(header::ORIGIN, origin);
        assert_eq!(
            request.send().await.unwrap().status(),
            status,
            "{host} {origin}"
        );
    }
}

#[tokio::test]
async fn a_page_that_may_ask_can_send_its_token_and_read_its_session() {
    let server = Server::start(&["--allowed-origins", "https://app.example.com"]).await;
    let origin = "https://app.example.com";
    let preflight = server
        .http
        .request(Method::OPTIONS, server.at("/mcp"))
        .header(header::ORIGIN, origin)
        .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST")
        .header(
            header::ACCESS_CONTROL_REQUEST_HEADERS,
            "authorization,mcp-session-id",
        )
        .send()
        .await
        .unwrap();
    assert!(preflight.status().is_success());
    let headers = preflight.headers();
    assert_eq!(headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], origin);
    assert_eq!(
        headers[header::ACCESS_CONTROL_ALLOW_HEADERS],
        "authorization,mcp-session-id"
    );
    for token in ["one", ""] {
        let request = server.post(token, &initialize("2025-06-18"));
        let response = request.header(header::ORIGIN, origin).send().await.unwrap();
        let headers = response.headers();
        assert_eq!(headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], origin);
        let exposed = headers[header::ACCESS_CONTROL_EXPOSE_HEADERS]
            .to_str()
            .unwrap();
        assert!(exposed.contains("mcp-session-id"), "{exposed}");
    }
}

#[tokio::test]
async fn there_is_no_oauth_metadata_and_that_is_said_in_json() {
    let server = Server::start(&[]).await;
    for path in [
        "/.well-known/oauth-protected-resource",
        "/.well-known/oauth-protected-resource/mcp",
        "/.well-known/oauth-authorization-server",
        "/.well-known/openid-configuration",
        "/register",
        "/sse",
        "/",
    ] {
        let response = server.http.get(server.at(path)).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
        assert!(!response.headers().contains_key(header::WWW_AUTHENTICATE));
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["error"], "not_found");
    }
}

#[tokio::test]
async fn a_message_that_is_too_large_is_refused() {
    let server = Server::start(&["--stateless"]).await;
    let padding = "x".repeat(5 << 20);
    let params = json!({ "name": "create_assistant", "arguments": { "name": padding } });
    let response = server.modern("one", "tools/call", params).await;
    assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert!(server.vapi.received_requests().await.unwrap().is_empty());
}
