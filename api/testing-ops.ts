import type { SendView } from '../db/queries/sends-read.ts';
import type { ControlRequest, Ops } from './ops.ts';

export const SEND: SendView = {
  id: '0192a000-0000-7000-8000-0000000000cc',
  workflowId: 'lead/0192a000-0000-7000-8000-0000000000bb/3',
  conversationId: '0192a000-0000-7000-8000-0000000000bb',
  correlationId: 'c-1',
  key: 'lead/0192a000-0000-7000-8000-0000000000bb/3/say/1',
  part: 0,
  state: 'unknown',
  chunk: { text: 'Your phone?', entities: [] },
  attempts: 1,
  channelMessageId: null,
  reason: 'unknown',
  error: 'The connection was reset.',
  createdAt: new Date('2026-01-31T09:00:00.000Z'),
  settledAt: new Date('2026-01-31T09:00:01.000Z'),
  resolution: null,
  resolvedBy: null,
  resolvedAt: null,
  ifUnknown: 'repeat',
  possiblyRepeated: false,
  doubt: {
    attempt: 1,
    begunAt: new Date('2026-01-31T09:00:00.500Z'),
    endedAt: new Date('2026-01-31T09:00:01.000Z'),
    afterId: 41,
    beforeId: 44,
    candidates: 2,
    looks: 1,
    finding: 'unproved',
    answer: '400 Bad Request: message to edit not found',
    messageId: null,
    nextLookAt: new Date('2026-01-31T09:00:41.000Z'),
    waitsForPerson: false,
  },
};

/** Fakes of what the person on call uses; they note their arguments. */
export function opsFakes(seen: unknown[][]): Ops {
  const note = <A extends unknown[], T>(name: string, answer: (...args: A) => T) => {
    return async (...args: A): Promise<T> => {
      seen.push([name, ...args]);
      return answer(...args);
    };
  };
  const control = (name: string) =>
    note(name, ({ run }: ControlRequest) => ({
      kind: 'accepted' as const,
      workflowId: run.workflowId,
      runId: run.runId,
    }));
  return {
    runs: { retry: control('retry'), resume: control('resume'), rerun: control('rerun') },
    sends: {
      list: note('sends', () => ({ rows: [SEND], next: { at: SEND.createdAt, id: SEND.id } })),
      resolve: note('resolve', () => ({ kind: 'resolved' as const, send: SEND })),
      deliver: note('deliver', () => true),
    },
    llmCalls: {
      list: note('llmCalls', () => ({ rows: [] })),
      costs: note('costs', () => ({ rows: [], totals: [], truncated: false })),
    },
    audit: { list: note('audit', () => ({ rows: [] })) },
  };
}
