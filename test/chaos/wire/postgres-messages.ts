/** One message of PostgreSQL's protocol, version 3, with its frame. */
export interface PgMessage {
  /** Its type; empty for what a connection begins with. */
  type: string;
  bytes: Buffer;
}

/** Cuts a stream into messages; `startup` while the first one, which has no type, is still to come. */
export function createReader(startup: boolean) {
  let rest: Buffer = Buffer.alloc(0);
  let beginning = startup;
  return (part: Buffer): PgMessage[] => {
    rest = rest.length > 0 ? Buffer.concat([rest, part]) : part;
    const messages: PgMessage[] = [];
    for (;;) {
      const head = beginning ? 0 : 1;
      if (rest.length < head + 4) return messages;
      const length = head + rest.readInt32BE(head);
      if (rest.length < length) return messages;
      messages.push({
        type: beginning ? '' : String.fromCharCode(rest[0] ?? 0),
        bytes: rest.subarray(0, length),
      });
      rest = rest.subarray(length);
      beginning = false;
    }
  };
}

/** What a client asks for with one message or a few that belong together. */
export interface Statement {
  text: string;
  /** Parameters as texts; binary ones, which this product does not send, are left out. */
  values: string[];
}

/** Understands what a client sends; statements that were prepared are remembered by name. */
export function createStatements() {
  const prepared = new Map<string, string>();
  return (messages: readonly PgMessage[]): Statement | undefined => {
    let statement: Statement | undefined;
    for (const { type, bytes } of messages) {
      if (type === 'Q') statement = { text: textAt(bytes, 5).text, values: [] };
      if (type === 'P') {
        const name = textAt(bytes, 5);
        prepared.set(name.text, textAt(bytes, name.end).text);
      }
      if (type === 'B') {
        const name = textAt(bytes, textAt(bytes, 5).end);
        statement = { text: prepared.get(name.text) ?? '', values: valuesAt(bytes, name.end) };
      }
    }
    return statement;
  };
}

function textAt(bytes: Buffer, start: number): { text: string; end: number } {
  const end = bytes.indexOf(0, start);
  return { text: bytes.toString('utf8', start, end), end: end + 1 };
}

function valuesAt(bytes: Buffer, start: number): string[] {
  const formats = bytes.readInt16BE(start);
  let at = start + 2 + 2 * formats;
  const count = bytes.readInt16BE(at);
  at += 2;
  const values: string[] = [];
  for (let n = 0; n < count; n++) {
    const length = bytes.readInt32BE(at);
    at += 4;
    if (length < 0) continue;
    values.push(bytes.toString('utf8', at, at + length));
    at += length;
  }
  return values;
}

/** Not `for update` and `do update`, which follow a word. */
const VERB = /(?:^|[()])\s*(insert\s+into|update|delete\s+from)\s+"?(\w+)"?/gi;

/** `insert leads`, in the order of the statement, which may hold several; empty for what writes nothing. */
export const writesOf = ({ text }: Statement): string[] =>
  [...text.matchAll(VERB)].map(([, verb = '', table]) => `${verb.split(/\s/)[0]?.toLowerCase()} ${table}`);
