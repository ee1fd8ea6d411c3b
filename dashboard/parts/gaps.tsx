import classes from './gaps.module.css';
import { plural } from './plural.ts';

export interface Gap {
  readonly text: string;
  /** The field in which it is put right, where it is one. */
  readonly path?: string;
}

/** What is not right yet: each leads to where it is put right. */
export function Gaps({ gaps, onGo }: { gaps: readonly Gap[]; onGo: (path: string) => void }) {
  if (gaps.length === 0) return null;
  return (
    <div className={classes.gaps} role="alert">
      <p>{plural(gaps.length, 'thing')} to fix</p>
      <ul>
        {gaps.map(({ text, path }) => (
          <li key={path ?? text}>
            {path === undefined ? (
              text
            ) : (
              <button type="button" onClick={() => onGo(path)}>
                {text}
              </button>
            )}
          </li>
        ))}
      </ul>
    </div>
  );
}
