import { type DestinationStream, type Logger, pino } from 'pino';
import { redactSecrets } from '../domain/redact.ts';

export type { Logger } from 'pino';

export interface LoggerOptions {
  level: string;
  /** Bound to every line: role, version. */
  bindings?: Record<string, string>;
  /** Standard output unless a test looks. */
  destination?: DestinationStream;
}

/**
 * JSON lines, one event each. Every line passes the redaction as a whole, so that a token inside an
 * error message or a URL is dropped wherever it stands, and known secret fields are dropped by name.
 */
export function createLogger({ level, bindings, destination }: LoggerOptions): Logger {
  const options = {
    level,
    base: bindings ?? {},
    messageKey: 'message',
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    hooks: { streamWrite: redactSecrets },
    redact: { paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`]), censor: '[redacted]' },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}

/** The logger of one request, update or run: its lines are found by the id that the rows carry too. */
export const withCorrelation = (logger: Logger, correlationId: string): Logger =>
  logger.child({ correlationId });

const SECRET_FIELDS = [
  'authorization',
  'Authorization',
  'token',
  'apiToken',
  'apiKey',
  'password',
  'secret',
  'webhookSecret',
  'webhookUrl',
  'databaseUrl',
];
