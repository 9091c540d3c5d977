import { createServer } from 'node:http';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { createLogger } from '../../config/logger.ts';
import { connectDatabase } from '../../db/client.ts';
import { tenants } from '../../db/schema/index.ts';
import { installRuntime } from '../../workers/sdk-runtime.ts';
import { createWorker } from '../../workers/worker.ts';
import { createBareActivities } from './activities.ts';
import type { bareSixSteps } from './workflow.ts';

/**
 * What a good engineer writes in an afternoon: an update starts a workflow of six activities. It stores no
 * message, keeps no order, knows no duplicate send and shows no state; everything else is the product's.
 */
const env = (name: string): string => {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set.`);
  return value;
};
const TASK_QUEUE = 'bare';

installRuntime(createLogger({ level: 'error' }));
const address = env('TEMPORAL_ADDRESS');
const { db } = connectDatabase({ url: env('DATABASE_URL'), name: 'bare', max: 10 });
const [tenant] = await db
  .insert(tenants)
  .values({ slug: 'bare', name: 'Bare' })
  .returning({ tenantId: tenants.id });
if (!tenant) throw new Error('The tenant was not written.');

const worker = await createWorker({
  connection: await NativeConnection.connect({ address }),
  settings: { address, namespace: 'default', taskQueue: TASK_QUEUE },
  bundle: { codePath: env('BENCH_BUNDLE') },
  dataConverter: {},
  activities: createBareActivities({
    db,
    tenantId: tenant.tenantId,
    ollamaUrl: env('OLLAMA_URL'),
    model: env('MODEL'),
    bitrixUrl: env('BITRIX_WEBHOOK_URL'),
    botUrl: env('BOT_URL'),
  }),
  sinks: { projection: { changed: { fn: () => undefined, callDuringReplay: false } } },
});
const working = worker.run();
const client = new Client({ connection: await Connection.connect({ address }) });

const server = createServer((request, response) => {
  let text = '';
  request.setEncoding('utf8');
  request.on('data', (part: string) => {
    text += part;
  });
  request.on('end', () => {
    start(text).then(
      () => response.end(),
      (error: unknown) => {
        response.statusCode = 500;
        response.end(String(error));
      },
    );
  });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  console.log(JSON.stringify({ ready: { url: `http://127.0.0.1:${port}` } }));
});
process.once('SIGTERM', () => {
  worker.shutdown();
  void working.then(() => process.exit(0));
});

async function start(body: string): Promise<void> {
  const { update_id: updateId, message } = JSON.parse(body) as {
    update_id: number;
    message?: { chat: { id: number }; text?: string };
  };
  if (!message?.text) return;
  await client.workflow.start<typeof bareSixSteps>('bareSixSteps', {
    taskQueue: TASK_QUEUE,
    workflowId: `bare/${updateId}`,
    args: [{ updateId, chatId: message.chat.id, text: message.text }],
  });
}
