"""The official Python client against the server, in each way it can open a connection."""

import contextlib
import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

import anyio
from mcp import Client, MCPError, StdioServerParameters

HERE = Path(__file__).resolve().parent
BINARY = os.environ.get("VAPI_MCP_BIN") or str(HERE / "../../target/release/vapi-mcp")
TEN_TOOLS = json.loads((HERE / "ten-tools.json").read_text(encoding="utf-8"))
ERRORS = json.loads((HERE / "fixtures.json").read_text(encoding="utf-8"))["errors"]
TOOLS = json.loads(subprocess.check_output([BINARY, "tools", "--json"], env={}, cwd=tempfile.gettempdir()))
"""The definitions that the program itself prints, in the order of the table."""
KEY = "interop-key-1"
HANG = 60
"""No test waits so many seconds unless something hangs."""


class FakeUpstream:
    """The fake upstream of the other tests, run as a program and asked line by line."""

    def __init__(self):
        self.process = subprocess.Popen(
            ["node", "fake-upstream-process.mjs"],
            cwd=HERE,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        self.url = json.loads(self.process.stdout.readline())

    def ask(self, command, argument=None):
        self.process.stdin.write(json.dumps({command: argument}) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    async def wait(self, command, argument):
        """Asks for what has yet to happen, and lets the client go on meanwhile."""
        return await anyio.to_thread.run_sync(self.ask, command, argument, abandon_on_cancel=True)

    def requests(self):
        return self.ask("received", 0)

    def close(self):
        self.process.stdin.close()
        self.process.wait(HANG)
        self.process.stdout.close()


def texts(result):
    return "\n".join(block.text for block in result.content)


def at(record, pointer):
    for key in pointer.split("/")[1:]:
        record = record[int(key) if isinstance(record, list) else key]
    return record


class Contract:
    """What holds in every mode; `mode` and `version` come from the classes below."""

    mode: str
    version: str

    @classmethod
    def setUpClass(cls):
        cls.upstream = FakeUpstream()
        cls.addClassCleanup(cls.upstream.close)
        # Servers read a `.env` file where they start. Here there is none.
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = folder.name

    def setUp(self):
        self.upstream.ask("reset")

    def run_with_client(self, test, key=KEY):
        """Runs an async test with a connected client of its own."""

        async def run():
            with anyio.fail_after(HANG):
                async with self.connected(key) as client:
                    try:
                        return await test(client)
                    except AssertionError as error:
                        # Raised further out, it would come wrapped in groups.
                        return error

        failure = anyio.run(run)
        if failure:
            raise failure

    @contextlib.asynccontextmanager
    async def connected(self, key):
        env = {"VAPI_API_BASE_URL": self.upstream.url}
        if key is not None:
            env["VAPI_TOKEN"] = key
        server = StdioServerParameters(command=BINARY, env=env, cwd=self.folder)
        async with Client(server, mode=self.mode) as client:
            self.assertEqual(client.protocol_version, self.version)
            yield client

    def test_lists_the_ten_tools_and_those_beyond_in_the_order_of_the_table(self):
        async def test(client):
            tools = (await client.list_tools()).tools
            ten = {row["tool"]: row["readOnly"] for row in TEN_TOOLS}
            self.assertEqual([tool.name for tool in tools][: len(ten)], list(ten))
            rows = {tool["name"]: tool["annotations"].get("readOnlyHint", False) for tool in TOOLS} | ten
            self.assertEqual([tool.name for tool in tools], list(rows))
            for tool in tools:
                self.assertTrue(tool.title)
                self.assertTrue(tool.description)
                self.assertEqual(tool.input_schema["type"], "object")
                self.assertIsInstance(tool.input_schema["properties"], dict)
                # The protocol's default is that a tool does not only read.
                self.assertEqual(tool.annotations.read_only_hint or False, rows[tool.name])

        self.run_with_client(test)

    def test_each_tool_sends_one_right_request_and_shows_the_answer(self):
        async def test(client):
            for row in TEN_TOOLS:
                with self.subTest(row["tool"]):
                    self.upstream.ask("reset")
                    result = await client.call_tool(row["tool"], row["arguments"])
                    self.assertFalse(result.is_error, texts(result))
                    self.check_request(row["request"])
                    shown = json.loads(result.content[0].text)
                    self.assertEqual(isinstance(shown, list), row["list"])
                    for pointer in row["keys"]:
                        self.assertIsNotNone(at(shown[0] if row["list"] else shown, pointer))

        self.run_with_client(test)

    def check_request(self, wanted):
        (request,) = self.upstream.requests()
        self.assertEqual({key: request[key] for key in wanted}, wanted)
        headers = request["headers"]
        self.assertEqual(headers["authorization"], f"Bearer {KEY}")
        self.assertEqual(headers["accept"], "application/json")
        self.assertRegex(headers["user-agent"], r"^vapi-mcp/\d+\.\d+\.\d+")

    def test_numbers_keep_their_value_on_the_way_up(self):
        # Python writes 1.0 and big integers as they are, which JavaScript cannot.
        values = {"one": 1.0, "big": 12345678901234567, "sum": 0.1 + 0.2, "small": 5e-324}

        async def test(client):
            overrides = {"variableValues": values}
            result = await client.call_tool("create_call", {"assistantId": "one", "assistantOverrides": overrides})
            self.assertFalse(result.is_error, texts(result))
            (request,) = self.upstream.requests()
            body = json.loads(request["text"])
            self.assertEqual(body, {"assistantId": "one", "assistantOverrides": overrides})

        self.run_with_client(test)

    def test_vapis_errors_become_error_results_in_its_own_words(self):
        async def test(client):
            for name, words in {
                "string": [ERRORS["string"]["body"]["message"]],
                "list": ERRORS["list"]["body"]["message"],
                "missing": [ERRORS["missing"]["body"]["message"]],
                "page": ["500"],
            }.items():
                with self.subTest(name):
                    self.upstream.ask("reset")
                    self.upstream.ask("answer", ERRORS[name])
                    result = await client.call_tool("create_call", {"assistantId": "one"})
                    self.assertTrue(result.is_error)
                    for word in words:
                        self.assertIn(word, texts(result))
                    self.assertNotIn("<", texts(result))
                    self.assertEqual(len(self.upstream.requests()), 1)

        self.run_with_client(test)

    def test_a_refused_key_is_told_in_vapis_words(self):
        async def test(client):
            self.upstream.ask("answer", ERRORS["unauthorized"])
            result = await client.call_tool("create_call", {"assistantId": "one"})
            self.assertTrue(result.is_error)
            self.assertIn(ERRORS["unauthorized"]["body"]["message"], texts(result))
            self.assertEqual(len(self.upstream.requests()), 1)

        self.run_with_client(test)

    def test_an_answer_that_is_no_json_is_an_error_result(self):
        async def test(client):
            self.upstream.ask("answer", {"type": "text/html", "body": "<p>All is well</p>"})
            result = await client.call_tool("get_call", {"callId": "one"})
            self.assertTrue(result.is_error)
            self.assertIn("JSON", texts(result))

        self.run_with_client(test)

    def test_bad_arguments_are_refused_by_name_and_nothing_is_sent(self):
        async def test(client):
            for tool, arguments, name in [
                ("get_call", None, "callId"),
                ("get_call", {"callId": ".."}, "callId"),
                ("list_calls", {"limit": "many"}, "limit"),
                ("create_call", {"assistant_id": "one"}, "assistant_id"),
            ]:
                result = await client.call_tool(tool, arguments)
                self.assertTrue(result.is_error)
                self.assertIn(name, texts(result))
            self.assertEqual(self.upstream.requests(), [])

        self.run_with_client(test)

    def test_an_unknown_tool_is_a_protocol_error(self):
        async def test(client):
            with self.assertRaises(MCPError) as raised:
                await client.call_tool("make_coffee", {})
            self.assertEqual(raised.exception.code, -32602)

        self.run_with_client(test)

    def test_without_a_key_the_tools_are_listed_and_a_call_says_what_to_set(self):
        async def test(client):
            self.assertEqual(len((await client.list_tools()).tools), len(TOOLS))
            result = await client.call_tool("list_assistants", {})
            self.assertTrue(result.is_error)
            self.assertIn("VAPI_TOKEN", texts(result))
            self.assertEqual(self.upstream.requests(), [])

        self.run_with_client(test, key=None)

    def test_calls_run_beside_each_other(self):
        # As many as a key may have on their way at once.
        ids = [f"call-{index}" for index in range(8)]

        async def test(client):
            # None is answered before all have arrived.
            self.upstream.ask("together", len(ids))
            shown = {}

            async def call(call_id):
                result = await client.call_tool("get_call", {"callId": call_id})
                shown[call_id] = json.loads(result.content[0].text)["id"]

            async with anyio.create_task_group() as group:
                for call_id in ids:
                    group.start_soon(call, call_id)
            self.assertEqual(shown, {call_id: call_id for call_id in ids})

        self.run_with_client(test)

    def test_a_cancelled_call_hangs_up_on_the_upstream_and_the_connection_goes_on(self):
        async def test(client):
            self.upstream.ask("answer", "stall")
            async with anyio.create_task_group() as group:
                group.start_soon(client.call_tool, "get_call", {"callId": "slow"})
                await self.upstream.wait("received", 1)
                group.cancel_scope.cancel()
            await self.upstream.wait("dropped", 0)
            self.upstream.ask("reset")
            result = await client.call_tool("get_call", {"callId": "one"})
            self.assertEqual(json.loads(result.content[0].text)["id"], "one")

        self.run_with_client(test)


class WithAHandshake(Contract, unittest.TestCase):
    mode = "legacy"
    version = "2025-11-25"


class WithoutAHandshake(Contract, unittest.TestCase):
    mode = "2026-07-28"
    version = "2026-07-28"


class FindsOutForItself(Contract, unittest.TestCase):
    mode = "auto"
    version = "2026-07-28"
