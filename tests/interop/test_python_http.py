"""The official Python client against the server over HTTP, in each way it can open a connection."""

import contextlib
import subprocess
import unittest

from mcp import Client
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client

from test_python import BINARY, HANG, Contract


def texts_of(error):
    """The texts of an error and of all that it holds."""
    inner = getattr(error, "exceptions", [])
    return " ".join([str(error), *map(texts_of, inner)])


class OverHttp(Contract):
    """Each test has a server of its own, for a key that Vapi refused is remembered for a while."""

    def setUp(self):
        super().setUp()
        self.server = subprocess.Popen(
            [BINARY, "http", "--sse", "--drain-seconds", "0", "--listen", "127.0.0.1:0"],
            cwd=self.folder,
            env={"VAPI_API_BASE_URL": self.upstream.url},
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        self.addCleanup(self.stop)
        line = self.server.stdout.readline()
        self.url = line.removeprefix("Serving ").removesuffix("/mcp\n")

    def stop(self):
        self.server.terminate()
        self.server.wait(HANG)
        self.server.stdout.close()

    @contextlib.asynccontextmanager
    async def connected(self, key):
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        async with self.transport(headers) as transport:
            async with Client(transport, mode=self.mode) as client:
                self.assertEqual(client.protocol_version, self.version)
                yield client

    def test_without_a_key_the_tools_are_listed_and_a_call_says_what_to_set(self):
        """Over HTTP every request must bring a key."""

        async def test(client):
            await client.list_tools()
            self.fail("it was let in")

        with self.assertRaises(BaseException) as raised:
            self.run_with_client(test, key=None)
        # The client hides the status in one of its modes.
        self.assertRegex(texts_of(raised.exception), "401|[Uu]nauthorized|error response")
        self.assertEqual(self.upstream.requests(), [])


class Streamable(OverHttp):
    @contextlib.asynccontextmanager
    async def transport(self, headers):
        async with create_mcp_http_client(headers=headers) as http:
            yield streamable_http_client(f"{self.url}/mcp", http_client=http)


class StreamableWithAHandshake(Streamable, unittest.TestCase):
    mode = "legacy"
    version = "2025-11-25"


class StreamableWithoutAHandshake(Streamable, unittest.TestCase):
    mode = "2026-07-28"
    version = "2026-07-28"


class StreamableFindsOutForItself(Streamable, unittest.TestCase):
    mode = "auto"
    version = "2026-07-28"


class Sse(OverHttp, unittest.TestCase):
    mode = "legacy"
    version = "2025-11-25"

    @contextlib.asynccontextmanager
    async def transport(self, headers):
        yield sse_client(f"{self.url}/sse", headers=headers)
