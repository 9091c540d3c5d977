import { createInterface } from 'node:readline/promises';

export interface OfferOptions {
  /** Where Ollama is looked for; its usual address unless a test says otherwise. */
  url?: string;
  /** Whether somebody is there to be asked. */
  asks: boolean;
  say: (line: string) => void;
  signal: AbortSignal;
  input?: NodeJS.ReadableStream;
  output?: NodeJS.WritableStream;
}

const USUAL = 'http://127.0.0.1:11434';
const LOOK_MS = 500;

/** The address of a real Ollama on this machine, if there is one and the person wants it in place of the stand-in. */
export async function offerOllama(options: OfferOptions): Promise<string | undefined> {
  const { url = USUAL, asks, say, signal, input = process.stdin, output = process.stdout } = options;
  if (!(await answers(url))) return undefined;
  if (!asks) {
    say(`A real Ollama answers at ${url}; OLLAMA_URL=${url} uses it in place of the stand-in.`);
    return undefined;
  }
  const typed = createInterface({ input, output });
  // Ctrl-C is a key while a question is open, and here it means no.
  const stop = AbortSignal.any([signal, closed(typed)]);
  try {
    const answer = await typed.question(
      `A real Ollama answers at ${url}. Use it in place of the stand-in? [y/N] `,
      { signal: stop },
    );
    return /^(y|yes|д|да|и|иә)$/i.test(answer.trim()) ? url : undefined;
  } catch (error) {
    if (stop.aborted) return undefined;
    throw error;
  } finally {
    typed.close();
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/api/version`, { signal: AbortSignal.timeout(LOOK_MS) });
    return response.ok;
  } catch {
    // Nobody there, which is the usual case.
    return false;
  }
}

function closed(typed: ReturnType<typeof createInterface>): AbortSignal {
  const abort = new AbortController();
  typed.once('close', () => abort.abort());
  return abort.signal;
}
