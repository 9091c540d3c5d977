import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';

const file = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');

const Names = z.record(z.string(), z.unknown());
const Compose = z.object({
  services: z.record(
    z.string(),
    z.object({
      image: z.string().optional(),
      build: Names.optional(),
      environment: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
      depends_on: z.record(z.string(), z.object({ condition: z.string() })).optional(),
      ports: z.array(z.string()).default([]),
      volumes: z.array(z.string()).default([]),
      networks: z.array(z.string()),
      configs: z.array(z.object({ source: z.string(), target: z.string() })).default([]),
      healthcheck: Names.optional(),
    }),
  ),
  networks: Names,
  volumes: Names,
  configs: z.record(z.string(), z.object({ content: z.string() })),
});

/** The variables by which the environment overrides the configuration of the default tenant. */
const APP_ENVIRONMENT = [
  'DATABASE_URL',
  'TEMPORAL_ADDRESS',
  'TEMPORAL_NAMESPACE',
  'TELEGRAM_BOT_TOKEN',
  'TELEGRAM_API_ROOT',
  'TELEGRAM_WEBHOOK_SECRET',
  'TELEGRAM_MODE',
  'PUBLIC_URL',
  'OLLAMA_URL',
  'OPENAI_BASE_URL',
  'OPENAI_API_KEY',
  'GLM_BASE_URL',
  'GLM_API_KEY',
  'ANTHROPIC_API_KEY',
  'OPENROUTER_API_KEY',
  'GROQ_API_KEY',
  'LLM_EGRESS_PROXY',
  'BITRIX_WEBHOOK_URL',
  'API_TOKEN',
  'CALLBACK_SECRET',
  'PORT',
  'DATA_DIR',
  'LOG_LEVEL',
];

const text = file('docker-compose.yml');
const compose = Compose.parse(parse(text, { strict: true, uniqueKeys: true }));
const services = Object.entries(compose.services);

describe('docker-compose.yml', () => {
  it('names the services of the production form', () => {
    expect(Object.keys(compose.services)).toEqual(
      expect.arrayContaining([
        'traefik',
        'app',
        'database',
        'temporal',
        'temporal-database',
        'temporal-ui',
        'ollama',
      ]),
    );
  });

  it('gives the app exactly the variables that the configuration reads', () => {
    expect(Object.keys(compose.services.app?.environment ?? {}).sort()).toEqual(APP_ENVIRONMENT.toSorted());
  });

  it('refers only to services, networks, volumes and configs that it declares', () => {
    for (const [name, service] of services) {
      const known = (kind: Record<string, unknown>, used: string[]) =>
        expect(
          used.filter((one) => !(one in kind)),
          name,
        ).toEqual([]);
      known(compose.services, Object.keys(service.depends_on ?? {}));
      known(compose.networks, service.networks);
      known(
        compose.volumes,
        service.volumes.map((volume) => volume.split(':')[0] ?? ''),
      );
      known(
        compose.configs,
        service.configs.map(({ source }) => source),
      );
    }
  });

  it('waits for health only of services that report it', () => {
    for (const [name, { depends_on = {} }] of services) {
      for (const [target, { condition }] of Object.entries(depends_on)) {
        if (condition !== 'service_healthy') continue;
        expect(compose.services[target]?.healthcheck, `${name} → ${target}`).toBeDefined();
      }
    }
  });

  it('shows nothing but Traefik to the outside', () => {
    const open = services.flatMap(([name, { ports }]) =>
      ports.filter((port) => !port.startsWith('127.0.0.1:')).map(() => name),
    );
    expect(new Set(open)).toEqual(new Set(['traefik']));
  });

  it('pins every image and holds no password', () => {
    for (const [name, { image = '', environment = {} }] of services) {
      expect(image, name).toMatch(/:(?!latest)[\w${]/);
      for (const [variable, value] of Object.entries(environment)) {
        if (/PASSWORD|_PWD|TOKEN|SECRET|_KEY/.test(variable)) expect(value, variable).toMatch(/^\$\{\w+:/);
      }
    }
  });

  it('carries configuration that is YAML itself', () => {
    for (const { content } of Object.values(compose.configs)) {
      expect(parse(content.replaceAll(/\$\{(\w+)[^}]*\}/g, '$1'))).toBeTypeOf('object');
    }
  });
});

describe('Dockerfile', () => {
  const lines = file('Dockerfile').split('\n');

  it('installs the locked production dependencies and serves as an ordinary user', () => {
    expect(lines[0]).toBe('FROM node:22-bookworm-slim');
    expect(lines.join('\n')).toContain('npm ci --omit=dev');
    expect(lines.findLast((line) => line.startsWith('USER '))).toBe('USER node');
    expect(lines.findLast((line) => line.startsWith('CMD '))).toBe('CMD ["npm", "run", "serve"]');
  });

  it('keeps secrets, data and installed packages of the building machine out of the image', () => {
    const ignored = file('.dockerignore').split('\n');
    expect(ignored).toEqual(expect.arrayContaining(['.env', '.data', '.git', 'config.yaml', 'node_modules']));
  });
});
