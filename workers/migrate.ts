import { readDatabaseUrl } from '../config/load.ts';
import { createLogger } from '../config/logger.ts';
import { grantUse, sameRole } from '../db/role.ts';
import { migrateAsOwner } from './schema.ts';

/*
 * `npm run migrate`: applies the migrations as DATABASE_OWNER_URL and lets the role of DATABASE_URL use the tables.
 * Without DATABASE_OWNER_URL the role of DATABASE_URL owns them, as where processes migrate by themselves.
 */
const log = createLogger({ level: 'info', bindings: { role: 'migrate' } });
try {
  const databaseUrl = readDatabaseUrl();
  const owner = process.env.DATABASE_OWNER_URL || databaseUrl;
  await migrateAsOwner(owner, log);
  if (!sameRole(owner, databaseUrl)) await grantUse(owner, databaseUrl);
  log.info('The database is up to date.');
  process.exit(0);
} catch (error) {
  log.fatal({ err: error }, 'The database was not brought up to date.');
  process.exit(1);
}
