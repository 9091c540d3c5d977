import { readConnections } from '../config/load.ts';
import { projectionCommand } from './projector/cli.ts';

/** `npm run projection -- rebuild|verify`: on the database and the engine of `npm run serve`'s settings. */
try {
  const { databaseUrl, temporal } = readConnections();
  process.exitCode = await projectionCommand(
    process.argv.slice(2),
    { databaseUrl, temporalAddress: temporal.address, temporalNamespace: temporal.namespace },
    (text) => console.log(text),
  );
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
