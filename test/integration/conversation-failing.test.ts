import { randomUUID } from 'node:crypto';
import { ApplicationFailure } from '@temporalio/common';
import { NativeConnection } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { SendRequest } from '../../activities/send/contract.ts';
import type { ConversationRow } from '../../activities/store/contract.ts';
import type { Envelope } from '../../domain/envelope.ts';
import { say } from '../../domain/texts/catalogue.ts';
import { DEFAULT_TIMING } from '../../domain/timing.ts';
import { conversationStart } from '../../workers/desk.ts';
import { createDataConverter } from '../../workers/encryption/converter.ts';
import { createHintSink } from '../../workers/projector/hints.ts';
import { connectClient } from '../../workers/temporal.ts';
import { createWorker } from '../../workers/worker.ts';
import type { conversation } from '../../workflows/index.ts';
import { inboundSignal } from '../../workflows/kit/messages.ts';
import { TEST_ENCRYPTION } from '../support/encryption.ts';
import { eventually } from '../support/eventually.ts';
import { installTestRuntime } from '../support/runtime.ts';

const id = randomUUID();
const taskQueue = `conversation-failing-${id}`;

const ROW: ConversationRow = {
  conversationId: id,
  tenantId: randomUUID(),
  tenantSlug: 'default',
  channelId: randomUUID(),
  channelName: 'default',
  channel: 'telegram',
  chatId: '1',
  customerId: randomUUID(),
  locale: 'en',
  country: 'KZ',
  handledNumber: 0,
};

const message = (number: number, about: Partial<Envelope>): Envelope => ({
  number,
  messageId: randomUUID(),
  platformId: String(number),
  kind: 'text',
  hasText: true,
  locale: 'en',
  correlationId: randomUUID(),
  ...about,
});

const command = (name: string): Partial<Envelope> => ({ command: { name, args: '' } });

/** What no attempt can mend. */
const refuse = (): never => {
  throw ApplicationFailure.nonRetryable('The statement can never work.', 'Store.Broken');
};

describe('a statement that fails for good while a message is routed', () => {
  const said: { about: string | undefined; text: string }[] = [];
  let mark = 0;
  let loads = 0;
  const activities = {
    // The first load begins the conversation; a shared contact loads again.
    loadConversation: async () => (++loads === 1 ? ROW : refuse()),
    saveMark: async ({ number }: { number: number }) => {
      mark = number;
    },
    describeRequests: async () => refuse(),
    send: async ({ key, content }: SendRequest) => {
      if ('text' in content) said.push({ about: key.split('/').at(-2), text: content.text });
      return { state: 'sent' };
    },
  };

  let connection: NativeConnection;
  let client: Awaited<ReturnType<typeof connectClient>>;
  let stop: () => Promise<void>;
  beforeAll(async () => {
    installTestRuntime();
    const settings = { address: inject('temporalAddress'), namespace: 'default', taskQueue };
    connection = await NativeConnection.connect({ address: settings.address });
    client = await connectClient({ temporal: settings, encryption: TEST_ENCRYPTION });
    const worker = await createWorker({
      connection,
      settings,
      dataConverter: createDataConverter(TEST_ENCRYPTION.keys),
      bundle: { codePath: inject('workflowBundle') },
      activities,
      sinks: createHintSink(() => undefined),
    });
    const running = worker.run();
    stop = async () => {
      worker.shutdown();
      await running;
    };
  });
  afterAll(async () => {
    await stop();
    await client.connection.close();
    await connection.close();
  });

  it('is owned up to, and the messages behind it are answered', async () => {
    const start = conversationStart(id, { taskQueue, timing: DEFAULT_TIMING });
    const handle = await client.workflow.signalWithStart<typeof conversation, [Envelope[]]>('conversation', {
      ...start,
      signal: inboundSignal,
      signalArgs: [
        [
          message(1, { kind: 'contact', hasText: false }),
          message(2, command('status')),
          message(3, command('help')),
        ],
      ],
    });
    try {
      await eventually('all three to be answered', async () => said.length === 3 && mark === 3);
      const failure = say('en', 'failure.command');
      expect(said).toEqual([
        { about: '1', text: failure },
        { about: '2', text: failure },
        { about: '3', text: expect.stringContaining('/help') },
      ]);
    } finally {
      await handle.terminate();
    }
  });
});
