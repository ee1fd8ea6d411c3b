import { Type } from 'typebox';
import { defineOperation } from './operation.ts';
import { named } from './schemas.ts';

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
    id: Type.String({ format: 'uuid' }),
    name: Type.String(),
    version: Type.String(),
    cpu: Type.Integer(),
    ram: Type.Integer(),
    storage: Type.Integer(),
    is_windows: Type.Boolean(),
    os_type: Type.String(),
    category: Type.Enum(['os', 'marketplace'], { type: 'string' }),
    description: Type.Optional(Type.String()),
    region: Type.Enum(['us-east'], { type: 'string', 'x-catalogue': 'region' }),
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
    vm_type: Type.Enum(['standard', 'premium'], { type: 'string' }),
    region: Type.Enum(['us-east'], { type: 'string', 'x-catalogue': 'region' }),
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
    region: Type.Optional(Type.Enum(['us-east'], { type: 'string', 'x-catalogue': 'region' })),
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

/** Lists the regions. */
export const listRegions = defineOperation({
  id: 'listRegions',
  method: 'GET',
  path: '/api/v1/public/regions',
  tag: 'Catalog',
  summary: 'Lists the regions',
  access: { who: 'open' },
  project: 'account',
  projectHeader: 'unused',
  status: 200,
  answer: Type.Object({
    success: Type.Optional(Type.Boolean()),
    regions: Type.Optional(Type.Array(Region)),
  }),
  errors: [],
});

/** Lists the OS templates. */
export const listTemplates = defineOperation({
  id: 'listTemplates',
  method: 'GET',
  path: '/api/v1/public/templates',
  tag: 'Catalog',
  summary: 'Lists the OS templates',
  access: { who: 'open' },
  project: 'account',
  projectHeader: 'unused',
  query: Type.Object({
    category: Type.Optional(Type.Enum(['os', 'marketplace'], { type: 'string' })),
    vm_type: Type.Optional(Type.Enum(['standard', 'premium'], { type: 'string' })),
    region: Type.Optional(Type.Enum(['us-east'], { type: 'string', 'x-catalogue': 'region' })),
  }),
  status: 200,
  answer: Type.Object({
    success: Type.Optional(Type.Boolean()),
    data: Type.Optional(Type.Array(Template)),
    total: Type.Optional(Type.Integer()),
  }),
  errors: [400],
});

/** Lists the VM plans with their prices. */
export const listVMPricing = defineOperation({
  id: 'listVMPricing',
  method: 'GET',
  path: '/api/v1/public/pricing/vm',
  tag: 'Catalog',
  summary: 'Lists the VM plans with their prices',
  access: { who: 'open' },
  project: 'account',
  projectHeader: 'unused',
  query: Type.Object({
    type: Type.Optional(Type.Enum(['standard', 'premium'], { type: 'string' })),
    region: Type.Optional(Type.Enum(['us-east'], { type: 'string', 'x-catalogue': 'region' })),
  }),
  status: 200,
  answer: Type.Object({
    success: Type.Optional(Type.Boolean()),
    plans: Type.Optional(Type.Array(VMPricingPlan)),
  }),
  errors: [400],
});

/** Tells what volumes cost. */
export const listVolumePricing = defineOperation({
  id: 'listVolumePricing',
  method: 'GET',
  path: '/api/v1/public/pricing/volume',
  tag: 'Catalog',
  summary: 'Tells what volumes cost',
  access: { who: 'open' },
  project: 'account',
  projectHeader: 'unused',
  query: Type.Object({
    region: Type.Optional(Type.Enum(['us-east'], { type: 'string', 'x-catalogue': 'pricedRegion' })),
  }),
  status: 200,
  answer: Type.Object({
    success: Type.Optional(Type.Boolean()),
    pricing: Type.Optional(StoragePricing),
  }),
  errors: [404],
});

/** Tells what snapshots cost. */
export const listSnapshotPricing = defineOperation({
  id: 'listSnapshotPricing',
  method: 'GET',
  path: '/api/v1/public/pricing/snapshot',
  tag: 'Catalog',
  summary: 'Tells what snapshots cost',
  access: { who: 'open' },
  project: 'account',
  projectHeader: 'unused',
  query: Type.Object({
    region: Type.Optional(Type.Enum(['us-east'], { type: 'string', 'x-catalogue': 'pricedRegion' })),
  }),
  status: 200,
  answer: Type.Object({
    success: Type.Optional(Type.Boolean()),
    pricing: Type.Optional(StoragePricing),
  }),
  errors: [404],
});

/** Tells what backups cost. */
export const listBackupPricing = defineOperation({
  id: 'listBackupPricing',
  method: 'GET',
  path: '/api/v1/public/pricing/backup',
  tag: 'Catalog',
  summary: 'Tells what backups cost',
  access: { who: 'open' },
  project: 'account',
  projectHeader: 'unused',
  query: Type.Object({
    region: Type.Optional(Type.Enum(['us-east'], { type: 'string', 'x-catalogue': 'pricedRegion' })),
  }),
  status: 200,
  answer: Type.Object({
    success: Type.Optional(Type.Boolean()),
    pricing: Type.Optional(StoragePricing),
  }),
  errors: [404],
});

/** Tells what public addresses cost. */
export const listIPPricing = defineOperation({
  id: 'listIPPricing',
  method: 'GET',
  path: '/api/v1/public/pricing/ip',
  tag: 'Catalog',
  summary: 'Tells what public addresses cost',
  access: { who: 'open' },
  project: 'account',
  projectHeader: 'unused',
  status: 200,
  answer: Type.Object({
    success: Type.Optional(Type.Boolean()),
    pricing: Type.Optional(IPPricing),
  }),
  errors: [404],
});
