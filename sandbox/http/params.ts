import type { Context } from 'hono';

/** A file part of a multipart request. */
export interface UploadedFile {
  name: string;
  mimeType: string;
  bytes: Uint8Array;
}

export type Params = Record<string, unknown>;

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isUpload(value: unknown): value is UploadedFile {
  return isRecord(value) && value.bytes instanceof Uint8Array;
}

/** Thrown for a body that is not what its content type says. */
export class BadBody extends Error {}

/** The body as raw text or, for multipart, as flat fields; the query string is merged in by the caller. */
export async function readBody(
  c: Context,
): Promise<{ json?: unknown; form?: [string, string][]; files?: Params }> {
  if (c.req.method === 'GET' || c.req.method === 'HEAD') return {};
  const type = (c.req.header('content-type') ?? '').toLowerCase();
  if (type.startsWith('multipart/form-data')) {
    const form = await c.req.raw.formData();
    const fields: [string, string][] = [];
    const files: Params = {};
    for (const [name, value] of form.entries()) {
      if (typeof value === 'string') fields.push([name, value]);
      else {
        const bytes = new Uint8Array(await value.arrayBuffer());
        files[name] = { name: value.name, mimeType: value.type, bytes } satisfies UploadedFile;
      }
    }
    return { form: fields, files };
  }
  const text = await c.req.text();
  if (text === '') return {};
  if (type.startsWith('application/x-www-form-urlencoded')) {
    return { form: [...new URLSearchParams(text).entries()] };
  }
  try {
    return { json: JSON.parse(text) };
  } catch {
    throw new BadBody('The body is not JSON.');
  }
}

/** Query, form fields, files and JSON members as one flat bag, later ones winning. */
export async function readParams(c: Context): Promise<Params> {
  const body = await readBody(c);
  if (body.json !== undefined && !isRecord(body.json)) throw new BadBody('The body is not a JSON object.');
  return { ...c.req.query(), ...Object.fromEntries(body.form ?? []), ...body.files, ...(body.json ?? {}) };
}
