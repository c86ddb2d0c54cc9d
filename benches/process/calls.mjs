// A list of 100 ended calls, values invented, size and shape those of real answers: about 40 kB a
// call, because the conversation stands in it four times.

const SAID =
  'Thank you for calling; let me look that up for you, it will take only a moment. ';
const TURNS = 42;

export const COUNT = 100;

export const callId = (number) => `cccccccc-0000-4000-8000-${String(number).padStart(12, '0')}`;

export function calls() {
  return Array.from({ length: COUNT }, (_, number) => call(number));
}

function call(number) {
  const turns = (make) => Array.from({ length: TURNS }, (_, turn) => make(turn));
  const messages = turns((turn) => ({
    role: turn % 2 === 0 ? 'bot' : 'user',
    time: 1_741_082_406_100 + turn,
    endTime: 1_741_082_409_100 + turn,
    message: SAID.repeat(2),
    secondsFromStart: 1.44,
    duration: 3_440.000244140625,
  }));
  const messagesOpenAIFormatted = turns((turn) => ({
    role: turn % 2 === 0 ? 'assistant' : 'user',
    content: SAID.repeat(2),
  }));
  const transcript = `AI: ${SAID}\nUser: ${SAID}\n`.repeat(TURNS / 2);
  return {
    id: callId(number),
    assistantId: 'aaaaaaaa-0000-4000-8000-000000000001',
    phoneNumberId: 'bbbbbbbb-0000-4000-8000-000000000001',
    type: 'outboundPhoneCall',
    startedAt: '2026-03-04T10:00:06.100Z',
    endedAt: '2026-03-04T10:01:10.500Z',
    transcript,
    recordingUrl: 'https://storage.example.com/r.wav',
    summary: SAID,
    createdAt: '2026-03-04T10:00:00.000Z',
    updatedAt: '2026-03-04T10:01:15.000Z',
    orgId: 'eeeeeeee-0000-4000-8000-000000000001',
    cost: 0.1067,
    customer: { number: '+15550100123' },
    status: 'ended',
    endedReason: 'customer-ended-call',
    messages,
    analysis: { summary: SAID, successEvaluation: 'true' },
    artifact: {
      messages,
      messagesOpenAIFormatted,
      transcript,
      variableValues: { name: 'Jeremy', said: SAID },
    },
    monitor: {
      listenUrl: 'wss://listen.example.com/x',
      controlUrl: 'https://control.example.com/x',
    },
    transport: { provider: 'twilio', accountSid: 'x' },
  };
}
