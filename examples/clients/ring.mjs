// The steps of the example clients after they have connected: list objects, and place a call.

/** Returns the JSON of the API; throws an error with the text that a model would get. */
async function call(client, name, args = {}) {
  const { content, isError } = await client.callTool({ name, arguments: args });
  if (isError) throw new Error(content[0].text);
  return JSON.parse(content[0].text);
}

/** Calls CUSTOMER_NUMBER with the first assistant and the first phone number of the account. */
export async function ring(client, transport) {
  await client.connect(transport);
  try {
    const { tools } = await client.listTools();
    console.log('Tools:', tools.map((tool) => tool.name).join(', '));

    const [assistant] = await call(client, 'list_assistants');
    const [phoneNumber] = await call(client, 'list_phone_numbers');
    if (!assistant || !phoneNumber) throw new Error('The account has no assistant or no phone number.');
    console.log(`${assistant.name} will call from ${phoneNumber.number ?? phoneNumber.id}.`);

    const number = process.env.CUSTOMER_NUMBER;
    if (!number) return console.log('No call was placed: set CUSTOMER_NUMBER, for example +15550100123.');
    const placed = await call(client, 'create_call', {
      assistantId: assistant.id,
      phoneNumberId: phoneNumber.id,
      customer: { number },
    });
    console.log(`Call ${placed.id}: ${placed.status}`);
  } finally {
    await client.close();
  }
}
