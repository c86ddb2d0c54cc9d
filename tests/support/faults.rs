//! A Vapi that does everything wrong that a socket can, and counts what reaches it.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
    task::{AbortHandle, JoinSet},
};

/// What is done with a request.
#[derive(Clone, Debug)]
pub enum Act {
    /// It is answered as Vapi would.
    Serve,
    /// These bytes are sent, and then this is done.
    Say(Vec<u8>, Then),
    /// These bytes are sent, one a second.
    Drip(Vec<u8>),
    /// A body of 100 MB, whose length is announced or not.
    Flood { announced: bool },
    /// It arrives, but nobody reads it.
    Unread,
}

/// What is done with a connection after an answer.
#[derive(Clone, Copy, Debug)]
pub enum Then {
    Keep,
    Close,
    Reset,
    /// Nothing more is said.
    Hold,
}

/// An answer with this status line, these headers and this body, whose length is announced.
pub fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let mut answer = format!(
        "HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    answer.extend_from_slice(body);
    answer
}

/// What the first request gets, the second and so on; the last of them goes for all others.
pub fn script(acts: Vec<Act>) -> impl Fn(usize) -> Act + Send + Sync + 'static {
    move |request| acts[request.min(acts.len() - 1)].clone()
}

/// An upstream of which every request that arrives is known, by its bytes as far as they were read.
pub struct Upstream {
    pub address: SocketAddr,
    requests: Arc<Mutex<Vec<Vec<u8>>>>,
    serving: AbortHandle,
    /// Where nobody listens; it keeps others from listening there.
    _refusing: Option<TcpSocket>,
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Upstream {
    /// Does with each request, counted from 0, what `choose` says.
    pub async fn start(choose: impl Fn(usize) -> Act + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (seen, choose) = (requests.clone(), Arc::new(choose));
        let serving = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (connection, _) = listener.accept().await.unwrap();
                let (seen, choose) = (seen.clone(), choose.clone());
                connections.spawn(async move {
                    // A client that goes away is none of our business.
                    let _ = serve(connection, &seen, &*choose).await;
                });
                while connections.try_join_next().is_some() {}
            }
        });
        Self {
            address,
            requests,
            serving: serving.abort_handle(),
            _refusing: None,
        }
    }

    /// Every connection is refused.
    pub fn refusing() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        Self {
            address: socket.local_addr().unwrap(),
            requests: Arc::default(),
            serving: tokio::spawn(async {}).abort_handle(),
            _refusing: Some(socket),
        }
    }

    pub fn uri(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The requests of which anything has arrived.
    pub fn requests(&self) -> Vec<String> {
        let requests = self.requests.lock().unwrap();
        let text = |request: &Vec<u8>| String::from_utf8_lossy(request).into_owned();
        requests.iter().map(text).collect()
    }
}

async fn serve(
    mut connection: TcpStream,
    seen: &Mutex<Vec<Vec<u8>>>,
    choose: &(dyn Fn(usize) -> Act + Send + Sync),
) -> io::Result<()> {
    while connection.peek(&mut [0]).await? > 0 {
        let number = {
            let mut seen = seen.lock().unwrap();
            seen.push(Vec::new());
            seen.len() - 1
        };
        let act = choose(number);
        if matches!(act, Act::Unread) {
            return std::future::pending().await;
        }
        let request = read(&mut connection).await?;
        seen.lock().unwrap()[number].clone_from(&request);
        let then = match act {
            Act::Serve => {
                connection.write_all(&served(&request)).await?;
                Then::Keep
            }
            Act::Say(bytes, then) => {
                connection.write_all(&bytes).await?;
                then
            }
            Act::Drip(bytes) => {
                for byte in bytes {
                    connection.write_all(&[byte]).await?;
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
                Then::Hold
            }
            Act::Flood { announced } => {
                flood(&mut connection, announced).await?;
                Then::Close
            }
            Act::Unread => Then::Hold,
        };
        match then {
            Then::Keep => {}
            Then::Close => return Ok(()),
            Then::Reset => {
                // What was said arrives first: a reset throws away what was not read.
                tokio::time::sleep(Duration::from_millis(50)).await;
                return connection.set_zero_linger();
            }
            Then::Hold => {
                // Until the client closes it.
                while connection.read(&mut [0; 1024]).await? > 0 {}
                return Ok(());
            }
        }
    }
    Ok(())
}

/// A request to its end, or as far as it comes.
async fn read(connection: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut request = Vec::new();
    let mut chunk = [0; 16 << 10];
    while !is_whole(&request) {
        let length = connection.read(&mut chunk).await?;
        if length == 0 {
            break;
        }
        request.extend_from_slice(&chunk[..length]);
    }
    Ok(request)
}

fn is_whole(request: &[u8]) -> bool {
    let Some(head) = request.windows(4).position(|window| window == b"\r\n\r\n") else {
        return false;
    };
    let text = String::from_utf8_lossy(&request[..head]).to_lowercase();
    let length = text
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .map_or(0, |length| length.parse().unwrap());
    request.len() >= head + 4 + length
}

fn served(request: &[u8]) -> Vec<u8> {
    let line = request.split(|&byte| byte == b'\r').next().unwrap();
    let path = line.split(|&byte| byte == b' ').nth(1).unwrap();
    let path = path.split(|&byte| byte == b'?').next().unwrap();
    let is_list =
        line.starts_with(b"GET") && path.iter().filter(|&&byte| byte == b'/').count() == 1;
    let body: &[u8] = if is_list { b"[]" } else { b"{\"id\":\"x1\"}" };
    answer("200 OK", "content-type: application/json\r\n", body)
}

async fn flood(connection: &mut TcpStream, announced: bool) -> io::Result<()> {
    static MEGABYTE: [u8; 1_000_000] = [b' '; 1_000_000];
    if announced {
        connection
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100000000\r\n\r\n")
            .await?;
    } else {
        connection.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
    }
    for _ in 0..100 {
        connection.write_all(&MEGABYTE).await?;
    }
    Ok(())
}
