import {
  listBackupPricing,
  listIPPricing,
  listRegions,
  listSnapshotPricing,
  listTemplates,
  listVMPricing,
  listVolumePricing,
} from '@raffia/contract/catalog.ts';
import { fromMicros, hourlyMicros } from '@raffia/contract/money.ts';
import type { AnswerOf } from '@raffia/contract/operation.ts';
import { open, type Route } from '../../calls/route.ts';
import type { Catalogue, StoragePrices } from '../../catalogue/catalogue.ts';
import { notFound } from '../../foundation/api-error.ts';
import type { Services } from '../../services.ts';

function regions({ regions }: Catalogue): NonNullable<AnswerOf<typeof listRegions>['regions']> {
  return regions.map((region) => ({
    id: region.id,
    code: region.code,
    name: region.name,
    country_code: region.countryCode,
    ...(region.flag === undefined ? {} : { flag: region.flag }),
    ...(region.displayOrder === undefined ? {} : { display_order: region.displayOrder }),
    is_default: region.isDefault,
  }));
}

function templates(
  { catalogue: { templates }, offer }: Pick<Services, 'catalogue' | 'offer'>,
  query: { category?: string; vm_type?: string; region?: string },
): NonNullable<AnswerOf<typeof listTemplates>['data']> {
  return templates
    .filter(
      (template) =>
        offer.has(template.id) &&
        (query.category === undefined || template.category === query.category) &&
        (query.region === undefined || template.region === query.region) &&
        !(query.vm_type === 'standard' && template.isWindows),
    )
    .map(({ isWindows, osType, region, ...template }) => ({
      ...template,
      is_windows: isWindows,
      os_type: osType,
      region: region as 'us-east',
    }));
}

function plans(
  { plans }: Catalogue,
  query: { type?: string; region?: string },
): NonNullable<AnswerOf<typeof listVMPricing>['plans']> {
  return plans
    .filter(
      (plan) =>
        (query.type === undefined || plan.vmType === query.type) &&
        (query.region === undefined || plan.region === query.region),
    )
    .map((plan) => ({
      id: plan.id,
      vcpu: plan.vcpu,
      memory_gib: plan.memoryGib,
      ssd_gib: plan.ssdGib,
      transfer_gib: plan.transferGib,
      price_per_hour: fromMicros(hourlyMicros(plan.monthMicros)),
      monthly_price: fromMicros(plan.monthMicros),
      // Ten months pay for a year, twenty for two (compute.md §11).
      yearly_price: fromMicros(plan.monthMicros * 10),
      twenty_four_month_price: fromMicros(plan.monthMicros * 20),
      vm_type: plan.vmType,
      region: plan.region as 'us-east',
    }));
}

/** Storage has no discount for longer terms (billing.md §3). */
function storagePricing(catalogue: Catalogue, kind: 'volume' | 'snapshot' | 'backup', region: string | undefined) {
  const prices: StoragePrices | undefined = catalogue.storage.find(
    (entry) => entry.region === (region ?? catalogue.defaultRegion),
  );
  if (prices === undefined) throw notFound('region');
  return {
    success: true,
    pricing: {
      ...(kind === 'volume' ? { id: 1 } : {}),
      price_per_gb_hour: fromMicros(hourlyMicros(prices[kind])),
      price_per_gb_month: fromMicros(prices[kind]),
      yearly_price_per_gb: fromMicros(prices[kind] * 12),
      twenty_four_month_price_per_gb: fromMicros(prices[kind] * 24),
      region: prices.region as 'us-east',
    },
  };
}

function addressPricing(monthMicros: number) {
  return {
    price_per_hour: fromMicros(hourlyMicros(monthMicros)),
    monthly_price: fromMicros(monthMicros),
    yearly_price: fromMicros(monthMicros * 12),
    twenty_four_month_price: fromMicros(monthMicros * 24),
  };
}

export const catalogRoutes: readonly Route[] = [
  open(listRegions, ({ services }) => ({ success: true, regions: regions(services.catalogue) })),
  open(listTemplates, ({ services, query }) => {
    const data = templates(services, query);
    return { success: true, data, total: data.length };
  }),
  open(listVMPricing, ({ services, query }) => ({ success: true, plans: plans(services.catalogue, query) })),
  open(listVolumePricing, ({ services, query }) => storagePricing(services.catalogue, 'volume', query.region)),
  open(listSnapshotPricing, ({ services, query }) => storagePricing(services.catalogue, 'snapshot', query.region)),
  open(listBackupPricing, ({ services, query }) => storagePricing(services.catalogue, 'backup', query.region)),
  open(listIPPricing, ({ services }) => {
    const { addresses } = services.catalogue;
    if (addresses === undefined) throw notFound('price of public IPs');
    return {
      success: true,
      pricing: { ipv4: addressPricing(addresses.ipv4), ipv6: addressPricing(addresses.ipv6) },
    };
  }),
];
