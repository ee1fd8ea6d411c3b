import type { Services } from '../services.ts';
import type { Engine } from './engine.ts';
import { SimulatedEngine } from './simulated/simulated-engine.ts';

/** The engine that the configuration names. */
export async function openEngine(services: Services): Promise<Engine> {
  const { configuration, db, clock } = services;
  if (configuration.engine === 'simulated') return new SimulatedEngine(db, clock, configuration.simulatedDelays);
  const { openIncus } = await import('./incus/open-incus.ts');
  return openIncus(services);
}
