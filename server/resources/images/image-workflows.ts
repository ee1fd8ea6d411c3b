import type { Workflow, WorkflowsOf } from '../../operations/workflow.ts';

declare module '../../operations/operation-kinds.ts' {
  interface OperationInputs {
    'image.delete': Record<never, never>;
  }
}

/** The image leaves its host, then its row goes, and with it its place in the quota. */
const remove: Workflow<'image.delete'> = {
  steps: [
    {
      name: 'remove the image',
      act: ({ engine, operation }) => engine.images.delete(operation.resource_id),
      commit: async (tx, { operation }) => {
        await tx.db.deleteFrom('images').where('id', '=', operation.resource_id).execute();
      },
    },
  ],
  // It is still there: shown again, so that it can be deleted again.
  failed: async (tx, { operation }) => {
    await tx.db.updateTable('images').set({ deleted_at: null }).where('id', '=', operation.resource_id).execute();
  },
};

export const imageWorkflows: WorkflowsOf<'image'> = { 'image.delete': remove };
