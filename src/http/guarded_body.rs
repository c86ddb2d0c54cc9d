//! A response body that keeps a value until it has been sent or dropped.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};

/// A body, and a value that is dropped with it.
pub(super) struct GuardedBody<T> {
    body: Body,
    _guard: T,
}

impl<T: Send + Unpin + 'static> GuardedBody<T> {
    /// Drops `guard` together with the body.
    pub(super) fn wrap(body: Body, guard: T) -> Body {
        Body::new(Self {
            body,
            _guard: guard,
        })
    }
}

impl<T: Unpin> HttpBody for GuardedBody<T> {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.get_mut().body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
