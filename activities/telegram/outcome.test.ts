import { GrammyError, HttpError } from 'grammy';
import { describe, expect, it } from 'vitest';
import { ProviderError } from '../../domain/failure.ts';
import { classifyTelegram, toSendAttempt } from './outcome.ts';
import { TransportError } from './transport.ts';

const answer = (error_code: number, description: string, parameters = {}) =>
  new GrammyError('', { ok: false, error_code, description, parameters }, 'sendMessage', {
    text: 'private words',
  });
const fault = (fields: ConstructorParameters<typeof TransportError>[0]) =>
  new HttpError("Network request for 'sendMessage' failed!", new TransportError(fields));

describe('what a failed send means', () => {
  it.each([
    [403, 'Forbidden: bot was blocked by the user', 'unreachable'],
    [403, 'Forbidden: user is deactivated', 'unreachable'],
    [403, "Forbidden: bot can't initiate conversation with a user", 'unreachable'],
    [400, 'Bad Request: chat not found', 'unreachable'],
    [400, 'Bad Request: CHAT NOT FOUND', 'unreachable'],
    [400, "Bad Request: can't parse entities: unexpected end", 'markup'],
    [400, 'Bad Request: ENTITY_BOUNDS_INVALID', 'markup'],
    [400, 'Bad Request: ENTITIES_TOO_LONG', 'markup'],
    [400, 'Bad Request: entity beginning at byte offset 3 is invalid', 'markup'],
    [400, "Bad Request: inline keyboard button URL 'http://x' is invalid: Wrong HTTP URL", 'markup'],
    [400, 'Bad Request: BUTTON_URL_INVALID', 'markup'],
    [400, 'Bad Request: BUTTON_DATA_INVALID', 'other'],
    [400, 'Bad Request: message is too long', 'other'],
    [400, 'Bad Request: message text is empty', 'other'],
    [413, 'Request Entity Too Large', 'other'],
    [409, 'Conflict', 'other'],
    [401, 'Unauthorized', 'misconfigured'],
    [404, 'Not Found', 'misconfigured'],
    [421, 'Misdirected Request', 'misconfigured'],
  ])('%i %s', (code, description, reason) => {
    expect(toSendAttempt(answer(code, description))).toEqual({
      kind: 'refused',
      reason,
      description: `${code} ${description}`,
    });
  });

  it.each([
    [{ retry_after: 5 }, 5000],
    [{}, 1000],
    [{ retry_after: 0 }, 1000],
    [{ retry_after: 'soon' }, 1000],
  ])('429 with %j is a wait of %i ms', (parameters, retryAfterMs) => {
    expect(toSendAttempt(answer(429, 'Too Many Requests', parameters))).toEqual({
      kind: 'rate_limited',
      retryAfterMs,
    });
  });

  it.each([
    ['500', answer(500, 'Internal Server Error')],
    ['502', answer(502, 'Bad Gateway')],
    ['an unheard-of code', answer(0, '?')],
    ['408', answer(408, 'Request Timeout')],
    ['a reset', fault({ written: true, code: 'ECONNRESET' })],
    ['an abort', fault({ written: true, code: 'ABORTED' })],
    ['garbage', fault({ written: true, code: 'MALFORMED', status: 200 })],
    ['a gateway', fault({ written: true, code: 'MALFORMED', status: 503 })],
    ['an unforeseen error', new TypeError('private words')],
    ['an unforeseen error within', new HttpError('', new RangeError('private words'))],
    ['no error at all', undefined],
  ])('%s is unknown', (_name, error) => {
    const attempt = toSendAttempt(error);
    expect(attempt.kind).toBe('unknown');
    expect(JSON.stringify(attempt)).not.toContain('private words');
  });

  it.each([
    'ECONNREFUSED',
    'ENOTFOUND',
    'ENETUNREACH',
    'UND_ERR_CONNECT_TIMEOUT',
    'ABORTED',
    'CERT_HAS_EXPIRED',
  ])('%s before writing is not sent', (code) => {
    expect(toSendAttempt(fault({ written: false, code }))).toEqual({
      kind: 'not_sent',
      description: expect.stringContaining(code),
    });
  });
});

describe('what a failed call that may be repeated means', () => {
  it.each([
    [answer(429, 'Too Many Requests', { retry_after: 2 }), 'rate_limited'],
    [answer(400, 'Bad Request: bad webhook'), 'refused'],
    [answer(403, 'Forbidden'), 'refused'],
    [answer(401, 'Unauthorized'), 'misconfigured'],
    [answer(404, 'Not Found'), 'misconfigured'],
    [answer(409, "Conflict: can't use getUpdates method while webhook is active"), 'misconfigured'],
    [answer(409, 'Conflict: terminated by other getUpdates request'), 'unavailable'],
    [answer(500, 'Internal Server Error'), 'unavailable'],
    [fault({ written: false, code: 'ECONNREFUSED' }), 'unavailable'],
    [fault({ written: true, code: 'ABORTED' }), 'unavailable'],
    [fault({ written: true, code: 'MALFORMED', status: 429, retryAfterMs: 2000 }), 'rate_limited'],
    [fault({ written: true, code: 'MALFORMED', status: 301 }), 'misconfigured'],
    [fault({ written: true, code: 'MALFORMED', status: 502 }), 'unavailable'],
    [new TypeError('private words'), 'unknown'],
  ])('%s', (error, expected) => {
    const failure = classifyTelegram(error);
    expect(failure).toBeInstanceOf(ProviderError);
    expect(failure).toMatchObject({ provider: 'telegram', class: expected });
    if (expected === 'rate_limited') expect(failure.retryAfterMs).toBe(2000);
    expect(`${failure.message}${failure.stack}${JSON.stringify(failure)}`).not.toContain('private words');
  });
});
