import { describe, expect, it } from 'vitest';
import type { Chunk } from '../../domain/outbound.ts';
import type { Channel } from '../channel/contract.ts';
import { botApi, never, reply, TOKEN } from './loopback.fixture.ts';

const CHUNK: Chunk = {
  text: 'Всё верно?',
  entities: [{ type: 'bold', offset: 0, length: 3 }],
  buttons: [[{ text: 'Да', data: 'w:1' }]],
};
const NOT_MODIFIED =
  'Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message';

const evidenceOf = ({ evidence }: Channel) => {
  if (!evidence) throw new Error('Telegram gives evidence.');
  return evidence;
};

describe('looking for a message', () => {
  it('repeats everything that it was sent with, so that the probe itself changes nothing', async () => {
    const { channel, calls } = await botApi(() => ({ message_id: 78 }));
    await channel.send('501', CHUNK, never);
    await evidenceOf(channel).probe('501', 78, CHUNK, never);
    const [sent, probed] = calls;
    expect(probed).toEqual({ method: 'editMessageText', body: { ...sent?.body, message_id: 78 } });
    expect(probed?.body).toMatchObject({
      entities: [{ type: 'bold' }],
      reply_markup: { inline_keyboard: [[{ callback_data: 'w:1' }]] },
      link_preview_options: { is_disabled: true },
    });
  });

  it.for([
    ['an edited message', 200, undefined, { kind: 'delivered', how: 'edited' }],
    ['"not modified"', 400, NOT_MODIFIED, { kind: 'delivered', how: 'not_modified' }],
    ['"not found"', 400, 'Bad Request: message to edit not found', { kind: 'unproved' }],
    ['"can\'t be edited"', 400, "Bad Request: message can't be edited", { kind: 'unproved' }],
    ['a bare id fault', 400, 'Bad Request: MESSAGE_ID_INVALID', { kind: 'unproved' }],
    ['a customer who blocked the bot', 403, 'Forbidden: bot was blocked by the user', { kind: 'unproved' }],
    ['a revoked token', 401, 'Unauthorized', { kind: 'no_answer' }],
    ['a platform in trouble', 500, 'Internal Server Error', { kind: 'no_answer' }],
  ] as const)('takes %s for what it proves', async ([, status, description, expected]) => {
    const { channel } = await botApi((_call, response) => {
      if (description === undefined) return { message_id: 78 };
      reply(response, status, { ok: false, error_code: status, description });
    });
    expect(await evidenceOf(channel).probe('501', 78, CHUNK, never)).toMatchObject(expected);
  });

  it('waits as long as it is told', async () => {
    const { channel } = await botApi((_call, response) =>
      reply(response, 429, {
        ok: false,
        error_code: 429,
        description: 'Too Many Requests: retry after 7',
        parameters: { retry_after: 7 },
      }),
    );
    expect(await evidenceOf(channel).probe('501', 78, CHUNK, never)).toEqual({
      kind: 'rate_limited',
      retryAfterMs: 7_000,
    });
  });

  it('has no answer where the connection is lost or something else answers, and tells no token', async () => {
    for (const status of [undefined, 400]) {
      const { channel } = await botApi((_call, response) => {
        if (status === undefined) response.destroy();
        else response.writeHead(status, { 'content-type': 'text/html' }).end('<html>');
      });
      const answer = await evidenceOf(channel).probe('501', 78, CHUNK, never);
      expect(answer.kind).toBe('no_answer');
      expect(JSON.stringify(answer)).not.toContain(TOKEN);
    }
  });

  it('knows which chats count their messages together', async () => {
    const { channel } = await botApi(() => true);
    const { numbering, canProbe } = evidenceOf(channel);
    expect(['501', '-501', '-1001234567890'].map(numbering)).toEqual(['account', 'account', 'chat']);
    expect([CHUNK, { ...CHUNK, requestContact: 'Share' }].map(canProbe)).toEqual([true, false]);
  });
});
