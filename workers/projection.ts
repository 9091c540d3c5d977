import { loadSettingsFromDisk } from '../config/load.ts';
import { projectionCommand } from './projector/cli.ts';

/** `npm run projection -- rebuild|verify`, on the same settings as `npm run serve`. */
try {
  const { databaseUrl, temporal } = loadSettingsFromDisk();
  process.exitCode = await projectionCommand(
    process.argv.slice(2),
    { databaseUrl, temporalAddress: temporal.address, temporalNamespace: temporal.namespace },
    (text) => console.log(text),
  );
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
