"""The ten tools over the sandbox, by the official Python client."""

import json
import tempfile
import unittest

import anyio
from mcp import Client, StdioServerParameters

from test_python import BINARY, HANG, texts


class TheSandbox(unittest.TestCase):
    def test_the_ten_tools_do_what_they_do_with_vapi(self):
        for mode in ["legacy", "2026-07-28"]:
            with self.subTest(mode=mode), tempfile.TemporaryDirectory() as folder:
                server = StdioServerParameters(command=BINARY, args=["--sandbox"], env={}, cwd=folder)
                anyio.run(self.life, server, mode)

    async def life(self, server, mode):
        with anyio.fail_after(HANG):
            async with Client(server, mode=mode) as client:
                # In a session it is told the first time, and with what is created; else always.
                first = True

                async def call(tool, /, **arguments):
                    result = await client.call_tool(tool, arguments)
                    self.assertFalse(result.is_error, texts(result))
                    nonlocal first
                    told = "This is the sandbox" in result.content[-1].text
                    due = mode != "legacy" or first or tool.startswith("create_")
                    self.assertEqual(told, due, tool)
                    first = False
                    return json.loads(result.content[0].text)

                [tool] = await call("list_tools")
                self.assertEqual((await call("get_tool", toolId=tool["id"]))["name"], tool["name"])
                [number] = await call("list_phone_numbers")
                shown = await call("get_phone_number", phoneNumberId=number["id"])
                self.assertEqual(shown["phoneNumber"], number["phoneNumber"])
                made = await call("create_assistant", name="Front desk", toolIds=[tool["id"]])
                shown = await call("get_assistant", assistantId=made["id"])
                self.assertEqual(shown["toolIds"], [tool["id"]])
                self.assertEqual((await call("list_assistants"))[0]["id"], made["id"])
                placed = await call(
                    "create_call",
                    assistantId=made["id"],
                    phoneNumberId=number["id"],
                    customer={"number": "+15550100123"},
                )
                ended = await call("wait_for_call", callId=placed["id"])
                self.assertEqual(ended["endedReason"], "customer-ended-call")
                shown = await call("get_call", callId=placed["id"])
                self.assertEqual(shown["transcript"], ended["transcript"])
                listed = await call("list_calls", assistantId=made["id"])
                self.assertEqual([row["id"] for row in listed], [placed["id"]])


if __name__ == "__main__":
    unittest.main()
