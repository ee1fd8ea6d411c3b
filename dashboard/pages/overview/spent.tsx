import { Link } from 'react-router';
import { useCostsByDay, useCostsByProject } from '../../api/costs.ts';
import { useScope } from '../../api/scope.tsx';
import { kindsIn, kindWords } from '../../parts/billed-kinds.ts';
import { shortDayWord } from '../../parts/days.ts';
import { forecastOf } from '../../parts/forecast.ts';
import { Loaded } from '../../parts/notices.tsx';
import { spent } from '../../parts/price.ts';
import { useProjectName } from '../../parts/use-project-name.ts';
import { Card, Figure } from './cards.tsx';
import classes from './overview.module.css';

const mostLines = 5;

/** This month's costs of what is looked at, a project or all. */
function useMonth() {
  const { project, to } = useScope();
  const query = project === undefined ? '' : `?project=${project.id}`;
  return {
    costs: useCostsByDay(project === undefined ? {} : { project_id: project.id }),
    usage: to('account', `usage${query}`),
  };
}

/** What this month cost until now, deleted things included, and what it will have cost. */
export function SpentFigure() {
  const { costs, usage } = useMonth();
  if (costs.data === undefined) return <Loaded query={costs}>{() => null}</Loaded>;
  const forecast = forecastOf(costs.data);
  return (
    <Figure
      title="Spent this month"
      value={spent(Number(costs.data.total))}
      words={
        forecast === undefined
          ? 'Deleted resources included'
          : `${spent(forecast.amount)} by ${shortDayWord(forecast.until)} if nothing changes`
      }
      to={usage}
    />
  );
}

/** Where this month's money went: to projects where several are looked at, otherwise to kinds of things. */
export function SpentWhere() {
  const { project, projects } = useScope();
  return project === undefined && projects.length > 1 ? <ByProject /> : <ByKind />;
}

function ByKind() {
  const { costs, usage } = useMonth();
  if (costs.data === undefined) return null;
  const { kinds } = costs.data;
  const lines = kindsIn(costs.data)
    .map((kind) => ({ key: kind, name: kindWords[kind].many, cost: Number(kinds[kind]), to: undefined }))
    .toSorted((a, b) => b.cost - a.cost);
  return <Where title="Spent this month, by kind" usage={usage} lines={lines} />;
}

function ByProject() {
  const { usage } = useMonth();
  const { to } = useScope();
  const nameOf = useProjectName();
  const costs = useCostsByProject({});
  const lines = (costs.data ?? []).map(({ project_id, cost }) => ({
    key: project_id ?? '',
    name: nameOf(project_id),
    cost: Number(cost),
    to: project_id === undefined ? undefined : to('account', `usage?project=${project_id}`),
  }));
  return <Where title="Spent this month, by project" usage={usage} lines={lines} />;
}

interface Line {
  readonly key: string;
  readonly name: string;
  /** Dollars. */
  readonly cost: number;
  readonly to: string | undefined;
}

/** The dearest of a list; absent where nothing cost anything. */
function Where({ title, usage, lines }: { title: string; usage: string; lines: readonly Line[] }) {
  const shown = lines.filter(({ cost }) => cost > 0).slice(0, mostLines);
  if (shown.length === 0) return null;
  return (
    <Card
      title={title}
      link={
        <Link to={usage} className={classes.more}>
          Usage
        </Link>
      }
    >
      <ul className={classes.list}>
        {shown.map(({ key, name, cost, to }) => (
          <li key={key} className={classes.measured}>
            {to === undefined ? (
              <span>{name}</span>
            ) : (
              <Link to={to}>
                <bdi>{name}</bdi>
              </Link>
            )}
            <b>{spent(cost)}</b>
          </li>
        ))}
      </ul>
    </Card>
  );
}
