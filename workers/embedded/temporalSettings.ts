/** Search attributes that runs set; none holds personal data. */
const SEARCH_ATTRIBUTES = ['Tenant', 'Process', 'RunState', 'WaitingOn'];

/**
 * The stock dev server polls its one shard 20 times a second and syncs every commit: each step of a
 * run would then wait up to 50 ms.
 */
export function temporalArguments(options: {
  port: number;
  uiPort: number | undefined;
  /** Where the UI has payloads decrypted. */
  uiCodecEndpoint: string | undefined;
  databaseFile: string | undefined;
  namespace: string;
  /** Further `key=value` pairs of the server's dynamic configuration. */
  dynamicConfig?: readonly string[];
}): string[] {
  const file =
    options.databaseFile === undefined
      ? []
      : [
          ...['--db-filename', options.databaseFile],
          ...['--sqlite-pragma', 'journal_mode=wal'],
          ...['--sqlite-pragma', 'synchronous=normal'],
        ];
  const codec = options.uiCodecEndpoint === undefined ? [] : ['--ui-codec-endpoint', options.uiCodecEndpoint];
  const ui = options.uiPort === undefined ? ['--headless'] : ['--ui-port', String(options.uiPort), ...codec];
  return [
    ...['server', 'start-dev'],
    ...['--ip', '127.0.0.1'],
    ...['--port', String(options.port)],
    ...ui,
    ...file,
    ...['--namespace', options.namespace],
    ...['--dynamic-config-value', 'history.transferProcessorMaxPollRPS=1000'],
    ...(options.dynamicConfig ?? []).flatMap((pair) => ['--dynamic-config-value', pair]),
    ...SEARCH_ATTRIBUTES.flatMap((name) => ['--search-attribute', `${name}=Keyword`]),
    ...['--log-level', 'error'],
  ];
}

/** The CLI reads TEMPORAL_* as its own settings, and a profile from the home folder: neither is meant for this server. */
export function temporalEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(([name]) => !name.startsWith('TEMPORAL_'));
  // Fewer, larger collections: a tenth less processor time for each run. Not at any size: five times what is in use
  // would be a gigabyte once thousands of runs wait.
  return { ...Object.fromEntries(kept), GOGC: '400', GOMEMLIMIT: '384MiB' };
}
