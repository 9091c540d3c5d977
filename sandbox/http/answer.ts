import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** What a service says to one request, before mischief has its way with it. */
export interface Answer {
  status: number;
  headers?: Record<string, string>;
  /** Exactly one of `json`, `text`, `bytes` and `stream`; nothing means an empty body. */
  json?: unknown;
  text?: string;
  bytes?: Uint8Array;
  stream?: { contentType: string; parts: string[]; pauseMs?: number };
}

/**
 * A request understood but not yet acted upon. `commit` makes the effect; keeping the two apart is
 * what lets mischief drop, repeat or postpone an effect and still answer plausibly.
 */
export interface Planned {
  answer: Answer;
  commit(): void;
}

/** A plan for a request that changes nothing. */
export function pure(answer: Answer): Planned {
  return { answer, commit: () => undefined };
}

function render(answer: Answer): { body: Buffer; contentType: string } {
  if (answer.stream) {
    return { body: Buffer.from(answer.stream.parts.join('')), contentType: answer.stream.contentType };
  }
  if (answer.bytes) return { body: Buffer.from(answer.bytes), contentType: 'application/octet-stream' };
  if (answer.text !== undefined) {
    return { body: Buffer.from(answer.text), contentType: 'text/plain; charset=utf-8' };
  }
  if (answer.json === undefined) return { body: Buffer.alloc(0), contentType: 'text/plain' };
  return { body: Buffer.from(JSON.stringify(answer.json)), contentType: 'application/json' };
}

/** Writes the whole answer; a stream is written part by part, and stops when the client has gone. */
export async function writeAnswer(out: ServerResponse, answer: Answer): Promise<void> {
  if (out.destroyed) return;
  if (answer.stream) {
    out.writeHead(answer.status, { 'content-type': answer.stream.contentType, ...answer.headers });
    for (const part of answer.stream.parts) {
      if (out.destroyed) return;
      out.write(part);
      if (answer.stream.pauseMs) await sleep(answer.stream.pauseMs);
    }
    out.end();
    return;
  }
  const { body, contentType } = render(answer);
  out.writeHead(answer.status, {
    'content-type': contentType,
    'content-length': String(body.length),
    ...answer.headers,
  });
  out.end(body);
}

/** Announces the whole body, writes a part of it and cuts the connection. */
export function writeTruncated(out: ServerResponse, answer: Answer, bytes: number | undefined): void {
  const { body, contentType } = render(answer);
  const kept = body.subarray(0, Math.min(bytes ?? Math.floor(body.length / 2), Math.max(0, body.length - 1)));
  out.writeHead(answer.status, { 'content-type': contentType, 'content-length': String(body.length) });
  out.write(kept, () => out.destroy());
}

/** A body that claims the right type and cannot be parsed. */
export function writeMalformed(out: ServerResponse, answer: Answer): void {
  const { contentType } = render(answer);
  out.writeHead(answer.status, { 'content-type': contentType });
  out.end('{"ok":tru <html>502 upstream');
}
