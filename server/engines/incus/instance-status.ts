/** The engine's numbers for what an instance is doing. */
export const instanceStatus = { stopped: 102, running: 103, frozen: 110, failed: 112 } as const;
