import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { SETTING_VARIABLES } from '../../config/environment.ts';
import { DEFAULT_PROVIDERS } from '../../config/llm-defaults.ts';
import { loadSettings } from '../../config/settings.ts';
import { isNewEnough } from '../../scripts/temporal/version.mjs';
import { ROLES } from '../../workers/app.ts';

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
      healthcheck: z.object({ test: z.array(z.string()) }).optional(),
      command: z.array(z.string()).default([]),
      restart: z.string(),
      security_opt: z.array(z.string()),
      cap_drop: z.array(z.string()),
      mem_limit: z.string().optional(),
      read_only: z.boolean().default(false),
      stop_grace_period: z.string().optional(),
    }),
  ),
  networks: Names,
  volumes: Names,
  configs: z.record(z.string(), z.object({ content: z.string() })),
});

/** The variables by which the environment overrides the configuration of the default tenant. */
const APP_ENVIRONMENT = [
  'CONFIG_FILE',
  ...SETTING_VARIABLES,
  ...Object.values(DEFAULT_PROVIDERS).flatMap(({ baseUrlEnv, settings }) =>
    [baseUrlEnv, settings.apiKeyEnv].filter((name) => typeof name === 'string'),
  ),
];
const ROLE_SERVICES = [...ROLES];
/** End by themselves, so nobody asks whether they are well. */
const TOOLS = ['temporal-schema', 'temporal-namespace'];
const ONCE = ['migrate', ...TOOLS];

const text = file('docker-compose.yml');
const compose = Compose.parse(parse(text, { strict: true, uniqueKeys: true, merge: true }));
const services = Object.entries(compose.services);
const lines = file('Dockerfile').split('\n');
/** What `npm run serve` does. */
const start = JSON.parse(file('package.json')).scripts.serve.split(' ') as string[];

