import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';

/** What a tool gave, as text: of what is none, that it was there. */
export function textOfContent({
  content,
  structuredContent,
}: Pick<CallToolResult, 'content' | 'structuredContent'>): string {
  const parts = content.map((item) => {
    switch (item.type) {
      case 'text':
        return item.text;
      case 'resource':
        return 'text' in item.resource ? item.resource.text : left(item.resource.mimeType ?? 'a resource');
      case 'resource_link':
        return `${item.name}: ${item.uri}`;
      case 'image':
      case 'audio':
        return left(item.mimeType);
    }
  });
  const text = parts.join('\n').trim();
  // A tool with a structure should say the same as text; not all do.
  return text === '' && structuredContent ? JSON.stringify(structuredContent) : text;
}

const left = (what: string) => `[${what}, left out]`;
