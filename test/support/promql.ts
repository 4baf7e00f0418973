import { parser } from '@prometheus-io/lezer-promql';

/** What an expression of PromQL asks for. */
export interface Asked {
  /** Metrics, each with the labels that it is selected by. */
  metrics: Map<string, Set<string>>;
  /** Labels that its values are grouped by. */
  grouped: Set<string>;
}

/** Reads an expression with Prometheus' own grammar. @throws where it is none. */
export function readPromql(expression: string): Asked {
  const asked: Asked = { metrics: new Map(), grouped: new Set() };
  let selected: Set<string> | undefined;
  parser.parse(expression).iterate({
    enter(node) {
      const { type, from, to } = node;
      const text = expression.slice(from, to);
      if (type.isError) throw new Error(`"${expression}" is no PromQL at ${from}: "${text}"`);
      if (type.name === 'Identifier' && node.matchContext(['VectorSelector'])) {
        selected = asked.metrics.get(text) ?? new Set();
        asked.metrics.set(text, selected);
      }
      if (type.name === 'LabelName') {
        if (node.matchContext(['GroupingLabels'])) asked.grouped.add(text);
        else selected?.add(text);
      }
    },
  });
  return asked;
}
