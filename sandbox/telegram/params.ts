import { isUpload, type Params, type UploadedFile } from '../http/params.ts';
import { badRequest } from './types.ts';

/** Reads method parameters, which come as JSON values or, from forms, as strings. */
export class MethodParams {
  readonly all: Params;

  constructor(all: Params) {
    this.all = all;
  }

  has(name: string): boolean {
    return this.all[name] !== undefined && this.all[name] !== null && this.all[name] !== '';
  }

  text(name: string): string | undefined {
    const value = this.all[name];
    if (value === undefined || value === null) return undefined;
    return typeof value === 'string' ? value : String(value);
  }

  int(name: string): number | undefined {
    const value = this.all[name];
    if (value === undefined || value === null || value === '') return undefined;
    const number = Number(value);
    if (!Number.isInteger(number)) throw badRequest(`${name} must be an Integer`);
    return number;
  }

  flag(name: string): boolean {
    const value = this.all[name];
    return value === true || value === 'true' || value === 'True' || value === '1' || value === 1;
  }

  /** A nested object, given as such or as a JSON string. */
  nested(name: string, what: string): unknown {
    const value = this.all[name];
    if (typeof value !== 'string') return value ?? undefined;
    if (value === '') return undefined;
    try {
      return JSON.parse(value);
    } catch {
      throw badRequest(`can't parse ${what} JSON object`);
    }
  }

  /** A file to be sent: an upload, `attach://part`, or an id or address as text. */
  file(name: string): UploadedFile | string | undefined {
    const value = this.all[name];
    if (isUpload(value)) return value;
    if (typeof value !== 'string' || value === '') return undefined;
    if (!value.startsWith('attach://')) return value;
    const part = this.all[value.slice('attach://'.length)];
    if (!isUpload(part)) throw badRequest('wrong HTTP URL specified: attached file not found');
    return part;
  }

  /** Parameters fit for a journal: bytes are replaced by their length. */
  summary(): Params {
    return Object.fromEntries(
      Object.entries(this.all).map(([name, value]) => [
        name,
        isUpload(value) ? { file: value.name, bytes: value.bytes.length } : value,
      ]),
    );
  }
}
