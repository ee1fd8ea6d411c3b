/** What must never be there once all work of simulated machines has ended: its name, and the rows that say so, after `from`. */
export const wrongs: Readonly<Record<string, string>> = {
  'machines without a row': 'simulated_machines m where not exists (select 1 from vms v where v.id = m.id)',
  'rows without an end': `vms v where v.status not in ('active', 'passive', 'failure') or v.deleted_at is not null`,
  'rows without a machine': `vms v where v.status <> 'failure' and not exists (select 1 from simulated_machines m where m.id = v.id)`,
  'failed machines': `vms v where v.status = 'failure'`,
  'rows that say another power than their machine': `vms v join simulated_machines m on m.id = v.id
     where (v.status = 'active') <> (m.power = 'on') and v.status <> 'failure'`,
  'addresses leaked': `public_addresses a where a.state = 'attached'
     and not exists (select 1 from nics n where n.public_address = a.address)`,
  'interfaces whose address is not theirs': `nics n where n.type = 'public'
     and not exists (select 1 from public_addresses a join vms v on v.account_id = a.account_id
                      where a.address = n.address and a.state = 'attached' and v.id = n.vm_id)`,
  'networks leaked': `vpcs p where not exists (select 1 from nics n where n.vpc_id = p.id)`,
  'snapshots without a row': 'simulated_snapshots s where not exists (select 1 from snapshots r where r.uid = s.id)',
  'snapshots that are not on the host':
    'snapshots r where not exists (select 1 from simulated_snapshots s where s.id = r.uid)',
  'snapshots without an end': `snapshots where state not in ('ready', 'active') or deleted_at is not null`,
  'snapshots that are not counted': `snapshots r where not exists
     (select 1 from terms t where t.resource_kind = 'snapshot' and t.resource_id = r.id::text and t.until is null)`,
  'snapshots that are counted for ever': `terms t where t.resource_kind = 'snapshot' and t.until is null
     and not exists (select 1 from snapshots r where r.id::text = t.resource_id)`,
  'volumes without a row': `simulated_volumes s where case when s.is_deleted
       then not exists (select 1 from snapshots r where r.volume_uid = s.id)
       else not exists (select 1 from volumes d where d.uid = s.id) end`,
  'volumes that are not as their rows say': `volumes d left join simulated_volumes s on s.id = d.uid
     where s.id is null or s.is_deleted or s.size < d.size or s.machine_id is distinct from d.vm_id`,
  'volumes without an end': `volumes where status not in ('available', 'attached') or deleted_at is not null
     or plugged_vm_id is distinct from vm_id`,
  'volumes that are not counted': `volumes d where not exists (select 1 from terms t
     where t.resource_kind = 'volume' and t.resource_id = d.id::text and t.until is null and t.quantity = d.size)`,
  'volumes that are counted for ever': `terms t where t.resource_kind = 'volume' and t.until is null
     and not exists (select 1 from volumes d where d.id::text = t.resource_id)`,
  'places in the quota that nobody has': `usage u where name = 'volumes' and used <> (select count(*) from volumes)`,
  'backups without an end': `backups where state not in ('ready', 'failed') or deleted_at is not null or shown_from is not null`,
  'backups that are counted wrongly': `(select row_number() over (partition by vm_id order by sequence desc) > 3 as is_paid,
       exists (select from terms t where t.resource_kind = 'backup' and t.resource_id = b.id::text and t.until is null) as is_billed
     from backups b where is_kept) c where is_paid <> is_billed`,
  'backups that are counted for ever': `terms t where t.resource_kind = 'backup' and t.until is null
     and not exists (select 1 from backups b where b.id::text = t.resource_id and b.is_kept)`,
  duplicates: `(select name from vms group by name having count(*) > 1) twice`,
  'passwords kept': 'operations where finished_at is not null and sealed_input is not null',
};
