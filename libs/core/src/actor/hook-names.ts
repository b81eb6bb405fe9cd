/** Methods the runtime calls by name, when the class has them. They are no messages: nobody can send them. */
export const HOOKS = ['onCreate', 'onActivate', 'onDeactivate', 'onTerminate'] as const;
export type HookName = (typeof HOOKS)[number];
