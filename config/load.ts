import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';
import { overlayEnvironment } from './environment.ts';
import { SettingsError } from './fault.ts';
import { settingsSchema } from './schema.ts';
import { loadSettings, type Settings } from './settings.ts';
import { type Environment, parseYaml, showPath } from './yaml.ts';

/**
 * Settings from the environment and the file that CONFIG_FILE names, or ./config.yaml where that exists.
 * @throws SettingsError
 */
export function loadSettingsFromDisk(env: Environment = process.env, directory = process.cwd()): Settings {
  return loadSettings({ env, yaml: readConfigFile(env, directory) });
}

export type Connections = Pick<Settings, 'databaseUrl' | 'temporal' | 'encryption'>;

/**
 * Where database and engine are and what reads the engine's payloads, for tools that need nothing else: secrets of
 * channels may be missing.
 * @throws SettingsError
 */
export const readConnections = (env: Environment = process.env, directory = process.cwd()): Connections =>
  readPart(connectionsSchema, env, directory);

/**
 * Where the database is, for tools that need no more.
 * @throws SettingsError
 */
export const readDatabaseUrl = (env: Environment = process.env, directory = process.cwd()): string =>
  readPart(databaseSchema, env, directory).databaseUrl;

const connectionsSchema = z.object(
  settingsSchema.pick({ databaseUrl: true, temporal: true, encryption: true }).shape,
);
const databaseSchema = z.object(settingsSchema.pick({ databaseUrl: true }).shape);

function readPart<T>(schema: z.ZodType<T>, env: Environment, directory: string): T {
  const { tree: file, faults } = parseYaml(readConfigFile(env, directory) ?? '', env);
  const { tree, origins } = overlayEnvironment(file, env);
  const parsed = schema.safeParse(tree);
  if (parsed.success && faults.length === 0) return parsed.data;
  const missing = (parsed.error?.issues ?? []).map(({ path, message }) => {
    const at = showPath(path);
    return {
      what: `${at} ${message}`,
      where: `${origins.get(at)} in the environment, or config.yaml: ${at}`,
    };
  });
  throw new SettingsError([...faults, ...missing]);
}

/** Text of the configuration file, or undefined when none was asked for and none is there. */
export function readConfigFile(env: Environment, directory: string): string | undefined {
  const asked = env.CONFIG_FILE || undefined;
  const path = resolve(directory, asked ?? 'config.yaml');
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (asked === undefined && code === 'ENOENT') return undefined;
    throw new SettingsError([
      {
        what: `The configuration file cannot be read (${code})`,
        where: asked === undefined ? path : `CONFIG_FILE: ${path}`,
      },
    ]);
  }
}
