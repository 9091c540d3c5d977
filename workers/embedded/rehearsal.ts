import { join } from 'node:path';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { loadSettingsFromDisk } from '../../config/load.ts';
import { keptBundle } from '../bundle.ts';
import { createDataConverter } from '../encryption/converter.ts';
import { describeRehearsal, openWorkflows, rehearse } from '../replay/open.ts';
import { connectClient } from '../temporal.ts';

/*
 * What `npm run dev` runs beside the product after each change: open workflows are led through the code as
 * it is now, and those that would get stuck are named. A process of its own, so that it can be ended at any
 * time and disturbs nobody.
 */

const LOOK_MS = 60_000;

async function main(): Promise<void> {
  // What a replay has to say is in its error.
  const telemetryOptions = { logging: { filter: 'OFF' as const } };
  Runtime.install({ logger: new DefaultLogger('ERROR', () => undefined), telemetryOptions });
  const settings = loadSettingsFromDisk(process.env);
  const client = await connectClient(settings);
  try {
    const bundle = await keptBundle(join(settings.dataDir, 'bundles'));
    const { taskQueue } = settings.temporal;
    const open = openWorkflows({ client, taskQueue, signal: AbortSignal.timeout(LOOK_MS) });
    for (const line of describeRehearsal(
      await rehearse(bundle, open, createDataConverter(settings.encryption.keys)),
    ))
      console.log(line);
  } finally {
    await client.connection.close();
  }
}

main().catch((error: unknown) => {
  const reason = error instanceof Error ? error.message : String(error);
  console.log(`Open workflows could not be replayed: ${reason}`);
});
