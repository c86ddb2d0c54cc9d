"""Connects to `vapi-mcp http` by streamable HTTP and rings somebody.

    pip install "mcp>=2.3"
    VAPI_TOKEN=your-key python streamable_http.py [http://127.0.0.1:8787/mcp]
"""

import asyncio
import json
import os
import sys

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client


async def call(client, name, arguments=None):
    """The JSON of the API; an error is raised with the words that a model would read."""
    result = await client.call_tool(name, arguments or {})
    if result.is_error:
        raise RuntimeError(result.content[0].text)
    return json.loads(result.content[0].text)


async def main():
    url = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8787/mcp"
    headers = {"Authorization": f"Bearer {os.environ['VAPI_TOKEN']}"}
    async with httpx2.AsyncClient(headers=headers, timeout=60) as http:
        async with Client(streamable_http_client(url, http_client=http)) as client:
            tools = (await client.list_tools()).tools
            print("Tools:", ", ".join(tool.name for tool in tools))

            assistants = await call(client, "list_assistants")
            numbers = await call(client, "list_phone_numbers")
            if not assistants or not numbers:
                raise SystemExit("The account has no assistant or no phone number.")
            print(f"{assistants[0]['name']} will call.")

            number = os.environ.get("CUSTOMER_NUMBER")
            if not number:
                return print("No call was placed: set CUSTOMER_NUMBER, for example +15550100123.")
            arguments = {
                "assistantId": assistants[0]["id"],
                "phoneNumberId": numbers[0]["id"],
                "customer": {"number": number},
            }
            placed = await call(client, "create_call", arguments)
            print(f"Call {placed['id']}: {placed['status']}")


asyncio.run(main())
