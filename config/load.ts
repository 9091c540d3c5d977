import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { SettingsError } from './fault.ts';
import { loadSettings, type Settings } from './settings.ts';
import type { Environment } from './yaml.ts';

/**
 * Settings from the environment and the file that CONFIG_FILE names, or ./config.yaml where that exists.
 * @throws SettingsError
 */
export function loadSettingsFromDisk(env: Environment = process.env, directory = process.cwd()): Settings {
  return loadSettings({ env, yaml: readConfigFile(env, directory) });
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
