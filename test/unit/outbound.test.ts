import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const ROOMS = ['activities', 'api', 'config', 'db', 'domain', 'workers', 'workflows'];

/** Whoever can make requests, and whose address it asks. What comes from a user or a document goes by the first. */
const WAYS_OUT: Record<string, string> = {
  'activities/web/fetch.ts': 'anyone: it is the guard',
  'activities/crm/bitrix24/client.ts': 'the operator: bitrix.webhookUrl',
  'activities/llm/egress.ts': 'the operator: llm.providers',
  'activities/telegram/channel.ts': 'the operator: apiRoot of a channel',
  'workers/doctor/outside.ts': 'the operator: publicUrl, and our own port',
  'workers/encryption/oidc.ts': 'the operator: encryption.oidc',
  'workers/embedded/ollama.ts': 'ours: Ollama on this machine',
  'workers/embedded/reloading.ts': 'ours: the process that was just started',
};

/** A call of the global function, its being handed on, or a library that can connect. */
const WAY_OUT =
  /(?<![.\w])fetch\(|= globalThis\.fetch\b|^import (?!type\b)[^;]*?from '(undici|node:https?|node:http2|axios|got|node-fetch|ws)';|\bcreateRemoteJWKSet\(|XMLHttpRequest|WebSocket\(/m;
/** Call a function of that name which they were given or made themselves; it is made in one of the files above. */
const NOT_THEIRS = [
  'activities/llm/ollama-fetch.ts',
  'activities/llm/openai-exchange.ts',
  'workers/projector/read.ts',
];

const sources = ROOMS.flatMap((room) =>
  readdirSync(join(ROOT, room), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ts|cjs|mjs)$/.test(name) && !/\.(test|fixture)\.|stub-servers/.test(name))
    .map((name) => `${room}/${name}`),
);
const text = (file: string) => readFileSync(join(ROOT, file), 'utf8');

describe('requests to the outside', () => {
  it('are made by files whose addresses come from the operator, and by the guard', () => {
    const found = sources.filter((file) => WAY_OUT.test(text(file)));
    expect(found.sort()).toEqual([...Object.keys(WAYS_OUT), ...NOT_THEIRS].sort());
  });

  it('are recognised, however they are made', () => {
    for (const line of [
      'const a = await fetch(url);',
      'const get = globalThis.fetch;',
      "import { request } from 'undici';",
      "import https from 'node:https';",
      "import {\n  get,\n} from 'node:http';",
    ]) {
      expect(WAY_OUT.test(line), line).toBe(true);
    }
    expect(WAY_OUT.test("import type { Dispatcher } from 'undici';\nthis.fetch(url)")).toBe(false);
  });
});
