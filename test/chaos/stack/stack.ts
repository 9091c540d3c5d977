import postgres from 'postgres';
import { loadSettings } from '../../../config/settings.ts';
import { connectDatabase } from '../../../db/client.ts';
import { migrate } from '../../../db/migrate.ts';
import { createSandboxClient } from '../../../sandbox/client.ts';
import { startSandbox } from '../../../sandbox/index.ts';
import { findOrBuildTemporal } from '../../../scripts/temporal/binary.mjs';
import { freePort } from '../../../workers/embedded/ports.ts';
import { connectClient } from '../../../workers/temporal.ts';
import { openCable } from '../../support/cable.ts';
import { chatOfPhone } from '../walk/outside.ts';
import { openDatabaseProxy } from '../wire/database.ts';
import { openEngineProxy } from '../wire/engine.ts';
import { openIntakeProxy } from '../wire/intake.ts';
import { openOutsideProxies } from '../wire/outside.ts';
import { createResolver } from '../wire/resolver.ts';
import { createTracker } from '../wire/tracker.ts';
import { RoleProcess } from './role.ts';
import { postgresServer, temporalServer, temporaryFolder } from './servers.ts';
import { productEnvironment, productYaml, type Timing } from './settings.ts';
import type { Victim } from './victims.ts';

const ROLES = ['api', 'worker', 'projector'] as const;

/** The product and its servers, each in a process of its own, and the wires between them in this one. */
export async function startStack(log: (line: string) => void, ownData: Iterable<string> = []) {
  const dataDir = temporaryFolder();
  const binary = await findOrBuildTemporal({ log });
  const database = postgresServer(dataDir);
  const engine = temporalServer(dataDir, binary);
  await Promise.all([database.start(), engine.start()]);
  /** The harness's own way, which nobody holds. */
  const ownCable = await openCable(() => database.port());
  const at = (port: number) => {
    const url = new URL(database.url());
    url.port = String(port);
    return url.href;
  };
  await migrate(at(ownCable.port));
  const own = postgres(at(ownCable.port), { max: 4, connect_timeout: 2, onnotice: () => undefined });
  const shown = connectDatabase({ url: at(ownCable.port), name: 'chaos', max: 4 });
  const sandbox = await startSandbox({ telegram: { webhookRetryScale: 0.02 }, bitrix24: { limit: null } });

  const resolver = createResolver(() => own);
  const tracker = createTracker(resolver, ownData);
  const outside = await openOutsideProxies(sandbox.urls, tracker, resolver, (text) =>
    chatOfPhone(text, (id) => tracker.lanes.has(id)),
  );
  const apiPort = await freePort();
  const intake = await openIntakeProxy(`http://127.0.0.1:${apiPort}`, tracker, (press, chat) =>
    resolver.learn(`press ${press}`, chat),
  );
  const env = productEnvironment({ dataDir, outside: outside.urls, publicUrl: intake.url });
  const cables: { close(): Promise<void> }[] = [ownCable, intake, outside];
  let yaml = productYaml({});
  const environments = {} as Record<(typeof ROLES)[number], Record<string, string>>;
  const roles = {} as Record<(typeof ROLES)[number], RoleProcess>;
  for (const role of ROLES) {
    const toDatabase = await openDatabaseProxy(role, () => database.port(), tracker, resolver);
    const toEngine = await openEngineProxy(role, engine.address, tracker, resolver);
    cables.push(toDatabase, toEngine);
    environments[role] = {
      ...env,
      DATABASE_URL: at(toDatabase.port),
      TEMPORAL_ADDRESS: toEngine.address,
    };
    roles[role] = new RoleProcess({
      role,
      env: environments[role],
      yaml,
      folder: dataDir,
      port: role === 'api' ? apiPort : await freePort(),
    });
  }
  await Promise.all(ROLES.map((role) => roles[role].start()));
  const settings = () => loadSettings({ env: environments.api, yaml });
  const temporal = await connectClient({
    ...settings(),
    temporal: { ...settings().temporal, address: engine.address() },
  });
  const victims: Record<Victim, { kill(): Promise<void>; start(): Promise<void> }> = {
    ...roles,
    postgres: database,
    temporal: engine,
  };

  return {
    sandbox,
    telegram: createSandboxClient(sandbox.urls.control).telegram,
    tracker,
    resolver,
    db: shown.db,
    sql: own,
    temporal,
    apiUrl: `http://127.0.0.1:${apiPort}`,
    environment: environments.projector,
    settings,
    roles,
    victims,
    /** New conversations get this timing from now on; those under way keep theirs. */
    async retime(timing: Timing): Promise<void> {
      const wanted = productYaml(timing);
      if (wanted === yaml) return;
      yaml = wanted;
      for (const role of ROLES) roles[role].configure(yaml);
      await roles.api.stop();
      await roles.api.start();
    },
    async stop(): Promise<void> {
      await Promise.all(ROLES.map((role) => roles[role].kill()));
      await temporal.connection.close();
      await shown.close();
      await own.end({ timeout: 1 });
      await Promise.all(cables.map((cable) => cable.close()));
      await Promise.all([engine.stop(), database.stop()]);
      await sandbox.close();
    },
  };
}

export type Stack = Awaited<ReturnType<typeof startStack>>;
