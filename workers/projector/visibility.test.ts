import { describe, expect, it } from 'vitest';
import { parseCommand } from './cli.ts';
import { runQuery } from './visibility.ts';

describe('the visibility query', () => {
  it('names only runs, of these queues and this tenant, and cannot be broken out of', () => {
    expect(runQuery({})).toBe('Process IS NOT NULL');
    expect(runQuery({ taskQueues: ['conversations', 'llm'], tenant: "o'neill", open: true })).toBe(
      "Process IS NOT NULL AND TaskQueue IN ('conversations', 'llm') AND Tenant = 'o''neill' AND ExecutionStatus = 'Running'",
    );
    const since = new Date('2026-01-31T09:00:00Z');
    expect(runQuery({ open: false, closedSince: since, startedSince: since })).toBe(
      "Process IS NOT NULL AND ExecutionStatus != 'Running' AND CloseTime >= '2026-01-31T09:00:00.000Z' AND StartTime >= '2026-01-31T09:00:00.000Z'",
    );
  });
});

describe('the command line', () => {
  it('is understood, or answered with what is wrong', () => {
    expect(parseCommand(['verify'])).toEqual({ name: 'verify' });
    expect(parseCommand(['rebuild', '--tenant', 'a', '--since', '2026-01-31', '--task-queue', 'q'])).toEqual({
      name: 'rebuild',
      tenant: 'a',
      since: new Date('2026-01-31'),
      taskQueues: ['q'],
    });
    expect(parseCommand([])).toContain('Usage');
    expect(parseCommand(['drop'])).toContain('Usage');
    expect(parseCommand(['verify', 'rebuild'])).toContain('Usage');
    expect(parseCommand(['verify', '--since', 'soon'])).toContain('soon');
    expect(parseCommand(['verify', '--force'])).toContain('--force');
  });
});
