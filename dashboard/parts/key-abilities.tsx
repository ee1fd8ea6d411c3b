import classes from './key-abilities.module.css';
import { abilitiesOf, type Reach, warningsOf } from './key-words.ts';
import { plural } from './plural.ts';
import { StateShape } from './state-shape.tsx';

/** What a key can do, in words: what to be careful with, then each place with its counts, and the names of all permissions. */
export function KeyAbilities({ reaches }: { reaches: readonly Reach[] }) {
  const warnings = warningsOf(reaches.flatMap(({ held }) => held));
  return (
    <>
      {warnings.length > 0 && (
        <ul className={classes.warnings} aria-label="Be careful">
          {warnings.map((text) => (
            <li key={text}>
              <StateShape shape="attention" />
              <span>{text}</span>
            </li>
          ))}
        </ul>
      )}
      {reaches.map((reach) => (
        <Place key={reach.title} {...reach} />
      ))}
    </>
  );
}

function Place({ title, held, of }: Reach) {
  return (
    <section className={classes.place} aria-label={title}>
      <h3>
        <bdi>{title}</bdi>
      </h3>
      <p>
        {held.length} of {of} permissions
      </p>
      <dl>
        {abilitiesOf(held).map(({ things, verbs }) => (
          <div key={things}>
            <dt>{things}</dt>
            <dd>{verbs}</dd>
          </div>
        ))}
      </dl>
      <details>
        <summary>Show {plural(held.length, 'permission')}</summary>
        <ul>
          {held.map((name) => (
            <li key={name} className="mono">
              {name}
            </li>
          ))}
        </ul>
      </details>
    </section>
  );
}
