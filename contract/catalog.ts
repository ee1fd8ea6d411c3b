import { planTypes, templateCategories } from './enums.ts';
import { operationsOf } from './operation.ts';
import { answeredAs, named, pricedRegion, region, uuid, word } from './schemas.ts';
import { Type } from './type.ts';

export const Region = named(
  'Region',
  Type.Object({
    id: Type.Integer(),
    code: Type.String(),
    name: Type.String(),
    country_code: Type.String(),
    flag: Type.Optional(Type.String()),
    display_order: Type.Optional(Type.Integer()),
    is_default: Type.Boolean(),
  }),
);

export const Template = named(
  'Template',
  Type.Object({
    id: uuid(),
    name: Type.String(),
    version: Type.String(),
    cpu: Type.Integer(),
    ram: Type.Integer(),
    storage: Type.Integer(),
    is_windows: Type.Boolean(),
    os_type: Type.String(),
    category: word(templateCategories),
    description: Type.Optional(Type.String()),
    region: region(),
  }),
);

export const VMPricingPlan = named(
  'VMPricingPlan',
  Type.Object({
    id: Type.Integer(),
    vcpu: Type.Integer(),
    memory_gib: Type.Integer(),
    ssd_gib: Type.Integer(),
    transfer_gib: Type.Integer(),
    price_per_hour: Type.Number(),
    monthly_price: Type.Number(),
    yearly_price: Type.Number(),
    twenty_four_month_price: Type.Number(),
    vm_type: word(planTypes),
    region: region(),
  }),
);

export const StoragePricing = named(
  'StoragePricing',
  Type.Object({
    id: Type.Optional(Type.Integer()),
    price_per_gb_hour: Type.Optional(Type.Number()),
    price_per_gb_month: Type.Optional(Type.Number()),
    yearly_price_per_gb: Type.Optional(Type.Number()),
    twenty_four_month_price_per_gb: Type.Optional(Type.Number()),
    region: Type.Optional(region()),
  }),
);

export const IPPricingTier = named(
  'IPPricingTier',
  Type.Object({
    price_per_hour: Type.Optional(Type.Number()),
    monthly_price: Type.Optional(Type.Number()),
    yearly_price: Type.Optional(Type.Number()),
    twenty_four_month_price: Type.Optional(Type.Number()),
  }),
);

export const IPPricing = named(
  'IPPricing',
  Type.Object({
    ipv4: Type.Optional(IPPricingTier),
    ipv6: Type.Optional(IPPricingTier),
  }),
);

const ofCatalog = operationsOf({
  tag: 'Catalog',
  access: { who: 'open' },
  project: 'account',
  projectHeader: 'unused',
});

/** Lists the regions. */
export const listRegions = ofCatalog({
  id: 'listRegions',
  method: 'GET',
  path: '/api/v1/public/regions',
  summary: 'Lists the regions',
  answer: answeredAs('regions', Type.Array(Region)),
});

/** Lists the OS templates. */
export const listTemplates = ofCatalog({
  id: 'listTemplates',
  method: 'GET',
  path: '/api/v1/public/templates',
  summary: 'Lists the OS templates',
  query: Type.Object({
    category: Type.Optional(word(templateCategories)),
    vm_type: Type.Optional(word(planTypes)),
    region: Type.Optional(region()),
  }),
  answer: Type.Object({
    success: Type.Optional(Type.Boolean()),
    data: Type.Optional(Type.Array(Template)),
    total: Type.Optional(Type.Integer()),
  }),
});

/** Lists the VM plans with their prices. */
export const listVMPricing = ofCatalog({
  id: 'listVMPricing',
  method: 'GET',
  path: '/api/v1/public/pricing/vm',
  summary: 'Lists the VM plans with their prices',
  query: Type.Object({
    type: Type.Optional(word(planTypes)),
    region: Type.Optional(region()),
  }),
  answer: answeredAs('plans', Type.Array(VMPricingPlan)),
});

/** Tells what volumes cost. */
export const listVolumePricing = ofCatalog({
  id: 'listVolumePricing',
  method: 'GET',
  path: '/api/v1/public/pricing/volume',
  summary: 'Tells what volumes cost',
  query: Type.Object({
    region: Type.Optional(pricedRegion()),
  }),
  answer: answeredAs('pricing', StoragePricing),
});

/** Tells what snapshots cost. */
export const listSnapshotPricing = ofCatalog({
  id: 'listSnapshotPricing',
  method: 'GET',
  path: '/api/v1/public/pricing/snapshot',
  summary: 'Tells what snapshots cost',
  query: Type.Object({
    region: Type.Optional(pricedRegion()),
  }),
  answer: answeredAs('pricing', StoragePricing),
});

/** Tells what backups cost. */
export const listBackupPricing = ofCatalog({
  id: 'listBackupPricing',
  method: 'GET',
  path: '/api/v1/public/pricing/backup',
  summary: 'Tells what backups cost',
  query: Type.Object({
    region: Type.Optional(pricedRegion()),
  }),
  answer: answeredAs('pricing', StoragePricing),
});

/** Tells what public addresses cost. */
export const listIPPricing = ofCatalog({
  id: 'listIPPricing',
  method: 'GET',
  path: '/api/v1/public/pricing/ip',
  summary: 'Tells what public addresses cost',
  answer: answeredAs('pricing', IPPricing),
});
