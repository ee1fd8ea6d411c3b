import { WifiOff } from 'lucide-react';
import { useIsAway } from '../api/connection.ts';
import { queryClient } from '../api/session.tsx';
import classes from './shell.module.css';

/** The server cannot be reached: nothing is lost, and it goes on by itself. */
export function AwayStrip() {
  if (!useIsAway()) return null;
  return (
    <div className={classes.away} role="status">
      <WifiOff size={16} aria-hidden />
      <span>Can't reach the server. Retrying. Your input is kept.</span>
      <button type="button" className={classes.retry} onClick={() => void queryClient.refetchQueries()}>
        Retry now
      </button>
    </div>
  );
}
