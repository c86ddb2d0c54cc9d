//! Connections that fail, and answers that do not come or are too large.

use super::*;

/// What a read with rows, a read of one object and a write tell of a Vapi that answers so.
async fn of_connection(answer: &'static [u8], close: bool, limits: Limits) -> [Outcome; 3] {
    let upstream = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}", upstream.local_addr().unwrap());
    let serving = tokio::spawn(async move {
        let mut open = Vec::new();
        loop {
            let (mut connection, _) = upstream.accept().await.unwrap();
            let mut request = [0; 65536];
            assert!(connection.read(&mut request).await.unwrap() > 0);
            connection.write_all(answer).await.unwrap();
            if !close {
                open.push(connection);
            }
        }
    });
    let outcomes = of_address(uri, limits).await;
    serving.abort();
    outcomes
}

async fn of_address(uri: String, limits: Limits) -> [Outcome; 3] {
    let api = Api::new(uri, limits);
    let (token, guard) = (Token::new(KEY).unwrap(), guard());
    let mut outcomes = Vec::new();
    for tool in ["list_calls", "get_call", "create_call"] {
        let context = context(&api, &token, &guard);
        outcomes.push(call(find(tool).unwrap(), arguments(tool), context).await);
    }
    outcomes.try_into().unwrap()
}

const SHORT: Limits = Limits {
    attempt: Duration::from_millis(400),
    call: Duration::from_secs(20),
    body: 1 << 20,
};

fn assert_told(outcomes: &[Outcome; 3], texts: [&str; 3], remarks: &[String]) {
    for (outcome, text) in outcomes.iter().zip(texts) {
        assert!(outcome.is_error);
        assert_eq!(outcome.text, text);
    }
    assert_eq!(outcomes[0].remarks, Vec::<String>::new());
    assert_eq!(outcomes[1].remarks, Vec::<String>::new());
    assert_eq!(outcomes[2].remarks, remarks);
}

#[tokio::test]
async fn a_vapi_that_does_not_answer_is_told_with_the_time_that_was_waited() {
    let text =
        "Vapi did not answer within 0.4 s\nVapi may be slow or down: https://status.vapi.ai.";
    let outcomes = of_connection(b"", false, SHORT).await;
    assert_told(&outcomes, [text; 3], &[uncertain("list_calls")]);
}

#[tokio::test]
async fn a_connection_cut_inside_an_answer_is_told() {
    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 90\r\n\r\n[{\"id\":";
    let outcomes = of_connection(answer, true, SHORT).await;
    let told = |tried: &str| {
        format!(
            "the connection to Vapi broke before the response was complete: end of file before \
             message length reached\n{tried}Vapi may be slow or down: https://status.vapi.ai."
        )
    };
    let (read, write) = (told("Tried 3 times.\n"), told(""));
    assert_told(
        &outcomes,
        [&read, &read, &write],
        &[uncertain("list_calls")],
    );
}

#[tokio::test]
async fn an_answer_that_is_too_large_says_how_to_ask_for_less_where_one_can() {
    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 99000000\r\n\r\n";
    let outcomes = of_connection(answer, true, SHORT).await;
    let happened = "Vapi's response is larger than 1 MB, the limit\n";
    let list = format!("{happened}Request less: a smaller limit, or a narrower time range.");
    let one =
        format!("{happened}No argument makes the response smaller; use Vapi's dashboard instead.");
    assert_told(&outcomes, [&list, &one, &one], &[uncertain("list_calls")]);
}

#[tokio::test]
async fn a_refused_connection_is_told_and_certainly_did_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let refused = TcpStream::connect(address).await.unwrap_err();
    let text = format!(
        "Vapi could not be reached: {refused}\nTried 3 times.\n\
         Check the network of the machine that runs this server."
    );
    let outcomes = of_address(format!("http://{address}"), SHORT).await;
    assert_told(&outcomes, [&text; 3], &[]);
}
