import { Stack, Text, Title } from '@mantine/core';
import type { AuditEntry } from '@raffia/client/client.ts';
import { CopyIcon } from '../../parts/copy.tsx';
import { FactsCard } from '../../parts/facts-card.tsx';
import { exactTime } from '../../parts/times.ts';
import { actionWords, originOf } from './action-words.ts';
import { changesOf } from './changes.ts';
import classes from './entry.module.css';

/** One change, with all that is known of it: what was before and what is after, line by line. */
export function Entry({
  entry,
  resource,
  project,
  nameOf,
}: {
  entry: AuditEntry;
  resource: string | undefined;
  project: string | undefined;
  nameOf: (id: string) => string | undefined;
}) {
  const { changes, rest } = changesOf(entry.details, nameOf);
  const all = JSON.stringify(entry.details, null, 2);
  return (
    <Stack>
      <Text size="sm" className="breaking">
        {actionWords(entry)}
      </Text>
      <FactsCard
        facts={[
          { label: 'Time', value: <time dateTime={entry.created_at}>{exactTime(entry.created_at)}</time> },
          { label: 'Actor', value: `${entry.actor_name} (${entry.actor_kind})` },
          { label: 'Resource', value: resource ?? '–', copy: entry.resource_id },
          { label: 'Project', value: project },
          { label: 'From', value: originOf(entry), isMono: true },
          { label: 'Request ID', value: entry.request_id ?? '–', copy: entry.request_id, isMono: true, isWide: true },
        ]}
      />
      {changes.length > 0 && (
        <section aria-labelledby="changes">
          <Title order={3} size="h4" id="changes" mb="xs">
            Before and after
          </Title>
          <dl className={classes.changes}>
            {changes.map(({ label, before, after }) => (
              <div key={label}>
                <dt>{label}</dt>
                {before.map((line) => (
                  <dd key={`before ${line}`} data-side="before">
                    <span className="visually-hidden">Before: </span>
                    {line}
                  </dd>
                ))}
                {after.map((line) => (
                  <dd key={`after ${line}`} data-side="after">
                    <span className="visually-hidden">After: </span>
                    {line}
                  </dd>
                ))}
              </div>
            ))}
          </dl>
        </section>
      )}
      {rest.length > 0 && (
        <section aria-labelledby="details">
          <Title order={3} size="h4" id="details" mb="xs">
            Details
          </Title>
          <dl className={classes.rest}>
            {rest.map(({ label, value }) => (
              <div key={label}>
                <dt>{label}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
        </section>
      )}
      {Object.keys(entry.details).length > 0 && (
        <details className={classes.raw}>
          <summary>As the API has it</summary>
          <div className={classes.copy}>
            <CopyIcon value={all} label="Copy details" />
          </div>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard */}
          <pre className="mono" tabIndex={0}>
            {all}
          </pre>
        </details>
      )}
    </Stack>
  );
}
