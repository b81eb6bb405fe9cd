export { reminder, ReminderFacet, type ReminderOptions } from './reminder.facet';
export { type ReminderInfo, type Reminders, reminders } from './reminders';
export type { AtCronTimes, EveryInterval, OnceAfter, OnceAt, Recurrence, ReminderPolicy } from './recurrence';
export { InvalidReminderError, ReminderLimitError, ReminderNotFoundError } from '../errors';
