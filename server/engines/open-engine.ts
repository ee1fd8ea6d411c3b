import type { Services } from '../services.ts';
import type { OnRecord } from './engine.ts';
import { type GuardedEngine, outsideTransactions } from './outside-transactions.ts';
import { SimulatedEngine } from './simulated/simulated-engine.ts';

/** The engine that the configuration names. */
export async function openEngine(services: Services, onRecord: OnRecord): Promise<GuardedEngine> {
  const { configuration, db, clock } = services;
  if (configuration.engine === 'simulated') {
    return outsideTransactions(
      new SimulatedEngine(db, clock, configuration.simulatedDelays, configuration.simulatedCapacity),
      services,
    );
  }
  const { openIncus } = await import('./incus/open-incus.ts');
  return outsideTransactions(openIncus(services, onRecord), services);
}
