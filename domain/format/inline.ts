import type { PhrasingContent, RootContent } from 'mdast';
import type { References } from './markdown.ts';
import { RichBuilder } from './rich.ts';
import { isVisible } from './text.ts';
import { isSendableUrl, showsUrl } from './url.ts';

/** Writes text-level nodes. A link that cannot be one is followed by its address in parentheses. */
export function writeInline(builder: RichBuilder, nodes: RootContent[], references: References): void {
  for (const node of nodes) writeNode(builder, node, references);
}

function writeNode(builder: RichBuilder, node: RootContent, references: References): void {
  const children =
    (nodes: PhrasingContent[]) =>
    (target: RichBuilder = builder) =>
      writeInline(target, nodes, references);
  const definedUrl = (identifier: string) => references.definitions.get(identifier)?.url ?? '';
  switch (node.type) {
    case 'text':
      builder.write(node.value);
      return;
    case 'strong':
      builder.styled({ type: 'bold' }, children(node.children));
      return;
    case 'emphasis':
      builder.styled({ type: 'italic' }, children(node.children));
      return;
    case 'delete':
      builder.styled({ type: 'strikethrough' }, children(node.children));
      return;
    case 'inlineCode':
      // A link may not hold code, and its address is worth more than the font.
      if (builder.isOpen('text_link')) builder.write(node.value);
      else builder.styled({ type: 'code' }, () => builder.write(node.value));
      return;
    case 'break':
      builder.write('\n');
      return;
    case 'link':
      writeLink(builder, node.url, references, children(node.children));
      return;
    case 'image':
      writeLink(builder, node.url, references, (target) => target.write(node.alt ?? ''));
      return;
    case 'linkReference':
      writeLink(builder, definedUrl(node.identifier), references, children(node.children));
      return;
    case 'imageReference':
      writeLink(builder, definedUrl(node.identifier), references, (target) =>
        target.write(node.alt ?? node.identifier),
      );
      return;
    case 'footnoteReference':
      builder.write(`[${references.numbered.indexOf(node.identifier) + 1}]`);
      return;
    case 'html':
      builder.write(/^<br\s*\/?>$/i.test(node.value) ? '\n' : node.value);
      return;
    default:
      if ('children' in node) writeInline(builder, node.children, references);
      else if ('value' in node) builder.write(node.value);
  }
}

function writeLink(
  builder: RichBuilder,
  url: string,
  references: References,
  label: (builder: RichBuilder) => void,
): void {
  if (builder.isOpen('text_link')) {
    label(builder);
    return;
  }
  const probe = new RichBuilder();
  label(probe);
  const { text } = probe.build();
  if (!isVisible(text)) builder.write(url);
  else if (isSendableUrl(url, references.maxUrlUnits) && text !== url)
    builder.styled({ type: 'text_link', url }, () => label(builder));
  else {
    label(builder);
    if (url !== '' && !showsUrl(text, url)) builder.write(` (${url})`);
  }
}
