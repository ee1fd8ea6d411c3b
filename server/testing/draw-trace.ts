import type { CollectedSpan } from './test-collector.ts';

/** A trace as a Gantt chart of Mermaid: a bar for each span, in milliseconds since the first began, below what it is part of. */
export function drawTrace(spans: readonly CollectedSpan[]): string {
  const first = Math.min(...spans.map(({ startedAt }) => startedAt));
  const lines = ['gantt', '    dateFormat x', '    axisFormat %S.%L s'];
  const below = (parent: string | undefined) => spans.filter(({ parentSpanId }) => parentSpanId === parent);
  const draw = (span: CollectedSpan, depth: number) => {
    const from = Math.round(span.startedAt - first);
    const took = span.endedAt - span.startedAt;
    const tag = span.isError ? 'crit, ' : depth < 2 ? 'active, ' : '';
    if (depth < 2) lines.push(`    section ${span.name}`);
    const outcome = span.attributes['raffia.step.outcome'] === 'waits' ? ', waits' : '';
    const arrow = depth > 2 ? '→ ' : '';
    lines.push(
      `    ${arrow}${span.name}${outcome} (${took.toFixed(1)} ms) :${tag}${from}, ${Math.max(Math.round(took), 1)}ms`,
    );
    for (const child of below(span.spanId)) draw(child, depth + 1);
  };
  for (const root of below(undefined)) draw(root, 0);
  return lines.join('\n');
}
