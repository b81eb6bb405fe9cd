/** Qualified names of a store's tables, ready to stand in SQL: the options were checked, so nothing needs quotes but the schema. */
export interface Tables {
  readonly schema: string;
  readonly prefix: string;
  readonly version: string;
  readonly actor: string;
  readonly journal: string;
  readonly inbox: string;
  readonly checkpoint: string;
  readonly lease: string;
  readonly entriesView: string;
  readonly checkpointsView: string;
}

export function tablesOf({ schema, tablePrefix }: { readonly schema: string; readonly tablePrefix: string }): Tables {
  const named = (name: string): string => `"${schema}".${tablePrefix}${name}`;
  return {
    schema: `"${schema}"`,
    prefix: tablePrefix,
    version: named('schema'),
    actor: named('actor'),
    journal: named('journal'),
    inbox: named('inbox'),
    checkpoint: named('checkpoint'),
    lease: named('lease'),
    entriesView: named('journal_entries'),
    checkpointsView: named('checkpoints'),
  };
}
