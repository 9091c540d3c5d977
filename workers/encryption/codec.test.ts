import { randomBytes } from 'node:crypto';
import {
  ActivityFailure,
  ApplicationFailure,
  defaultPayloadConverter,
  type Payload,
} from '@temporalio/common';
import {
  decodeOptionalFailureToOptionalError,
  encodeErrorToFailure,
  loadDataConverter,
} from '@temporalio/common/lib/internal-non-workflow/index.js';
import { describe, expect, it } from 'vitest';
import type { EncryptionKey, EncryptionKeys } from '../../config/encryption.ts';
import { createCodec, UnreadablePayload } from './codec.ts';
import { createDataConverter } from './converter.ts';
import { createNonces } from './nonces.ts';

const key = (id: string): EncryptionKey => ({ id, secret: randomBytes(32) });
const keys = (...all: EncryptionKey[]): EncryptionKeys => ({ active: all[0], all });
const payload = (value: unknown) => defaultPayloadConverter.toPayload(value) as Payload;
const value = (given: Payload | undefined) => defaultPayloadConverter.fromPayload(given as Payload);
const bytes = ({ data }: Payload) => Buffer.from(data ?? []);
const old = key('2025');

describe('the codec', () => {
  it.each(['text', '', { phone: '+7 701', list: [1, null] }, null, undefined, new Uint8Array([0, 255])])(
    'gives back what it was given: %j',
    async (given) => {
      const codec = createCodec(keys(old));
      const [secret] = await codec.encode([payload(given)]);
      const [plain] = await codec.decode([secret as Payload]);
      expect(value(plain)).toEqual(given);
    },
  );

  it('leaves no word, no type and no two equal payloads in what it writes', async () => {
    const written = await createCodec(keys(old)).encode([payload('canary'), payload('canary')]);
    for (const { metadata, data } of written) {
      expect(Buffer.from(data ?? []).toString('latin1')).not.toMatch(/canary|json/);
      expect(Object.keys(metadata ?? {})).toEqual(['encoding', 'encryption-key-id']);
      expect(Buffer.from(metadata?.['encryption-key-id'] ?? []).toString()).toBe('2025');
    }
    expect(bytes(written[0] as Payload)).not.toEqual(bytes(written[1] as Payload));
  });

  it('reads what an older key wrote, and writes by the newest', async () => {
    const before = await createCodec(keys(old)).encode([payload('then')]);
    const rotated = createCodec(keys(key('2026'), old));
    const now = await rotated.encode([payload('now')]);
    expect((await rotated.decode([...before, ...now])).map(value)).toEqual(['then', 'now']);
    await expect(createCodec(keys(old)).decode(now)).rejects.toThrow('No key "2026" is configured.');
  });

  it('writes readable where it is off, and still reads what was encrypted', async () => {
    const before = await createCodec(keys(old)).encode([payload('then')]);
    const off = createCodec({ active: undefined, all: [old] });
    expect(await off.encode([payload('now')])).toEqual([payload('now')]);
    expect((await off.decode([...before, payload('now')])).map(value)).toEqual(['then', 'now']);
  });

  it('refuses every payload of which a bit was changed, that was cut, or that another key of this name wrote', async () => {
    const codec = createCodec(keys(old));
    const [secret] = (await codec.encode([payload({ sum: 100 })])) as [Payload];
    const data = bytes(secret);
    const garbled = [
      ...[...data.keys()].map((at) => {
        const other = Buffer.from(data);
        other[at] = (other[at] ?? 0) ^ 1;
        return other;
      }),
      ...[0, 12, 27, data.length - 1].map((length) => data.subarray(0, length)),
    ];
    for (const wrong of garbled)
      await expect(codec.decode([{ ...secret, data: wrong }])).rejects.toThrow(UnreadablePayload);
    await expect(createCodec(keys(key('2025'))).decode([secret])).rejects.toThrow('does not fit key "2025"');
  });
});

it('a nonce never comes twice: the count goes on, and a new random half follows its end', () => {
  let halves = 0;
  const nonce = createNonces((prefix) => prefix.fill(++halves));
  expect([nonce(), nonce()].map((one) => one.toString('hex'))).toEqual([
    '010101010101010100000000',
    '010101010101010100000001',
  ]);
  const many = createNonces();
  expect(new Set(Array.from({ length: 1000 }, () => many().toString('hex'))).size).toBe(1000);
});

describe('a failure', () => {
  const converter = loadDataConverter(createDataConverter(keys(old)));
  const roundTrip = async (error: unknown) =>
    decodeOptionalFailureToOptionalError(converter, await encodeErrorToFailure(converter, error));

  it('keeps message and stack of every cause, which the server cannot read', async () => {
    const error = ApplicationFailure.create({
      message: 'the caller +7 701 is unknown',
      type: 'Unknown',
      cause: new Error('row of Иван is missing'),
    });
    const written = await encodeErrorToFailure(converter, error);
    expect(JSON.stringify(written)).not.toMatch(/701|Иван|codec\.test/);
    expect(written.applicationFailureInfo?.type).toBe('Unknown');
    const read = await roundTrip(error);
    expect(read).toMatchObject({ message: error.message, cause: { message: 'row of Иван is missing' } });
    const { stack } = (read as Error).cause as Error;
    expect(stack).toContain('codec.test');
  });

  it('keeps its message however often it is passed on', async () => {
    const cause = await roundTrip(
      new ActivityFailure('the step failed', 'send', '1', 'TIMEOUT' as never, 'w'),
    );
    for (let i = 0; i < 3; i++) {
      const passed = await roundTrip(ApplicationFailure.create({ message: 'over', cause: cause as Error }));
      expect(passed).toMatchObject({ cause: { message: 'the step failed' } });
    }
  });
});
