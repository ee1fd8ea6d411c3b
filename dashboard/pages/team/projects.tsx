import type { Project } from '@raffia/client/client.ts';
import { FolderOpen } from 'lucide-react';
import { useMemo } from 'react';
import { useGrants, useProjects, useVms } from '../../api/lists.ts';
import { useScope } from '../../api/scope.tsx';
import { sinceColumn } from '../../parts/columns.tsx';
import { FilterBar } from '../../parts/filter-bar.tsx';
import { ListStates } from '../../parts/list-states.tsx';
import { useMemberName } from '../../parts/member-name.ts';
import { EmptyState } from '../../parts/notices.tsx';
import { monthly } from '../../parts/price.ts';
import { type Column, ResourceTable } from '../../parts/resource-table.tsx';
import { TagChip } from '../../parts/tag-chip.tsx';
import { perHourOf } from '../../parts/usage-lines.ts';
import { useListState } from '../../parts/use-list-state.ts';
import { useProjectActs } from '../../parts/use-project-acts.tsx';
import { useUsage } from '../../parts/use-usage.ts';

interface Row extends Project {
  readonly vms: number | undefined;
  readonly members: number | undefined;
  readonly perHour: number | undefined;
}

const columns: readonly Column<Row>[] = [
  {
    id: 'name',
    title: 'Project',
    priority: 1,
    width: 200,
    sort: ({ name }) => name,
    cell: ({ is_default }) => is_default && <TagChip>Default</TagChip>,
  },
  {
    id: 'slug',
    title: 'Slug',
    priority: 5,
    width: 160,
    sort: ({ slug }) => slug,
    cell: ({ slug }) => <span className="mono">{slug}</span>,
  },
  {
    id: 'vms',
    title: 'VMs',
    priority: 2,
    width: 90,
    isFigure: true,
    sort: ({ vms }) => vms,
    cell: ({ vms }) =>
      vms === undefined ? (
        '–'
      ) : (
        <>
          {vms}
          <span className="on-card"> {vms === 1 ? 'VM' : 'VMs'}</span>
        </>
      ),
  },
  {
    id: 'members',
    title: 'Members',
    priority: 4,
    width: 100,
    isFigure: true,
    sort: ({ members }) => members,
    cell: ({ members }) =>
      members === undefined ? (
        '–'
      ) : (
        <>
          {members}
          <span className="on-card"> {members === 1 ? 'member' : 'members'}</span>
        </>
      ),
  },
  {
    id: 'monthly',
    title: 'Monthly',
    priority: 3,
    width: 120,
    isFigure: true,
    sort: ({ perHour }) => perHour,
    cell: ({ perHour }) =>
      perHour === undefined ? (
        '–'
      ) : (
        <>
          {monthly(perHour)}
          <span className="on-card"> a month</span>
        </>
      ),
  },
  sinceColumn({ id: 'created', title: 'Created', priority: 6, width: 150 }),
];

export function Projects() {
  const projects = useProjects();
  return (
    <ListStates
      query={projects}
      things="projects"
      empty={
        <EmptyState icon={FolderOpen} title="No projects">
          You have no role in any project. Ask an Owner or Admin for one.
        </EmptyState>
      }
    >
      {(list) => <ProjectList list={list} />}
    </ListStates>
  );
}

function ProjectList({ list }: { list: readonly Project[] }) {
  const { to } = useScope();
  const vms = useVms();
  const usage = useUsage();
  const nameOf = useMemberName();
  const { grants, isLoaded } = useGrants(list);
  const { q, set, clear } = useListState();
  const holdersOf = ({ id }: Project) =>
    grants.filter(({ project }) => project.id === id).map(({ held }) => nameOf(held));
  const { actsOf, dialog } = useProjectActs(holdersOf);
  const lines = usage.data;
  const rows = useMemo(
    () =>
      list.map((project): Row => {
        const isHere = ({ project_id }: { project_id?: string }) => project_id === project.id;
        return {
          ...project,
          vms: vms.data?.filter(isHere).length,
          members: isLoaded ? grants.filter((grant) => grant.project.id === project.id).length : undefined,
          perHour:
            lines === undefined ? undefined : perHourOf(lines.filter(({ projectId }) => projectId === project.id)),
        };
      }),
    [list, vms.data, lines, grants, isLoaded],
  );
  const text = q.trim().toLowerCase();
  const found = rows.filter(({ name, slug, description = '' }) =>
    `${name} ${slug} ${description}`.toLowerCase().includes(text),
  );
  return (
    <>
      <FilterBar
        search={q}
        onSearch={(next) => set('q', next === '' ? null : next)}
        placeholder="Search name or description"
        found={found.length}
        total={list.length}
        things="projects"
      />
      <ResourceTable
        label="Projects"
        things="projects"
        columns={columns}
        items={found}
        idOf={({ id }) => id}
        nameOf={({ name }) => name}
        linkOf={({ slug }) => to('account', `team/projects/${slug}`)}
        actsOf={actsOf}
        onClear={() => clear(['q'])}
        foot="Resources belong to one project and can't move."
      />
      {dialog}
    </>
  );
}
