import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import postgres from 'postgres';

const CONNECT_SECONDS = 10;
const ITERATIONS = 4096;
/** SQLSTATE of a wrong password. */
const WRONG_PASSWORD = '28P01';

/**
 * Lets the role of `appUrl` read and write rows of the tables that the role of `ownerUrl` owns; it may not empty, alter,
 * own or create anything. Creates it where it is
 * missing, and gives it the password of `appUrl` where it has another. Safe to repeat; to be called after migrations.
 */
export async function grantUse(ownerUrl: string, appUrl: string): Promise<void> {
  const role = roleOf(appUrl);
  const sql = postgres(ownerUrl, { max: 1, connect_timeout: CONNECT_SECONDS, onnotice: () => undefined });
  try {
    const name = sql(role.name);
    const [known] = await sql`select 1 from pg_roles where rolname = ${role.name}`;
    if (!known) await sql.unsafe(`create role ${quoted(role.name)} login`);
    const [{ database = '' } = {}] = await sql<{ database: string }[]>`select current_database() as database`;
    await sql.begin(async (tx) => {
      await tx`revoke all on database ${tx(database)} from public`;
      await tx`grant connect on database ${tx(database)} to ${name}`;
      await tx`revoke create on schema public from public`;
      await tx`grant usage on schema public, drizzle to ${name}`;
      await tx`grant select on drizzle.__drizzle_migrations to ${name}`;
      await tx`grant select, insert, update, delete on all tables in schema public to ${name}`;
      await tx`grant usage on all sequences in schema public to ${name}`;
      await tx`alter default privileges in schema public grant select, insert, update, delete on tables to ${name}`;
      await tx`alter default privileges in schema public grant usage on sequences to ${name}`;
    });
    if (!(await isLetIn(appUrl))) {
      await sql.unsafe(`alter role ${quoted(role.name)} password '${verifier(role.password)}'`);
    }
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/** Name and password of the role that an address names. */
function roleOf(url: string) {
  const { username, password } = new URL(url);
  return { name: decodeURIComponent(username), password: decodeURIComponent(password) };
}

export const sameRole = (one: string, other: string): boolean => roleOf(one).name === roleOf(other).name;

async function isLetIn(url: string): Promise<boolean> {
  const sql = postgres(url, { max: 1, connect_timeout: CONNECT_SECONDS, onnotice: () => undefined });
  try {
    await sql`select 1`;
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === WRONG_PASSWORD) return false;
    throw error;
  } finally {
    await sql.end({ timeout: 5 });
  }
}

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;

/** What the server keeps of a password (SCRAM-SHA-256): sent in its place, so that no log of the server can hold it. */
function verifier(password: string): string {
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password.normalize('NFKC'), salt, ITERATIONS, 32, 'sha256');
  const keyed = (label: string) => createHmac('sha256', salted).update(label).digest();
  const stored = createHash('sha256').update(keyed('Client Key')).digest('base64');
  const server = keyed('Server Key').toString('base64');
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString('base64')}$${stored}:${server}`;
}
