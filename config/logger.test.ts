import { describe, expect, it } from 'vitest';
import { createLogger, withCorrelation } from './logger.ts';

function capture() {
  const lines: string[] = [];
  const logger = createLogger({
    level: 'info',
    bindings: { role: 'api' },
    destination: { write: (line: string) => void lines.push(line) },
  });
  return { logger, lines };
}

describe('createLogger', () => {
  it('writes one JSON object a line, with level in words, time, role and correlation id', () => {
    const { logger, lines } = capture();
    withCorrelation(logger, 'req-1').info({ chat: 7 }, 'stored');
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] as string)).toMatchObject({
      level: 'info',
      role: 'api',
      correlationId: 'req-1',
      chat: 7,
      message: 'stored',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    });
  });

  it('drops a secret wherever it stands: in an error, its cause, a URL, a header or a named field', () => {
    const { logger, lines } = capture();
    const cause = new Error(
      'POST https://api.telegram.org/bot77:hushhushhushhushhush/sendMessage: ECONNRESET',
    );
    logger.error({ err: new Error('send failed', { cause }) }, 'failed');
    logger.warn({ url: 'https://acme.bitrix24.kz/rest/1/hush/crm.lead.add' }, 'slow');
    logger.warn({ headers: { authorization: 'hush' }, settings: { apiToken: 'hush' }, token: 'hush' }, 'odd');
    logger.info('Authorization: Bearer hush');
    expect(lines).toHaveLength(4);
    for (const line of lines) {
      expect(line).not.toContain('hush');
      expect(() => JSON.parse(line)).not.toThrow();
    }
  });
});
