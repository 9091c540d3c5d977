interface Counted {
  text: string;
  promptTokens: number;
  outputTokens: number;
}

const NS_PER_TOKEN = 20_000_000;

/** The closing object: counters in nanoseconds and an empty message. */
export function final(
  operation: 'chat' | 'generate',
  model: string,
  doneReason: 'stop' | 'length' | 'load' | 'unload',
  loadMs: number,
  { promptTokens, outputTokens }: Counted,
): Record<string, unknown> {
  const prompt_eval_duration = promptTokens * 1_000_000;
  const eval_duration = outputTokens * NS_PER_TOKEN;
  const load_duration = Math.round(loadMs * 1e6);
  return {
    model,
    created_at: new Date().toISOString(),
    ...(operation === 'chat' ? { message: { role: 'assistant', content: '' } } : { response: '' }),
    done: true,
    done_reason: doneReason,
    total_duration: load_duration + prompt_eval_duration + eval_duration,
    load_duration,
    ...(outputTokens > 0 && {
      prompt_eval_count: promptTokens,
      prompt_eval_duration,
      eval_count: outputTokens,
      eval_duration,
    }),
  };
}

function line(model: string, content: Record<string, unknown>): string {
  return `${JSON.stringify({ model, created_at: new Date().toISOString(), ...content, done: false })}\n`;
}

/** One line of a chat stream per piece; thinking comes first. */
export function chatLines(model: string, texts: string[], thinking: string | undefined): string[] {
  const message = (content: string, more = {}) =>
    line(model, { message: { role: 'assistant', content, ...more } });
  return [
    ...(thinking === undefined ? [] : [message('', { thinking })]),
    ...texts.map((text) => message(text)),
  ];
}

/** The same for `/api/generate`. */
export function generateLines(model: string, texts: string[], thinking: string | undefined): string[] {
  const first = thinking === undefined ? [] : [line(model, { response: '', thinking })];
  return [...first, ...texts.map((text) => line(model, { response: text }))];
}
