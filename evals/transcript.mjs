// A task as text: the wish, each tool call with its result, and the requests to Vapi.

/** The transcript of a task that was played. */
export function transcript({ name, profile, wish, steps, answer }) {
  const lines = [`# ${name} (${profile})`, `user: ${wish}`];
  for (const step of steps) {
    lines.push('', `> ${step.tool} ${JSON.stringify(step.arguments)}`);
    for (const { method, path, body } of step.requests) {
      lines.push(`    ${method} ${path}${body === undefined ? '' : ` ${JSON.stringify(body)}`}`);
    }
    const [answer, ...remarks] = step.result.blocks;
    lines.push(`< ${step.result.isError ? 'error: ' : ''}${answer}`);
    for (const line of remarks.join('\n').split('\n').filter(Boolean)) lines.push(`  remark: ${line}`);
  }
  if (answer !== undefined) lines.push('', `assistant: ${answer}`);
  return `${lines.join('\n')}\n`;
}
