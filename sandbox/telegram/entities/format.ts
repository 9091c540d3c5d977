import type { MethodParams } from '../params.ts';
import { badRequest } from '../types.ts';
import { parseHtml } from './html.ts';
import { parseMarkdown, parseMarkdownV2 } from './markdown.ts';
import { checkEntities, type FormattedText, tidy } from './validate.ts';

/** Reads a text and its formatting, however given; a parse mode goes before an entities array. */
function formattedText(params: MethodParams, textName: string, entitiesName: string): FormattedText {
  const source = params.text(textName) ?? '';
  const mode = (params.text('parse_mode') ?? '').toLowerCase();
  switch (mode) {
    case 'html':
      return tidy(parseHtml(source));
    case 'markdownv2':
      return tidy(parseMarkdownV2(source));
    case 'markdown':
      return tidy(parseMarkdown(source));
    case '':
    case 'none':
      return tidy({ text: source, entities: checkEntities(params.nested(entitiesName, 'entities'), source) });
    default:
      throw badRequest('unsupported parse_mode');
  }
}

/** A message text of 1 to 4096 UTF-16 units after parsing. */
export function messageText(params: MethodParams): FormattedText {
  const formatted = formattedText(params, 'text', 'entities');
  if (formatted.text === '') throw badRequest('message text is empty');
  if (formatted.text.length > 4096) throw badRequest('message is too long');
  return formatted;
}

/** A caption of at most 1024 UTF-16 units after parsing. */
export function captionText(params: MethodParams): FormattedText {
  const formatted = formattedText(params, 'caption', 'caption_entities');
  if (formatted.text.length > 1024) throw badRequest('message caption is too long');
  return formatted;
}
