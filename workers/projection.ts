import { readConnections } from '../config/load.ts';
import { environmentOfRunning } from './embedded/running.ts';
import { createDataConverter } from './encryption/converter.ts';
import { projectionCommand } from './projector/cli.ts';

/** `npm run projection -- rebuild|verify`: on the database and the engine of `npm run serve`'s settings, or of a running `npm start`. */
try {
  const { databaseUrl, temporal, encryption } = readConnections(environmentOfRunning(process.env).env);
  process.exitCode = await projectionCommand(
    process.argv.slice(2),
    {
      databaseUrl,
      temporalAddress: temporal.address,
      temporalNamespace: temporal.namespace,
      dataConverter: createDataConverter(encryption.keys),
      keys: encryption.keys,
    },
    (text) => console.log(text),
  );
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
