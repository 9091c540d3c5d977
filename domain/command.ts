const COMMAND = /^\/([a-z0-9_]{1,32})(?:@([a-z0-9_]{3,32}))?(?=\s|$)([\s\S]*)$/i;

export interface Command {
  /** Lower case, without slash. */
  name: string;
  args: string;
  /** The bot it is addressed to, where one is named. */
  addressee?: string;
}

/** The command that a text begins with. */
export function readCommand(text: string): Command | undefined {
  const match = COMMAND.exec(text);
  if (!match) return undefined;
  const [, name = '', addressee, args = ''] = match;
  return { name: name.toLowerCase(), args: args.trim(), ...(addressee ? { addressee } : {}) };
}