describe('docker-compose.yml', () => {
  it('names the services of the production form', () => {
    expect(Object.keys(compose.services)).toEqual(
      expect.arrayContaining([
        'traefik',
        ...ROLE_SERVICES,
        'database',
        'temporal',
        'temporal-database',
        'temporal-ui',
        'ollama',
      ]),
    );
  });

  it.each(ROLE_SERVICES)('gives %s exactly the variables that the configuration reads', (role) => {
    expect(Object.keys(compose.services[role]?.environment ?? {}).sort()).toEqual(APP_ENVIRONMENT.toSorted());
  });

  it('passes values that the configuration accepts, with a password, a key, a bot and a domain given', () => {
    const given: Record<string, string> = {
      DATABASE_APP_PASSWORD: 'secret',
      DOMAIN: 'bot.example.kz',
      TELEGRAM_BOT_TOKEN: '1000001:AAaaBBbbCCccDDddEEeeFFffGGggHHhhIIi',
      TELEGRAM_WEBHOOK_SECRET: 'a-secret-of-some-length-0123456789',
      API_TOKEN: 'a-token-of-some-length-0123456789',
      ENCRYPTION_KEYS: `2026:${Buffer.alloc(32).toString('base64')}`,
    };
    const env = Object.fromEntries(
      Object.entries(compose.services.api?.environment ?? {}).map(([name, value]) => [
        name,
        String(value).replaceAll(
          /\$\{(\w+):([?-])([^}]*)\}/g,
          (_, variable: string, kind: string, rest: string) => given[variable] ?? (kind === '-' ? rest : ''),
        ),
      ]),
    );
    const settings = loadSettings({ env });
    expect(settings).toMatchObject({
      databaseUrl: 'postgres://dirigent_app:secret@database:5432/dirigent',
      publicUrl: 'https://bot.example.kz',
      port: 3000,
      encryption: { keys: { active: { id: '2026' } } },
      temporal: { address: 'temporal:7233' },
    });
    expect(settings.llm.providers.ollama?.baseUrl).toBe('http://ollama:11434');
  });

  it('runs each role as a process of its own, from one image', () => {
    for (const role of ROLE_SERVICES) {
      expect(compose.services[role]?.command).toEqual([...start, '--role', role]);
      expect(compose.services[role]?.image).toBe(compose.services.api?.image);
      expect(compose.services[role]?.read_only, role).toBe(true);
    }
  });

  it('lets a role finish what it does: stopping takes longer than its drain', () => {
    const drainMs = /DRAIN_MS = ([\d_]+)/.exec(file('workers/main.ts'))?.[1]?.replaceAll('_', '');
    for (const role of ROLE_SERVICES) {
      const grace = /^(\d+)s$/.exec(compose.services[role]?.stop_grace_period ?? '')?.[1];
      expect(Number(grace) * 1000).toBeGreaterThan(Number(drainMs));
    }
  });

  it('keeps every service within bounds: rights, memory, and a new start when it ends', () => {
    for (const [name, service] of services) {
      expect(service.security_opt, name).toEqual(['no-new-privileges:true']);
      expect(service.cap_drop, name).toEqual(['ALL']);
      expect(service.restart, name).toBe(ONCE.includes(name) ? 'on-failure:5' : 'unless-stopped');
      // Models take what there is.
      if (![...ONCE, 'ollama'].includes(name)) expect(service.mem_limit, name).toMatch(/^\d+[mg]$/);
    }
  });

  it('asks every service that stays whether it is well', () => {
    const silent = services.filter(([, { healthcheck }]) => healthcheck === undefined).map(([name]) => name);
    // Its image has no program that could ask.
    expect(silent.sort()).toEqual([...ONCE, 'temporal-ui'].sort());
  });

  it('uses a Temporal server that is new enough, with the tools of the same version', () => {
    const versionOf = (service: string) => compose.services[service]?.image?.split(':')[1] ?? '';
    expect(isNewEnough(versionOf('temporal'))).toBe(true);
    for (const name of TOOLS) expect(versionOf(name)).toBe(versionOf('temporal'));
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
        service.volumes
          .map((volume) => volume.split(':')[0] ?? '')
          .filter((volume) => !volume.startsWith('./')),
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

  it('gives the owner of the tables to nobody but the service that changes them', () => {
    const owning = services
      .filter(([, { environment = {} }]) => JSON.stringify(environment).includes('DATABASE_PASSWORD:?'))
      .map(([name]) => name);
    expect(owning.sort()).toEqual([
      'database',
      'migrate',
      'temporal',
      'temporal-database',
      'temporal-schema',
    ]);
    const { environment, command, depends_on } = compose.services.migrate ?? {};
    expect(command).toEqual([...start.slice(0, -1), 'workers/migrate.ts']);
    expect(depends_on).toEqual({ database: { condition: 'service_healthy' } });
    for (const role of ROLE_SERVICES) {
      expect(compose.services[role]?.environment?.DATABASE_URL).toBe(environment?.DATABASE_URL);
      expect(compose.services[role]?.depends_on?.migrate?.condition).toBe('service_completed_successfully');
    }
  });

  it('lets the UI have payloads decrypted on the machine itself, and nobody from outside', () => {
    const routes = parse(compose.configs['traefik-routes']?.content ?? '').http.routers;
    expect(routes.app.rule).toContain('!PathPrefix(`/codec`)');
    expect(routes.codec).toMatchObject({ rule: 'PathPrefix(`/codec`)', entryPoints: ['codec'] });
    expect(compose.services.traefik?.ports).toContain('127.0.0.1:8234:8234');
    expect(compose.services['temporal-ui']?.environment).toMatchObject({
      TEMPORAL_CODEC_ENDPOINT: 'http://localhost:8234/codec',
      TEMPORAL_CODEC_INCLUDE_CREDENTIALS: 'true',
    });
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
  it('installs the locked production dependencies and serves as an ordinary user', () => {
    expect(lines[0]).toBe('FROM node:22-bookworm-slim');
    expect(lines.join('\n')).toContain('npm ci --omit=dev');
    expect(lines.findLast((line) => line.startsWith('USER '))).toBe('USER node');
    expect(lines.findLast((line) => line.startsWith('CMD '))).toBe(
      `CMD ${JSON.stringify(start).replaceAll(',', ', ')}`,
    );
    expect(lines.filter((line) => line.startsWith('FROM '))).toHaveLength(1);
  });

  it('keeps secrets, data and installed packages of the building machine out of the image', () => {
    const ignored = file('.dockerignore').split('\n');
    expect(ignored).toEqual(
      expect.arrayContaining([
        '.env',
        '.data',
        '.git',
        'config.yaml',
        'installation',
        'node_modules',
        'build',
      ]),
    );
  });
});
