// Checks that a task can fail: a judge that accepts a task that was not done is worth nothing.

import { changes, judgeAnswer, judgeOutcome, judgeRequests, judgeState } from './judge.mjs';

/** Changes that no task asks for. */
const FORBIDDEN = [
  { method: 'DELETE', path: '/assistant/unrelated', body: undefined },
  { method: 'POST', path: '/call', body: { customer: { number: '+15550100199' } } },
];

/** What the judge accepts although nothing was done. To be called before the task is played. */
export async function acceptsNothing({ wish, judge }, send) {
  const wrong = [];
  if ((await judgeOutcome(judge, [], '', send)).length === 0) wrong.push('accepts that nothing is done');
  if (judge.sent.some(changes)) {
    const unchanged = judge.after && (await judgeState(judge.after, send));
    if (unchanged?.length === 0) wrong.push('accepts the state before the task as the state after it');
  } else if (judgeAnswer(judge.answer, wish).length === 0) {
    wrong.push('accepts the wish as the answer');
  }
  return wrong.map((it) => `the judge ${it}`);
}

/** What the judge accepts although the outcome of a task is not that of its trace. */
export function acceptsChanged(judge, requests) {
  const wrong = FORBIDDEN.filter((it) => judgeRequests(judge.sent, [...requests, it]).length === 0)
    .map(({ method, path }) => `the forbidden request ${method} ${path}`);
  judge.sent.forEach((expected) => {
    const others = requests.filter((request) => judgeRequests([{ ...expected, times: 1 }], [request]).length > 0);
    if (judgeRequests(judge.sent, others).length === 0) wrong.push(`that this is not sent: ${expected.request}`);
  });
  requests.filter(changes).forEach((request) => {
    const isAccepted = judgeRequests(judge.sent, [...requests, request]).length === 0;
    if (isAccepted) wrong.push(`a repeated ${request.method} ${request.path}`);
  });
  return wrong.map((it) => `the judge accepts ${it}`);
}
