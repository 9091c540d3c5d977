/** One thing that is wrong with the configuration: what, and where to put it right. */
export interface Fault {
  what: string;
  where: string;
}

/** The configuration cannot be used. The message names every fault, never a value. */
export class SettingsError extends Error {
  readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[]) {
    const lines = faults.map((fault) => `✖ ${fault.what}\n  → ${fault.where}`);
    const count = faults.length === 1 ? '1 fault' : `${faults.length} faults`;
    super(`Cannot start: ${count} in the configuration.\n${lines.join('\n')}`);
    this.name = 'SettingsError';
    this.faults = faults;
  }
}
