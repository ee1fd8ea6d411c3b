import { SegmentedControl } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { Waypoints } from 'lucide-react';
import { type ReactNode, useMemo } from 'react';
import { useSearchParams } from 'react-router';
import { useInterfaces } from '../../api/interfaces.ts';
import { useVpcs } from '../../api/lists.ts';
import { useScope } from '../../api/scope.tsx';
import { FilterBar } from '../../parts/filter-bar.tsx';
import { EmptyState, ErrorNotice } from '../../parts/notices.tsx';
import { Skeleton } from '../../parts/skeleton.tsx';
import { useListState } from '../../parts/use-list-state.ts';
import { KnotPanel } from './knot-panel.tsx';
import { NetworkList } from './network-list.tsx';
import { Reach } from './reach.tsx';
import classes from './weave.module.css';
import { weaveOf } from './weave.ts';
import { WeaveDrawing } from './weave-drawing.tsx';

/** Which machine is in which network, drawn as a weave and told as a list, and what the internet can reach of it. */
export function Diagram({ create }: { create: ReactNode }) {
  const { has, project } = useScope();
  const [params] = useSearchParams();
  const { q, set } = useListState();
  const { nics, vms, query, isThere } = useInterfaces();
  const vpcs = useVpcs();
  const isPhone = useMediaQuery('(max-width: 640px)', undefined, { getInitialValueInEffect: false }) === true;
  const isList = isPhone || params.get('view') === 'list';
  const open = params.get('open');
  const seen = useMemo(() => (vms.data ?? []).filter(has), [vms.data, has]);
  const networks = useMemo(() => (vpcs.data ?? []).filter(has), [vpcs.data, has]);
  const weave = useMemo(() => weaveOf(seen, networks, nics, q), [seen, networks, nics, q]);
  const all = useMemo(() => weaveOf(seen, networks, nics), [seen, networks, nics]);
  const error = vms.error ?? query.error ?? vpcs.error;
  if (!isThere || vpcs.isPending)
    return error === null ? <Skeleton shape="list" isWithHead={false} /> : <ErrorNotice error={error} />;
  if (all.columns.length === 0 && networks.length === 0) {
    return (
      <EmptyState icon={Waypoints} title={`No networks in ${project?.name ?? 'any project'}`} action={create}>
        Here you see which VM is in which network, by which address, and what the internet can reach.
      </EmptyState>
    );
  }
  const knot = all.knots.find(({ id }) => id === open);
  return (
    <>
      {error !== null && <ErrorNotice error={error} />}
      <FilterBar
        search={q}
        onSearch={(next) => set('q', next === '' ? null : next)}
        placeholder="Find a VM or an address"
        found={weave.columns.length}
        total={all.columns.length}
        things="VMs and gateways"
      >
        {!isPhone && (
          <SegmentedControl
            aria-label="View"
            size="xs"
            data={[
              { value: 'diagram', label: 'Diagram' },
              { value: 'list', label: 'List' },
            ]}
            value={isList ? 'list' : 'diagram'}
            onChange={(next) => set('view', next === 'list' ? next : null)}
          />
        )}
      </FilterBar>
      <div className={classes.layout} data-open={knot !== undefined || undefined}>
        <div className={classes.stack}>
          {weave.columns.length === 0 && q !== '' ? (
            <p className={classes.nothing}>No VM and no address matches “{q}”.</p>
          ) : isList ? (
            <NetworkList weave={weave} open={open} onOpen={(id) => set('open', id)} />
          ) : (
            <WeaveDrawing weave={weave} open={open} onOpen={(id) => set('open', id)} />
          )}
          <Reach nics={nics} />
        </div>
        {knot !== undefined && <KnotPanel weave={all} knot={knot} onClose={() => set('open', null)} />}
      </div>
    </>
  );
}
