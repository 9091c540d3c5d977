import { SettingsError } from './fault.ts';
import { loadSettings } from './settings.ts';
import type { Environment } from './yaml.ts';

export const TOKEN = '7000001:AAE-secretsecretsecret';
export const SECRET_KEY = Buffer.alloc(32, 'encrypts').toString('base64');
/** The least that starts. */
export const ENV = {
  DATABASE_URL: 'postgres://app:hunter2@db.internal:5432/dirigent',
  API_TOKEN: 'api-token-of-ours',
  TELEGRAM_BOT_TOKEN: TOKEN,
  ENCRYPTION_KEYS: `2026:${SECRET_KEY}`,
};

/** What is wrong with these settings. */
export function faultsOf(env: Environment, yaml?: string): SettingsError {
  try {
    loadSettings({ env, yaml });
  } catch (error) {
    if (error instanceof SettingsError) return error;
    throw error;
  }
  throw new Error('accepted');
}
