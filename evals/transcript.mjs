// A task as text: the wish, each tool call with its result, and the requests to Vapi.

/** The transcript of a task that was played. */
export function transcript({ name, task, steps }) {
  const lines = [`# ${name}`, `user: ${task.wish}`];
  for (const step of steps) {
    lines.push('', `> ${step.tool} ${JSON.stringify(step.arguments)}`);
    for (const { method, path, body } of step.requests) {
      lines.push(`    ${method} ${path}${body === undefined ? '' : ` ${JSON.stringify(body)}`}`);
    }
    const [answer, ...remarks] = step.result.blocks;
    lines.push(`< ${step.result.isError ? 'error: ' : ''}${answer}`);
    for (const line of remarks.join('\n').split('\n').filter(Boolean)) lines.push(`  remark: ${line}`);
  }
  return `${lines.join('\n')}\n`;
}
