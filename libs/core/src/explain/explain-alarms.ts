import { setAlarmsOf } from '../planning/alarms';
import { type ExplainContributor, NAMED } from './contributor';

/** What rings while it is in memory, such as the ticks of its timers. */
export const explainAlarms: ExplainContributor = {
  name: 'its timers',
  explain({ activation }) {
    const alarms = activation === undefined ? [] : [...setAlarmsOf(activation)].sort((a, b) => a.dueAt - b.dueAt);
    if (alarms[0] === undefined) return [];
    const [{ facet, name, dueAt }] = alarms;
    const timers = alarms.slice(0, NAMED).map((alarm) => {
      return { facet: alarm.facet, name: alarm.name, handler: alarm.handler, dueAt: alarm.dueAt };
    });
    return [
      {
        kind: 'timer',
        says: `${alarms.length} timers are set; the next, ${facet} ${name}, is due at ${new Date(dueAt).toISOString()}.`,
        remedy: 'They ring by themselves while it is in memory, and wake nobody.',
        facts: { count: alarms.length, dueAt, timers },
      },
    ];
  },
};
