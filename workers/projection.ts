import { projectionCommand } from './projector/cli.ts';

const { DATABASE_URL, TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE } = process.env;

/** `npm run projection -- rebuild|verify`: against the database and the engine that the environment names. */
async function main(): Promise<number> {
  if (!DATABASE_URL || !TEMPORAL_ADDRESS) {
    console.error('DATABASE_URL and TEMPORAL_ADDRESS must name the database and the Temporal server');
    return 2;
  }
  return projectionCommand(
    process.argv.slice(2),
    {
      databaseUrl: DATABASE_URL,
      temporalAddress: TEMPORAL_ADDRESS,
      temporalNamespace: TEMPORAL_NAMESPACE ?? 'default',
    },
    (text) => console.log(text),
  );
}

process.exitCode = await main();
