export { takeBackup } from './backup/dump.ts';
export { BackupRefused } from './backup/format.ts';
export { type Restored, restoreBackup } from './backup/load.ts';
export type { Parked } from './backup/park.ts';
