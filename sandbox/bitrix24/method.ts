import type { Params } from '../http/params.ts';
import type { Portal } from './portal.ts';

export interface MethodResult {
  result: unknown;
  total?: number;
  next?: number;
  /** Makes the effect; reading methods have none. */
  commit?: () => void;
}

export type BitrixMethod = (params: Params, portal: Portal) => MethodResult;
