export function findOrBuildTemporal(options: {
  log: (line: string) => void;
  progress?: (line: string) => void;
  env?: NodeJS.ProcessEnv;
}): Promise<string>;
