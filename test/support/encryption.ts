import { loadSettings } from '../../config/settings.ts';

/** Keys of the products that tests start; nothing else is ever encrypted by them. */
export const TEST_KEYS = `tests:${Buffer.from('a key that only tests encrypt by').toString('base64')}`;

/** The same, as the product has them. */
export const TEST_ENCRYPTION = loadSettings({
  env: {
    DATABASE_URL: 'postgres://nobody@nowhere/nothing',
    API_TOKEN: 'none',
    TELEGRAM_BOT_TOKEN: '1:none',
    ENCRYPTION_KEYS: TEST_KEYS,
  },
}).encryption;
